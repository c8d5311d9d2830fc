"""What a case waits for, and what to do about it."""

from __future__ import annotations

import time
from enum import StrEnum

import typer

from cases.room import Room
from cli.particulars import wish_of
from domain.acting import Lack
from domain.ports import CaseView
from domain.states import State
from domain.value import Value
from domain.wishes import assurance_for

_LOOK_SECONDS, _TELL_SECONDS = 0.3, 30.0
_STILL = 3  # so many equal looks, lest a case be met between two steps


class For(StrEnum):
    """Whom or what a case waits for; the words of `--json`."""

    ENGINE = "engine"
    REPAIR = "repair"
    CHOICE = "choice"
    AUTHORITY = "authority"
    IDENTITY = "identity"
    DECISION = "decision"
    COOLING = "cooling-off"
    NOTHING = "nothing"


class Waiting(Value):
    """What a case waits for, and the command that answers it (none while the engine works)."""

    waits_for: For
    command: str = ""


def standing(room: Room, view: CaseView) -> Waiting:
    """What the case waits for now. Raises `KeyShredded` when the register no longer knows."""
    reference, case = view.case.reference, view.case.id
    if view.state is State.CLOSED:
        return Waiting(waits_for=For.NOTHING)
    if view.parked:
        first = view.parked[0]
        answer = f"--skip --ground {first.ground}" if first.ground else "--retry"
        return Waiting(waits_for=For.REPAIR, command=f"repair {reference} {first.system} {answer}")
    waits, command = For.ENGINE, ""
    match view.state:
        case State.CHOOSING if not room.vault.chosen(case):
            waits, command = For.CHOICE, f"candidates {reference}, then choose {reference} N"
        case State.VERIFYING if _authority_is_open(room, view):
            second = room.identity.lacks(case, view.case.right) == (Lack.SECOND_LOOK,)
            waits, command = (
                For.AUTHORITY,
                f"authorise {reference} {'--second' if second else '--capacity CODE'}",
            )
        case State.VERIFYING if _identity_is_open(room, view):
            waits, command = For.IDENTITY, f"verify {reference} --method METHOD"
        case State.DECIDING if room.plans.decision(case) is None:
            steps = f"plan {reference}, then propose {reference}; once proposed, confirm {reference}"
            waits, command = For.DECISION, steps
        case State.COOLING:
            waits, command = For.COOLING, f"proceed {reference}, or call-off {reference}"
    return Waiting(waits_for=waits, command=command)


def _authority_is_open(room: Room, view: CaseView) -> bool:
    """Whether somebody else asks, who has yet to show that they may (s.20); marketing stops on anybody's word."""
    asked = wish_of(room, view)
    if asked is None or asked.marketing_only or view.case.consent_only:
        return False
    return bool(room.identity.lacks(view.case.id, view.case.right))


def _identity_is_open(room: Room, view: CaseView) -> bool:
    shown = room.identity.standing(view.case.id)
    if not room.vault.chosen(view.case.id):
        return not shown.address_proved
    asked = wish_of(room, view)
    if asked is None:
        return False
    return shown.level < assurance_for(view.case.right, asked, consent_only=view.case.consent_only)


def wait_for_people(room: Room, reference: str, *, quiet: bool = False) -> CaseView:
    """Return when the case needs a person or is closed.

    Unless `quiet`, each state is told on standard error, and again every half minute while the engine works on it:
    with no worker that is for ever.
    """
    seen: tuple[State, Waiting] | None = None
    still = 0
    told = 0.0
    while True:
        view = room.register.view(reference)
        now = (view.state, standing(room, view))
        still = still + 1 if now == seen else 1
        if now != seen or time.monotonic() - told > _TELL_SECONDS:
            told = time.monotonic()
            if not quiet:
                typer.echo(f"{view.case.reference} {view.state}", err=True)
        seen = now
        needs_people = now[1].waits_for is not For.ENGINE and still >= _STILL
        if needs_people or view.state is State.CLOSED:
            return view
        time.sleep(_LOOK_SECONDS)

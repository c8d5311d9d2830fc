"""What a case waits for, and what to do about it."""

from __future__ import annotations

import time

import typer

from cases.room import Room
from cases.standing import For, second_look_is_due, waits_for
from domain.ports import CaseView
from domain.states import State
from domain.value import Value

_LOOK_SECONDS, _TELL_SECONDS = 0.3, 30.0
_STILL = 3  # so many equal looks, lest a case be met between two steps


class Waiting(Value):
    """What a case waits for, and the command that answers it (none while the engine works)."""

    waits_for: For
    command: str = ""


def standing(room: Room, view: CaseView) -> Waiting:
    """What the case waits for now. Raises `KeyShredded` when the register no longer knows."""
    waits, reference = waits_for(room, view), view.case.reference
    match waits:
        case For.REPAIR:
            first = view.parked[0]
            answer = f"--skip --ground {first.ground}" if first.ground else "--retry"
            command = f"repair {reference} {first.system} {answer}"
        case For.CHOICE:
            command = f"candidates {reference}, then choose {reference} N"
        case For.AUTHORITY:
            second = second_look_is_due(room, view)
            command = f"authorise {reference} {'--second' if second else '--capacity CODE'}"
        case For.IDENTITY:
            command = f"verify {reference} --method METHOD"
        case For.DECISION:
            command = f"plan {reference}, then propose {reference}; once proposed, confirm {reference}"
        case For.COOLING:
            command = f"proceed {reference}, or call-off {reference}"
        case _:
            command = ""
    return Waiting(waits_for=waits, command=command)


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

"""What a case waits for, what stands in its way, and what it asks: for whoever shows it to officers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from domain import deadlines
from domain.acting import Lack
from domain.errors import KeyShredded
from domain.states import State
from domain.value import Value
from domain.wishes import Wish, assurance_for, read_wish

if TYPE_CHECKING:
    from cases.room import Room
    from domain.documents import Letter
    from domain.ports import CaseView

_DECISION = "DECISION"
_BLOCKING_TASKS = frozenset(
    {"show-authority", "succession-procedure", "look-at-records", "ask-to-lift-restriction"}
)


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


class Block(Value):
    """What stands in the way of a plan: an `order` by its id, a `parked` system, a `task` by its code."""

    kind: str
    what: str


def waits_for(room: Room, view: CaseView) -> For:
    """What the case waits for now. Raises `KeyShredded` when the register no longer knows."""
    case, waits = view.case.id, For.ENGINE
    match view.state:
        case State.CLOSED:
            waits = For.NOTHING
        case _ if view.parked:
            waits = For.REPAIR
        case State.CHOOSING if not room.vault.chosen(case):
            waits = For.CHOICE
        case State.VERIFYING if _authority_is_open(room, view):
            waits = For.AUTHORITY
        case State.VERIFYING if _identity_is_open(room, view):
            waits = For.IDENTITY
        case State.DECIDING if room.plans.decision(case) is None:
            waits = For.DECISION
        case State.COOLING:
            waits = For.COOLING
    return waits


def second_look_is_due(room: Room, view: CaseView) -> bool:
    """Whether nothing but another officer's look is missing before somebody may act for the person (s.20)."""
    return room.identity.lacks(view.case.id, view.case.right) == (Lack.SECOND_LOOK,)


def wish_of(room: Room, view: CaseView) -> Wish | None:
    """What the case asks; None when the register no longer knows."""
    try:
        return read_wish(view.case.right, room.vault.changes(view.case.id))
    except KeyShredded:
        return None


def blocks(room: Room, view: CaseView) -> tuple[Block, ...]:
    """What stands in the way of what is planned: orders, systems that wait, tasks that must be done first."""
    case = view.case.id
    return (
        *(Block(kind="order", what=one) for one in room.holds.binding(case)),
        *(Block(kind="parked", what=one.system) for one in view.parked),
        *(Block(kind="task", what=one.code) for one in room.tasks.of(case) if one.code in _BLOCKING_TASKS),
    )


def cooling_ends(view: CaseView, letters: Sequence[Letter]) -> datetime | None:
    """When silence will mean that the erasure goes on: None unless it cools, or while nobody could be told."""
    told = [letter for letter in letters if letter.code.startswith(_DECISION)]
    if view.state is not State.COOLING or not told or told[-1].sent is None:
        return None
    return deadlines.cooling_ends(view.case.terms, told[-1].sent)


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

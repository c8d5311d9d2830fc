"""Where a case stands, and the one table of where it may go from there."""

from __future__ import annotations

from enum import StrEnum

from domain.errors import Conflict


class State(StrEnum):
    """The steps of a case, in their order."""

    RECEIVED = "received"
    RESOLVING = "resolving"
    CHOOSING = "choosing"
    VERIFYING = "verifying"
    LOCATING = "locating"
    PLANNING = "planning"
    DECIDING = "deciding"
    COOLING = "cooling"
    FULFILLING = "fulfilling"
    PROVING = "proving"
    ANSWERING = "answering"
    CLOSED = "closed"


_ENDS = frozenset({State.ANSWERING, State.CLOSED})

TRANSITIONS: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.RESOLVING}) | _ENDS,
    State.RESOLVING: frozenset({State.CHOOSING, State.VERIFYING}) | _ENDS,
    State.CHOOSING: frozenset({State.VERIFYING}) | _ENDS,
    State.VERIFYING: frozenset({State.LOCATING}) | _ENDS,
    State.LOCATING: frozenset({State.PLANNING}) | _ENDS,
    State.PLANNING: frozenset({State.DECIDING, State.LOCATING}) | _ENDS,
    # A supplementary decision, a drift or an amendment sends the case back to look again.
    State.DECIDING: frozenset({State.COOLING, State.FULFILLING, State.LOCATING}) | _ENDS,
    State.COOLING: frozenset({State.FULFILLING, State.LOCATING}) | _ENDS,
    State.FULFILLING: frozenset({State.PROVING, State.LOCATING}) | _ENDS,
    State.PROVING: frozenset({State.FULFILLING, State.LOCATING}) | _ENDS,
    State.ANSWERING: frozenset({State.CLOSED}),
    State.CLOSED: frozenset(),
}


def check_move(now: State, to: State) -> None:
    """Let a case move, or say why not. Standing still is allowed: a step may be entered again on retry.

    Raises:
        Conflict: the table does not lead from `now` to `to`.
    """
    if now is not to and to not in TRANSITIONS[now]:
        raise Conflict("no-such-move", state=now, to=to)

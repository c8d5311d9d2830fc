"""Where a case stands, and the one table of where it may go from there."""

from __future__ import annotations

from enum import StrEnum

from domain.errors import Conflict


class State(StrEnum):
    """The steps of a case, in their order."""

    RECEIVED = "received"
    RESOLVING = "resolving"
    CHOOSING = "choosing"
    WAITING = "waiting"
    VERIFYING = "verifying"
    LOCATING = "locating"
    PLANNING = "planning"
    SUSPENDING = "suspending"
    DECIDING = "deciding"
    COOLING = "cooling"
    FULFILLING = "fulfilling"
    PROVING = "proving"
    ANSWERING = "answering"
    CLOSED = "closed"


_ENDS = frozenset({State.ANSWERING, State.CLOSED})

# An amendment may ask for identity anew, or bring a case that goes before this one; a supplementary decision or a
# drift sends the case back to look again.
_AGAIN = frozenset({State.WAITING, State.VERIFYING, State.LOCATING})

TRANSITIONS: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.RESOLVING}) | _ENDS,
    # What is objected to is suspended before identity is shown: then the search comes first.
    State.RESOLVING: frozenset({State.CHOOSING}) | _AGAIN | _ENDS,
    State.CHOOSING: _AGAIN | _ENDS,
    State.VERIFYING: _AGAIN - {State.VERIFYING} | _ENDS,
    State.WAITING: _AGAIN - {State.WAITING} | _ENDS,
    State.LOCATING: frozenset({State.PLANNING}) | _AGAIN - {State.LOCATING} | _ENDS,
    State.PLANNING: frozenset({State.SUSPENDING, State.DECIDING, State.FULFILLING}) | _AGAIN | _ENDS,
    State.SUSPENDING: frozenset({State.DECIDING}) | _AGAIN | _ENDS,
    # An officer's edit has the plan drawn up anew, from what was found.
    State.DECIDING: frozenset({State.PLANNING, State.COOLING, State.FULFILLING, State.PROVING})
    | _AGAIN
    | _ENDS,
    State.COOLING: frozenset({State.FULFILLING}) | _AGAIN | _ENDS,
    State.FULFILLING: frozenset({State.PROVING, State.LOCATING}) | _ENDS,
    State.PROVING: frozenset({State.FULFILLING}) | _AGAIN | _ENDS,
    State.ANSWERING: frozenset({State.CLOSED}),
    State.CLOSED: frozenset(),
}

CARRYING_OUT = frozenset({State.FULFILLING, State.PROVING})
"""Steps that nothing enters while a change of the request waits to be heard."""

BEGUN = CARRYING_OUT | {State.ANSWERING, State.CLOSED}
"""A request can no longer be amended, withdrawn or merged. Nor in an earlier step, once fulfilment has begun: what is
left over sends a case back to look again, and it stays begun (`cases.begun`, `Words.begun`)."""


def check_move(now: State, to: State) -> None:
    """Let a case move, or say why not. Standing still is allowed: a step may be entered again on retry.

    Raises:
        Conflict: the table does not lead from `now` to `to`.
    """
    if now is not to and to not in TRANSITIONS[now]:
        raise Conflict("no-such-move", state=now, to=to)

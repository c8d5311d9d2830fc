from __future__ import annotations

from itertools import product

import pytest

from domain.errors import Conflict
from domain.states import TRANSITIONS, State, check_move

R, RES, CH, V, L, P, D, CO, F, PR, A, C = State
TABLE = {
    #     from: where a case may go
    R: {RES, A, C},
    RES: {CH, V, A, C},
    CH: {V, A, C},
    V: {L, A, C},
    L: {P, A, C},
    P: {D, L, A, C},
    D: {CO, F, L, A, C},
    CO: {F, L, A, C},
    F: {PR, L, A, C},
    PR: {F, L, A, C},
    A: {C},
    C: set(),
}
MOVES = list(product(State, State))


@pytest.mark.parametrize(("now", "to"), MOVES, ids=[f"{now}->{to}" for now, to in MOVES])
def test_every_move(now: State, to: State) -> None:
    if to is now or to in TABLE[now]:
        check_move(now, to)
        return
    with pytest.raises(Conflict) as caught:
        check_move(now, to)
    assert (caught.value.code, caught.value.facts) == ("no-such-move", {"state": now, "to": to})


def test_the_table_speaks_of_every_state() -> None:
    assert TRANSITIONS == TABLE


def test_every_open_case_can_still_be_closed_and_a_closed_one_never_moves() -> None:
    assert all(State.CLOSED in TRANSITIONS[state] for state in State if state is not State.CLOSED)
    assert TRANSITIONS[State.CLOSED] == frozenset()


def test_nothing_is_erased_undecided() -> None:
    assert {now for now, to in TRANSITIONS.items() if State.FULFILLING in to} == {D, CO, PR}

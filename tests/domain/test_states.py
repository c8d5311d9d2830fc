from __future__ import annotations

from itertools import product

import pytest

from domain.errors import Conflict
from domain.states import BEGUN, TRANSITIONS, State, check_move

R, RES, CH, W, V, L, P, S, D, CO, F, PR, A, C = State
TABLE = {
    #     from: where a case may go
    R: {RES, A, C},
    RES: {CH, W, V, L, A, C},
    CH: {W, V, L, A, C},
    W: {V, L, A, C},
    V: {W, L, A, C},
    L: {P, W, V, A, C},
    P: {S, D, F, W, V, L, A, C},
    S: {D, W, V, L, A, C},
    D: {P, CO, F, PR, W, V, L, A, C},
    CO: {F, W, V, L, A, C},
    F: {PR, L, A, C},
    PR: {F, W, V, L, A, C},
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


def reached(start: State, without: frozenset[State] = frozenset()) -> set[State]:
    """Every state that a case can come to from there, none of `without` on its way."""
    seen, ahead = set(), [start]
    while ahead:
        now = ahead.pop()
        if now not in seen:
            seen.add(now)
            ahead.extend(TRANSITIONS[now] - without)
    return seen


def test_every_state_is_reached_from_receipt_which_is_left_once() -> None:
    assert reached(R) == set(State)
    assert all(R not in after for after in TRANSITIONS.values())


def test_every_open_case_may_end_and_a_closed_one_never_moves() -> None:
    assert all(State.CLOSED in TRANSITIONS[state] for state in State if state is not State.CLOSED)
    assert all(A in TRANSITIONS[state] for state in State if state not in {A, C})
    assert TRANSITIONS[State.CLOSED] == frozenset()


def test_nothing_is_carried_out_that_was_not_planned() -> None:
    """Decided too, but for what nobody may refuse: withdrawal, and objection to marketing (P -> F)."""
    assert {now for now, to in TRANSITIONS.items() if F in to} == {P, D, CO, PR}
    assert not reached(R, frozenset({P})) & {S, D, CO, F, PR}


def test_what_was_looked_at_again_is_planned_again() -> None:
    for after in (W, V, L):
        assert not reached(after, frozenset({P})) & {D, CO, F, PR}


def test_a_case_waits_for_others_before_it_looks_for_anything() -> None:
    assert TRANSITIONS[W] == {V, L, A, C}
    assert W not in TRANSITIONS[R] | TRANSITIONS[F]


@pytest.mark.parametrize("now", [*sorted(reached(RES) - BEGUN), PR])
@pytest.mark.parametrize("first", [W, V])
def test_wherever_an_amendment_finds_a_case_it_may_begin_again(now: State, first: State) -> None:
    """The steps are settled anew from the first: a turn to wait for, or who it is; from a proof, with leftovers."""
    check_move(now, first)


def test_what_has_begun() -> None:
    """After it a request is no longer amended, withdrawn or merged."""
    assert {F, PR, A, C} == BEGUN
    assert all(state in BEGUN for state in State if TRANSITIONS[state] <= BEGUN)

"""Within one step a case is read once; what the step writes, and what it waits for, it reads anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from cases.unit_of_work import remembering
from domain.assurance import Assurance, Method
from domain.states import State
from tests.cases.conftest import House


@contextmanager
def asked() -> Iterator[list[str]]:
    """The statements that pass SQLAlchemy meanwhile, on whichever connection."""
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        heard.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hear)


def reads(house: House, case: str) -> tuple[Callable[[], object], ...]:
    room = house.room
    return (
        lambda: room.register.view(case),
        lambda: room.vault.subject(case),
        lambda: room.vault.given(case),
        lambda: room.vault.changes(case),
        lambda: room.identity.proved(case),
        lambda: room.tasks.of(case),
        lambda: room.effects.when(case),
    )


def test_a_step_asks_once_and_is_told_the_same(house: House) -> None:
    case = house.case(State.RESOLVING)
    afresh = [read() for read in reads(house, case)]
    with remembering():
        assert [read() for read in reads(house, case)] == afresh
        with asked() as heard:
            assert [read() for read in reads(house, case)] == afresh
    assert heard == []


def test_outside_a_step_nothing_is_remembered(house: House) -> None:
    case = house.case(State.RESOLVING)
    with remembering():
        house.room.register.view(case)
    with asked() as heard:
        house.room.register.view(case)
        house.room.register.view(case)
    assert len(heard) == 2


def test_what_the_step_writes_it_reads(house: House) -> None:
    case = house.case(State.RESOLVING)
    with remembering():
        assert house.room.identity.standing(case).level is Assurance.NONE
        house.room.identity.record(case, Method.MASKED_DOCUMENT, actor="S-1", reason="seen")
        assert house.room.identity.standing(case).level > Assurance.NONE
        house.room.register.enter(case, State.VERIFYING)
        assert house.room.register.view(case).state is State.VERIFYING
        house.room.register.open_task(case, "look")
        assert [task.code for task in house.room.tasks.of(case)] == ["look"]


def test_a_case_is_not_taken_for_another(house: House) -> None:
    one, other = house.case(State.RESOLVING), house.case(State.RESOLVING, State.VERIFYING)
    with remembering():
        assert house.room.register.view(one).case.id == one
        assert house.room.register.view(other).case.id == other
        assert house.room.vault.subject(one).case == one
        assert house.room.vault.subject(other).case == other


def test_who_waited_at_the_gate_sees_what_happened_meanwhile(own_house: House) -> None:
    case = own_house.case(State.RESOLVING)
    with remembering():
        assert own_house.room.register.view(case).state is State.RESOLVING
        with own_house.app.begin() as elsewhere:
            elsewhere.execute(sa.text("update cases set state = 'verifying' where id = :id"), {"id": case})
        assert own_house.room.register.view(case).state is State.RESOLVING
        with own_house.room.effects.gate(case):
            assert own_house.room.register.view(case).state is State.VERIFYING

"""What is owed after a case: added, asked for by day, moved, met, and its key destroyed with it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import text

from domain.aftermath import Obligation, Owed
from domain.case import Receipt, Task
from domain.errors import Conflict, KeyShredded, NotFound, Unavailable
from domain.outcomes import Outcome
from domain.rights import Verb
from domain.states import State
from security.ports import KeyPurpose
from tests.cases.conftest import House
from tests.cases.samples import RELEASE, hold, leave_out, planned
from tests.cases.test_register import events_of, names_of

SOON, LATE = date(2026, 12, 1), date(2027, 2, 20)


def held(house: House, count: int = 2) -> Obligation:
    """An obligation of a fresh case with so many records."""
    case = house.case()
    house.room.plans.write(case, [planned(no, Outcome.HOLD, holds=(hold(),)) for no in range(1, count + 1)])
    [owed] = house.room.obligations.owe(case)
    return owed


def told(house: House, case: str, event: str) -> list[dict[str, object]]:
    return [facts for name, _, facts in events_of(house, case) if name == event]


def test_one_without_records_is_added_once_a_case_kind_system_and_code(house: House) -> None:
    obligations, case = house.room.obligations, house.case()
    letter = obligations.add(case, Owed.LETTER, SOON, code="L9")
    assert letter == obligations.add(case, Owed.LETTER, LATE, code="L9") == obligations.view(letter.id)
    assert (letter.kind, letter.code, letter.due_on, letter.items, letter.met) == (
        "letter",
        "L9",
        SOON,
        0,
        False,
    )
    backup = obligations.add(case, Owed.BACKUPS, LATE, system="crm")
    others = {
        obligations.add(case, Owed.LETTER, SOON, code="L10").id,
        obligations.add(case, Owed.FOLLOW_UP, SOON, code="L9").id,
        obligations.add(case, Owed.BACKUPS, LATE, system="billing").id,
        obligations.add(house.case(), Owed.LETTER, SOON, code="L9").id,
    }
    assert len(others | {letter.id, backup.id}) == 6
    assert told(house, case, "obligation:owed")[:2] == [
        {"obligation": letter.id, "kind": "letter", "code": "L9", "due": "2026-12-01"},
        {"obligation": backup.id, "kind": "backups", "system": "crm", "due": "2027-02-20"},
    ]
    with pytest.raises(NotFound, match="case unknown"):
        obligations.add("c-none", Owed.LETTER, SOON)


def test_added_at_once_from_many_sides_it_is_one(house: House) -> None:
    case, together = house.case(), threading.Barrier(8)

    def add(_: int) -> Obligation:
        together.wait()
        return house.room.obligations.add(case, Owed.BACKUPS, SOON, system="crm")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(add, range(8)))) == 1
    assert names_of(house, case).count("obligation:owed") == 1


def test_what_was_added_stands_beside_what_the_newest_plan_keeps(house: House) -> None:
    obligations, case = house.room.obligations, house.case()
    follow_up = obligations.add(case, Owed.FOLLOW_UP, SOON, code="tell-processor")
    house.room.plans.write(case, [planned(1, Outcome.HOLD, holds=(hold(),))])
    [older] = obligations.owe(case)
    house.room.plans.write(case, [planned(1, Outcome.HOLD, holds=(hold(),)), planned(2)])
    [newer] = obligations.owe(case)
    assert older.id != newer.id
    assert obligations.of(case) == (follow_up, newer)
    due = obligations.due(RELEASE)
    assert newer in due
    assert older not in due


def test_due_is_what_is_not_met_by_that_day_the_oldest_first(own_house: House) -> None:
    obligations = own_house.room.obligations
    late = obligations.add(own_house.case(), Owed.LETTER, LATE, code="L9")
    kept = held(own_house)
    soon = obligations.add(own_house.case(), Owed.BACKUPS, SOON, system="crm")
    assert obligations.due(date(2026, 11, 30)) == ()
    assert obligations.due(SOON) == (soon,)
    assert obligations.due(RELEASE) == (soon, late, kept)
    obligations.meet(soon.id)
    assert obligations.due(RELEASE) == (late, kept)
    obligations.move(late.id, date(2030, 1, 2))
    assert obligations.due(RELEASE) == (kept,)


def test_a_hold_that_still_binds_moves_the_day(house: House) -> None:
    obligations, owed = house.room.obligations, held(house)
    later = date(2031, 1, 1)
    for _ in range(2):
        obligations.move(owed.id, later)
    obligations.move(owed.id, date(2032, 1, 1))
    assert obligations.view(owed.id).due_on == date(2032, 1, 1)
    assert told(house, owed.case, "obligation:moved") == [
        {"obligation": owed.id, "system": "crm", "from": "2030-01-01", "due": "2031-01-01"},
        {"obligation": owed.id, "system": "crm", "from": "2031-01-01", "due": "2032-01-01"},
    ]
    assert len(list(obligations.items(owed.id))) == 2


def test_what_is_gone_of_it_is_owed_no_more(house: House) -> None:
    obligations, owed = house.room.obligations, held(house)
    for _ in range(2):
        obligations.move(owed.id, owed.due_on, gone=[1])
    assert [item.found.no for item in obligations.items(owed.id)] == [2]
    assert obligations.view(owed.id) == owed
    assert told(house, owed.case, "obligation:moved") == [
        {"obligation": owed.id, "system": "crm", "from": "2030-01-01", "due": "2030-01-01", "items": 1}
    ]


def test_two_may_move_to_one_day(house: House) -> None:
    """Two holds of one system with two release days, and one order that keeps both to a third."""
    obligations, case = house.room.obligations, house.case()
    rows = [
        planned(1, Outcome.HOLD, holds=(hold(),)),
        planned(2, Outcome.HOLD, holds=(hold("tax", date(2033, 1, 1)),)),
    ]
    house.room.plans.write(case, rows)
    for owed in obligations.owe(case):
        obligations.move(owed.id, date(2035, 1, 1))
    assert {owed.due_on for owed in obligations.of(case)} == {date(2035, 1, 1)}


def test_met_is_done_once_and_opens_no_more(house: House) -> None:
    obligations, owed, other = house.room.obligations, held(house), held(house)
    key = house.ring.for_owner(KeyPurpose.OBLIGATION, owed.id)
    for _ in range(2):
        obligations.meet(owed.id, items=2)
    assert obligations.view(owed.id).met
    assert obligations.of(owed.case) == (owed.model_copy(update={"met": True}),)
    assert told(house, owed.case, "obligation:met") == [
        {"obligation": owed.id, "kind": "held-records", "system": "crm", "items": 2}
    ]
    assert told(house, owed.case, "key:shredded") == [
        {"obligation": owed.id, "reason_code": "obligation-met"}
    ]
    record = house.store.get(key.key_id)
    assert record is not None
    assert record.wrapped is None
    with pytest.raises(KeyShredded):
        list(obligations.items(owed.id))
    assert len(list(obligations.items(other.id))) == 2
    with pytest.raises(Conflict, match="obligation met"):
        obligations.move(owed.id, date(2031, 1, 1))


def test_met_from_many_sides_at_once_is_met_once(house: House) -> None:
    owed, together = held(house), threading.Barrier(8)

    def meet(_: int) -> None:
        together.wait()
        house.room.obligations.meet(owed.id, items=2)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(meet, range(8)))
    names = names_of(house, owed.case)
    assert (names.count("obligation:met"), names.count("key:shredded")) == (1, 1)


def test_one_without_records_is_met_without_a_key(house: House) -> None:
    obligations = house.room.obligations
    letter = obligations.add(house.case(), Owed.LETTER, SOON, code="L9")
    assert house.store.find(KeyPurpose.OBLIGATION, letter.id) is None
    assert list(obligations.items(letter.id)) == []
    for _ in range(2):
        obligations.meet(letter.id)
    assert told(house, letter.case, "obligation:met") == [
        {"obligation": letter.id, "kind": "letter", "code": "L9", "items": 0}
    ]
    assert "key:shredded" not in names_of(house, letter.case)


def test_a_cut_before_the_shredding_is_mended_by_the_next_telling(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed, obligations = held(house), house.room.obligations

    def cut_off(key_id: str, reason: str) -> bool:
        raise Unavailable("database-unreachable", reason, key_id=key_id)

    with monkeypatch.context() as cut:
        cut.setattr(house.store, "shred", cut_off)
        with pytest.raises(Unavailable):
            obligations.meet(owed.id, items=2)
    assert obligations.view(owed.id).met
    assert "key:shredded" not in names_of(house, owed.case)
    for _ in range(2):
        obligations.meet(owed.id, items=2)
    with pytest.raises(KeyShredded):
        list(obligations.items(owed.id))
    names = names_of(house, owed.case)
    assert (names.count("obligation:met"), names.count("key:shredded")) == (1, 1)


def test_the_records_come_one_by_one(house: House) -> None:
    """A page is read when it is asked for: the stream begins before the rest is unsealed."""
    owed = held(house, 1_200)
    with house.owner.begin() as connection:
        connection.execute(
            text("UPDATE obligation_items SET item = 'x' WHERE obligation_id = :owed AND no = 1100"),
            {"owed": owed.id},
        )
    stream = house.room.obligations.items(owed.id)
    assert [next(stream).found.no for _ in range(1_000)] == list(range(1, 1_001))
    stream.close()  # type: ignore[attr-defined]


def test_what_was_never_owed_is_not_found(house: House) -> None:
    obligations = house.room.obligations
    for ask in (
        lambda: obligations.view("o-none"),
        lambda: list(obligations.items("o-none")),
        lambda: obligations.move("o-none", SOON),
        lambda: obligations.meet("o-none"),
    ):
        with pytest.raises(NotFound, match="obligation unknown"):
            ask()


def test_what_a_system_holds_that_was_left_out_of_a_later_plan_is_owed_all_the_same(house: House) -> None:
    obligations, case, register = house.room.obligations, house.case(), house.room.register
    free, kept = planned(3, system="billing"), planned(2, Outcome.HOLD, holds=(hold(),), system="billing")
    house.room.plans.write(case, [planned(1, Outcome.HOLD, holds=(hold(),)), kept, free])
    register.park(case, State.FULFILLING, "billing", "refused")
    leave_out(register, case, "billing", ground="EX-LAW", reason="its owner will not")
    house.room.plans.write(case, [planned(1, Outcome.HOLD, holds=(hold(),)), planned(2)])
    for _ in range(2):
        owed = {one.system: one for one in obligations.owe(case)}
        assert {system: (one.items, one.plan) for system, one in owed.items()} == {
            "crm": (1, 2),
            "billing": (1, 1),
        }
    assert [item.found.no for item in obligations.items(owed["billing"].id)] == [2]
    assert {*obligations.of(case)} == {*owed.values()} <= {*obligations.due(RELEASE)}
    # What is done with it years later is written down of that record, and not of the newer plan's second.
    task = Task(case=case, step=State.CLOSED, system="billing", verb=Verb.ERASE, version=1)
    receipt = Receipt(key=task.key, system="billing", verb=Verb.ERASE, achieved={Outcome.ERASE: 1})
    house.room.effects.done(receipt, case, {2: Outcome.ERASE}, version=1)
    assert house.room.plans.achieved(case) == {}
    assert house.room.plans.achieved(case, 1) == {2: Outcome.ERASE}


def test_what_was_to_go_of_a_held_record_and_was_spared_is_not_owed_twice(house: House) -> None:
    obligations, case = house.room.obligations, house.case()
    kept = planned(1, Outcome.HOLD, holds=(hold(),))
    house.room.plans.write(case, [kept, planned(2, Outcome.CLEAR)])
    task = Task(case=case, step=State.FULFILLING, system="crm", verb=Verb.ERASE)
    spared = Receipt(key=task.key, system="crm", verb=Verb.ERASE, achieved={Outcome.HOLD: 1})
    house.room.effects.done(spared, case, {2: Outcome.HOLD}, {2: "EX-LAW"})
    [owed] = obligations.owe(case)
    assert [item.found.no for item in obligations.items(owed.id)] == [1]

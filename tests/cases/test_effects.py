"""Intents and receipts are once; hold orders wait for running batches, and batches for hold orders."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from domain.case import Receipt, Task
from domain.connector import ABSENT, Foreseen
from domain.errors import Conflict, NotFound, Unavailable
from domain.holds import OrderKind
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Ending, Outcome
from domain.rights import Right, Verb
from domain.states import State
from tests.cases.conftest import EMAIL, House
from tests.cases.samples import many
from tests.cases.test_register import events_of, names_of

FORESEEN = (Foreseen(no=1, hash_after=ABSENT), Foreseen(no=2, hash_after="0123abcd"))


def erasing(case: str, batch: str = "v1-0") -> Task:
    return Task(case=case, step=State.FULFILLING, system="crm", verb=Verb.ERASE, batch=batch)


def receipt(task: Task, achieved: Mapping[Outcome, int]) -> Receipt:
    return Receipt(key=task.key, system="crm", verb=Verb.ERASE, achieved=achieved)


def test_the_first_intent_stands(house: House) -> None:
    effects, case = house.room.effects, house.case()
    assert effects.intended(erasing(case)) is None
    assert effects.intend(erasing(case), FORESEEN) == FORESEEN
    assert effects.intended(erasing(case)) == FORESEEN
    assert effects.intend(erasing(case), (Foreseen(no=1, hash_after="other"),)) == FORESEEN
    assert effects.intend(erasing(case, "v1-1"), ()) == ()
    assert effects.intended(erasing(case, "v1-1")) == ()
    told = [facts for event, _, facts in events_of(house, case) if event == "effect:intended"]
    assert told == [
        {"key": f"{case}:fulfilling:crm:erase:v1-{n}", "system": "crm", "verb": "erase", "items": items}
        for n, items in ((0, 2), (1, 0))
    ]
    with house.app.connect() as connection:
        stored = text("SELECT foreseen FROM intents WHERE case_id = :case")
        assert all(b"0123abcd" not in sealed for sealed in connection.scalars(stored, {"case": case}))


def test_of_many_first_intents_one_stands_for_all(house: House) -> None:
    case, together = house.case(), threading.Barrier(8)

    def intend(number: int) -> tuple[Foreseen, ...]:
        together.wait()
        return house.room.effects.intend(erasing(case), (Foreseen(no=number, hash_after=str(number)),))

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(intend, range(8)))) == 1
    assert names_of(house, case).count("effect:intended") == 1


def test_the_first_receipt_stands(house: House) -> None:
    effects, case = house.room.effects, house.case()
    house.room.plans.write(case, many(3))
    task = erasing(case)
    first = receipt(task, {Outcome.ERASE: 1, Outcome.ANONYMISE: 1})
    assert effects.receipt(task.key) is None
    assert effects.done(first, case, {1: Outcome.ERASE, 2: Outcome.ANONYMISE}) == first
    assert effects.done(receipt(task, {Outcome.HOLD: 3}), case, {3: Outcome.HOLD}) == first
    assert effects.receipt(task.key) == first
    assert effects.receipts(case) == (first,)
    assert house.room.plans.achieved(case) == {1: Outcome.ERASE, 2: Outcome.ANONYMISE}
    assert names_of(house, case).count("effect:done") == 1


def test_an_effect_is_counted_once_however_often_it_is_told_at_once(house: House) -> None:
    case, together = house.case(), threading.Barrier(8)
    house.room.plans.write(case, many(1))
    task = erasing(case)

    def done(number: int) -> Receipt:
        together.wait()
        return house.room.effects.done(receipt(task, {Outcome.ERASE: number}), case, {1: Outcome.ERASE})

    with ThreadPoolExecutor(8) as pool:
        stands = {each.model_dump_json() for each in pool.map(done, range(8))}
    assert len(stands) == 1
    assert len(house.room.effects.receipts(case)) == 1


def test_achievements_of_a_whole_life_fit_in_one_receipt(house: House) -> None:
    """More items than a statement takes parameters (65,535)."""
    case, count = house.case(), 70_000
    house.room.plans.write(case, many(1))
    with house.app.begin() as connection:
        connection.execute(
            text("""
                INSERT INTO plan_items SELECT case_id, version, more.no, system, table_name, unit, role, basis,
                    planned, ground, holds, until, fingerprint, achieved, stayed, item
                FROM plan_items, generate_series(2, :count) AS more (no) WHERE case_id = :case
            """),
            {"count": count, "case": case},
        )
    became = dict.fromkeys(range(1, count + 1), Outcome.COPY)
    house.room.effects.done(receipt(erasing(case), {Outcome.COPY: count}), case, became)
    assert house.room.plans.achieved(case) == became


def test_what_was_spared_is_told_with_its_own_ground(house: House) -> None:
    case = house.case()
    house.room.plans.write(case, many(3))
    became = {1: Outcome.ERASE, 2: Outcome.HOLD, 3: Outcome.HOLD}
    house.room.effects.done(receipt(erasing(case), {Outcome.HOLD: 2}), case, became, {2: "S34-3"})
    told = {row.no: (row.planned, row.ground) for row in house.room.plans.results(case)}
    assert told == {
        1: (Outcome.ERASE, "S33-1"),
        2: (Outcome.HOLD, "S34-3"),
        3: (Outcome.HOLD, "EX-LAW"),
    }


def test_what_was_not_planned_is_not_achieved(house: House) -> None:
    case, task = house.case(), erasing("c-x")
    house.room.plans.write(case, many(1))
    with pytest.raises(Conflict, match="item not planned"):
        house.room.effects.done(receipt(task, {Outcome.ERASE: 1}), case, {7: Outcome.ERASE})
    assert house.room.effects.receipt(task.key) is None
    assert house.room.plans.achieved(case) == {}


def test_a_cut_before_the_receipt_is_committed_leaves_neither_receipt_nor_achievement(
    own_house: House,
) -> None:
    case = own_house.case()
    own_house.room.plans.write(case, many(1))
    task = erasing(case)
    with own_house.owner.begin() as connection:
        connection.execute(
            text("""
                CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
                CREATE TRIGGER cut AFTER INSERT ON events EXECUTE FUNCTION cut();
            """)
        )
    with pytest.raises(Unavailable):
        own_house.room.effects.done(receipt(task, {Outcome.ERASE: 1}), case, {1: Outcome.ERASE})
    assert own_house.room.effects.receipt(task.key) is None
    assert own_house.room.plans.achieved(case) == {}
    with own_house.owner.begin() as connection:
        connection.execute(text("DROP TRIGGER cut ON events"))
    own_house.room.effects.done(receipt(task, {Outcome.ERASE: 1}), case, {1: Outcome.ERASE})
    assert own_house.room.plans.achieved(case) == {1: Outcome.ERASE}
    own_house.room.audit.verify()


def strangers(house: House, address: str = "somchai@example.com") -> str:
    [case] = house.open(Right.ERASURE, identifiers=(identifier(IdentifierKind.EMAIL, address),))
    return case.id


def test_an_order_binds_every_case_of_the_person(own_house: House) -> None:
    room = own_house.room
    first, second, stranger = own_house.case(), own_house.case(), strangers(own_house)
    under_another_address = strangers(own_house, "malee.new@example.com")
    room.register.close(first, Ending.WITHDRAWN)
    order = room.holds.place(first, "คดีดำ 124/2569", actor="S-1", reason="หมายศาล")
    third = own_house.case()
    for case in (first, second, third):
        with room.effects.gate(case) as binding:
            assert tuple(binding) == (order,) == room.holds.binding(case)
    assert room.holds.binding(stranger) == room.holds.binding(under_another_address) == ()
    # The search finds that the other address is hers: from then on the order binds that case too.
    room.vault.add_identifiers(under_another_address, [identifier(IdentifierKind.EMAIL, EMAIL)])
    assert room.holds.binding(under_another_address) == (order,)
    room.holds.release(order, actor="S-2", reason="สิ้นสุดแล้ว")
    assert {room.holds.binding(case) for case in (first, second, third)} == {()}


def test_a_gate_gives_the_orders_that_bind_the_case(own_house: House) -> None:
    holds, gate = own_house.room.holds, own_house.room.effects.gate
    case, other = own_house.case(), strangers(own_house)
    on_one = holds.place(case, "คดีดำ 123/2569", actor="S-1", reason="หมายศาล")
    own_house.clock.pass_by(seconds=1)
    on_all = holds.place(None, "investigation 7", actor="S-1", reason="x", kind=OrderKind.LITIGATION)
    with gate(case) as binding:
        kinds = [(order, one.kind) for order, one in binding.items()]
        assert kinds == [(on_one, OrderKind.ORDER), (on_all, OrderKind.LITIGATION)]
    with gate(other) as binding:
        assert tuple(binding) == (on_all,) == holds.binding(other)
    for _ in range(2):
        holds.release(on_all, actor="S-2", reason="สิ้นสุดแล้ว")
    with gate(other) as binding:
        assert not binding
    first, second = holds.orders()
    assert (first.order_ref, first.reason, first.case, first.released) == (
        "คดีดำ 123/2569",
        "หมายศาล",
        case,
        None,
    )
    assert second.released is not None
    assert names_of(own_house, case)[-1] == "hold:placed"
    with pytest.raises(NotFound):
        holds.place("c-none", "x", actor="S-1", reason="x")
    with pytest.raises(NotFound):
        holds.release("h-none", actor="S-1", reason="x")
    with pytest.raises(NotFound), gate("c-none"):
        pass


def test_an_order_waits_for_running_batches_and_the_next_batch_sees_it(own_house: House) -> None:
    case = own_house.case()
    holds, gate = own_house.room.holds, own_house.room.effects.gate
    with ThreadPoolExecutor(2) as pool:
        with gate(case) as binding, gate(case) as beside:
            placing = pool.submit(holds.place, case, "order", actor="S-1", reason="x")
            _until_somebody_waits(own_house)
            assert not binding
            assert not beside
            assert not placing.done()
            assert holds.binding(case) == ()
        order = placing.result(timeout=10)
    with gate(case) as binding:
        assert tuple(binding) == (order,)


def test_a_batch_that_fails_lets_the_order_through(own_house: House) -> None:
    case = own_house.case()
    with pytest.raises(Conflict), own_house.room.effects.gate(case):
        raise Conflict("anything")
    assert own_house.room.holds.place(case, "order", actor="S-1", reason="x")


def test_batches_do_not_starve_each_other_of_connections(house: House) -> None:
    """More gates at once than connections are kept, each reading its plan and writing its receipt inside."""
    cases = [house.case() for _ in range(15)]
    for case in cases:
        house.room.plans.write(case, many(600))
    together = threading.Barrier(15)

    def batch(case: str) -> Receipt:
        stream = house.room.plans.items(case, "crm", frozenset({Outcome.ERASE}))
        next(stream)
        with house.room.effects.gate(case):
            together.wait(timeout=20)
            done = house.room.effects.done(
                receipt(erasing(case), {Outcome.ERASE: 1}), case, {1: Outcome.ERASE}
            )
        assert sum(1 for _ in stream) == 599
        return done

    with ThreadPoolExecutor(15) as pool:
        assert len(list(pool.map(batch, cases))) == 15


def _until_somebody_waits(house: House) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
    )
    deadline = time.monotonic() + 10
    with house.app.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.scalar(waiting):
            assert time.monotonic() < deadline
            time.sleep(0.01)

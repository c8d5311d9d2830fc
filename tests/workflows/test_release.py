"""What outlives a case: due, looked at again under the law of that day, done once and told; frozen by a complaint."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import create_engine, text

from bootstrap import House
from domain.aftermath import Obligation, Owed
from domain.calendar import day_in_bangkok
from domain.events import Event
from domain.holds import OrderKind
from domain.item import Item
from domain.outcomes import Ending
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from tests.support.house import Installation, events_of, facts_of
from tests.support.people import People
from tests.workflows.company import PAYS, READS, WRITES, Cast, Somebody
from workflows.calls import CASES
from workflows.release import RELEASE_ID, Release

pytestmark = pytest.mark.slow

TWO_BILLS = "(select count(*) from invoices i where i.billed_user_id = u.id and i.status = 'paid') > 2"


def due_now(installation: Installation, obligation: Obligation, on: date) -> None:
    address = installation.settings.database_url
    assert address is not None
    engine = create_engine(address.get_secret_value())
    with engine.begin() as connection:
        connection.execute(
            text("update obligations set due_on = :on where id = :id"), {"on": on, "id": obligation.id}
        )
    engine.dispose()


def age(cast: Cast, house: House, obligation: Obligation) -> None:
    """Its documents are of ten years ago: no law keeps them any more."""
    items = house.room.obligations.items(obligation.id)
    for number in {item.locator["id"] for item in items if item.found.table == "invoices"}:
        cast.run(
            "update invoices set issued_on = '2014-03-01', due_on = '2014-03-31', vat_filed_on = '2014-04-15'"
            " where id = :id",
            id=number,
        )
        cast.run("update payments set paid_on = '2014-03-04' where invoice_id = :id", id=number)


async def release(people: People, *, failing: tuple[str, ...] = ()) -> int:
    return await people.client.execute_workflow(
        Release.run,
        args=["", 0, (), failing],
        id=f"{RELEASE_ID}-{secrets.token_hex(4)}",
        task_queue=CASES,
    )


async def erased(people: People, who: Somebody) -> CaseView:
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    await people.decide(reference)
    return await people.went_on(reference)


async def test_a_pass_that_a_system_refuses_asks_people_to_look_and_tries_again(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    who, today = cast.user(TWO_BILLS), day_in_bangkok(house.tools.clock.now())
    view = await erased(people, who)
    owed, *_ = [one for one in house.room.obligations.of(view.case.id) if one.kind == Owed.HELD]
    age(cast, house, owed)
    due_now(installation, owed, today)
    cast.run("alter table tickets rename to tickets_away")
    try:
        await release(people)
        await release(people)
    finally:
        cast.run("alter table tickets_away rename to tickets")
    asked = [task for task in house.room.tasks.of(view.case.id) if task.code == "review-held-records"]
    assert [task.system for task in asked] == [owed.system]
    assert not house.room.obligations.view(owed.id).met
    await release(people)
    assert house.room.obligations.view(owed.id).met


async def test_what_nobody_foresaw_is_told_and_stops_nothing_else_of_that_system(
    people: People,
    house: House,
    cast: Cast,
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pass comes as one in which the system failed before: it is patient only once."""
    who, today = cast.user(TWO_BILLS), day_in_bangkok(house.tools.clock.now())
    case = (await erased(people, who)).case.id
    held = [one for one in house.room.obligations.of(case) if one.kind == Owed.HELD]
    broken, free = sorted(held, key=lambda one: one.id)[:2]
    letter = house.room.obligations.add(case, Owed.LETTER, today, code="L-NOBODY-WROTE")
    for one in (broken, free):
        age(cast, house, one)
        due_now(installation, one, today)
    items = house.room.obligations.items

    def breaks(_self: object, obligation: str, **how: bool) -> Iterator[Item]:
        if obligation == broken.id:
            raise RuntimeError(obligation)
        return items(obligation, **how)

    with monkeypatch.context() as patched:
        patched.setattr(type(house.room.obligations), "items", breaks)
        await release(people, failing=(broken.system, ""))
    assert [house.room.obligations.view(one.id).met for one in (broken, free, letter)] == [False, True, False]
    assert {"review-held-records", "see-to-what-is-owed"} <= {task.code for task in house.room.tasks.of(case)}
    failed = [facts for event, facts in facts_of(installation, case) if event == Event.OBLIGATION_FAILED]
    assert {(told["obligation"], told["code"]) for told in failed} == {
        (broken.id, "unexpected-error"),
        (letter.id, "unknown-letter"),
    }
    house.room.obligations.meet(letter.id)
    await release(people)
    assert house.room.obligations.view(broken.id).met


async def test_what_was_held_goes_on_the_day_it_is_free_and_not_before(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    who, today = cast.user(TWO_BILLS), day_in_bangkok(house.tools.clock.now())
    view = await erased(people, who)
    assert view.ending is Ending.PARTIAL
    case = view.case.id
    free, held, *_ = [one for one in house.room.obligations.of(case) if one.kind == Owed.HELD]
    assert free.due_on < held.due_on
    going = {
        (item.found.table, tuple(item.locator.values())) for item in house.room.obligations.items(free.id)
    }
    age(cast, house, free)
    due_now(installation, free, today)
    due_now(installation, held, today)
    before = cast.rows(who)

    complaint = house.room.holds.place(
        case, "สคส. 2569/1", actor=people.officer, reason="complaint under s.73", kind=OrderKind.COMPLAINT
    )
    await release(people)
    assert cast.changed(before) == {}
    assert not house.room.obligations.view(free.id).met
    house.room.holds.release(complaint, actor=people.approver, reason="settled")

    for _ in range(2):
        await release(people)
        became = cast.changed(before)
        assert set(became) == {place for place in before if place in going}
        assert set(map(str, became.values())) == {"{}"}
        assert house.room.obligations.view(free.id).met
        later = house.room.obligations.view(held.id)
        assert (later.met, later.due_on) == (False, held.due_on)
    assert [code for code in people.letters(view) if code.startswith("L9")] == [f"L9-{free.id}"]
    told = events_of(installation, case)
    assert told.count(Event.OBLIGATION_MET) == 1
    assert told.count(Event.KEY_SHREDDED) == 1
    house.room.audit.verify()


async def test_when_an_order_is_lifted_only_what_the_law_lets_go_then_goes(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS, WRITES, PAYS)
    before = cast.rows(who)
    reference = await people.ask(Right.ERASURE, who.email)
    case = (await people.until(reference, State.VERIFYING)).case.id
    order = house.room.holds.place(case, "civil-2569-18", actor=people.officer, reason="order served")
    await people.identify(who.email, reference)
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.REFUSED
    await release(people)
    assert cast.changed(before) == {}
    house.room.holds.release(order, actor=people.approver, reason="lifted")
    await release(people)
    # Her contract runs on, and so does what it needs: that an order lay on it makes none of it free.
    gone = {table for table, _ in cast.changed(before)}
    assert "page_views" in gone
    assert gone <= {"page_views", "consents", "cookie_consents"}
    assert "review-held-records" in people.tasks(view)
    held = [one for one in house.room.obligations.of(case) if one.kind in {Owed.HELD, Owed.ORDERED}]
    assert any(not one.met for one in held)  # her invoices


async def test_what_else_is_due_is_done_handed_to_people_or_looked_at_later(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    gone, resting = cast.user(READS, WRITES, f"not {PAYS}"), cast.user(WRITES)
    today = day_in_bangkok(house.tools.clock.now())
    reference = await people.ask(Right.RESTRICTION, resting.email, changes={"because": "claims"})
    view, _ = await asyncio.gather(erased(people, gone), people.identify(resting.email, reference))
    await people.decide(reference)
    other = await people.closed(reference)
    add = house.room.obligations.add
    added = [
        add(view.case.id, Owed.FOLLOW_UP, today, code="call-back"),
        add(view.case.id, Owed.LETTER, today, code="L-CALLEDOFF"),
    ]
    kept = [one for case in (view.case.id, other.case.id) for one in house.room.obligations.of(case)]
    owed = {one.kind: one for one in (*kept, *added)}
    assert owed.keys() == {Owed.BACKUPS, Owed.RESTRICTED, Owed.FOLLOW_UP, Owed.LETTER}
    before = cast.rows(resting)
    for one in owed.values():
        due_now(installation, one, today)
    await release(people)
    now = {kind: house.room.obligations.view(one.id) for kind, one in owed.items()}
    assert {kind for kind, one in now.items() if not one.met} == {Owed.RESTRICTED}
    assert "call-back" in people.tasks(view)
    assert "L-CALLEDOFF" in people.letters(view)
    review = now[Owed.RESTRICTED]
    assert (review.met, review.due_on) == (False, today + timedelta(days=house.policy.review_days))
    assert "review-restriction" in people.tasks(other)
    assert cast.changed(before) == {}


async def test_a_complaint_freezes_an_erasure_that_cools_until_it_is_settled(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS, f"not {PAYS}")
    before = cast.rows(who)
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    await people.decide(reference)
    view = await people.until(reference, State.COOLING)
    complaint = house.room.holds.place(
        view.case.id, "สคส. 2569/2", actor=people.officer, reason="s.73", kind=OrderKind.COMPLAINT
    )
    await people.desk.call_off(reference, proceed=True)
    view = await people.seen(reference, lambda seen: bool(seen.parked))
    assert cast.changed(before) == {}
    house.room.holds.release(complaint, actor=people.approver, reason="settled")
    await people.desk.repair(reference, "siamcrm", retry=True, actor=people.officer, reason="look again")
    await people.planned(reference, 2)
    await people.decide(reference)
    view = await people.went_on(reference)
    assert view.ending is Ending.PARTIAL
    assert cast.value("select count(*) from page_views where user_id = :id", id=who.id) == 0

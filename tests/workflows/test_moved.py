"""Records that became another person's after the plan was read: neither erased nor given away, but looked at."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from activities.fulfil import Fulfil
from activities.release import Release as Releasing
from bootstrap import House
from domain.aftermath import Owed
from domain.calendar import day_in_bangkok
from domain.case import Due, Freed, Task
from domain.errors import Unavailable
from domain.item import Record
from domain.outcomes import DESTROYING, Ending, Outcome
from domain.ports import Clock
from domain.rights import Right, Verb
from domain.states import State
from tests.support.house import Installation
from tests.support.people import People
from tests.workflows.company import PAYS, READS, WRITES, Cast, Somebody
from tests.workflows.test_release import TWO_BILLS, due_now, erased, release

pytestmark = pytest.mark.slow

HEARD = "exists (select from tickets k join ticket_messages m on m.ticket_id = k.id where k.user_id = u.id)"
SUPPORT = {"units": "U06"}


def left(cast: Cast) -> Somebody:
    """Who wrote to support and is a customer no more: nothing keeps what they wrote."""
    who = cast.user(HEARD, f"not {PAYS}")
    cast.run("update users set status = 'disabled' where id = :id", id=who.id)
    return who


def support(cast: Cast, who: Somebody) -> tuple[str, object, object]:
    """The tickets of somebody, as a list for SQL, and how many of them and of their messages stand."""
    ids = str(cast.value("select string_agg(id::text, ',') from tickets where user_id = :id", id=who.id))
    return ids, *standing(cast, ids)


def standing(cast: Cast, ids: str) -> tuple[object, object]:
    return (
        cast.value(f"select count(*) from tickets where id in ({ids})"),
        cast.value(f"select count(*) from ticket_messages where ticket_id in ({ids})"),
    )


def hand_over(cast: Cast, who: Somebody, to: Somebody) -> None:
    """Support finds that the tickets were filed with the wrong person."""
    cast.run(
        "update tickets set user_id = :to, requester_email = :email where user_id = :id",
        to=to.id,
        email=to.email,
        id=who.id,
    )


async def test_what_became_anothers_while_an_erasure_cools_is_not_erased(
    people: People, house: House, cast: Cast
) -> None:
    who, other = left(cast), cast.user()
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    await people.decide(reference)
    await people.until(reference, State.COOLING)
    ids, *before = support(cast, who)
    hand_over(cast, who, other)
    view = await people.went_on(reference)
    assert view.ending is Ending.PARTIAL
    assert [*standing(cast, ids)] == before
    became = {
        row.table: row.planned
        for row in house.room.plans.results(view.case.id)
        if row.table in {"tickets", "ticket_messages"}
    }
    assert became == {"tickets": Outcome.REVIEW, "ticket_messages": Outcome.REVIEW}
    assert "look-at-records" in people.tasks(view)


class DiesAt:
    """The effects of the register, which die when a batch is intended for the so-manieth time."""

    def __init__(self, effects: object, at: int) -> None:
        self._effects, self._left = effects, at

    def __getattr__(self, name: str) -> object:
        return getattr(self._effects, name)

    def intend(self, *given: object) -> object:
        if not self._left:
            raise Unavailable("killed")
        self._left -= 1
        return self._effects.intend(*given)  # type: ignore[attr-defined]


async def test_what_an_earlier_batch_of_the_same_erasure_did_is_no_change_by_others(
    people: People, house: House, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An invoice takes its date from its payments, which go first; the attempt dies between the two."""
    monkeypatch.setattr("activities.batches.BATCH", 1)
    who = cast.user(TWO_BILLS)
    cast.leaves(who)
    bills = "(select id from invoices where billed_user_id = :id)"
    cast.run(f"update payments set paid_on = '2014-03-04' where invoice_id in {bills}", id=who.id)
    cast.run(
        "update invoices set issued_on = '2014-03-01', due_on = '2014-03-31', vat_filed_on = '2014-04-15'"
        " where billed_user_id = :id",
        id=who.id,
    )
    reference = await people.ask(Right.ERASURE, who.email, changes={"units": "U03,U04"})
    await people.identify(who.email, reference)
    await people.decide(reference)
    view = await people.until(reference, State.COOLING)
    case, going = view.case.id, house.room.plans.items(view.case.id, "siamcrm", DESTROYING, backwards=True)
    tables = [one.row.table for one in going]
    assert tables.index("payments") < tables.index("invoices")
    effects: Any = DiesAt(house.tools.effects, tables.index("invoices"))
    killed = Fulfil(replace(house.tools, effects=effects))
    version = house.room.plans.summary(case).version
    task = Task(case=case, step=State.FULFILLING, system="siamcrm", verb=Verb.ERASE, version=version)
    with pytest.raises(Unavailable):
        await asyncio.to_thread(killed.fulfil, task)
    assert cast.value(f"select count(*) from payments where invoice_id in {bills}", id=who.id) == 0
    receipt = await asyncio.to_thread(Fulfil(house.tools).fulfil, task)
    assert receipt.achieved == {Outcome.ERASE: len(tables)}
    assert cast.value("select count(*) from invoices where billed_user_id = :id", id=who.id) == 0
    await people.desk.call_off(reference, proceed=True)
    assert (await people.closed(reference)).ending is Ending.FULFILLED


async def test_what_became_anothers_before_the_decision_is_not_in_the_copy(
    people: People, house: House, cast: Cast
) -> None:
    who, other = cast.user(HEARD), cast.user()
    reference = await people.ask(Right.ACCESS, who.email)
    await people.identify(who.email, reference)
    await people.planned(reference)
    hand_over(cast, who, other)
    cast.run("update users set locale = 'en', full_name_en = 'Renamed Since' where id = :id", id=who.id)
    await people.decide(reference)
    view = await people.closed(reference)
    with house.tools.files.read(view.case.id, "records/siamcrm") as lines:
        given = [Record.model_validate_json(line) for line in lines]
    assert {"tickets", "ticket_messages"}.isdisjoint(record.table for record in given)
    # What changed of her own is given as it stands.
    assert [r.values["full_name_en"] for r in given if r.table == "users"] == ["Renamed Since"]
    assert "look-at-records" in people.tasks(view)


async def test_a_contract_renewed_while_a_refused_batch_waits_keeps_what_it_needs(
    people: People, cast: Cast
) -> None:
    who = left(cast)
    reference = await people.ask(Right.ERASURE, who.email, changes=SUPPORT)
    await people.identify(who.email, reference)
    await people.decide(reference)
    await people.until(reference, State.COOLING)
    ids, *before = support(cast, who)
    cast.run(
        "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$"
    )
    cast.run("create trigger refuse before delete on tickets for each row execute function refuse()")
    try:
        await people.desk.call_off(reference, proceed=True)
        view = await people.seen(reference, lambda seen: bool(seen.parked))
    finally:
        cast.run("drop trigger refuse on tickets")
        cast.run("drop function refuse()")
    assert [*standing(cast, ids)] == before
    cast.run("update users set status = 'active' where id = :id", id=who.id)
    since = view.parked
    await people.desk.repair(reference, "siamcrm", retry=True, actor=people.officer, reason="mended")
    view = await people.seen(
        reference, lambda seen: bool(seen.closed or (seen.parked and seen.parked != since))
    )
    assert [*standing(cast, ids)] == before
    assert [wait.code for wait in view.parked] == ["leftover-found"]
    await people.desk.repair(reference, "siamcrm", retry=True, actor=people.officer, reason="decide anew")
    await people.planned(reference, 2)
    await people.decide(reference)
    assert (await people.closed(reference)).ending is Ending.REFUSED
    assert [*standing(cast, ids)] == before


async def test_what_an_order_kept_and_is_anothers_by_now_does_not_go_with_the_order(
    people: People, house: House, cast: Cast
) -> None:
    who, other = left(cast), cast.user()
    reference = await people.ask(Right.ERASURE, who.email, changes=SUPPORT)
    case = (await people.until(reference, State.VERIFYING)).case.id
    order = house.room.holds.place(case, "civil-2569-19", actor=people.officer, reason="order served")
    await people.identify(who.email, reference)
    await people.decide(reference)
    view = await people.closed(reference)
    ids, *before = support(cast, who)
    hand_over(cast, who, other)
    house.room.holds.release(order, actor=people.approver, reason="lifted")
    await release(people)
    assert [*standing(cast, ids)] == before
    assert "review-held-records" in people.tasks(view)
    assert not any(code.startswith("L9") for code in people.letters(view))
    [owed] = [one for one in house.room.obligations.of(case) if one.kind == Owed.ORDERED]
    assert len(house.room.obligations.lost(owed.id)) == len(list(house.room.obligations.items(owed.id)))
    # Two officers say that it is hers no more: it stays where it is, and is owed no more.
    for actor in (people.officer, people.approver):
        assert not house.room.obligations.view(owed.id).met
        house.room.obligations.settle(owed.id, actor=actor, reason="the other one's tickets")
    assert house.room.obligations.view(owed.id).met
    assert [*standing(cast, ids)] == before


async def test_what_is_lost_is_asked_for_again_though_something_beside_it_rests(
    people: People, house: House, cast: Cast
) -> None:
    """Tickets rest under a restriction, so every pass comes by; the page views are somebody else's by now."""
    who, other = cast.user(READS, WRITES, f"not {PAYS}"), cast.user()
    cast.leaves(who)
    restricting = await people.ask(Right.RESTRICTION, who.email, changes={"because": "claims", **SUPPORT})
    await people.identify(who.email, restricting)
    await people.decide(restricting)
    await people.closed(restricting)
    reference = await people.ask(Right.ERASURE, who.email)
    case = (await people.until(reference, State.VERIFYING)).case.id
    order = house.room.holds.place(case, "civil-2569-20", actor=people.officer, reason="order served")
    await people.identify(who.email, reference)
    await people.decide(reference)
    await people.closed(reference)
    cast.run("update page_views set user_id = :to where user_id = :id", to=other.id, id=who.id)
    house.room.holds.release(order, actor=people.approver, reason="lifted")
    [owed] = [one for one in house.room.obligations.of(case) if one.kind == Owed.ORDERED]
    due = Due(id=owed.id, system=owed.system)

    async def asked(clock: Clock) -> list[str]:
        tools = replace(house.tools, clock=clock)
        assert await asyncio.to_thread(Releasing(tools).release, due) is Freed.HELD
        found = [task for task in house.room.tasks.of(case) if task.code == "review-held-records"]
        for task in found:
            house.room.tasks.close(task.id, actor=people.officer, reason="seen")
        return [task.system for task in found]

    today = house.tools.clock
    assert await asked(today) == [owed.system]
    assert house.room.obligations.lost(owed.id)
    assert house.room.obligations.view(owed.id).due_on == owed.due_on
    assert await asked(today) == []
    assert await asked(Later(today.now() + timedelta(days=house.policy.review_days + 1))) == [owed.system]


@dataclass(frozen=True)
class Later:
    at: datetime

    def now(self) -> datetime:
        return self.at


async def test_a_held_record_that_the_search_no_longer_comes_to_is_held_still(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    who, other = cast.user(TWO_BILLS), cast.user()
    view = await erased(people, who)
    before = cast.rows(who)
    held = [one for one in house.room.obligations.of(view.case.id) if one.kind == Owed.HELD]
    cast.run("update invoices set billed_user_id = :to where billed_user_id = :id", to=other.id, id=who.id)
    for one in held:
        due_now(installation, one, day_in_bangkok(house.tools.clock.now()))
    await release(people)
    assert {(table, *became) for (table, _), became in cast.changed(before).items()} == {
        ("invoices", "billed_user_id")
    }
    later = [house.room.obligations.view(one.id) for one in held]
    assert [(one.met, one.due_on) for one in later] == [(False, one.due_on) for one in held]

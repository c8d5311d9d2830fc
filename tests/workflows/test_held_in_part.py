"""On a held invoice what tax law needs stays, and the rest goes at once (s.33 ¶2 keeps no more than the law needs)."""

from __future__ import annotations

import pytest

from bootstrap import House
from domain.aftermath import Owed
from domain.calendar import day_in_bangkok
from domain.holds import OrderKind
from domain.outcomes import Ending, Outcome
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from tests.support.house import Installation
from tests.support.people import People
from tests.workflows.company import Cast, Rows, Somebody
from tests.workflows.test_release import TWO_BILLS, age, due_now, release

pytestmark = pytest.mark.slow

BOOKS = {"units": "U03,U04"}  # the invoices, and the payments that point at them
CLEARED = "erased@erased.invalid"


def changed_bills(cast: Cast, before: Rows) -> list[dict[str, object]]:
    return [became for (table, _), became in cast.changed(before).items() if table == "invoices"]


def lines_of(house: House, view: CaseView, table: str) -> list[tuple[Outcome, str]]:
    return [(row.planned, row.ground) for row in house.room.plans.results(view.case.id) if row.table == table]


async def planned(people: People, who: Somebody) -> str:
    reference = await people.ask(Right.ERASURE, who.email, changes=BOOKS)
    await people.identify(who.email, reference)
    await people.planned(reference)
    return reference


async def test_what_the_revenue_code_needs_stays_and_the_address_for_mail_goes(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    who = cast.user(TWO_BILLS)
    before = cast.rows(who)
    bills = [key for table, key in before if table == "invoices"]
    reference = await planned(people, who)
    case = house.room.register.view(reference).case.id
    counts = {one.outcome: one.count for one in house.room.plans.summary(case).counts}
    assert counts[Outcome.CLEAR] == len(bills)
    await people.decide(reference)
    view = await people.went_on(reference)
    assert view.ending is Ending.PARTIAL
    assert changed_bills(cast, before) == [{"billing_email": CLEARED}] * len(bills)
    assert {table for table, _ in cast.changed(before)} == {"invoices"}
    told = lines_of(house, view, "invoices")
    assert told.count((Outcome.CLEAR, "S33-1")) == len(bills)
    assert len([ground for planned, ground in told if planned is Outcome.HOLD]) == len(bills)
    owed = [one for one in house.room.obligations.of(case) if one.kind == Owed.HELD]
    held = [item for one in owed for item in house.room.obligations.items(one.id)]
    assert len([item for item in held if item.found.table == "invoices"]) == len(bills)
    # Asked again, nothing is left that could go; and when its years are over, all of it does.
    again = await planned(people, who)
    summary = house.room.plans.summary(house.room.register.view(again).case.id)
    assert Outcome.CLEAR not in {one.outcome for one in summary.counts}
    await people.stop(again)
    for one in owed:
        age(cast, house, one)
        due_now(installation, one, day_in_bangkok(house.tools.clock.now()))
    await release(people)
    assert cast.value("select count(*) from invoices where billed_user_id = :id", id=who.id) == 0
    assert all(house.room.obligations.view(one.id).met for one in owed)


async def test_an_order_that_comes_in_between_keeps_all_of_it(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(TWO_BILLS)
    before = cast.rows(who)
    reference = await planned(people, who)
    await people.decide(reference)
    view = await people.until(reference, State.COOLING)
    house.room.holds.place(
        view.case.id, "สคส. 2569/9", actor=people.officer, reason="s.73", kind=OrderKind.COMPLAINT
    )
    await people.desk.call_off(reference, proceed=True)
    await people.seen(reference, lambda seen: bool(seen.parked))
    assert cast.changed(before) == {}
    await people.desk.repair(reference, "siamcrm", retry=True, actor=people.officer, reason="look again")
    await people.planned(reference, 2)
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.REFUSED
    assert cast.changed(before) == {}
    assert {planned for planned, _ in lines_of(house, view, "invoices")} == {Outcome.HOLD}

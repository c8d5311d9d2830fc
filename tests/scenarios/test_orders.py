"""S52: what an order of the Expert Committee asks for has its day, and people are asked on the one to plan for."""

from __future__ import annotations

from datetime import date

import pytest

from activities.orders import done_with, watch
from domain.outcomes import Outcome
from domain.rights import Right
from policy.answers import ordered
from tests.scenarios.day import at
from tests.scenarios.newcomers import Life
from tests.scenarios.office import Office

pytestmark = pytest.mark.slow


async def test_s52_an_order_of_thirty_days_is_due_on_the_working_day_before_its_last(office: Office) -> None:
    who = office.newcomers.customer(Life(ended=date(2026, 6, 30), tickets=(date(2026, 6, 10),)))
    people, house = office.people, office.house
    view = await office.granted(Right.ACCESS, who)
    served = at(date(2026, 11, 20))
    order = house.room.holds.place(view.case.id, "สคส. 2569/52", actor=people.officer, reason="served")
    owed = watch(house.tools, view.case.id, order, served, 30)
    told = ordered(house.policy, served, 30)
    assert (told.strict, told.statutory_due, told.internal_target) == (
        *(date(2026, 12, 20), date(2026, 12, 21), date(2026, 12, 18)),
    )
    assert owed.due_on == told.internal_target
    assert watch(house.tools, view.case.id, order, served, 30) == owed
    task = f"order-due-{order}"
    with office.clock.on(date(2026, 12, 17)):
        await office.release()
    assert task not in people.tasks(view)
    with office.clock.on(date(2026, 12, 18)):
        await office.release()
    assert task in people.tasks(view)
    # Meanwhile nothing of the person goes, whoever asks.
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    kept = await people.planned(reference)
    assert {fate for fates in office.outcomes(kept).values() for fate in fates} == {(Outcome.HOLD, "EX-LAW")}
    await people.desk.withdraw(reference)
    await people.closed(reference)
    house.room.holds.release(order, actor=people.approver, reason="done and reported")


async def test_s52_an_order_that_was_done_in_time_reminds_nobody(office: Office) -> None:
    who = office.newcomers.customer(Life(tickets=(date(2026, 6, 10),)))
    people, house = office.people, office.house
    view = await office.granted(Right.ACCESS, who)
    order = house.room.holds.place(view.case.id, "สคส. 2569/53", actor=people.officer, reason="served")
    owed = watch(house.tools, view.case.id, order, at(date(2026, 11, 20)), 30)
    house.room.holds.release(order, actor=people.approver, reason="done and reported")
    done_with(house.tools, view.case.id, order)
    assert house.room.obligations.view(owed.id).met
    with office.clock.on(owed.due_on):
        await office.release()
    assert f"order-due-{order}" not in people.tasks(view)

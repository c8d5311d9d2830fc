"""Scenario S53: the Cabinet adds a holiday on the day on which an open case is due."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bootstrap import House
from cli.policy import reckon_again
from domain.calendar import Calendar
from domain.events import Event
from domain.rights import Right
from tests.support.house import Installation, events_of
from tests.support.people import People
from tests.workflows.company import Cast

pytestmark = pytest.mark.slow


async def test_s53_a_holiday_on_the_due_day_moves_the_wall_and_never_the_promise(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    reference = await people.ask(Right.ACCESS, cast.user().email)
    case = house.room.register.view(reference).case
    before = case.terms
    known = house.policy.calendar
    added = Calendar(version="TH-next", holidays=known.holidays | {before.strict, before.rolled})
    desk = replace(people.desk, policy=house.policy.model_copy(update={"calendar": added}))
    [moved] = await reckon_again(desk, [reference], actor=people.officer, reason="the Cabinet's resolution")
    terms = house.room.register.view(reference).case.terms
    assert (moved["reference"], moved["due_on"]) == (reference, before.strict.isoformat())
    assert (terms.strict, terms.due) == (before.strict, before.due)
    assert terms.rolled > before.rolled
    assert terms.target <= before.target
    assert terms.target < before.strict
    assert (terms.version, terms.calendar, terms.policy) == (2, "TH-next", before.policy)
    assert await reckon_again(desk, [reference], actor=people.officer, reason="said twice") == []
    assert events_of(installation, case.id).count(Event.TERMS_RETIMED) == 1
    await people.desk.withdraw(reference)
    await people.closed(reference)

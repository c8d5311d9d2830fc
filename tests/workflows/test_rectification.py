"""Rectification (ss.35-36): the record first, then its copies; an issued document stands, and the next one is right."""

from __future__ import annotations

import pytest

from bootstrap import House
from domain.case import Moved
from domain.errors import BadInput, TooLate
from domain.outcomes import Ending
from domain.rights import Right
from tests.support.people import People
from tests.workflows.company import PAYS, WRITES, Cast, Somebody

pytestmark = pytest.mark.slow


async def test_what_is_wrong_is_corrected_where_it_is_recorded_and_in_every_copy(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(PAYS, WRITES)
    before = cast.rows(who)
    name = "นางสาวรุ่งอรุณ ตั้งใจดี"
    reference = await people.ask(
        Right.RECTIFICATION, who.email, changes={"name-th": name, "name-en": "Rungarun Tangchaidi"}
    )
    await people.identify(who.email, reference)
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.FULFILLED
    assert people.letters(view) == ["L1", "L4"]
    assert "correct-forward" in people.tasks(view)
    became = cast.changed(before)
    assert {place[0] for place in became} == {"users", "tickets"}
    for (table, _), values in became.items():
        if table == "users":
            assert values == {"full_name_th": name, "full_name_en": "Rungarun Tangchaidi"}
        else:
            assert values == {"requester_name": name}
    first = next(iter(house.room.plans.rows(view.case.id)))
    assert (first.table, first.ground) == ("users", "S36-1")


async def test_data_that_are_accurate_stay(people: People, cast: Cast) -> None:
    who = cast.user(WRITES)
    before = cast.rows(who)
    reference = await people.ask(Right.RECTIFICATION, who.email, changes={"phone": "081-000-0000"})
    await people.identify(who.email, reference)
    await people.decide(reference, approved=False, ground="R36-ACCURATE")
    view = await people.closed(reference)
    assert view.ending is Ending.REFUSED
    assert people.letters(view) == ["L1", "L6"]
    assert cast.changed(before) == {}


async def test_a_field_that_no_system_keeps_opens_no_case(people: People, house: House, cast: Cast) -> None:
    who = cast.user()
    before = {view.case.id for view in house.room.register.views()}
    with pytest.raises(BadInput, match="field without owner"):
        await people.ask(Right.RECTIFICATION, who.email, changes={"shoe-size": "42"})
    with pytest.raises(BadInput, match="correction missing"):
        await people.ask(Right.RECTIFICATION, who.email)
    assert {view.case.id for view in house.room.register.views()} == before


async def parked_on(people: People, who: Somebody) -> str:
    # A title that is right beside a telephone number longer than any: all of it or nothing.
    reference = await people.ask(
        Right.RECTIFICATION, who.email, changes={"title": "ดร.", "phone": "0" * 60, "name-th": "ชื่อใหม่"}
    )
    await people.identify(who.email, reference)
    await people.decide(reference)
    view = await people.seen(reference, lambda seen: bool(seen.parked))
    assert [(one.system, one.code) for one in view.parked] == [("siamcrm", "value-does-not-fit")]
    return reference


async def test_a_value_that_does_not_fit_waits_for_a_person_with_nothing_half_done(
    people: People, cast: Cast
) -> None:
    who = cast.user(PAYS, WRITES)
    before = cast.rows(who)
    reference = await parked_on(people, who)
    assert cast.changed(before) == {}
    with pytest.raises(TooLate):  # it is being carried out: what the officers decided stands
        await people.amend(reference, Moved.SCOPE, changes={"phone": "0810000000"})
    with pytest.raises(TooLate):
        await people.desk.withdraw(reference)
    await people.skip(reference, "siamcrm", "R36-ACCURATE")
    view = await people.closed(reference)
    assert view.ending is Ending.REFUSED
    assert cast.changed(before) == {}

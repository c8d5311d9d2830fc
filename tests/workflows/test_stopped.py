"""An officer cannot end a person's request alone: what is in effect a refusal is one, and is told and recorded as one."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap import House
from domain.errors import BadInput, SamePerson, TooLate
from domain.outcomes import Ending
from domain.refusals import Scope
from domain.rights import Right
from domain.states import State
from domain.stops import Mistake
from tests.support.people import People
from tests.workflows.company import READS, Cast
from tests.workflows.test_refusals import letter_text

pytestmark = pytest.mark.slow


async def test_a_verified_person_s_case_is_stopped_by_two_on_a_ground_and_that_is_a_refusal(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS)
    before = cast.rows(who)
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    await people.planned(reference)
    said: dict[str, Any] = {"reason": "a company's data", "ground": "P-JURISTIC"}
    assert not (await people.desk.cancel(reference, actor=people.officer, **said)).complete
    with pytest.raises(SamePerson):
        await people.desk.cancel(reference, actor=people.officer, **said)
    assert (await people.until(reference, State.DECIDING)).closed is None
    assert (await people.desk.cancel(reference, actor=people.approver, **said)).complete
    view = await people.closed(reference)
    assert view.ending is Ending.REFUSED
    assert people.letters(view) == ["L1", "L6"]
    [entry] = house.room.refusals.all(view.case.id, reasons=True)
    assert (entry.refused.scope, entry.refused.ground) == (Scope.WHOLE, "P-JURISTIC")
    assert (entry.proposer, entry.confirmer) == (people.officer, people.approver)
    assert house.room.obligations.of(view.case.id) == ()
    assert "ข้อมูลนิติบุคคล" in letter_text(house, view.case.id, "L6")
    assert cast.changed(before) == {}
    with pytest.raises(TooLate):
        await people.desk.cancel(reference, actor=people.officer, **said)


async def test_a_mistake_is_said_by_one_until_somebody_has_shown_who_they_are(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user()
    unknown, shown = [await people.ask(Right.ACCESS, who.email) for _ in range(2)]
    await people.until(unknown, State.VERIFYING)
    said: dict[str, Any] = {"reason": "a rehearsal", "mistake": Mistake.TEST}
    assert (await people.desk.cancel(unknown, actor=people.officer, **said)).complete
    view = await people.closed(unknown)
    assert view.ending is Ending.STOPPED
    assert "เพื่อทดสอบระบบ" in letter_text(house, view.case.id, "L-CLOSED")

    await people.identify(who.email, shown)
    await people.planned(shown)
    assert not (await people.desk.cancel(shown, actor=people.officer, **said)).complete
    assert (await people.until(shown, State.DECIDING)).closed is None
    assert (await people.desk.cancel(shown, actor=people.approver, **said)).complete
    assert (await people.closed(shown)).ending is Ending.STOPPED


async def test_what_was_refused_before_its_records_were_seen_does_not_say_that_they_were(
    people: People, house: House, cast: Cast
) -> None:
    reference = await people.ask(Right.ACCESS, cast.user().email)
    await people.until(reference, State.VERIFYING)
    await people.stop(reference, ground="P-JURISTIC")
    view = await people.closed(reference)
    assert view.ending is Ending.REFUSED
    told = letter_text(house, view.case.id, "L6")
    assert "มิได้พิจารณาข้อมูลเป็นรายการ" in told
    assert "ค้นหาข้อมูลในทุกระบบ" not in told


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, "mistake-or-ground"),
        ({"mistake": Mistake.TEST, "ground": "P-JURISTIC"}, "mistake-or-ground"),
        ({"ground": "EX-LAW"}, "ground-does-not-refuse"),
        ({"ground": "R30-LAW"}, "both-limbs-needed"),
    ],
)
async def test_what_names_no_reason_that_stands_changes_nothing(
    people: People, house: House, cast: Cast, said: dict[str, Any], code: str
) -> None:
    reference = await people.ask(Right.ACCESS, cast.user().email)
    view = await people.until(reference, State.VERIFYING)
    with pytest.raises(BadInput) as refused:
        await people.desk.cancel(reference, actor=people.officer, reason="no more time", **said)
    assert refused.value.code == code
    assert house.room.register.stop_of(view.case.id) is None

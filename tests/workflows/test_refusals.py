"""What a case did not get stands in the record of refusals when the letter says so (s.39 ¶1(7))."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta

import pytest
from pypdf import PdfReader

from bootstrap import House
from domain.events import Event
from domain.outcomes import Ending
from domain.refusals import Scope
from domain.rights import Right
from tests.support.house import Installation, events_of
from tests.support.people import People
from tests.workflows.company import PAYS, READS, Cast

pytestmark = pytest.mark.slow

BY_LAW, BY_POLICY = "ไว้ในบันทึกรายการตามมาตรา39", "ไว้ในทะเบียนการปฏิเสธคำขอของบริษัท"


def letter_text(house: House, case: str, code: str) -> str:
    with house.tools.files.read(case, f"letters/{code}.pdf") as sealed:
        pages = PdfReader(io.BytesIO(sealed.read())).pages
        return "".join("".join(page.extract_text() for page in pages).split())


async def test_every_refusal_is_recorded_before_it_is_told(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    objects, moves = cast.user(READS), cast.user(PAYS)
    objection, portability = await asyncio.gather(
        people.ask(Right.OBJECTION, objects.email, changes={"against": "interest"}),
        people.ask(Right.PORTABILITY, moves.email),
    )
    await asyncio.gather(people.identify(objects.email, objection), people.identify(moves.email, portability))
    await asyncio.gather(
        people.decide(objection, approved=False, ground="R32-COMPEL"), people.decide(portability)
    )
    refused, in_part = await asyncio.gather(people.closed(objection), people.closed(portability))
    assert (refused.ending, in_part.ending) == (Ending.REFUSED, Ending.PARTIAL)

    [whole] = house.room.refusals.all(refused.case.id, reasons=True)
    assert (whole.refused.scope, whole.refused.ground, whole.refused.demanded) == (
        *(Scope.WHOLE, "R32-COMPEL", True),
    )
    assert whole.refused.section == house.policy.grounds["R32-COMPEL"].section
    assert (whole.proposer, whole.confirmer) == (people.officer, people.approver)
    assert whole.reasons == ("plan read", "agreed")
    assert whole.refused.items > 0
    assert whole.decided is not None
    assert whole.told is not None
    assert whole.decided < whole.recorded < whole.told
    assert whole.keep_until.year == whole.recorded.year + house.policy.refusal_years
    assert BY_LAW in letter_text(house, refused.case.id, "L6")
    told = events_of(installation, refused.case.id)
    assert told.count(Event.REFUSAL_RECORDED) == 1

    [part] = house.room.refusals.all(in_part.case.id)
    assert (part.refused.scope, part.refused.ground, part.refused.demanded) == (
        *(Scope.RECORDS, "R31-SCOPE", False),
    )
    assert part.letter == "L5"
    assert BY_POLICY in letter_text(house, in_part.case.id, "L5")


async def test_who_stayed_unknown_was_refused_too(people: People, house: House, cast: Cast) -> None:
    late = house.tools.clock.now() - timedelta(days=29)
    reference = await people.ask(Right.ACCESS, cast.user().email, received=late)
    view = await people.closed(reference)
    assert view.ending is Ending.UNVERIFIED
    [entry] = house.room.refusals.all(view.case.id)
    assert (entry.refused.scope, entry.refused.ground, entry.letter) == (Scope.WHOLE, "P-UNVERIFIED", "L12")
    assert entry.refused.demanded is house.policy.grounds["P-UNVERIFIED"].recorded
    assert entry.decided is None

"""Copies of identity documents: religion and blood group covered or refused, destroyed within seven days (pdpa-rules 4.2)."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from PIL import Image

from activities.identity_copy import receive
from domain.aftermath import Owed
from domain.errors import BadInput, NotFound
from domain.events import Event
from domain.identity_copies import Area, Sensitive, Side
from domain.rights import Right
from domain.states import State
from tests.scenarios.day import TODAY
from tests.scenarios.newcomers import Life
from tests.scenarios.office import Office
from tests.support.house import Installation, events_of

pytestmark = pytest.mark.slow

RELIGION = Area(left=10, top=10, width=20, height=6)


def card() -> bytes:
    """A white card; what was typed on it would stand in its metadata too."""
    told = Image.Exif()
    told[0x010E] = "religion: Buddhist"
    out = io.BytesIO()
    Image.new("RGB", (86, 54), "white").save(out, "JPEG", exif=told)
    return out.getvalue()


async def test_a_copy_is_kept_masked_and_destroyed_by_the_nightly_pass_within_seven_days(
    office: Office, grounds: Installation
) -> None:
    people, tools, who = office.people, office.house.tools, office.newcomers.customer(Life())
    reference = await people.ask(Right.ACCESS, who.email)
    view = await people.until(reference, State.VERIFYING)
    case = view.case.id
    for covered, side, refused in (
        ((Sensitive.BLOOD_GROUP,), Side.FRONT, "copy shows sensitive data"),
        ((), Side.FRONT, "copy shows sensitive data"),
        (tuple(Sensitive), Side.BACK, "back of card refused"),
    ):
        with pytest.raises(BadInput, match=refused):
            receive(tools, case, card(), actor=people.officer, covered=covered, side=side)
    with pytest.raises(BadInput, match="no picture"):
        receive(tools, case, b"%PDF-1.7", actor=people.officer, covered=tuple(Sensitive))
    assert office.owed(view, Owed.IDENTITY_COPY) == []

    kept = receive(
        tools,
        case,
        card(),
        actor=people.officer,
        covered=(Sensitive.BLOOD_GROUP,),
        masks={Sensitive.RELIGION: RELIGION},
    )
    with tools.files.read(case, f"identity/{kept}.png") as sealed:
        stored = sealed.read()
    assert b"Buddhist" not in stored
    picture = Image.open(io.BytesIO(stored)).convert("L")
    assert (picture.getpixel((15, 12)), picture.getpixel((60, 40))) == (0, 255)
    [owed] = office.owed(view, Owed.IDENTITY_COPY)
    obligations, verified = office.house.room.obligations, date(2026, 11, 24)

    with office.clock.on(TODAY + timedelta(days=1)):
        await office.release()  # nobody has decided who it is
    assert not obligations.view(owed.id).met
    with office.clock.on(verified):
        await people.identify(who.email, reference)
        await office.release()
    assert not obligations.view(owed.id).met
    with office.clock.on(verified + timedelta(days=6)):
        await office.release()
    assert obligations.view(owed.id).met
    with pytest.raises(NotFound), tools.files.read(case, f"identity/{kept}.png"):
        raise AssertionError("it can still be read")
    assert {Event.IDENTITY_COPY_KEPT, Event.IDENTITY_COPY_DESTROYED} <= set(events_of(grounds, case))
    await people.desk.withdraw(reference)

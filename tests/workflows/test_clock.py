"""The clock of a case: near, at risk and missed are told once; new terms move it; the person hears how it stands."""

from __future__ import annotations

import asyncio
import io
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from bootstrap import House
from domain.calendar import end_of_day
from domain.case import Because, Progress
from domain.deadlines import Terms
from domain.errors import TooLate
from domain.events import Event
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Ending
from domain.ports import Intake
from domain.rights import Right
from domain.states import State
from tests.support.house import Installation, events_of
from tests.support.people import People, newest_first
from tests.workflows.company import Cast
from workflows.clock import Clocked

pytestmark = pytest.mark.slow

CLOCK = {Event.DEADLINE_NEAR, Event.DEADLINE_AT_RISK, Event.DEADLINE_MISSED}


def rung(installation: Installation, case: str) -> list[str]:
    return [name for name in events_of(installation, case) if name in CLOCK]


async def until_rung(installation: Installation, case: str, count: int) -> list[str]:
    for _ in range(300):
        if len(told := await asyncio.to_thread(rung, installation, case)) >= count:
            return told
        await asyncio.sleep(0.1)
    return told


async def test_each_mark_is_told_once_and_an_answer_that_takes_longer_too(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    who, now = cast.user(), house.tools.clock.now()
    soon = [now + timedelta(seconds=seconds) for seconds in (3, 4, 5)]
    terms = house.policy.terms(Right.ACCESS, now).model_copy(
        update={"reminders": tuple(soon[:2]), "due": soon[2]}
    )
    intake = Intake(
        rights=(Right.ACCESS,),
        channel="web",
        received=now,
        language="th",
        identifiers=(identifier(IdentifierKind.EMAIL, who.email),),
        dedup=secrets.token_hex(8),
    )
    [case] = house.room.register.open_request(intake, {Right.ACCESS: terms})
    await people.desk.start(case)
    view = await people.until(case.reference, State.VERIFYING)
    expected = [Event.DEADLINE_NEAR, Event.DEADLINE_NEAR, Event.DEADLINE_MISSED]
    assert await until_rung(installation, case.id, 3) == expected

    for because in (Because.VOLUME, Because.SYSTEM):
        await people.desk.progress(
            case.reference,
            Progress(because=because, expected_on=terms.strict + timedelta(days=3)),
            actor=people.officer,
        )
    for _ in range(200):
        if "L3-2" in people.letters(view):
            break
        await asyncio.sleep(0.05)
    assert people.letters(view) == ["L1", "L3", "L3-2"]
    await people.desk.withdraw(case.reference)
    assert (await people.closed(case.reference)).ending is Ending.WITHDRAWN
    assert rung(installation, case.id) == expected
    with pytest.raises(TooLate):
        await people.desk.progress(
            case.reference, Progress(because=Because.VOLUME, expected_on=terms.strict), actor=people.officer
        )


async def test_how_far_it_has_come_is_told_to_no_address_that_nobody_proved(
    people: People, house: House, cast: Cast, mailbox: Path
) -> None:
    who, other = cast.user(), f"beside.{secrets.token_hex(4)}@example.org"
    reference = await people.ask(
        Right.ACCESS, who.email, also=(identifier(IdentifierKind.EMAIL, other),), language="en"
    )
    late = Progress(because=Because.VOLUME, expected_on=house.tools.clock.now().date() + timedelta(days=40))
    view = await people.until(reference, State.VERIFYING)
    await people.desk.progress(reference, late, actor=people.officer)
    await sent(house, view.case.id, "L3")
    before = len([*newest_first(mailbox, other)])
    await people.identify(who.email, reference)
    await people.planned(reference)
    await people.desk.progress(reference, late, actor=people.officer)
    await sent(house, view.case.id, "L3-2")
    assert len([*newest_first(mailbox, other)]) == before
    with house.tools.files.read(view.case.id, "letters/L3-2.pdf") as sealed:
        told = "".join(page.extract_text() for page in PdfReader(io.BytesIO(sealed.read())).pages)
    assert "withthedataprotectionofficer" in "".join(told.split())
    await people.desk.withdraw(reference)


async def sent(house: House, case: str, letter: str) -> None:
    for _ in range(400):
        found = house.room.letters.find(case, letter)
        if found is not None and found.sent:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{letter} did not go out")


async def test_new_terms_after_it_was_missed_begin_anew(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    who = cast.user()
    received = house.tools.clock.now() - timedelta(days=31)
    reference = await people.ask(Right.ACCESS, who.email, received=received)
    case = house.room.register.view(reference).case
    assert await until_rung(installation, case.id, 1) == [Event.DEADLINE_MISSED]
    assert await people.desk.retime(reference, actor=people.officer, reason="no holiday moved") is None
    rule = house.policy.deadlines[Right.ACCESS].model_copy(
        update={"extension_days": 30, "extension_reference": "a law that lets it extend"}
    )
    deadlines = {**house.policy.deadlines, Right.ACCESS: rule}
    desk = replace(people.desk, policy=house.policy.model_copy(update={"deadlines": deadlines}))
    terms = await desk.extend(reference, 20, actor=people.officer, reason="the law lets us")
    assert terms.version == 2
    assert terms.due > house.tools.clock.now()
    assert house.room.register.view(reference).case.terms == terms
    handle = people.client.get_workflow_handle(case.id)
    for _ in range(100):
        due = (await handle.describe()).typed_search_attributes
        if any(pair.value == terms.due for pair in due):
            break
        await asyncio.sleep(0.05)
    assert any(pair.value == terms.due for pair in due)
    assert rung(installation, case.id) == [Event.DEADLINE_MISSED]
    await people.desk.withdraw(reference)
    await people.closed(reference)


def test_the_marks_of_terms_come_in_their_order_and_never_twice(house: House) -> None:
    terms: Terms = house.policy.terms(Right.ACCESS, datetime(2026, 11, 2, 3, tzinfo=UTC))
    clock = Clocked.__new__(Clocked)
    clock.terms = terms
    at_risk = (end_of_day(terms.target - timedelta(days=1)), Event.DEADLINE_AT_RISK)
    marks = [
        *((at, Event.DEADLINE_NEAR) for at in terms.reminders),
        at_risk,
        (terms.due, Event.DEADLINE_MISSED),
    ]
    told: set[tuple[datetime, Event]] = set()
    while mark := clock._next_mark(datetime(2026, 11, 2, 4, tzinfo=UTC), told):
        assert mark == min(each for each in marks if each not in told)
        told.add(mark)
    assert told == set(marks)

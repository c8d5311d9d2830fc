"""What a review found could go wrong: strangers named in a request, steps left out, cancels that came late."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import Engine, text
from temporalio.client import WorkflowHandle

from bootstrap import House
from demo import scenarios
from domain.errors import BadInput, NotFound, SamePerson
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Ending
from domain.ports import Intake
from domain.refusals import Scope
from domain.rights import Right
from domain.states import State
from tests.support.people import People

pytestmark = pytest.mark.slow

COOLING = 24 * 60 * 60
"""Seconds for which an erasure cools in these tests."""

STRANGER = "a.stranger@example.org"


async def test_a_strangers_address_named_beside_ones_own_gives_nothing_of_the_stranger(
    people: People, house: House, crm: Engine
) -> None:
    who = scenarios.SHARED_ADDRESS_OTHER
    with crm.begin() as connection:
        connection.execute(
            text(
                "insert into tickets (tenant_id, requester_name, requester_email, subject, channel, status,"
                " opened_at, processing_restricted)"
                " values (13, 'A Stranger', :email, 'mine alone', 'email', 'open', now(), false)"
            ),
            {"email": STRANGER},
        )
    mails = (who.email, STRANGER)
    (view,) = await people.desk.open(
        Intake(
            rights=(Right.ACCESS,),
            channel="web",
            received=house.tools.clock.now(),
            language="th",
            identifiers=tuple(identifier(IdentifierKind.EMAIL, mail) for mail in mails),
        )
    )
    reference = view.case.reference
    await people.identify(who.email, reference)
    await people.decide(reference)
    assert (await people.closed(reference)).ending is Ending.FULFILLED
    with house.tools.files.read(view.case.id, "bundle.zip") as sealed:
        dossier = zipfile.ZipFile(io.BytesIO(sealed.read())).read("dossier.json").decode()
    assert "mine alone" not in dossier
    assert json.loads(dossier)["counts"]


async def test_who_is_known_by_an_address_alone_gets_what_stands_under_it(
    people: People, house: House, crm: Engine
) -> None:
    email = "wrote.without.an.account@example.org"
    ticket = {"email": email, "subject": "asked once"}
    with crm.begin() as connection:
        connection.execute(
            text(
                "insert into tickets (tenant_id, requester_name, requester_email, subject, channel, status,"
                " opened_at, processing_restricted)"
                " values (13, 'Somebody', :email, :subject, 'email', 'open', now(), false)"
            ),
            ticket,
        )
    copied = await people.ask(Right.ACCESS, email)
    await people.prove(email, copied)
    view = await people.seen(copied, lambda seen: bool(house.room.findings.manifests(seen.case.id)))
    # An address alone releases nothing, whoever's it is.
    view = await people.until(copied, State.VERIFYING)
    await people.vouch(copied)
    await people.decide(copied)
    view = await people.closed(copied)
    assert (view.ending, people.letters(view)) == (Ending.FULFILLED, ["L1", "L4"])
    assert all(letter.sent for letter in house.room.letters.of(view.case.id))
    with house.tools.files.read(view.case.id, "bundle.zip") as sealed:
        dossier = zipfile.ZipFile(io.BytesIO(sealed.read())).read("dossier.json").decode()
    assert "asked once" in dossier
    erased = await people.ask(Right.ERASURE, email)
    await people.identify(email, erased)
    await people.decide(erased)
    assert (await people.went_on(erased)).ending is Ending.FULFILLED
    with crm.connect() as connection:
        left = text("select count(*) from tickets where requester_email = :email")
        assert connection.execute(left, ticket).scalar_one() == 0


async def test_what_was_left_out_is_not_told_as_done(people: People, house: House, crm: Engine) -> None:
    with crm.connect() as connection:
        left = connection.execute(
            text(
                "select u.email from users u join tenants t on t.id = u.tenant_id where u.id > 1000 and"
                " t.status = 'closed' and exists (select from login_events e where e.user_id = u.id)"
                " order by u.id limit 1"
            )
        ).scalar_one()
    reference = await people.ask(Right.ERASURE, left)
    await people.identify(left, reference)
    await people.until(reference, State.DECIDING)
    with crm.begin() as connection:
        connection.execute(text("alter table login_events rename to login_events_moved"))
    try:
        await people.decide(reference)
        await people.until(reference, State.COOLING)
        await people.desk.call_off(reference, proceed=True)
        await people.seen(reference, lambda seen: bool(seen.parked))
        with pytest.raises(BadInput, match="ground does not refuse"):
            await people.desk.repair(
                reference, "siamcrm", retry=False, ground="S33-1", actor=people.officer, reason="leave it"
            )
        said: dict[str, Any] = {"retry": False, "ground": "EX-CLAIM", "reason": "leave it"}
        assert not await people.desk.repair(reference, "siamcrm", actor=people.officer, **said)
        with pytest.raises(SamePerson):
            await people.desk.repair(reference, "siamcrm", actor=people.officer, **said)
        [waits] = (await people.desk.view(reference)).parked
        assert (waits.ground, waits.proposer) == ("EX-CLAIM", people.officer)
        assert await people.desk.repair(reference, "siamcrm", actor=people.approver, **said)
        view = await people.closed(reference)
    finally:
        with crm.begin() as connection:
            connection.execute(text("alter table login_events_moved rename to login_events"))
    assert view.ending is Ending.REFUSED
    recorded = house.room.refusals.all(view.case.id, reasons=True)
    [left_out] = [one for one in recorded if one.refused.scope is Scope.SYSTEM]
    assert (left_out.refused.system, left_out.refused.ground) == ("siamcrm", "EX-CLAIM")
    assert (left_out.proposer, left_out.confirmer) == (people.officer, people.approver)
    assert left_out.reasons == ("leave it", "leave it")
    assert left_out.refused.items > 0
    with pytest.raises(NotFound), house.tools.files.read(view.case.id, "certificate.pdf"):
        pass
    with house.tools.files.read(view.case.id, "letters/L6.pdf") as sealed:
        letter = "".join(page.extract_text() for page in PdfReader(io.BytesIO(sealed.read())).pages)
    assert "ไม่อาจดำเนินการตามคำขอได้" in "".join(letter.split())
    assert "ลบแล้ว" not in "".join(letter.split())


async def test_a_case_cancelled_twice_is_still_answered_and_closed(people: People, house: House) -> None:
    reference = await people.ask(Right.ACCESS, scenarios.LEAD.email)
    view = await people.until(reference, State.VERIFYING)
    handle = people.client.get_workflow_handle(view.case.id)
    await handle.cancel()
    for _ in range(20):
        await handle.cancel()
        await asyncio.sleep(0.05)
        if house.room.register.view(reference).closed:
            break
    assert (await people.closed(reference)).ending is Ending.STOPPED


async def waits_for_a_day(handle: WorkflowHandle[Any, Any]) -> bool:
    """Whether the time in which the person may call it off is running."""
    timers = [
        event.timer_started_event_attributes.start_to_fire_timeout.ToSeconds()
        async for event in handle.fetch_history_events()
        if event.HasField("timer_started_event_attributes")
    ]
    return bool(timers) and COOLING * 0.9 < timers[-1] <= COOLING


async def test_who_was_never_reached_is_not_taken_to_agree_by_silence(people: People, house: House) -> None:
    who = scenarios.ACTIVE_CUSTOMER
    reference = await people.ask(Right.ERASURE, who.email)
    await people.vouch(reference)  # seen in person; the link in the mail was never pressed
    await people.decide(reference)
    find = house.room.letters.find
    tasks = house.room.tasks

    def asked(case: str) -> list[int]:
        return [one.id for one in tasks.of(case) if one.code == "hand-over-DECISION"]

    view = await people.seen(reference, lambda seen: bool(asked(seen.case.id)))
    assert view.state is State.COOLING
    letter = find(view.case.id, "DECISION")
    assert letter is not None
    assert letter.sent is None
    handle = people.client.get_workflow_handle(view.case.id)
    assert not await waits_for_a_day(handle)
    [task] = asked(view.case.id)
    tasks.close(task, actor=people.officer, reason="moved away", done=False)
    await people.desk.wake(view.case.id)
    await people.seen(reference, lambda seen: bool(asked(seen.case.id)))  # it must still be handed over
    assert not await waits_for_a_day(handle)
    [task] = asked(view.case.id)
    tasks.close(task, actor=people.officer, reason="handed over at the counter")
    await people.desk.wake(view.case.id)
    async with asyncio.timeout(60):
        while True:
            if await waits_for_a_day(handle):  # now that they know, silence means that it goes on
                break
            await asyncio.sleep(0.2)
    await people.desk.call_off(reference, proceed=False, actor=people.officer)
    assert (await people.closed(reference)).ending is Ending.CALLED_OFF

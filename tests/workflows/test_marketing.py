"""The stop of direct marketing (s.32 ¶1(2)): everything given, at once; what no list takes, by people; told as it is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from activities.stop import BY_HAND, EVERYWHERE, by_hand_in, marketing_facts
from bootstrap import House
from domain.calendar import day_in_bangkok
from domain.case import Moved
from domain.errors import BadInput, Conflict
from domain.events import Event
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.outcomes import Ending
from domain.rights import Right
from domain.states import State
from domain.stops import Mistake
from domain.suppression import TAKE_OFF
from tests.support.house import Installation, events_of
from tests.support.people import People, newest_first
from tests.workflows.company import ANSWERS_SURVEYS, READS, WRITES, Cast
from tests.workflows.test_refusals import letter_text
from workflows.incident import incident_id

pytestmark = pytest.mark.slow

MARKETING = {"against": "marketing"}
NO_ROOM = f"{'a' * 60}@{'.'.join('b' * 60 for _ in range(3))}.example.org"


def phone(last: int) -> Identifier:
    return identifier(IdentifierKind.PHONE, f"069-000-{last:04}")


async def test_what_no_list_takes_waits_for_people_and_holds_up_nothing_but_the_answer(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    email = "calls.me.no.more@example.org"
    reference = await people.ask(Right.OBJECTION, email, changes=MARKETING, also=(phone(1),))
    await people.prove(email, reference)
    view = await people.seen(reference, lambda seen: bool(seen.parked))
    assert [(one.system, one.code) for one in view.parked] == [(EVERYWHERE, BY_HAND)]
    assert cast.suppressed(email)
    for ground in ("", "R32-COMPEL"):
        with pytest.raises(BadInput):
            await people.desk.repair(
                reference, EVERYWHERE, retry=False, ground=ground, actor=people.officer, reason="no"
            )
    await people.desk.repair(reference, EVERYWHERE, retry=True, actor=people.officer, reason="off the list")
    view = await people.closed(reference)
    assert (view.ending, view.parked) == (Ending.FULFILLED, ())
    # Nobody of that address is known here: the confirmation goes where the request came from, to nobody else.
    assert people.letters(view) == ["L1", "L8"]
    assert all(letter.sent for letter in house.room.letters.of(view.case.id))
    assert people.tasks(view) == set()
    told = events_of(installation, view.case.id)
    assert told.index(Event.LETTER_SENT) < told.index(Event.SYSTEM_REPAIRED) < told.index(Event.CASE_CLOSED)
    assert told.count(Event.MARKETING_STOPPED) == 2


async def test_a_request_that_waits_for_people_alone_is_not_changed_any_more(
    people: People, house: House, cast: Cast
) -> None:
    email = "changes.her.mind@example.org"
    reference = await people.ask(Right.OBJECTION, email, changes=MARKETING, also=(phone(2),))
    case = house.room.register.view(reference).case.id
    await people.prove(email, reference)
    await people.seen(reference, lambda seen: bool(seen.parked))

    async def widened_often() -> None:
        for tries in range(40):  # until its end is clear it is looked at anew, as ever
            await people.amend(reference, Moved.SCOPE, changes={"against": "marketing,research"})
            await asyncio.sleep(min(0.2 * 1.2**tries, 5))  # or it would never come to its end

    with pytest.raises(Conflict, match="case is ending"):
        await widened_often()
    assert house.room.register.waiting(case) == ()
    await people.desk.repair(reference, EVERYWHERE, retry=True, actor=people.officer, reason="off the list")
    await people.closed(reference)
    assert "look-at-late-change" not in people.tasks(house.room.register.view(reference))


async def test_an_address_without_room_keeps_no_other_out_and_is_left_to_people(
    people: People, cast: Cast
) -> None:
    email = "has.two.of.them@example.org"
    long = identifier(IdentifierKind.EMAIL, NO_ROOM)
    reference = await people.ask(Right.OBJECTION, email, changes=MARKETING, also=(long,))
    view = await people.seen(reference, lambda seen: bool(seen.parked))
    assert [(one.system, one.code) for one in view.parked] == [(by_hand_in("siamcrm"), BY_HAND)]
    assert cast.suppressed(email)
    assert not cast.suppressed(NO_ROOM)
    await people.desk.withdraw(reference)
    await people.closed(reference)


async def test_an_address_without_room_keeps_no_apology_back_and_none_claims_that_it_was_entered(
    people: People, house: House, cast: Cast
) -> None:
    email = "got.another.one@example.org"
    long = identifier(IdentifierKind.EMAIL, NO_ROOM)
    reference = await people.ask(Right.OBJECTION, email, changes=MARKETING, also=(long,))
    case = (await people.seen(reference, lambda seen: bool(seen.parked))).case.id
    today = day_in_bangkok(house.tools.clock.now())
    await people.desk.incident(reference, today, actor=people.officer, reason="an e-mail went out")
    handle = people.client.get_workflow_handle(incident_id(case, today.isoformat()))
    await asyncio.wait_for(handle.result(), 60)
    told = letter_text(house, case, f"L-APOLOGY-{today.isoformat()}")
    assert "ขออภัย" in told
    assert "รายการห้ามส่งอีกครั้ง" not in told
    await people.desk.withdraw(reference)
    await people.closed(reference)


async def test_an_apology_goes_out_in_the_end_though_the_list_was_away_when_it_was_owed(
    people: People, house: House, cast: Cast
) -> None:
    email = "was.written.to@example.org"
    reference = await people.ask(Right.OBJECTION, email, changes=MARKETING)
    view = await people.until(reference, State.VERIFYING)
    case, today = view.case.id, day_in_bangkok(house.tools.clock.now())
    handle = people.client.get_workflow_handle(incident_id(case, today.isoformat()))
    cast.run("alter table email_suppressions rename to suppressions_away")
    try:
        await people.desk.incident(reference, today, actor=people.officer, reason="an e-mail went out")
        await given_up_once(handle)
        assert "L-APOLOGY-" + today.isoformat() not in people.letters(view)
    finally:
        cast.run("alter table suppressions_away rename to email_suppressions")
    await asyncio.wait_for(handle.result(), 60)
    assert "รายการห้ามส่งอีกครั้ง" in letter_text(house, case, f"L-APOLOGY-{today.isoformat()}")
    await people.desk.withdraw(reference)
    await people.closed(reference)


async def given_up_once(handle: WorkflowHandle[Any, Any]) -> None:
    """Wait until a step of the run was given up."""
    for _ in range(600):
        if any(event.HasField("activity_task_failed_event_attributes") for event in await events(handle)):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("no step failed")


async def events(handle: WorkflowHandle[Any, Any]) -> list[Any]:
    return [event async for event in handle.fetch_history_events()]


async def test_what_else_waits_for_a_system_is_no_word_that_marketing_stopped_there(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(WRITES)
    long = identifier(IdentifierKind.EMAIL, NO_ROOM)
    reference = await people.ask(Right.OBJECTION, who.email, changes=MARKETING, also=(long,))
    view = await people.seen(reference, lambda seen: bool(seen.parked) and seen.state is State.VERIFYING)
    cast.run("alter table tickets rename to tickets_away")
    try:
        await people.prove(who.email, reference)
        view = await people.seen(reference, lambda seen: len(seen.parked) == 2)
    finally:
        cast.run("alter table tickets_away rename to tickets")
    assert {one.system for one in view.parked} == {"siamcrm", by_hand_in("siamcrm")}
    await people.desk.repair(reference, "siamcrm", retry=True, actor=people.officer, reason="table is back")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(people.closed(reference), 5)
    view = house.room.register.view(reference)
    assert [one.system for one in view.parked] == [by_hand_in("siamcrm")]
    told = await asyncio.to_thread(marketing_facts, house.tools, view.case.id)
    assert told == {"marketing_stopped": 1, "marketing_open": True}
    await people.desk.repair(
        reference, by_hand_in("siamcrm"), retry=True, actor=people.officer, reason="off by hand"
    )
    await people.closed(reference)
    told = await asyncio.to_thread(marketing_facts, house.tools, view.case.id)
    assert told["marketing_stopped"] == 2


async def test_a_tenants_marketing_is_the_tenants_to_stop_and_it_hears_at_once(
    people: People, house: House, cast: Cast
) -> None:
    email = "unknown.to.the.tenant@example.org"
    reference = await people.ask(Right.OBJECTION, email, changes=MARKETING, tenant="kadluang")
    view = await people.until(reference, State.VERIFYING)
    assert house.room.letters.find(view.case.id, "L10") is not None
    assert "forward-to-controller" in people.tasks(view)
    assert "forward-to-controller" in {owed.code for owed in house.room.obligations.of(view.case.id)}
    await people.prove(email, reference)
    view = await people.closed(reference)
    assert view.ending is Ending.NO_DATA
    assert people.letters(view) == ["L-NODATA", "L1"]
    assert not cast.suppressed(email)
    assert await asyncio.to_thread(marketing_facts, house.tools, view.case.id) == {
        "marketing_passed_on": True
    }


async def test_a_system_that_is_away_holds_up_its_own_part_and_the_answer_alone(
    people: People, house: House, cast: Cast
) -> None:
    email = "while.it.is.away@example.org"
    cast.run("alter table email_suppressions rename to suppressions_away")
    try:
        reference = await people.ask(Right.OBJECTION, email, changes=MARKETING)
        view = await people.seen(reference, lambda seen: bool(seen.parked) and seen.state is State.VERIFYING)
        assert [one.system for one in view.parked] == ["siamcrm"]
        assert people.letters(view) == ["L1"]
        with pytest.raises(BadInput):
            await people.desk.repair(
                reference, "siamcrm", retry=False, ground="R32-COMPEL", actor=people.officer, reason="no"
            )
        await people.prove(email, reference)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(people.closed(reference), 5)
    finally:
        cast.run("alter table suppressions_away rename to email_suppressions")
    await people.desk.repair(reference, "siamcrm", retry=True, actor=people.officer, reason="back")
    view = await people.closed(reference)
    assert view.ending is Ending.FULFILLED
    assert cast.suppressed(email)


async def test_who_leaves_before_it_stopped_everywhere_leaves_the_rest_to_people(
    people: People, house: House, cast: Cast
) -> None:
    withdrawn, stopped = "takes.it.back@example.org", "is.cancelled@example.org"
    references = [
        await people.ask(Right.OBJECTION, email, changes=MARKETING, also=(phone(number),))
        for number, email in enumerate((withdrawn, stopped), 2)
    ]
    for reference in references:
        await people.seen(reference, lambda seen: bool(seen.parked) and seen.state is State.VERIFYING)
    await people.desk.withdraw(references[0])
    await people.desk.cancel(
        references[1], actor=people.officer, reason="sent by mistake", mistake=Mistake.MISTAKE
    )
    views = await asyncio.gather(*map(people.closed, references))
    assert [view.ending for view in views] == [Ending.WITHDRAWN, Ending.STOPPED]
    assert [people.tasks(view) for view in views] == [
        {BY_HAND},
        {TAKE_OFF},
    ]  # of the second nobody asked anything
    facts = [await asyncio.to_thread(marketing_facts, house.tools, view.case.id) for view in views]
    assert facts == [{"marketing_stopped": 1, "marketing_open": True}, {}]
    for view in views:
        assert view.parked == ()  # nobody is asked what changes nothing any more
        with pytest.raises(Conflict):
            await people.desk.repair(
                view.case.reference, EVERYWHERE, retry=True, actor=people.officer, reason="done"
            )
    assert cast.suppressed(withdrawn)
    assert cast.suppressed(stopped)


async def test_an_address_for_answers_is_a_lawyers_and_stays_where_it_is(
    people: People, house: House, cast: Cast
) -> None:
    who, lawyer = cast.user(READS), "somebodys.lawyer@example.com"
    reference = await people.ask(Right.OBJECTION, who.email, changes={"against": "interest"})
    await people.identify(who.email, reference)
    await people.planned(reference)
    address = identifier(IdentifierKind.EMAIL, lawyer)
    await people.amend(reference, Moved.REPLY_TO, address=address)
    await people.planned(reference, 2)
    await people.amend(reference, Moved.SCOPE, changes={"against": "marketing,interest"})
    await people.planned(reference, 3)
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.PARTIAL  # sign-ins are kept by a law or a compelling ground (S20)
    assert cast.suppressed(who.email)
    assert not cast.suppressed(lawyer)


async def test_a_consent_that_is_marketing_by_its_name_stops_it_at_once(people: People, cast: Cast) -> None:
    who = cast.user(ANSWERS_SURVEYS)
    reference = await people.ask(Right.WITHDRAWAL, who.email, changes={"purpose": "event_invitation"})
    await people.until(reference, State.VERIFYING)
    assert cast.suppressed(who.email)
    await people.prove(who.email, reference)
    await people.closed(reference)


async def test_the_confirmation_says_when_it_stopped_and_not_when_it_was_written(
    people: People, house: House, installation: Installation
) -> None:
    email = "when.was.it@example.org"
    reference = await people.ask(Right.OBJECTION, email, changes=MARKETING, language="en")
    view = await people.until(reference, State.VERIFYING)
    [stopped] = house.tools.effects.when(view.case.id).values()
    await people.prove(email, reference)
    view = await people.closed(reference)
    assert view.closed is not None
    assert stopped < view.closed
    mailbox = house.settings.mailbox
    assert mailbox is not None
    assert any(reference in text for text in newest_first(mailbox, email))
    assert await asyncio.to_thread(_stopped_at, house, view.case.id) == stopped.isoformat()


def _stopped_at(house: House, case: str) -> object:
    return marketing_facts(house.tools, case)["marketing_stopped_at"]

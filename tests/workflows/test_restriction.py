"""Restriction (s.34): use rests as soon as it is known whose the data are, and until it is lifted with notice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from activities.release import Release
from activities.suspend import Suspend, block
from bootstrap import House
from domain.aftermath import Owed
from domain.case import Task
from domain.connector import Batch, Connector
from domain.errors import BadInput, Conflict
from domain.events import Event
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Ending, Outcome
from domain.ports import Intake
from domain.rights import Right, Verb
from domain.states import State
from tests.support.house import LIFT_NOTICE, Installation, events_of
from tests.support.people import People
from tests.workflows.company import READS, WRITES, Cast, Rows, Somebody, views_blocked
from workflows.lift import lift_id

pytestmark = pytest.mark.slow

ACCURACY, TICKETS_ONLY = {"because": "accuracy"}, {"because": "claims", "units": "U06"}


def restricted(rows: Rows) -> dict[str, set[bool]]:
    """What the company's tables say of use, those that have a place for it."""
    found: dict[str, set[bool]] = {}
    for (table, _), row in rows.items():
        if "processing_restricted" in row:
            found.setdefault(table, set()).add(bool(row["processing_restricted"]))
    return found


async def until_decision(people: People, who: Somebody, changes: dict[str, str]) -> str:
    reference = await people.ask(Right.RESTRICTION, who.email, changes=changes)
    await people.identify(who.email, reference)
    await people.until(reference, State.DECIDING)
    return reference


async def test_use_rests_while_it_is_decided_and_after_it_until_it_is_lifted_with_notice(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    who = cast.user(WRITES)
    before = cast.rows(who)
    reference = await until_decision(people, who, ACCURACY)
    assert restricted(cast.rows(who)) == {"users": {True}, "tickets": {True}}
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.FULFILLED
    assert people.letters(view) == ["L1", "L4"]
    assert set(map(frozenset, cast.changed(before).values())) == {frozenset({"processing_restricted"})}
    [owed] = [o for o in house.room.obligations.of(view.case.id) if o.kind == Owed.RESTRICTED]
    assert not owed.met

    for _ in range(2):  # said twice it is one
        await people.desk.lift(reference, actor=people.officer, reason="the address was checked")
    await people.client.get_workflow_handle(lift_id(view.case.id)).result()
    assert cast.changed(before) == {}
    assert people.letters(view) == ["L-LIFTED", "L1", "L4"]
    told = events_of(installation, view.case.id)
    assert max(i for i, name in enumerate(told) if name == Event.LETTER_SENT) < told.index(Event.USE_RESUMED)
    assert told.count(Event.USE_RESUMED) == 1
    with pytest.raises(Conflict, match="nothing restricted"):
        await people.desk.lift(reference, actor=people.officer, reason="again")
    assert house.room.register.view(reference).state is State.CLOSED


async def test_a_refused_restriction_leaves_everything_as_it_was(people: People, cast: Cast) -> None:
    who = cast.user(WRITES)
    # What the company kept from use before is not ours to free.
    cast.run("update tickets set processing_restricted = true where user_id = :id", id=who.id)
    before = cast.rows(who)
    with pytest.raises(BadInput):
        await people.ask(Right.RESTRICTION, who.email, changes={"because": "i-say-so"})
    reference = await until_decision(people, who, ACCURACY)
    assert restricted(cast.rows(who))["users"] == {True}
    await people.decide(reference, approved=False, ground="NG-34-1")
    view = await people.closed(reference)
    assert view.ending is Ending.REFUSED
    assert people.letters(view) == ["L1", "L6"]
    assert cast.changed(before) == {}


async def test_of_two_cases_the_first_to_be_lifted_frees_nothing_that_the_second_blocks(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(WRITES)
    first = await until_decision(people, who, ACCURACY)
    second = await until_decision(people, who, TICKETS_ONLY)
    await asyncio.gather(people.decide(first), people.decide(second))
    view, _ = await asyncio.gather(people.closed(first), people.closed(second))
    await people.desk.lift(first, actor=people.officer, reason="checked")
    await people.client.get_workflow_handle(lift_id(view.case.id)).result()
    assert restricted(cast.rows(who)) == {"users": {False}, "tickets": {True}}
    other = house.room.register.view(second)
    await people.desk.lift(second, actor=people.officer, reason="the claim is settled")
    await people.client.get_workflow_handle(lift_id(other.case.id)).result()
    assert restricted(cast.rows(who)) == {"users": {False}, "tickets": {False}}


async def heard_at(house: House, case: str) -> datetime:
    async with asyncio.timeout(60):
        while True:
            letter = house.room.letters.find(case, "L-LIFTED")
            if letter and letter.sent:
                return letter.sent
            await asyncio.sleep(0.05)


async def test_between_the_notice_and_the_end_lie_the_days_that_the_policy_says(
    people: People, house: House, cast: Cast
) -> None:
    """s.34: who hears only when it is done can say nothing against it."""
    who = cast.user(WRITES)
    reference = await until_decision(people, who, ACCURACY)
    await people.decide(reference)
    case = (await people.closed(reference)).case.id
    await people.desk.lift(reference, actor=people.officer, reason="the address was checked")
    handle = people.client.get_workflow_handle(lift_id(case))
    heard = await heard_at(house, case)
    assert restricted(cast.rows(who)) == {"users": {True}, "tickets": {True}}
    told = Task(case=case, step=State.CLOSED)
    ends = Release(house.tools).ends(told)
    assert ends is not None
    assert ends - heard == timedelta(days=house.policy.lift_notice_days)
    await handle.result()
    ended = (await handle.describe()).close_time
    assert ended is not None
    assert ended - heard > timedelta(seconds=LIFT_NOTICE / 2)
    timers = [
        e.timer_started_event_attributes
        async for e in handle.fetch_history_events()
        if e.HasField("timer_started_event_attributes")
    ]
    assert len(timers) == 1
    assert restricted(cast.rows(who)) == {"users": {False}, "tickets": {False}}


class LettingGo:
    """The company's system, in which another case lets go right after somebody looked."""

    def __init__(self, connector: Connector, let_go: Callable[[], object]) -> None:
        self._connector, self._let_go = connector, let_go
        self.looked = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._connector, name)

    def observe(self, batch: Batch) -> object:
        seen = self._connector.observe(batch)
        if not self.looked:
            self._let_go()
        self.looked += 1
        return seen


async def test_a_note_of_a_case_that_lets_go_meanwhile_is_never_taken_for_the_companys_own(
    people: People, house: House, cast: Cast
) -> None:
    """Taken for theirs, it would be lifted by nobody ever."""
    who = cast.user(WRITES)
    reference = await until_decision(people, who, ACCURACY)
    await people.decide(reference)
    first = (await people.closed(reference)).case
    resting = frozenset({Outcome.RESTRICT})
    planned = list(house.room.plans.items(first.id, "siamcrm", resting))
    items = [one for one in planned if one.row.table == "tickets"]
    intake = Intake(
        rights=(Right.RESTRICTION,),
        channel="web",
        received=house.tools.clock.now(),
        language="th",
        identifiers=(identifier(IdentifierKind.EMAIL, who.email),),
        changes=dict(TICKETS_ONLY),
    )
    terms = {Right.RESTRICTION: house.policy.terms(Right.RESTRICTION, house.tools.clock.now())}
    [second] = house.room.register.open_request(intake, terms)

    def let_go() -> None:
        Suspend(house.tools).resume(
            Task(case=first.id, step=State.CLOSED, system="siamcrm", verb=Verb.RESUME)
        )

    company = LettingGo(house.tools.connectors["siamcrm"], let_go)
    connectors: dict[str, Any] = {"siamcrm": company}
    task = Task(case=second.id, step=State.SUSPENDING, system="siamcrm", verb=Verb.RESTRICT, batch="v1-0")
    await asyncio.to_thread(block, replace(house.tools, connectors=connectors), task, items)
    assert company.looked
    free = list(house.room.blocks.free(second.id, "siamcrm"))
    assert len(free) == len(items) > 0


async def test_nobody_uses_the_data_again_before_the_person_was_told_by_hand(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS)
    reference = await people.ask(Right.RESTRICTION, who.email, changes=ACCURACY)
    await people.until(reference, State.VERIFYING)
    await people.vouch(reference)
    await people.decide(reference)
    case = (await people.closed(reference)).case.id
    assert "keep-from-use" in open_tasks(house, case)
    await people.desk.lift(reference, actor=people.officer, reason="it was checked")
    handle = people.client.get_workflow_handle(lift_id(case))
    async with asyncio.timeout(60):
        while True:
            if "hand-over-L-LIFTED" in open_tasks(house, case):
                break
            await asyncio.sleep(0.1)
    await asyncio.sleep(LIFT_NOTICE + 1)
    assert views_blocked(house, cast, who) == {True}
    for task in house.room.tasks.of(case):
        if task.code == "hand-over-L-LIFTED":
            house.room.tasks.close(task.id, actor=people.officer, reason="handed over at the counter")
    await people.desk.wake(case)
    await handle.result()
    assert views_blocked(house, cast, who) == {False}
    # What was still to be kept from use by hand is not asked for any more.
    assert open_tasks(house, case) & {"keep-from-use", "use-again"} == {"use-again"}


def open_tasks(house: House, case: str) -> set[str]:
    return {task.code for task in house.room.tasks.of(case)}

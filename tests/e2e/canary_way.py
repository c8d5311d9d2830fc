"""What happens to the marked people's requests on their way: whatever is told of them is a mark."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

import psycopg

from activities.copy import given_in_part
from activities.instructing import invite
from demo.scenarios import FORMER_CUSTOMER, LEAD, SAME_EMAIL
from domain.assurance import Method
from domain.calendar import day_in_bangkok
from domain.case import Because, Moved, Progress
from domain.errors import Conflict, TooLate
from domain.holds import OrderKind
from domain.identifiers import IdentifierKind, identifier
from domain.incidents import Assessment, Closing, Heard, Risk
from domain.instructions import Source, Told
from domain.links import Amendment, Relation
from domain.outcomes import Outcome
from domain.plan_edits import Change
from domain.ports import Intake
from domain.rights import Right
from domain.states import State
from tests.e2e.canary_site import Site
from tests.e2e.canary_story import SYSTEM, WHY, Story
from tests.support.marked import LATIN, email_of
from tests.support.people import DIED, People
from workflows.incident import incident_id

ELSEWHERE = f"{LATIN}.elsewhere@{LATIN}.example"
EXPECTED = date(2099, 1, 5)


async def turns(story: Story, restricted: str) -> None:
    """Every turn, side by side; `restricted` is a case whose restriction stands."""
    several = (_amended, _ended, _merged, _parked, _instructed, _edited)
    await asyncio.gather(*(turn(story) for turn in several))
    await _lifted(story, restricted)


async def _amend(story: Story, reference: str, amendment: Amendment) -> None:
    await story.people.desk.amend(reference, amendment, actor=story.people.officer, reason=WHY)


async def _authorised(story: Story, reference: str) -> None:
    """What shows that they may act is seen by one, and by another."""
    await story.people.authorise(reference, covers=(Right.ACCESS,))
    await story.people.desk.second_authority(reference, actor=story.people.approver, reason=WHY)


async def _amended(story: Story) -> None:
    """Amended in every way, complained of, decided, and taken up again."""
    people, desk, who = story.people, story.people.desk, FORMER_CUSTOMER
    reference = await story.until_decision(Right.ACCESS, who)
    elsewhere = identifier(IdentifierKind.EMAIL, ELSEWHERE)
    for version, amendment in enumerate(
        (
            Amendment(moved=Moved.SCOPE, changes={"units": "U01"}),
            Amendment(moved=Moved.AGENT, agent=WHY, authority=WHY),
            Amendment(moved=Moved.REPLY_TO, address=elsewhere),
        ),
        start=2,
    ):
        await _amend(story, reference, amendment)
        if amendment.moved is Moved.AGENT:
            await _authorised(story, reference)
        await people.planned(reference, version)
    await story.press(reference, ELSEWHERE)
    shown = await people.challenge(email_of(who), reference)
    own = identifier(IdentifierKind.EMAIL, email_of(who))
    await _amend(story, reference, Amendment(moved=Moved.OF_AGE, address=own))
    await story.press(reference, email_of(who), after=shown)
    await desk.record_identity(reference, Method.MASKED_DOCUMENT, actor=people.officer, reason=WHY)
    view = await people.planned(reference, 5)
    await desk.redact(reference, (WHY,), actor=people.officer, reason=WHY)
    await desk.progress(
        reference, Progress(because=Because.VOLUME, expected_on=EXPECTED), actor=people.officer
    )
    await desk.retime(reference, actor=people.officer, reason=WHY)
    await desk.tell_terms(view.case.id, view.case.terms)
    holds = story.site.house.room.holds
    order = holds.place(view.case.id, WHY, actor=people.officer, reason=WHY, kind=OrderKind.COMPLAINT)
    holds.release(order, actor=people.approver, reason=WHY)
    await story.decide(reference)
    await desk.ending(reference)
    for relation in (Relation.REOPENS, Relation.REVIEWS):
        again = await desk.reopen(reference, actor=people.officer, reason=WHY, relation=relation)
        await people.until(again.case.reference, State.VERIFYING)
        await desk.withdraw(again.case.reference, actor=people.officer)
        await desk.ending(again.case.reference)


async def _edited(story: Story) -> None:
    """The plan edited, and the edit taken back; then it reached the wrong person, and the right one hears."""
    people, desk, room = story.people, story.people.desk, story.site.house.room
    reference = await story.until_decision(Right.ACCESS, LEAD)
    view = await people.planned(reference)
    case = view.case.id
    said: dict[str, Any] = {"actor": people.officer, "reason": WHY}
    in_part = given_in_part(story.site.house.tools)
    rows = (row for row in room.plans.rows(case) if (row.system, row.table) in in_part)
    row = next(row for row in rows if row.planned is Outcome.COPY)
    line = {"system": row.system, "table": row.table, "unit": row.unit, "was": row.planned}
    change = Change.model_validate({**line, "becomes": Outcome.REDACT, "ground": "R30-LAW"})
    made = await desk.edit_plan(reference, change, harm=WHY, **said)
    await people.planned(reference, 2)
    await desk.undo_edit(reference, made.id, **said)
    await people.planned(reference, 3)
    room.notes.write(case, WHY, actor=people.officer)
    incident = (await desk.wrong_recipient(reference, **said)).id
    words = dict.fromkeys(("disclosed", "to_whom", "effects", "done"), WHY)
    room.incidents.assess(incident, Assessment(risk=Risk.HIGH, **words), actor=people.officer)
    await desk.tell_of_incident(incident, actor=people.officer)
    await people.client.get_workflow_handle(incident_id(case, incident)).result()
    now = story.site.house.tools.clock.now()
    for heard in Heard:
        room.incidents.notify(incident, heard, told=now, evidence=WHY, actor=people.officer)
    await desk.close_incident(incident, Closing.NOTIFIED, **said)
    await desk.withdraw(reference, actor=people.officer)
    await desk.ending(reference)


async def _ended(story: Story) -> None:
    """Another right instead; a death."""
    for amendment in (Amendment(moved=Moved.RIGHT, right=Right.PORTABILITY), DIED):
        reference = await story.until_decision(Right.ACCESS, LEAD)
        await _amend(story, reference, amendment)
        if amendment is DIED:
            await story.people.desk.amend(reference, DIED, actor=story.people.approver, reason=WHY)
        await story.people.desk.ending(reference)


async def _instructed(story: Story) -> None:
    """A tenant's contact says by its link that it sees to it; then the tenant has it carried out, and it is stopped."""
    people, desk, tools = story.people, story.people.desk, story.site.house.tools
    intake = Intake(
        rights=(Right.ERASURE,),
        channel="web",
        received=tools.clock.now(),
        language="th",
        identifiers=(identifier(IdentifierKind.EMAIL, email_of(LEAD)),),
        name=WHY,
        controllers=("a-tenant",),
    )
    [view] = await desk.open(intake)
    contact = identifier(IdentifierKind.EMAIL, f"contact.{ELSEWHERE}")
    made = await asyncio.to_thread(invite, tools, view.case.id, contact, actor=people.officer)
    assert (await desk.invited(made.token)).case == view.case.id
    await desk.answer_instruction(made.token, made.code, Told.OURSELVES)
    reference = view.case.reference
    await people.prove(email_of(LEAD), reference)  # so that there is somebody whom it surely means
    said: dict[str, Any] = {"actor": people.officer, "reason": WHY}
    opened = await desk.instruct(reference, Told.CARRY_OUT, Source.WRITTEN, **said)
    assert opened is not None
    await desk.ending(opened.case.reference)  # of nobody who stands in that tenant's records
    await desk.ending(reference)


async def _merged(story: Story) -> None:
    people = story.people
    earlier = await story.until_decision(Right.ACCESS, FORMER_CUSTOMER)
    later = await story.until_decision(Right.ACCESS, FORMER_CUSTOMER)
    await people.desk.merge(later, earlier, actor=people.officer, reason=WHY)
    await people.desk.ending(later)
    for officer in (people.officer, people.approver):
        await people.desk.cancel(earlier, actor=officer, reason=WHY, ground="P-JURISTIC")


async def _parked(story: Story) -> None:
    """A system that is away while marketing is to stop: given to somebody, and mended."""
    people = story.people
    with _without(story.site, "email_suppressions"):
        reference = await story.ask(Right.OBJECTION, SAME_EMAIL, {"against": "marketing"})
        await people.seen(reference, lambda view: bool(view.parked))
        await people.desk.hand(reference, SYSTEM, people.approver, actor=people.officer)
    await people.desk.repair(reference, SYSTEM, retry=True, actor=people.officer, reason=WHY)
    await people.until(reference, State.CHOOSING)
    for actor in (people.officer, people.approver):
        await people.desk.choose(reference, None, actor=actor, reason=WHY)
    await story.press(reference, email_of(SAME_EMAIL))
    await people.desk.ending(reference)


@contextmanager
def _without(site: Site, table: str) -> Iterator[None]:
    with psycopg.connect(site.installation.crm.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"alter table {table} rename to {table}_away")
        try:
            yield
        finally:
            connection.execute(f"alter table {table}_away rename to {table}")


async def _lifted(story: Story, reference: str) -> None:
    people = story.people
    await _apologised(story)
    await people.desk.lift(reference, actor=people.officer, reason=WHY)
    case = (await people.desk.view(reference)).case.id
    for _ in range(600):
        if all(owed.met for owed in story.site.house.room.obligations.of(case)):
            break
        await asyncio.sleep(0.1)
    _close_tasks(people, case)
    await people.desk.wake(case)


async def _apologised(story: Story) -> None:
    """Marketing went out all the same."""
    people, who = story.people, FORMER_CUSTOMER
    reference = await story.ask(Right.OBJECTION, who, {"against": "marketing"})
    await people.until(reference, State.VERIFYING, State.CLOSED)
    today = day_in_bangkok(story.site.house.tools.clock.now())
    await people.desk.incident(reference, today, actor=people.officer, reason=WHY)
    case = (await people.desk.view(reference)).case.id
    await people.client.get_workflow_handle(incident_id(case, today.isoformat())).result()
    with suppress(TooLate, Conflict):
        await people.desk.withdraw(reference, actor=people.officer)


def _close_tasks(people: People, case: str) -> None:
    """What was done by hand is told in a sentence."""
    tasks = people.house.room.tasks
    for task in tasks.of(case):
        tasks.hand(task.id, people.approver, actor=people.officer)
        tasks.close(task.id, actor=people.officer, reason=WHY)

"""What happens to requests on their way: amended, replaced, merged, told how it stands, waited for, frozen."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from domain.calendar import day_in_bangkok
from domain.case import Because, Moved, Progress
from domain.holds import OrderKind
from domain.identifiers import IdentifierKind, identifier
from domain.links import Relation
from domain.outcomes import Outcome
from domain.plan_edits import Change
from domain.rights import Right
from domain.states import State
from tests.replay.other_rights import ACCURACY, INTEREST
from tests.replay.stage import WHY, Branches, Stage
from tests.support.marked import LATIN, THAI
from tests.workflows.company import ANSWERS_SURVEYS, PAYS, READS, WRITES


async def _access_widened(stage: Stage) -> str:
    reference = await stage.to_decision(Right.ACCESS, stage.cast.user(WRITES), changes={"units": "U06"})
    await stage.amended(reference, Moved.SCOPE, changes={"units": ""})
    await stage.people.planned(reference, 2)
    await stage.people.decide(reference)
    return reference


async def _access_answered_elsewhere(stage: Stage) -> str:
    reference = await stage.to_decision(Right.ACCESS, stage.cast.user())
    new = f"{LATIN}@{LATIN}.example"
    await stage.amended(reference, Moved.REPLY_TO, address=identifier(IdentifierKind.EMAIL, new))
    await stage.people.planned(reference, 2)
    await stage.people.prove(new, reference)
    await stage.people.decide(reference)
    return reference


async def _access_by_an_agent(stage: Stage) -> str:
    """Somebody acts for a minor, who then comes of age: who asks is looked at anew."""
    people, who = stage.people, stage.cast.user()
    reference = await stage.to_decision(Right.ACCESS, who)
    await stage.amended(reference, Moved.AGENT, agent=THAI, authority=WHY)
    await people.authorise(reference, covers=(Right.ACCESS,))
    await people.planned(reference, 2)
    first = await people.challenge(who.email, reference)
    await stage.amended(reference, Moved.OF_AGE, address=identifier(IdentifierKind.EMAIL, who.email))
    for _ in range(1200):
        if (newest := await people.challenge(who.email, reference)) != first:
            break
        await asyncio.sleep(0.05)
    await people.desk.answer_challenge(*newest)
    await people.vouch(reference)
    await people.planned(reference, 3)
    await people.decide(reference)
    return reference


async def _access_replaced(stage: Stage) -> str:
    reference = await stage.to_decision(Right.ACCESS, stage.cast.user())
    await stage.amended(reference, Moved.RIGHT, right=Right.PORTABILITY)
    return reference


async def _access_merged(stage: Stage) -> str:
    people, who = stage.people, stage.cast.user()
    earlier = await stage.to_decision(Right.ACCESS, who)
    later = await stage.to_decision(Right.ACCESS, who)
    await people.desk.merge(later, earlier, actor=people.officer, reason=WHY)
    return later


async def _access_told_how_it_stands(stage: Stage) -> str:
    people = stage.people
    reference = await people.ask(Right.ACCESS, stage.cast.user().email)
    view = await people.until(reference, State.VERIFYING)
    expected = day_in_bangkok(stage.house.tools.clock.now()) + timedelta(days=9)
    for because in (Because.VOLUME, Because.SYSTEM):
        await people.desk.progress(
            reference, Progress(because=because, expected_on=expected), actor=people.officer
        )
    await people.seen(reference, lambda _: "L3-2" in people.letters(view))
    await people.desk.withdraw(reference)
    return reference


async def _erasure_waited(stage: Stage) -> str:
    """Asked for with a copy: the copy goes first."""
    people, who = stage.people, stage.cast.user(READS)
    access, erasure = await people.ask_all((Right.ERASURE, Right.ACCESS), who.email)
    await people.until(erasure, State.WAITING)
    await people.identify(who.email, access)
    await people.decide(access)
    await people.decide(erasure)
    await stage.proceed(erasure)
    return erasure


async def _erasure_narrowed(stage: Stage) -> str:
    reference = await stage.decided(Right.ERASURE, stage.cast.user(READS, WRITES))
    await stage.people.until(reference, State.COOLING)
    await stage.amended(reference, Moved.SCOPE, changes={"units": "U07"})
    await stage.people.planned(reference, 2)
    await stage.people.decide(reference)
    await stage.proceed(reference)
    return reference


async def _erasure_deceased(stage: Stage) -> str:
    reference = await stage.decided(Right.ERASURE, stage.cast.user(PAYS))
    await stage.people.until(reference, State.COOLING)
    await stage.people.died(reference)
    return reference


async def _erasure_complained_of(stage: Stage) -> str:
    """A complaint comes while it cools: nothing is erased until it is settled, and then it is decided anew."""
    people, holds = stage.people, stage.house.room.holds
    reference = await stage.decided(Right.ERASURE, stage.cast.user(READS, f"not {PAYS}"))
    view = await people.until(reference, State.COOLING)
    complaint = holds.place(view.case.id, WHY, actor=people.officer, reason=WHY, kind=OrderKind.COMPLAINT)
    await people.desk.call_off(reference, proceed=True)
    await stage.parked(reference)
    holds.release(complaint, actor=people.approver, reason=WHY)
    await stage.repaired(reference)
    await people.planned(reference, 2)
    await people.decide(reference)
    await stage.proceed(reference)
    return reference


async def _erasure_reviewed(stage: Stage) -> str:
    """Other people look at how it was decided: a case of its own."""
    people, who = stage.people, stage.cast.user()
    refused = await stage.refused(Right.ERASURE, who, "NG-33-1")
    await people.closed(refused)
    view = await people.desk.reopen(refused, actor=people.officer, reason=WHY, relation=Relation.REVIEWS)
    reference = view.case.reference
    await people.identify(who.email, reference)
    others = await type(people).at(stage.house, people.client)
    await others.decide(reference)
    await people.until(reference, State.COOLING)
    await people.desk.call_off(reference, proceed=False)
    return reference


async def _objection_turned(stage: Stage) -> str:
    """Against the company's interest at first, then against marketing alone, which nobody decides."""
    who = stage.cast.user(READS)
    reference = await stage.people.ask(Right.OBJECTION, who.email, changes=INTEREST)
    await stage.people.until(reference, State.VERIFYING)
    await stage.amended(reference, Moved.SCOPE, changes={"against": "marketing"})
    await stage.people.prove(who.email, reference)
    return reference


async def _erasure_edited(stage: Stage) -> str:
    """An officer keeps one record back until a day; the plan is drawn up anew before anybody decides."""
    people, who = stage.people, stage.cast.user(WRITES)
    stage.cast.leaves(who)
    reference = await stage.to_decision(Right.ERASURE, who, changes={"units": "U06"})
    view = await people.planned(reference)
    rows = await asyncio.to_thread(lambda: list(people.house.room.plans.rows(view.case.id)))
    row = next(row for row in rows if row.table == "tickets")
    said = Change(
        system=row.system,
        table=row.table,
        unit=row.unit,
        was=row.planned,
        becomes=Outcome.HOLD,
        ground="EX-CLAIM",
        until=date(2028, 1, 1),
        numbers=(row.no,),
    )
    await people.desk.edit_plan(reference, said, actor=people.officer, reason=WHY)
    await people.planned(reference, 2)
    await people.decide(reference)
    await stage.proceed(reference)
    return reference


async def _restriction_narrowed(stage: Stage) -> str:
    reference = await stage.to_decision(Right.RESTRICTION, stage.cast.user(WRITES), changes=ACCURACY)
    await stage.amended(reference, Moved.SCOPE, changes={"units": "U06"})
    await stage.people.planned(reference, 2)
    await stage.people.decide(reference)
    return reference


async def _rectification_amended(stage: Stage) -> str:
    reference = await stage.to_decision(
        Right.RECTIFICATION, stage.cast.user(WRITES), changes={"name-th": WHY}
    )
    await stage.amended(reference, Moved.SCOPE, changes={"name-th": THAI})
    await stage.people.planned(reference, 2)
    await stage.people.decide(reference)
    return reference


async def _withdrawal_widened(stage: Stage) -> str:
    """One consent at first, then every one: marketing stops then."""
    who = stage.cast.user(ANSWERS_SURVEYS)
    reference = await stage.people.ask(Right.WITHDRAWAL, who.email, changes={"purpose": "product_research"})
    await stage.people.until(reference, State.VERIFYING)
    await stage.amended(reference, Moved.SCOPE, changes={"purpose": ""})
    await stage.people.prove(who.email, reference)
    return reference


BRANCHES: Branches = {
    "access-widened": _access_widened,
    "access-answered-elsewhere": _access_answered_elsewhere,
    "access-by-an-agent": _access_by_an_agent,
    "access-replaced": _access_replaced,
    "access-merged": _access_merged,
    "access-told-how-it-stands": _access_told_how_it_stands,
    "erasure-waited": _erasure_waited,
    "erasure-narrowed": _erasure_narrowed,
    "erasure-edited": _erasure_edited,
    "erasure-deceased": _erasure_deceased,
    "erasure-complained-of": _erasure_complained_of,
    "erasure-reviewed": _erasure_reviewed,
    "objection-turned": _objection_turned,
    "restriction-narrowed": _restriction_narrowed,
    "rectification-amended": _rectification_amended,
    "withdrawal-widened": _withdrawal_widened,
}

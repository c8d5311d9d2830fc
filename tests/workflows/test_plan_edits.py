"""A plan edited by an officer, all the way: kept back until a day, given in part, lost where the record changed, refused."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from typing import Any

import pytest

from bootstrap import House
from domain.aftermath import Owed
from domain.case import Moved
from domain.errors import BadInput, StalePlan
from domain.outcomes import Ending, Outcome
from domain.plan import PlanRow
from domain.plan_edits import Change
from domain.rights import Right
from domain.states import State
from tests.support.people import People
from tests.workflows.company import Cast
from tests.workflows.test_portability import package
from tests.workflows.test_refusals import letter_text

pytestmark = pytest.mark.slow

LATER = date(2028, 1, 1)
WRITTEN = "exists (select from tickets t join ticket_messages m on m.ticket_id = t.id where t.user_id = u.id)"
NEEDED: dict[str, Any] = {"ground": "EX-CLAIM", "until": LATER}


def change(
    row: PlanRow, becomes: Outcome, *numbers: int, ground: str = "", until: date | None = None
) -> Change:
    line = {"system": row.system, "table": row.table, "unit": row.unit, "was": row.planned}
    return Change.model_validate(
        {**line, "becomes": becomes, "ground": ground, "until": until, "numbers": numbers}
    )


def rows_of(house: House, case: str, table: str) -> list[PlanRow]:
    return [row for row in house.room.plans.rows(case) if row.table == table]


async def test_a_ticket_is_kept_for_a_claim_until_a_day_and_the_person_reads_why(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(WRITTEN)
    cast.leaves(who)
    reference = await people.ask(Right.ERASURE, who.email, changes={"units": "U06"})
    await people.identify(who.email, reference)
    view = await people.planned(reference)
    case, read = view.case.id, house.room.plans.summary(view.case.id)
    tickets = rows_of(house, case, "tickets")
    said = change(tickets[0], Outcome.HOLD, tickets[0].no, **NEEDED)
    mistaken = change(tickets[0], Outcome.NOT_ASKED)
    with pytest.raises(BadInput, match="edit not allowed"):
        await people.desk.edit_plan(reference, mistaken, actor=people.officer, reason="no")
    await people.desk.edit_plan(
        reference,
        said,
        actor=people.officer,
        reason="a claim of theirs is before the court",
        digest=read.digest,
    )
    await people.planned(reference, 2)
    with pytest.raises(StalePlan):
        await people.desk.propose(
            reference, approved=True, actor=people.officer, reason="read", digest=read.digest
        )
    # What the request goes on to ask is planned anew, and the edit is carried on by the record.
    await people.amend(reference, Moved.SCOPE, changes={"units": "U06,U07"})
    await people.planned(reference, 3)
    [kept] = [row for row in rows_of(house, case, "tickets") if row.edit]
    assert (kept.planned, kept.ground, kept.until) == (Outcome.HOLD, "EX-CLAIM", LATER)
    assert house.room.plans.summary(case).digest != read.digest
    await people.decide(reference)
    view = await people.went_on(reference)
    assert view.ending is Ending.PARTIAL
    left = cast.value("select count(*) from tickets where user_id = :id", id=who.id)
    assert left == 1
    told = letter_text(house, case, "L5")
    assert "สิทธิเรียกร้อง" in told
    assert "2571" in told  # until when, in the Buddhist Era
    [owed] = [one for one in house.room.obligations.of(case) if one.kind == Owed.HELD]
    assert (owed.due_on, owed.items) == (LATER, 1)
    [refused] = house.room.refusals.all(case)
    assert refused.refused.ground == "EX-CLAIM"


async def test_a_record_that_would_harm_others_is_given_in_part_and_another_withheld(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(WRITTEN, "exists (select from page_views p where p.user_id = u.id)")
    reference = await people.ask(Right.ACCESS, who.email)
    await people.identify(who.email, reference)
    view = await people.planned(reference)
    case = view.case.id
    messages = rows_of(house, case, "ticket_messages")
    partly = change(messages[0], Outcome.REDACT, ground="R30-LAW")
    with pytest.raises(BadInput, match="both limbs"):
        await people.desk.edit_plan(reference, partly, actor=people.officer, reason="s.30")
    harm = "it tells of a colleague's illness"
    await people.desk.edit_plan(reference, partly, actor=people.officer, reason="order 5/2569", harm=harm)
    await people.planned(reference, 2)
    views = rows_of(house, case, "page_views")
    withheld = change(views[0], Outcome.NO_GROUND, ground="R30-LAW")
    await people.desk.edit_plan(reference, withheld, actor=people.officer, reason="order 5/2569", harm=harm)
    await people.planned(reference, 3)
    decision = await people.decide(reference)
    assert decision.confirmer == people.approver  # what is refused takes two
    view = await people.until(reference, State.CLOSED)
    assert view.ending is Ending.PARTIAL
    packed = zipfile.ZipFile(io.BytesIO(package(house, view)))
    told = json.loads(packed.read("dossier.json"))
    counts = {each["table"]: each["records"] for each in told["counts"]}
    assert not counts.get("page_views")
    assert counts["ticket_messages"] == len(messages)
    written = (
        "select min(m.body) from ticket_messages m join tickets t on t.id = m.ticket_id where t.user_id = :id"
    )
    body = str(cast.value(written, id=who.id))
    csv = packed.read("csv/siamcrm.ticket_messages.csv").decode()
    assert body
    assert body not in csv
    achieved = [row for row in house.room.plans.results(case) if row.table == "ticket_messages"]
    assert {(row.planned, row.ground) for row in achieved} == {(Outcome.REDACT, "R30-LAW")}


async def test_an_edit_that_is_lost_is_told_and_one_taken_back_is_gone(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(WRITTEN)
    cast.leaves(who)
    reference = await people.ask(Right.ERASURE, who.email, changes={"units": "U06"})
    await people.identify(who.email, reference)
    view = await people.planned(reference)
    case = view.case.id
    tickets = rows_of(house, case, "tickets")
    said = change(tickets[0], Outcome.HOLD, tickets[0].no, **NEEDED)
    made = await people.desk.edit_plan(reference, said, actor=people.officer, reason="a claim")
    await people.planned(reference, 2)
    await people.amend(reference, Moved.SCOPE, changes={"units": "U07"})
    await people.planned(reference, 3)
    assert "look-at-lost-edit" in people.tasks(view)
    await people.amend(reference, Moved.SCOPE, changes={"units": "U06"})
    await people.planned(reference, 4)
    assert [row.edit for row in rows_of(house, case, "tickets") if row.edit] == [made.id]
    await people.desk.undo_edit(reference, made.id, actor=people.officer, reason="no claim after all")
    await people.planned(reference, 5)
    assert {row.edit for row in house.room.plans.rows(case)} == {""}
    await people.stop(reference)

"""What `--json` tells: the stable shapes, made of references, codes, counts and dates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from cases.room import Room
from cases.standing import For, cooling_ends
from cli import particulars
from cli.standing import Waiting, standing
from domain.errors import NotFound
from domain.outcomes import Outcome
from domain.plan import PlanRow, PlanSummary
from domain.plan_edits import Edit
from domain.ports import CaseView
from domain.rights import RULES

if TYPE_CHECKING:
    from bootstrap import House

Shape = dict[str, Any]


def brief(view: CaseView) -> Shape:
    """A case as lists tell it."""
    case = view.case
    return {
        "reference": case.reference,
        "id": case.id,
        "request": view.request,
        "right": case.right.value,
        "section": RULES[case.right].section,
        "state": view.state.value,
        "ending": view.ending.value if view.ending else None,
        "channel": view.channel,
        "language": view.language,
        "tenant": view.tenant,
        "received_on": case.terms.received_on.isoformat(),
        "decide_by": case.terms.decide_by.isoformat(),
        "due_on": case.terms.strict.isoformat(),
        "authority": case.terms.authority.value,
        "terms_version": case.terms.version,
        "policy": case.terms.policy,
        "calendar": case.terms.calendar,
        "opened": view.opened.isoformat(),
        "closed": view.closed.isoformat() if view.closed else None,
        "started": view.started,
        "parked": [parked.model_dump(mode="json") for parked in view.parked],
    }


def whole(house: House, view: CaseView) -> Shape:
    """A case as its status tells it: what it asks and waits for, its plan in counts, what was done, sent and stays owed."""
    room, case = house.room, view.case.id
    plan, waiting, bundle = newest_plan(room, view), standing(room, view), room.letters.bundle(case)
    written = room.letters.of(case)
    proposed, links = room.traces.proposed(case), room.traces.links(case)
    if proposed and waiting.waits_for is For.DECISION:
        waiting = Waiting(waits_for=For.DECISION, command=f"confirm {view.case.reference}")
    cooling = cooling_ends(view, written)
    return {
        **brief(view),
        **waiting.model_dump(mode="json"),
        "parked": [particulars.parked(parked) for parked in view.parked],
        "wish": particulars.wish(house, view),
        "identity": particulars.identity(room, view),
        "links": particulars.links(room, case),
        "plan": summary(plan) if plan else None,
        "decision": particulars.decision(room, case, proposed),
        "death": particulars.death(room, case),
        "cooling_ends": cooling.isoformat() if cooling else None,
        "receipts": [receipt.model_dump(mode="json") for receipt in room.effects.receipts(case)],
        "letters": particulars.letters(written, links),
        "bundle": bundle.model_dump(mode="json") if bundle else None,
        "tasks": particulars.tasks(room, case),
        "obligations": [
            owed.model_dump(mode="json", exclude={"case", "plan"}) for owed in room.obligations.of(case)
        ],
    }


def newest_plan(room: Room, view: CaseView) -> PlanSummary | None:
    """The newest plan, if one was made yet."""
    try:
        return room.plans.summary(view.case.id)
    except NotFound:
        return None


def summary(plan: PlanSummary) -> Shape:
    """A plan in counts."""
    return plan.model_dump(mode="json", exclude={"case"})


def groups(rows: Iterable[PlanRow]) -> list[Shape]:
    """The plan in groups of rows that fare alike, in the plan's order of systems and tables; streams the rows."""
    found: dict[tuple[str, str, str, Outcome, str, date | None], Shape] = {}
    for row in rows:
        key = (row.system, row.table, row.unit, row.planned, row.ground, row.until)
        if key not in found:
            found[key] = {
                "system": row.system,
                "table": row.table,
                "unit": row.unit,
                "outcome": row.planned.value,
                "ground": row.ground,
                "until": row.until.isoformat() if row.until else None,
                "holds": [],
                "items": 0,
            }
        group = found[key]
        group["items"] += 1
        group["holds"] += [hold.rule for hold in row.holds if hold.rule not in group["holds"]]
    return list(found.values())


def edits(made: Iterable[Edit]) -> list[Shape]:
    """What officers changed in the plan, the oldest first; `now` is how many records an edit changes in the newest."""
    return [
        {
            "id": one.id,
            **one.change.model_dump(mode="json"),
            **one.model_dump(
                mode="json", include={"version", "items", "now", "undoes", "undone", "by", "at"}
            ),
        }
        for one in made
    ]


def cases(views: Sequence[CaseView]) -> Shape:
    """Several cases."""
    return {"cases": [brief(view) for view in views]}


def pairs(view: CaseView, like: Iterable[CaseView]) -> list[Shape]:
    """A case beside each that may be the same person's: the later one first, for it would go on in the earlier."""
    found = []
    for other in like:
        older, newer = sorted((view, other), key=_age)
        command = f"merge {newer.case.reference} --into {older.case.reference}"
        found.append({"reference": newer.case.reference, "like": brief(older), "command": command})
    return found


def _age(view: CaseView) -> tuple[date, str]:
    return view.case.terms.received_on, view.case.reference

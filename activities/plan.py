"""Plan: manifest x ground x holds, one outcome an item, under the policy in force today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from itertools import count

from activities.asked import asked_of
from activities.tools import Step, Tools, step
from domain.assess import Asked
from domain.calendar import day_in_bangkok
from domain.case import Located, Task
from domain.connector import FieldRole
from domain.errors import BadInput, NotFound
from domain.holds import Hold, holds_on
from domain.item import Found, Item
from domain.outcomes import DESTROYING, Outcome
from domain.plan import PlanRow, PlanSummary, line_of, plan_item
from domain.ports import PlannedItem
from domain.states import State

NEVER_REFUSED = "S32-2"
"""The ground of what is stopped whatever the officers say: direct marketing."""
UNDATED = "HOLD-UNDATED"
"""Ground of a record that falls under a hold but has no date to count it from."""


class MakePlan(Step):
    """Makes the plan that an officer reads and decides."""

    @step("plan")
    def plan(self, task: Task) -> PlanSummary:
        """Write version `task.version` under the policy and the orders in force now; once, also when retried.

        `task.grounds`: the ground on which the officers refused what may be refused; what remains is planned.
        """
        tools = self.tools
        tools.register.enter(task.case, State.PLANNING)
        with suppress(NotFound):
            standing = tools.plans.summary(task.case)
            if standing.version >= task.version:
                return standing
        return tools.plans.write(task.case, _planned(tools, task))


def _planned(tools: Tools, task: Task) -> Iterator[PlannedItem]:
    case, without = task.case, task.without
    asked, today = asked_of(tools, case), day_in_bangkok(tools.clock.now())
    numbers = count(1)
    with tools.effects.gate(case) as orders:
        ordered = bool(orders)
    for located in _in_turn(tools, asked, tools.findings.manifests(case)):
        if located.system in without:
            continue  # left out on a ground: an older manifest of it must not come back
        with tools.files.read(case, located.manifest) as lines:
            for line in lines:
                item = Item.model_validate_json(line)
                row = _line(tools, asked, item.found, today, ordered=ordered)
                if row is None:
                    continue
                row = _refused(row, task.grounds)
                number = {"no": next(numbers)}
                found = item.found.model_copy(update=number)
                yield PlannedItem(
                    row=row.model_copy(update=number), item=item.model_copy(update={"found": found})
                )


def _in_turn(tools: Tools, asked: Asked, manifests: Sequence[Located]) -> Sequence[Located]:
    """Corrections flow from the system of record to the copies: it comes first."""
    fields = asked.wish.corrections
    if not fields:
        return manifests

    def keeps_the_record(located: Located) -> bool:
        connector = tools.connectors.get(located.system)
        roles = connector.fields() if connector else {}
        return any(roles.get(field) is FieldRole.RECORD for field in fields)

    return sorted(manifests, key=keeps_the_record, reverse=True)


def _line(tools: Tools, asked: Asked, found: Found, today: date, *, ordered: bool) -> PlanRow | None:
    try:
        holds = record_holds(tools, found)
    except BadInput as error:
        if error.code != "hold-without-date":
            raise  # the data map and the policy do not fit: no plan at all, rather than a wrong one
        undated = plan_item(asked, found, (), today, ordered=ordered)
        if undated is not None and undated.planned in DESTROYING:
            return line_of(found, Outcome.REVIEW, UNDATED)
        return undated  # holds keep from erasing; they withhold nothing
    return plan_item(asked, found, holds, today, ordered=ordered)


def _refused(row: PlanRow, grounds: tuple[str, ...]) -> PlanRow:
    if not grounds or row.planned is not Outcome.STOP or row.ground == NEVER_REFUSED:
        return row
    return row.model_copy(update={"planned": Outcome.NO_GROUND, "ground": grounds[0]})


def record_holds(tools: Tools, found: Found) -> tuple[Hold, ...]:
    """The holds that the policy in force puts on a record. Raises `BadInput` for one without its date."""
    policy = tools.policy
    rules = policy.hold_rules(found.unit, found.holds)
    return holds_on(rules, found.dates, policy.books, policy.calendar)

"""Plan: manifest x ground x holds, one outcome an item, under the policy in force today."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from itertools import count

from activities.tools import Step, Tools, step
from domain.calendar import day_in_bangkok
from domain.case import Task
from domain.errors import BadInput, NotFound
from domain.holds import Hold, holds_on
from domain.item import Found, Item, Role
from domain.outcomes import Outcome
from domain.plan import PlanRow, PlanSummary, line_of, plan_item
from domain.ports import PlannedItem
from domain.rights import Right
from domain.states import State

UNDATED = "HOLD-UNDATED"
"""Ground of a record that falls under a hold but has no date to count it from."""


class MakePlan(Step):
    """Makes the plan that an officer reads and decides."""

    @step("plan")
    def plan(self, task: Task) -> PlanSummary:
        """Write version `task.version` under the policy and the orders in force now; once, also when retried."""
        tools = self.tools
        tools.register.enter(task.case, State.PLANNING)
        with suppress(NotFound):
            standing = tools.plans.summary(task.case)
            if standing.version >= task.version:
                return standing
        right = tools.register.view(task.case).case.right
        return tools.plans.write(task.case, _planned(tools, task.case, right, task.without))


def _planned(tools: Tools, case: str, right: Right, without: tuple[str, ...]) -> Iterator[PlannedItem]:
    today = day_in_bangkok(tools.clock.now())
    numbers = count(1)
    with tools.effects.gate(case) as orders:
        ordered = bool(orders)
    for located in tools.findings.manifests(case):
        if located.system in without:
            continue  # left out on a ground: an older manifest of it must not come back
        with tools.files.read(case, located.manifest) as lines:
            for line in lines:
                item = Item.model_validate_json(line)
                found = item.found.model_copy(update={"no": next(numbers)})
                row = _line(tools, right, found, today, ordered=ordered)
                yield PlannedItem(row=row, item=item.model_copy(update={"found": found}))


def _line(tools: Tools, right: Right, found: Found, today: date, *, ordered: bool) -> PlanRow:
    try:
        holds = record_holds(tools, found)
    except BadInput as error:
        if error.code != "hold-without-date":
            raise  # the data map and the policy do not fit: no plan at all, rather than a wrong one
        if right is Right.ERASURE and found.role is Role.CONTROLLER:
            return line_of(found, Outcome.REVIEW, UNDATED)
        holds = ()  # holds keep from erasing; they withhold nothing
    return plan_item(right, found, holds, today, ordered=ordered)


def record_holds(tools: Tools, found: Found) -> tuple[Hold, ...]:
    """The holds that the policy in force puts on a record. Raises `BadInput` for one without its date."""
    policy = tools.policy
    rules = policy.hold_rules(found.unit, found.holds)
    return holds_on(rules, found.dates, policy.books, policy.calendar)

"""Plan: manifest x ground x holds, one outcome an item, under the policy in force today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from itertools import count

from activities.asked import asked_of
from activities.batches import chunks
from activities.consents import ASK_WHICH_STANDS, stands_anew
from activities.finance import have_settled, unsettled
from activities.restrictions import ASK_TO_LIFT, asked_to_keep, kept_by_restriction
from activities.stop import stopped_in
from activities.tools import Step, Tools, step
from domain.assess import GIVEN_ANEW, Asked
from domain.calendar import day_in_bangkok
from domain.case import Located, Task
from domain.connector import FieldRole
from domain.errors import BadInput, NotFound
from domain.holds import OF_PROVIDERS, Hold, HoldRule, announced, holds_on
from domain.item import Found, Item, Role, place
from domain.keeping import ordered_for
from domain.outcomes import DESTROYING, UNDATED, UNFOUNDED, Outcome
from domain.plan import PlanRow, PlanSummary, beside_hold, line_of, plan_item
from domain.ports import PlannedItem
from domain.rights import Right
from domain.states import State

LOST_EDIT = "look-at-lost-edit"
"""The task of an officer: records changed, and an edit of the plan no longer fits all that it was made for."""

NEVER_REFUSED = "S32-2"
"""The ground of what is stopped whatever the officers say: direct marketing."""


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
                asked = {(code, r.system) for r in tools.plans.rows(task.case) if (code := _question(r))}
                self._have_asked(task.case, asked)
                have_settled(tools, task.case, _unsettled(tools, task.case))
                self._have_looked_at(task.case, standing.version)
                return standing
        questions: set[tuple[str, str]] = set()
        summary = tools.plans.write(task.case, _planned(tools, task, questions))
        self._have_asked(task.case, questions)
        have_settled(tools, task.case, _unsettled(tools, task.case))
        self._have_looked_at(task.case, summary.version)
        return summary

    def _have_looked_at(self, case: str, version: int) -> None:
        """What an officer changed and the new plan no longer has as they left it: an officer looks before it is decided."""
        for system in self.tools.plan_edits.lost(case, version):
            self.tools.register.open_task(case, LOST_EDIT, system)

    def _have_asked(self, case: str, questions: set[tuple[str, str]]) -> None:
        """The person said two things that do not go together: an officer asks them before anything is decided."""
        consent_only = self.tools.register.view(case).case.consent_only
        for code, system in sorted(questions):
            if code == ASK_WHICH_STANDS:
                self.tools.register.open_task(case, ASK_WHICH_STANDS, system, once=True)
            elif not consent_only:  # nobody asked for that erasure: what the person asked for stands
                self.tools.register.open_task(case, ASK_TO_LIFT, system, once=True)


def _unsettled(tools: Tools, case: str) -> Iterator[tuple[str, str]]:
    return ((row.system, row.ground) for row in tools.plans.rows(case) if unsettled(tools, row))


def _question(row: PlanRow) -> str:
    """The task under which the person is asked about a record; empty where nothing is to be asked."""
    return ASK_TO_LIFT if asked_to_keep(row) else ASK_WHICH_STANDS if row.ground == GIVEN_ANEW else ""


def _planned(tools: Tools, task: Task, questions: set[tuple[str, str]]) -> Iterator[PlannedItem]:
    """The rows of a plan, streamed; `questions` learns what the person is to be asked, in which systems."""
    case, without = task.case, task.without
    asked, today = asked_of(tools, case), day_in_bangkok(tools.clock.now())
    if asked.consent_only and stands_anew(tools, case):
        asked = asked.model_copy(update={"consents_anew": True})
    numbers, stopped = count(1), stopped_in(tools, case)
    with tools.effects.gate(case) as binding:
        orders = list(binding.values())
    edits = tools.plan_edits.standing(case, asked.right, today)
    for located in _in_turn(tools, asked, tools.findings.manifests(case)):
        if located.system in without:
            continue  # left out on a ground: an older manifest of it must not come back
        with tools.files.read(case, located.manifest) as lines:
            for page in chunks(Item.model_validate_json(line) for line in lines):
                resting_here = kept_by_restriction(tools, asked, case, located.system, page)
                for item in page:
                    kept_on = ordered_for(orders, item.found.unit) or resting_here.get(place(item), "")
                    found = _before_the_stop(item.found) if located.system in stopped else item.found
                    row = judge(tools, asked, found, today, kept_on=kept_on)
                    if row is None:
                        continue
                    if question := _question(row):
                        questions.add((question, located.system))
                    said = edits.on(_refused(row, task.grounds), item)
                    yield _numbered(said, item, next(numbers))
                    if asked.right is Right.ERASURE and (rest := beside_hold(item.found, row)):
                        yield _numbered(rest, item, next(numbers))


def _before_the_stop(found: Found) -> Found:
    """The record as the request met it: a consent that the stop at intake ended was ended by this case."""
    consent = found.consent
    if consent is None or consent.stands or not (consent.listed and consent.marketing):
        return found
    return found.model_copy(update={"consent": consent.model_copy(update={"stands": True})})


def _numbered(row: PlanRow, item: Item, no: int) -> PlannedItem:
    number = {"no": no}
    found = item.found.model_copy(update=number)
    return PlannedItem(row=row.model_copy(update=number), item=item.model_copy(update={"found": found}))


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


def judge(tools: Tools, asked: Asked, found: Found, today: date, *, kept_on: str) -> PlanRow | None:
    """What the law and the policy in force make of a record today; None where the right does not speak of it.

    `kept_on` is the ground on which an order or a restriction keeps it.
    """
    try:
        holds = record_holds(tools, found, today)
    except BadInput as error:
        if error.code != "hold-without-date":
            raise  # the data map and the policy do not fit: no plan at all, rather than a wrong one
        undated = plan_item(asked, found, (), today, kept_on=kept_on)
        if undated is not None and undated.planned in DESTROYING:
            return line_of(found, Outcome.REVIEW, UNDATED)
        return undated  # holds keep from erasing; they withhold nothing
    row = plan_item(asked, found, holds, today, kept_on=kept_on)
    if row is not None and row.planned in DESTROYING and (doubt := in_doubt(tools, found, today)):
        return line_of(found, Outcome.REVIEW, doubt)
    return row


def _refused(row: PlanRow, grounds: tuple[str, ...]) -> PlanRow:
    if not grounds or row.planned is not Outcome.STOP or row.ground == NEVER_REFUSED:
        return row
    return row.model_copy(update={"planned": Outcome.NO_GROUND, "ground": grounds[0]})


def record_holds(tools: Tools, found: Found, today: date | None = None) -> tuple[Hold, ...]:
    """The holds that the policy in force puts on a record (`domain.holds.holds_on`). Raises `BadInput`."""
    policy = tools.policy
    carried = [rule.carried() for rule in _rules(tools, found)]
    rules = [rule for rule in carried if rule is not None]
    return holds_on(rules, found.dates, policy.books, policy.calendar, today)


def _rules(tools: Tools, found: Found) -> tuple[HoldRule, ...]:
    """The rules of a record. Of a tenant's only those that bind a service provider itself (pdpa-rules 3.2 no. 8)."""
    rules = tools.policy.hold_rules(found.unit, found.holds)
    if found.role is Role.CONTROLLER:
        return rules
    return tuple(rule for rule in rules if rule.counts_from in OF_PROVIDERS)


def in_doubt(tools: Tools, found: Found, today: date) -> str:
    """`UNFOUNDED` for a record that only an announced period without a basis would keep today. Raises `BadInput`."""
    policy, rules = tools.policy, _rules(tools, found)
    return UNFOUNDED if announced(rules, found.dates, policy.books, policy.calendar, today) else ""


def held(tools: Tools, found: Found, today: date) -> str:
    """The ground of the hold that binds a record today, if one does; what is in doubt is held (fails closed)."""
    try:
        binding = [hold for hold in record_holds(tools, found) if hold.binds(today)]
        return binding[0].ground if binding else in_doubt(tools, found, today)
    except BadInput:
        return UNDATED

"""Finance: what is not settled in a system that bills keeps a person's records; a task says so, and who decides.

No machine ends a contract: an officer says finance's word, and it is carried out in the system and noted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from activities.tools import Tools
from domain.aftermath import Owed, Task
from domain.connector import Billing, Wound
from domain.errors import BadInput, Conflict, TooLate
from domain.events import Event
from domain.item import Item
from domain.keys import idempotency_key
from domain.outcomes import Outcome
from domain.plan import PlanRow
from domain.states import BEGUN, State

SETTLE = "settle-"
"""A task of finance, with the obstacle's code behind it."""

OVER = "subscription-over"
"""The task on the day after the last period: nothing runs any more, and the erasure may be taken up again."""


def have_settled(tools: Tools, case: str, rows: Iterable[tuple[str, str]]) -> None:
    """Ask finance, once for each system and obstacle (`unsettled`), before anybody decides."""
    for system, code in sorted(set(rows)):
        tools.register.open_task(case, f"{SETTLE}{code}", system, once=True)


def unsettled(tools: Tools, row: PlanRow) -> bool:
    """Whether finance must settle something before this record may go."""
    connector = tools.connectors.get(row.system)
    blocked = row.planned is Outcome.BLOCKED
    return blocked and isinstance(connector, Billing) and row.ground in connector.unsettled()


def end_what_runs(tools: Tools, case: str, system: str, *, at_once: bool, actor: str, reason: str) -> Wound:
    """Carry out finance's word: end what runs of the person in a system, now or with the period that is paid for.

    Its task is closed with the reason, which is kept sealed. What runs on to the end of its period is a task on the
    day after. The case must be planned again (`Desk.amend`) for what is free now to go.

    Raises:
        BadInput: that system bills nobody.
        Conflict: nothing that runs keeps the person's records there.
        TooLate: fulfilment has begun.
    """
    connector, view = tools.connectors.get(system), tools.register.view(case)
    if not isinstance(connector, Billing):
        raise BadInput("system-bills-nobody", "name one that the task names", field="system")
    if view.state in BEGUN:
        raise TooLate("fulfilment-has-begun", "settle it in the system, and say retry")
    running = list(_running(tools, connector, case, system))
    if not running:
        raise Conflict("nothing-runs", "look at the plan", reference=view.case.reference, system=system)
    mode = "now" if at_once else "period-end"
    # Told first: what cannot be told is not done.
    tools.register.note(case, Event.CONTRACT_ENDED, actor, system=system, mode=mode, items=len(running))
    key = idempotency_key(case, State.DECIDING, system, mode, "finance")
    wound = connector.end(running, at_once=at_once, key=key)
    if wound.until is not None:
        tools.obligations.add(case, Owed.FOLLOW_UP, wound.until + timedelta(days=1), system=system, code=OVER)
    for task in tools.tasks.of(case):
        if task.system == system and task.code.removeprefix(SETTLE) in connector.endable():
            tools.tasks.close(task.id, actor=actor, reason=reason)
    return wound


def wait(tools: Tools, case: str, system: str, until: date, *, actor: str, reason: str) -> int:
    """Finance waits: its tasks of that system are closed with the reason and opened again on that day; how many.

    Raises `Conflict`: it is asked nothing there.
    """
    asked = _asked(tools, case, system)
    for task in asked:
        tools.obligations.add(case, Owed.FOLLOW_UP, until, system=system, code=task.code)
        tools.tasks.close(task.id, actor=actor, reason=reason, done=False)
    return len(asked)


def close(tools: Tools, case: str, system: str, *, actor: str, reason: str) -> None:
    """Finance settled it in the system itself. Raises `Conflict`: it is asked nothing there."""
    for task in _asked(tools, case, system):
        tools.tasks.close(task.id, actor=actor, reason=reason)


def _asked(tools: Tools, case: str, system: str) -> list[Task]:
    asked = [one for one in tools.tasks.of(case) if one.system == system and one.code.startswith(SETTLE)]
    if not asked:
        raise Conflict("finance-not-asked", "look at the tasks of the case", system=system)
    return asked


def _running(tools: Tools, connector: Billing, case: str, system: str) -> Iterator[Item]:
    for one in tools.plans.items(case, system, frozenset({Outcome.BLOCKED})):
        if one.row.ground in connector.endable():
            yield one.item

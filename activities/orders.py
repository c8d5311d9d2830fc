"""Orders that ask for something by a day: what is due is owed by the case, and people are asked on the day to plan for.

The number of days is the order's own; those of the Expert Committee known by 2025 said 30 of receipt (ss.74-76).
"""

from __future__ import annotations

from datetime import datetime

from activities.tools import Tools
from domain.aftermath import Obligation, Owed
from policy.answers import ordered

ORDER_DUE = "order-due"
"""Codes of the task and of what is owed begin so, and end in the order's id."""


def watch(tools: Tools, case: str, order: str, served: datetime, days: int) -> Obligation:
    """Owe what an order asks for within so many days of its service, due on the working day to plan for. Again: once."""
    reckoned = ordered(tools.policy, served, days)
    due_on = reckoned.internal_target or reckoned.last_day
    return tools.obligations.add(case, Owed.FOLLOW_UP, due_on, code=f"{ORDER_DUE}-{order}")


def done_with(tools: Tools, case: str, order: str) -> None:
    """The order is over: nobody need be reminded of it. Again changes nothing."""
    for owed in tools.obligations.of(case):
        if owed.code == f"{ORDER_DUE}-{order}" and not owed.met:
            tools.obligations.meet(owed.id)

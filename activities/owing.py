"""Owing: what outlives the case is written down before the person is told that it is over."""

from __future__ import annotations

from datetime import timedelta

from activities.tools import Tools
from domain.aftermath import Owed
from domain.calendar import day_in_bangkok
from domain.documents import CaseFile
from domain.outcomes import DESTROYING, Outcome
from domain.rights import Right

SEPARATE = "separate-held-records"
"""The task of whoever runs a system: what is held is kept apart and used for nothing but the law that holds it."""
REVIEW = "review-restriction"


def owe(tools: Tools, file: CaseFile) -> None:
    """Held records until they are free, backups until they have aged out, suspended use until it is looked at."""
    case, right = file.view.case.id, file.view.case.right
    today = day_in_bangkok(tools.clock.now())
    if right is Right.ERASURE:
        for owed in tools.obligations.owe(case):
            tools.register.open_task(case, SEPARATE, owed.system, once=True)
        gone = today + timedelta(days=tools.policy.backup_days)
        for system in _systems(file, DESTROYING):
            tools.obligations.add(case, Owed.BACKUPS, gone, system=system)
    if right is Right.RESTRICTION:
        again = today + timedelta(days=tools.policy.review_days)
        for system in _systems(file, frozenset({Outcome.RESTRICT})):
            tools.obligations.add(case, Owed.RESTRICTED, again, system=system, code=REVIEW)


def _systems(file: CaseFile, outcomes: frozenset[Outcome]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(g["system"]) for g in file.groups if g["outcome"] in outcomes))

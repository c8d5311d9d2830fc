"""Owing: what outlives the case is written down before the person is told that it is over."""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import JsonValue

from activities.by_hand import SEPARATE
from activities.tools import Tools
from domain.aftermath import Owed
from domain.calendar import day_in_bangkok
from domain.documents import CaseFile
from domain.outcomes import DESTROYING, Outcome
from domain.rights import Right

REVIEW = "review-restriction"
LOOK_AT_RECORDS = "look-at-records"
"""The task of an officer: records that nothing could be done with yet, of which the person is told that one looks."""

_LEFT = frozenset({Outcome.REVIEW, Outcome.BLOCKED})


def owe(tools: Tools, file: CaseFile) -> dict[str, JsonValue]:
    """Held records until they are free, backups until they have aged out, suspended use until it is looked at.

    And what people must look at, whatever the right. What a letter is to say of it, as facts.
    """
    case, right = file.view.case.id, file.view.case.right
    today = day_in_bangkok(tools.clock.now())
    again = today + timedelta(days=tools.policy.review_days)
    aged_out: list[date] = []
    if right is Right.ERASURE:
        for owed in tools.obligations.owe(case):
            tools.register.open_task(case, SEPARATE, owed.system, once=True)
        aged_out = _backups(tools, file, today)
    if right is Right.RESTRICTION:
        for system in _systems(file, frozenset({Outcome.RESTRICT})):
            tools.obligations.add(case, Owed.RESTRICTED, again, system=system, code=REVIEW)
    for system in _systems(file, _LEFT):
        tools.register.open_task(case, LOOK_AT_RECORDS, system, once=True)
        tools.obligations.add(case, Owed.FOLLOW_UP, again, system=system, code=LOOK_AT_RECORDS)
    return {"backups_gone_by": max(aged_out).isoformat()} if aged_out else {}


def _backups(tools: Tools, file: CaseFile, today: date) -> list[date]:
    """When the backups that still hold what was destroyed have aged out, by system."""
    case, gone = file.view.case.id, today + timedelta(days=tools.policy.backup_days)
    systems = _systems(file, DESTROYING)
    return [tools.obligations.add(case, Owed.BACKUPS, gone, system=system).due_on for system in systems]


def _systems(file: CaseFile, outcomes: frozenset[Outcome]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(g["system"]) for g in file.groups if g["outcome"] in outcomes))

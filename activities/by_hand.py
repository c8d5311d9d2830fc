"""What of a decision people must do by hand, as its letter tells it: nothing is promised that nobody was asked for."""

from __future__ import annotations

from pydantic import JsonValue

from activities.casefile import all_located
from activities.consents import ASK_WHICH_STANDS
from activities.restrictions import ASK_TO_LIFT
from activities.tools import Tools
from domain.documents import CaseFile
from domain.item import Role
from domain.outcomes import CORRECTING, DESTROYING, SUSPENDING, Outcome
from domain.rights import Right

SEPARATE = "separate-held-records"
"""The task of whoever runs a system: what is held is kept apart and used for nothing but the law that holds it."""
_INSTRUCT = "instruct-recipients"
_TOLD_OF = (ASK_TO_LIFT, ASK_WHICH_STANDS)
"""Tasks that are open while a decision stands, and that the person should expect to hear of."""


def left_to_people(tools: Tools, file: CaseFile) -> dict[str, JsonValue]:
    """What a decision on an erasure leaves to people, as codes, and which recipients they will instruct by name.

    Of records that nobody can erase yet its lines tell; of systems that were left out, the grounds.
    """
    case = file.view.case.id
    waiting = {task.code for task in tools.tasks.of(case)}
    names = [tools.policy.recipients[code].name for code in to_instruct(tools, case, file)]
    held = any(group["outcome"] == Outcome.HOLD for group in file.groups)
    said = {SEPARATE: held, _INSTRUCT: bool(names), **{code: code in waiting for code in _TOLD_OF}}
    told: dict[str, JsonValue] = {"by_hand_tasks": [code for code, so in said.items() if so]}
    return told | ({"to_instruct": [*names]} if names else {})


def to_instruct(tools: Tools, case: str, file: CaseFile) -> list[str]:
    """Who holds the same data for the company and is no connected system, by code (s.37(2), s.40)."""
    done = DESTROYING | CORRECTING | SUSPENDING
    units = {str(group["unit"]) for group in file.groups if group["outcome"] in done}
    if units and file.view.case.right is Right.RECTIFICATION:
        # Whoever holds anything of theirs for the company may hold what was wrong (s.35): Stripe has the name too.
        units |= {found.unit for found in all_located(tools, case) if found.role is Role.CONTROLLER}
    named = {
        code for unit in units & tools.policy.units.keys() for code in tools.policy.units[unit].recipients
    }
    recipients = tools.policy.recipients
    return [code for code in sorted(named) if recipients[code].instructed and code not in tools.connectors]

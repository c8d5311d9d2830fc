"""Others: whom the company must tell beside the person. The tenant who decides, those who hold data for it.

Their letters are rendered and kept; an officer hands them over, for no address of theirs is on file here.
"""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import JsonValue

from activities.asked import wish_of
from activities.letters import send_letter
from activities.tools import Tools, searched
from domain.aftermath import Owed
from domain.calendar import day_in_bangkok
from domain.documents import CaseFile
from domain.outcomes import CORRECTING, DESTROYING, SUSPENDING, Outcome
from domain.rights import RULES

FORWARD = "forward-to-controller"
ANSWER_WITHIN = timedelta(days=10)
"""How long a recipient has to confirm (pdpa-rules 6.2, L11)."""

_WORKING_DAYS = 2
"""In which a request is passed on to the tenant (pdpa-rules 3.2 no. 3)."""


def pass_to_tenant(tools: Tools, case: str, file: CaseFile) -> None:
    """L10 and the task to pass it on, wherever something is held for a tenant; nothing of it is touched (s.40)."""
    if not any(group["outcome"] == Outcome.NOT_CONTROLLER for group in file.groups):
        return
    tools.register.open_task(case, FORWARD)
    by = _working_days_from(tools, day_in_bangkok(tools.clock.now()), _WORKING_DAYS)
    tools.obligations.add(case, Owed.FOLLOW_UP, by, code=FORWARD)
    send_letter(
        tools,
        case,
        "L10",
        _told(tools, file, recipient=file.view.tenant, action="", by=file.view.case.terms.target),
    )


def instruct_recipients(tools: Tools, case: str, file: CaseFile) -> list[str]:
    """L11 to everybody who holds the same data for the company and is no connected system (s.37(2), s.40).

    Their names, for the person to hear of it.
    """
    instructed = []
    done = DESTROYING | CORRECTING | SUSPENDING
    units = {str(group["unit"]) for group in file.groups if group["outcome"] in done}
    named = {
        code for unit in units & tools.policy.units.keys() for code in tools.policy.units[unit].recipients
    }
    by = day_in_bangkok(tools.clock.now()) + ANSWER_WITHIN
    for code in sorted(named):
        recipient = tools.policy.recipients[code]
        if not recipient.instructed or code in tools.connectors:
            continue
        action = RULES[file.view.case.right].verb.value
        told = _told(tools, file, recipient=recipient.name, action=action, by=by)
        send_letter(tools, case, "L11", told, to=code)
        instructed.append(recipient.name)
        tools.obligations.add(case, Owed.FOLLOW_UP, by, code=f"confirm-{code}")
    return instructed


def _told(tools: Tools, file: CaseFile, *, recipient: str, action: str, by: date) -> CaseFile:
    known = [one.value for one in searched(tools, file.view.case.id).identifiers]
    facts: dict[str, JsonValue] = {
        **file.facts,
        "recipient": recipient,
        "identifiers": [*known],
        "action": action,
        "by": by.isoformat(),
        "language": "th",
    }
    corrections = wish_of(tools, file.view.case.id).corrections
    if corrections:
        facts["corrections"] = {field: str(value) for field, value in corrections.items()}
    return file.model_copy(update={"facts": facts})


def _working_days_from(tools: Tools, day: date, count: int) -> date:
    for _ in range(count):
        day = tools.policy.calendar.rolled(day + timedelta(days=1))
    return day

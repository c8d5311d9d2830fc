"""Others: whom the company must tell beside the person. The tenant who decides, those who hold data for it.

Their letters are rendered and kept; an officer hands them over, for no address of theirs is on file here.
"""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import JsonValue

from activities.answering import address_of
from activities.asked import objects_to_tenants, wish_of
from activities.by_hand import to_instruct
from activities.casefile import case_file, wish_facts
from activities.letters import send_letter
from activities.stop import MARKETED
from activities.tools import Step, Tools, searched, step
from domain.aftermath import Owed
from domain.calendar import day_in_bangkok, end_of_day
from domain.case import Task
from domain.documents import CaseFile
from domain.errors import Conflict
from domain.instructions import AWAIT, ESCALATE
from domain.ports import ENGINE
from domain.recipients import CONFIRM
from domain.recipients import SILENT as NEVER_ANSWERED
from domain.rights import RULES

FORWARD = "forward-to-controller"
ANSWER_WITHIN = timedelta(days=10)
"""How long a recipient has to confirm (pdpa-rules 6.2, L11)."""

SILENT = "L-SILENT"
"""The letter that tells the person so."""

_HANDED_OVER = frozenset({FORWARD, "hand-over-L10"})
"""Tasks of which either, once done, says that the tenant has it."""

_WORKING_DAYS = 2
"""In which a request is passed on to the tenant (pdpa-rules 3.2 no. 3)."""


class PassOn(Step):
    """Requests about what is held for a tenant."""

    @step("pass-to-tenant")
    def pass_on(self, task: Task) -> None:
        """L10, the task to hand it over and the day by which, from the day on which it was found; once.

        Only in the case of a tenant whom the requester named, and only once they showed who they are: nobody else
        learns that somebody stands in a tenant's records (pdpa-rules 3.2). An objection to the tenant's direct
        marketing goes at once, with what was given to find the person by, whether or not anything was looked for.
        Nothing there is touched (s.40 ¶1(1)).
        """
        tools, case = self.tools, task.case
        file = case_file(tools, case, wish_facts(tools, case))
        if not file.view.tenant:
            return
        tools.register.open_task(case, FORWARD, once=True)
        by = _working_days_from(tools, day_in_bangkok(tools.clock.now()), _WORKING_DAYS)
        tools.obligations.add(case, Owed.FOLLOW_UP, by, code=FORWARD)
        tools.register.open_task(case, AWAIT, once=True)
        tools.obligations.add(case, Owed.LETTER, file.view.case.terms.target, code=SILENT)
        told = _told(tools, file, recipient=file.view.tenant, action="", by=file.view.case.terms.target)
        send_letter(tools, case, "L10", told)


def tell_of_silence(tools: Tools, case: str) -> None:
    """The tenant was to instruct by today: where nobody entered that it did, people reach it again and the person hears.

    Nothing of theirs is touched all the same (s.40 ¶2): silence is no instruction.
    """
    if any(task.code == AWAIT and task.closed for task in tools.tasks.of(case, open_only=False)):
        return
    tools.register.open_task(case, ESCALATE, once=True)
    # It may instruct late: until then it stays known whom the request was about.
    again = day_in_bangkok(tools.clock.now()) + timedelta(days=tools.policy.review_days)
    tools.obligations.add(case, Owed.FOLLOW_UP, again, code=ESCALATE)
    passed_on = forwarded_on(tools, case)
    facts = {"forwarded_on": passed_on.isoformat()} if passed_on else {}
    send_letter(tools, case, SILENT, case_file(tools, case, {**facts}))


def forwarded_on(tools: Tools, case: str) -> date | None:
    """The day on which officers had passed the request to the tenant; None while they have not."""
    done = [
        task.closed
        for task in tools.tasks.of(case, open_only=False)
        if task.code in _HANDED_OVER and task.closed is not None and not task.undone
    ]
    return day_in_bangkok(min(done)) if done else None


def instruct_recipients(tools: Tools, case: str, file: CaseFile) -> list[str]:
    """L11 to everybody who holds the same data for the company and is no connected system (s.37(2), s.40).

    Each letter carries a link by which its recipient can answer at once. Their names, for the person to hear of it.
    """
    instructed = []
    by = day_in_bangkok(tools.clock.now()) + ANSWER_WITHIN
    for code in to_instruct(tools, case, file):
        recipient = tools.policy.recipients[code]
        action = RULES[file.view.case.right].verb.value
        tools.recipients.tell(case, code, by)  # before its letter: only who was told can be given a link
        told = _told(tools, file, recipient=recipient.name, action=action, by=by)
        send_letter(tools, case, "L11", _answerable(tools, told, code, by), to=code)
        instructed.append(recipient.name)
        tools.obligations.add(case, Owed.FOLLOW_UP, by, code=f"confirm-{code}")
    return instructed


def _answerable(tools: Tools, file: CaseFile, code: str, by: date) -> CaseFile:
    """The letter with a link to answer it, good until the recipient would be taken up for its silence.

    A letter that is there already keeps the link that it carries: another would void it.
    """
    case, until = file.view.case.id, end_of_day(by + 2 * ANSWER_WITHIN)
    if not tools.portal_url or tools.letters.find(case, f"L11-{code}") is not None:
        return file
    try:
        link = tools.answer_links.for_recipient(case, code, None, actor=ENGINE, expires=until)
    except Conflict:
        return file  # an officer entered its answer meanwhile
    facts = {"answer_link": address_of(tools, link.token), "answer_until": until.isoformat()}
    return file.model_copy(update={"facts": {**file.facts, **facts}})


def told_recipient(tools: Tools, case: str, code: str, by: date) -> CaseFile:
    """What L11 told a recipient, as its letter's values: whom it is about, and what to do. Raises `KeyShredded`."""
    known, file = tools.policy.recipients.get(code), case_file(tools, case)
    action = RULES[file.view.case.right].verb.value
    return _told(tools, file, recipient=known.name if known else code, action=action, by=by)


def ask_recipient(tools: Tools, case: str, code: str) -> None:
    """A recipient was to answer by today. Where nobody entered that it did, officers remind it; then they see to it."""
    family = next(one for one in (CONFIRM, NEVER_ANSWERED) if code.startswith(one))
    recipient = code.removeprefix(family)
    if tools.recipients.answered(case, recipient):
        return
    tools.register.open_task(case, f"hand-over-L11-{recipient}")
    if family == NEVER_ANSWERED:
        tools.register.open_task(case, f"recipient-silent-{recipient}", once=True)
        return
    tools.register.open_task(case, f"confirm-{recipient}", once=True)
    again = day_in_bangkok(tools.clock.now()) + ANSWER_WITHIN
    tools.obligations.add(case, Owed.FOLLOW_UP, again, code=f"recipient-silent-{recipient}")


def _told(tools: Tools, file: CaseFile, *, recipient: str, action: str, by: date) -> CaseFile:
    case = file.view.case.id
    known = [one.value for one in searched(tools, case).identifiers]
    if at_once := objects_to_tenants(tools, case):
        known += [
            one.value for one in tools.vault.own(case) if one.kind in MARKETED and one.value not in known
        ]
    facts: dict[str, JsonValue] = {
        **file.facts,
        "recipient": recipient,
        "identifiers": [*known],
        "action": action,
        "by": by.isoformat(),
        "language": "th",
    }
    if at_once and not tools.identity.proved(case):
        facts["unproved"] = True
    corrections = wish_of(tools, case).corrections
    if corrections:
        facts["corrections"] = {field: str(value) for field, value in corrections.items()}
    return file.model_copy(update={"facts": facts})


def _working_days_from(tools: Tools, day: date, count: int) -> date:
    for _ in range(count):
        day = tools.policy.calendar.rolled(day + timedelta(days=1))
    return day

"""Incidents towards the person: marketing after an objection, and a breach of their data (s.37(4)).

Direct marketing went out after the person had objected (s.32 ¶2; Computer Crime Act s.11).

It stops once more wherever a list is kept, the person has an apology with what happened and what was done, and people
find out why. The register keeps the event, and the officer's reason under the task.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import JsonValue

from activities.casefile import case_file
from activities.letters import send_letter
from activities.stop import NEVER_TAKEN
from activities.tools import Step, Tools, step
from domain.case import Receipt, Task
from domain.connector import Capability, Connector
from domain.documents import CaseFile
from domain.errors import Conflict, Refused
from domain.events import Event
from domain.identifiers import Identifier
from domain.outcomes import Outcome
from domain.rights import Verb
from domain.states import State

APOLOGY = "L-APOLOGY"
BREACH, OFFICE = "L-BREACH", "L-BREACH-PDPC"
"""The letters of a breach, to the person and to the Office of the PDPC."""
_INCIDENT = "i-"


class Incidents(Step):
    """What is owed to the person.

    `task.detail` is the Bangkok day on which marketing reached them all the same, or the id of an incident of which they
    hear (s.37(4)).
    """

    @step("incident")
    def incident(self, task: Task) -> None:
        """Stop it again and write to the person; once a day of an incident, also when it is retried."""
        tools, case = self.tools, task.case
        if task.detail.startswith(_INCIDENT):
            send_letter(tools, case, BREACH, breach_file(tools, task.detail), to=task.detail)
            return
        day = date.fromisoformat(task.detail)
        own, entered = tools.vault.own(case), list[bool]()
        for connector in tools.able(Capability.STOP):
            listed = [one for one in own if one.kind in connector.suppresses()]
            batch = f"incident-{task.detail}"
            part = Task(case=case, step=State.CLOSED, system=connector.name, verb=Verb.STOP, batch=batch)
            if listed:
                done = tools.effects.receipt(part.key) or self._stopped(connector, part, listed)
                entered.append(done.achieved.get(Outcome.STOP, 0) == len(listed))
        again = bool(entered) and all(entered)  # the letter claims no more than that
        file = case_file(tools, case, happened_on=day.isoformat(), again=again)
        send_letter(tools, case, APOLOGY, file, to=task.detail)

    def _stopped(self, connector: Connector, part: Task, listed: Sequence[Identifier]) -> Receipt:
        """Enter each on its own: one that the list never takes keeps out no other, nor the apology."""
        tools, at = self.tools, self.tools.clock.now()
        count = sum(_taken(connector, one, at) for one in listed)
        tools.register.note(part.case, Event.MARKETING_STOPPED, system=part.system, count=count)
        receipt = Receipt(key=part.key, system=part.system, verb=Verb.STOP, achieved={Outcome.STOP: count})
        return tools.effects.done(receipt, part.case, {})


def breach_file(tools: Tools, incident: str, *, language: str = "", late_because: str = "") -> CaseFile:
    """What letters of an incident are made from: what officers assessed; nothing of the case's plan.

    Raises:
        Conflict: it was not assessed yet.
        KeyShredded: the case's key is gone.
    """
    found, said = tools.incidents.view(incident), tools.incidents.assessment(incident)
    if said is None:
        raise Conflict("incident-not-assessed", "assess it first", incident=incident)
    file = case_file(tools, found.case)
    spoken = language or file.subject.language
    units = [tools.policy.units[code].name for code in said.units if code in tools.policy.units]
    facts: dict[str, JsonValue] = {
        "incident_kind": found.kind.value,
        "noticed_at": found.noticed.isoformat(),
        "notify_by": found.due.isoformat(),
        "risk": said.risk.value,
        "people": said.people,
        "concerned": [unit.en if spoken == "en" else unit.th for unit in units],
        "disclosed": said.disclosed,
        "to_whom": said.to_whom,
        "effects": said.effects,
        "done_about": said.done,
        "late_because": late_because,
        "language": spoken,
    }
    return file.model_copy(update={"facts": facts, "groups": (), "plan": None})


def office_letter(tools: Tools, incident: str, *, language: str, late_because: str = "") -> bytes:
    """The notification to the Office of the PDPC as PDF, for an officer to hand in. Raises as `breach_file`."""
    file = breach_file(tools, incident, language=language, late_because=late_because)
    return tools.exports.letter(OFFICE, file).pdf


def _taken(connector: Connector, one: Identifier, at: datetime) -> bool:
    try:
        connector.stop((one,), at)
    except Refused as error:
        if error.code not in NEVER_TAKEN:
            raise
        return False
    return True

"""An incident: direct marketing went out after the person had objected (s.32 ¶2; Computer Crime Act s.11).

It stops once more wherever a list is kept, the person has an apology with what happened and what was done, and people
find out why. The register keeps the event, and the officer's reason under the task.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from activities.casefile import case_file
from activities.letters import send_letter
from activities.stop import NEVER_TAKEN
from activities.tools import Step, step
from domain.case import Receipt, Task
from domain.connector import Capability, Connector
from domain.errors import Refused
from domain.events import Event
from domain.identifiers import Identifier
from domain.outcomes import Outcome
from domain.rights import Verb
from domain.states import State

APOLOGY = "L-APOLOGY"


class Incidents(Step):
    """What is owed to the person after marketing reached them all the same; `task.detail` is the Bangkok day of it."""

    @step("incident")
    def incident(self, task: Task) -> None:
        """Stop it again and write to the person; once a day of an incident, also when it is retried."""
        tools, case = self.tools, task.case
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


def _taken(connector: Connector, one: Identifier, at: datetime) -> bool:
    try:
        connector.stop((one,), at)
    except Refused as error:
        if error.code not in NEVER_TAKEN:
            raise
        return False
    return True

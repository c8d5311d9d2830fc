"""An incident: direct marketing went out after the person had objected (s.32 ¶2; Computer Crime Act s.11).

It stops once more wherever a list is kept, the person has an apology with what happened and what was done, and people
find out why. The register keeps the event, and the officer's reason under the task.
"""

from __future__ import annotations

from datetime import date

from activities.casefile import case_file
from activities.letters import send_letter
from activities.tools import Step, step
from domain.case import Receipt, Task
from domain.connector import Capability
from domain.events import Event
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
        own, again = tools.vault.own(case), False
        for connector in tools.able(Capability.STOP):
            listed = [one for one in own if one.kind in connector.suppresses()]
            batch = f"incident-{task.detail}"
            part = Task(case=case, step=State.CLOSED, system=connector.name, verb=Verb.STOP, batch=batch)
            if not listed:
                continue
            again = True
            if tools.effects.receipt(part.key) is None:
                count = connector.stop(listed, tools.clock.now())
                tools.register.note(case, Event.MARKETING_STOPPED, system=connector.name, count=count)
                stopped = {Outcome.STOP: count}
                tools.effects.done(
                    Receipt(key=part.key, system=connector.name, verb=Verb.STOP, achieved=stopped), case, {}
                )
        file = case_file(tools, case, happened_on=day.isoformat(), again=again)
        send_letter(tools, case, APOLOGY, file, to=task.detail)

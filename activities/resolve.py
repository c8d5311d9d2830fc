"""Resolve: who is meant? None, one, or many; many waits for an officer, never for a guess."""

from __future__ import annotations

from activities.asked import by_device
from activities.tools import Step, step
from domain.case import Resolution, Task
from domain.connector import Capability, KeptByPeople
from domain.errors import Refused, Unavailable
from domain.item import Candidate


class Resolve(Step):
    """Asks every system that knows persons."""

    @step("resolve")
    def resolve(self, task: Task) -> Resolution:
        """Keep the candidates sealed; tell how many persons they are and which systems to search.

        Asked again while an officer is to choose, it also tells what was chosen.
        """
        tools = self.tools
        tools.register.enter(task.case, task.step)
        subject = tools.vault.subject(task.case)
        found: list[Candidate] = []
        for connector in tools.able(Capability.RESOLVE):
            try:
                found.extend(connector.resolve(subject.identifiers, subject.tenant))
            except (Unavailable, Refused) as error:
                error.facts["system"] = connector.name
                raise
        persons = tools.vault.put_candidates(task.case, found)
        searched = tools.able(Capability.LOCATE)
        if by_device(tools, task.case):
            # People keep nothing by the number of a cookie, and whoever presses here waits for nobody to leaf through files.
            searched = tuple(one for one in searched if not isinstance(one, KeptByPeople))
        return Resolution(
            candidates=persons,
            chosen=bool(tools.vault.chosen(task.case)),
            answered=tools.vault.answered(task.case),
            systems=tuple(connector.name for connector in searched),
            people=tuple(one.name for one in searched if isinstance(one, KeptByPeople)),
        )

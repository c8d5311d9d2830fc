"""Stop: direct marketing ends on the day the objection comes, before anybody asks who sent it (s.32 ¶1(2), ¶2)."""

from __future__ import annotations

from activities.asked import received_at
from activities.tools import Step, step
from domain.case import Receipt, Task
from domain.connector import Capability
from domain.events import Event
from domain.identifiers import ADDRESSES
from domain.outcomes import Outcome
from domain.rights import Verb


class Stop(Step):
    """Enters the addresses given in a system's list of those to whom no marketing goes."""

    @step("stop-marketing")
    def marketing(self, task: Task) -> Receipt:
        """Every address given, known or not: that harms nobody, and asking who it is would take days."""
        tools = self.tools
        if done := tools.effects.receipt(task.key):
            return done
        connector = tools.connector(task.system, Capability.STOP)
        given = [one for one in tools.vault.given(task.case) if one.kind in ADDRESSES]
        stopped = connector.stop(given, received_at(tools, task.case))
        tools.register.note(task.case, Event.MARKETING_STOPPED, system=task.system, count=stopped)
        receipt = Receipt(key=task.key, system=task.system, verb=Verb.STOP, achieved={Outcome.STOP: stopped})
        return tools.effects.done(receipt, task.case, {})

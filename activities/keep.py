"""What a workflow asks the register to note between steps: states, parked systems, the clock."""

from __future__ import annotations

from temporalio import activity

from activities.tools import Step
from domain.case import Task
from domain.events import Event


class Keep(Step):
    """Small bookkeeping; each is one transaction of the register."""

    @activity.defn(name="enter")
    def enter(self, task: Task) -> None:
        """Move the case to `task.step`."""
        self.tools.register.enter(task.case, task.step)

    @activity.defn(name="park")
    def park(self, task: Task) -> None:
        """Note that `task.system` waits for a person, with the code of what went wrong."""
        self.tools.register.park(task.case, task.step, task.system, task.detail)

    @activity.defn(name="remind")
    def remind(self, task: Task) -> None:
        """Tell that the deadline is near, or missed (`task.detail` is the event)."""
        self.tools.register.note(task.case, Event(task.detail))

"""What a workflow asks the register to note between steps: states, parked systems, the clock."""

from __future__ import annotations

from activities.tools import Step, step
from domain.case import Task
from domain.events import Event


class Keep(Step):
    """Small bookkeeping; each is one transaction of the register."""

    @step("enter")
    def enter(self, task: Task) -> None:
        """Move the case to `task.step`."""
        self.tools.register.enter(task.case, task.step)

    @step("park")
    def park(self, task: Task) -> None:
        """Note that `task.system` waits for a person, with the code of what went wrong."""
        self.tools.register.park(task.case, task.step, task.system, task.detail)

    @step("remind")
    def remind(self, task: Task) -> None:
        """Tell that the deadline is near, or missed (`task.detail` is the event)."""
        self.tools.register.note(task.case, Event(task.detail))

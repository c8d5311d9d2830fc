"""What a workflow asks the register to note between steps: states, parked systems, the clock."""

from __future__ import annotations

from activities.asked import asked_of
from activities.tools import Step, step
from domain.case import Asked, Task
from domain.connector import Capability
from domain.events import Event
from domain.links import Relation
from domain.rights import Right
from domain.wishes import Use


class Keep(Step):
    """Small bookkeeping; each is one transaction of the register."""

    @step("enter")
    def enter(self, task: Task) -> None:
        """Move the case to `task.step`."""
        self.tools.register.enter(task.case, task.step)

    @step("asked")
    def asked(self, task: Task) -> Asked:
        """Whether direct marketing is to stop at once, and in which systems."""
        tools = self.tools
        case = asked_of(tools, task.case)
        everything = case.right is Right.WITHDRAWAL and not case.wish.purposes
        marketing = everything or Use.MARKETING in case.wish.against
        systems = tuple(one.name for one in tools.able(Capability.STOP)) if marketing else ()
        return Asked(marketing=marketing, marketing_only=case.wish.marketing_only, systems=systems)

    @step("amend")
    def amend(self, task: Task) -> None:
        """Put the amendments that wait into the request; decisions on older plans are void."""
        self.tools.register.apply_amendments(task.case)

    @step("turn")
    def turn(self, task: Task) -> bool:
        """Whether the cases that go before this one are over."""
        links = self.tools.register.links(task.case)
        return all(
            link.ending is not None
            for link in links
            if link.relation is Relation.AFTER and not link.backwards
        )

    @step("park")
    def park(self, task: Task) -> None:
        """Note that `task.system` waits for a person, with the code of what went wrong."""
        self.tools.register.park(task.case, task.step, task.system, task.detail)

    @step("remind")
    def remind(self, task: Task) -> None:
        """Tell that the deadline is near, or missed (`task.detail` is the event)."""
        self.tools.register.note(task.case, Event(task.detail))

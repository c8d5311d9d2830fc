"""What a workflow asks the register to note between steps: states, parked systems, the clock."""

from __future__ import annotations

from activities.asked import objects_to_tenants, stops_marketing, wish_of
from activities.tools import Step, step
from activities.watch import objects
from domain.case import Asked, Begin, Task
from domain.connector import Capability
from domain.events import Event
from domain.links import Link, Relation
from domain.outcomes import Ending

_GO_ON = frozenset({Ending.MERGED, Ending.REPLACED})


class Keep(Step):
    """Small bookkeeping; each is one transaction of the register."""

    @step("enter")
    def enter(self, task: Task) -> None:
        """Move the case to `task.step`."""
        self.tools.register.enter(task.case, task.step)

    @step("asked")
    def asked(self, task: Task) -> Asked:
        """Whether direct marketing is to stop at once, and in which systems; who loads data is told from now on."""
        tools = self.tools
        marketing = stops_marketing(tools, task.case)
        systems = [one.name for one in tools.able(Capability.STOP) if marketing and one.suppresses()]
        only = marketing and wish_of(tools, task.case).marketing_only
        tenants = objects_to_tenants(tools, task.case)
        objects(tools, task.case)
        return Asked(marketing=marketing, marketing_only=only, pass_on=tenants, systems=tuple(systems))

    @step("amend")
    def amend(self, task: Task) -> None:
        """Put the amendments that wait into the request; decisions on older plans are void."""
        self.tools.register.apply_amendments(task.case)

    @step("begin")
    def begin(self, task: Task) -> Begin:
        """Let fulfilment begin, unless the register keeps a change that the case has not heard."""
        return self.tools.register.begin(task.case)

    @step("turn")
    def turn(self, task: Task) -> bool:
        """Whether the cases that go before this one are over, wherever they went on."""
        links = self.tools.register.links(task.case)
        return all(
            self._is_over(link, {task.case})
            for link in links
            if link.relation is Relation.AFTER and not link.backwards
        )

    def _is_over(self, link: Link, seen: set[str]) -> bool:
        """A case that was merged or replaced goes on in another; one that leads back to a case `seen` holds up nobody."""
        while link.ending in _GO_ON:
            seen.add(link.case)
            ahead = [each for each in self.tools.register.links(link.case) if _goes_on_in(each)]
            if not ahead or ahead[-1].case in seen:
                return True
            link = ahead[-1]
        return link.ending is not None

    @step("park")
    def park(self, task: Task) -> None:
        """Note that `task.system` waits for a person, with the code of what went wrong."""
        self.tools.register.park(task.case, task.step, task.system, task.detail)

    @step("unpark")
    def unpark(self, task: Task) -> None:
        """Note that nobody need see to `task.system` any more: what waited there was given up."""
        self.tools.register.unparked(task.case, task.system)

    @step("remind")
    def remind(self, task: Task) -> None:
        """Tell that the deadline is near, or missed (`task.detail` is the event)."""
        self.tools.register.note(task.case, Event(task.detail))


def _goes_on_in(link: Link) -> bool:
    """Whether the case at the other end of the link is the one in which this one goes on."""
    if link.relation is Relation.MERGED:
        return not link.backwards
    return link.relation is Relation.REPLACES and link.backwards

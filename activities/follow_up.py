"""Follow up: what one case brings about in another. Written first, started second; the sweep mends what is lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from activities.asked import asked_of
from activities.casefile import all_located
from activities.tools import Tools, step
from domain.calendar import end_of_day
from domain.case import Case, Task
from domain.errors import Unavailable
from domain.links import Link, Relation
from domain.rights import Right
from domain.starter import Starter
from domain.wishes import UNITS

ASSESS = "assess-what-rested-on-consent"
"""The task of looking by hand at what rested on a consent, where others stand beside it (s.37(3))."""


_FROM = frozenset({Relation.MERGED, Relation.REPLACES})


@dataclass(frozen=True)
class FollowUp:
    """Opens linked cases, and tells those that wait."""

    tools: Tools
    starter: Starter

    @step("open-erasure")
    async def erasure(self, task: Task) -> str:
        """The erasure of what rested on consent alone, from the day on which it was withdrawn (s.37(3)).

        Not while another consent stands: what rests on that one is not due yet, and no machine can tell it apart. An
        officer then looks which data rested on the one that was withdrawn.
        """
        if await asyncio.to_thread(_still_consents, self.tools, task.case):
            await asyncio.to_thread(self._have_assessed, task.case)
            return ""
        opened = await asyncio.to_thread(self._open, task.case, Relation.FOLLOWS, Right.ERASURE)
        with suppress(Unavailable):  # the sweep starts it
            await self.starter.start(opened)
        return opened.reference

    @step("open-instead")
    async def instead(self, task: Task) -> str:
        """The right that the person asks for instead of this one (`task.detail`), from the same day of receipt."""
        opened = await asyncio.to_thread(self._open, task.case, Relation.REPLACES, Right(task.detail))
        with suppress(Unavailable):
            await self.starter.start(opened)
        return opened.reference

    @step("tell-waiting")
    async def waiting(self, task: Task) -> None:
        """Tell the cases that wait for this one that it is over; one that hears nothing looks by itself.

        So do those that wait for a case that went on in this one.
        """
        for case in await asyncio.to_thread(self._waiting_for, task.case):
            await self.starter.nudge(case)

    def _waiting_for(self, case: str) -> list[str]:
        waiting: dict[str, None] = {}
        over = [case]
        for each in over:  # grows while it is walked
            for link in self.tools.register.links(each):
                if link.backwards and link.relation is Relation.AFTER:
                    waiting[link.case] = None
                elif _went_on_here(link) and link.case not in over:
                    over.append(link.case)
        return list(waiting)

    def _have_assessed(self, case: str) -> None:
        self.tools.register.open_task(case, ASSESS, once=True)

    def _open(self, case: str, relation: Relation, right: Right) -> Case:
        tools = self.tools
        received = end_of_day(tools.register.view(case).case.terms.received_on)
        changes = {key: value for key, value in tools.vault.changes(case).items() if key == UNITS}
        return tools.register.open_linked(
            case, relation, right, tools.policy.terms(right, received), changes=changes
        )


def _went_on_here(link: Link) -> bool:
    """Whether the case at the other end went on in this one: merged into it, or replaced by it."""
    return link.backwards is (link.relation is Relation.MERGED) and link.relation in _FROM


def _still_consents(tools: Tools, case: str) -> bool:
    """Whether a consent stands that the request does not withdraw, among the records that were located."""
    asked = asked_of(tools, case)
    purposes = asked.wish.purposes
    return any(
        item.consent is not None
        and (
            asked.given_anew(item.consent)
            or (purposes and item.consent.stands and item.consent.purpose not in purposes)
        )
        for item in all_located(tools, case)
    )

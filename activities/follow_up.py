"""Follow up: what one case brings about in another. Written first, started second; the sweep mends what is lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from activities.asked import wish_of
from activities.casefile import all_located
from activities.tools import Tools, step
from domain.calendar import end_of_day
from domain.case import Case, Task
from domain.errors import Unavailable
from domain.links import Relation
from domain.ports import Starter
from domain.rights import Right
from domain.wishes import UNITS


@dataclass(frozen=True)
class FollowUp:
    """Opens linked cases, and tells those that wait."""

    tools: Tools
    starter: Starter

    @step("open-erasure")
    async def erasure(self, task: Task) -> str:
        """The erasure of what rested on consent alone, from the day on which it was withdrawn (s.37(3)).

        Not while another consent stands: what rests on that one is not due yet, and nobody could tell it apart.
        """
        if await asyncio.to_thread(_still_consents, self.tools, task.case):
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
        """Tell the cases that wait for this one that it is over; one that hears nothing looks by itself."""
        for link in await asyncio.to_thread(self.tools.register.links, task.case):
            if link.backwards and link.relation is Relation.AFTER:
                await self.starter.nudge(link.case)

    def _open(self, case: str, relation: Relation, right: Right) -> Case:
        tools = self.tools
        received = end_of_day(tools.register.view(case).case.terms.received_on)
        changes = {key: value for key, value in tools.vault.changes(case).items() if key == UNITS}
        return tools.register.open_linked(
            case, relation, right, tools.policy.terms(right, received), changes=changes
        )


def _still_consents(tools: Tools, case: str) -> bool:
    """Whether a consent stands that the request does not withdraw, among the records that were located."""
    purposes = wish_of(tools, case).purposes
    return any(
        item.consent is not None and item.consent.stands and item.consent.purpose not in purposes
        for item in all_located(tools, case)
        if purposes
    )

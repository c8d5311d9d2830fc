"""Reconcile: the register is written first, Temporal second; what got lost in between is mended here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import activity

from activities.tools import step
from domain.errands import Overdue
from domain.errors import SitthiError
from domain.ports import ENGINE, Clock, Plans, Register
from domain.starter import Starter

GRACE = timedelta(seconds=30)
"""How long a start or a word may be under way before it counts as lost."""


@dataclass(frozen=True)
class Reconcile:
    """Starts cases whose start was lost and repeats decisions, amendments, merges, terms and stops that never arrived.

    It also goes on where people answered by a link, who know nothing of the case (`domain.answer_links`), and sends the
    e-mails (`mails`) that left nobody yet: to people who are asked for their records, and about messages of the office.
    """

    register: Register
    plans: Plans
    starter: Starter
    clock: Clock
    errands: Overdue
    mails: Sequence[Callable[[], int]]
    grace: timedelta = GRACE

    @step("reconcile")
    async def reconcile(self) -> int:
        """Mend what is lost; how many cases that was."""
        before = self.clock.now() - self.grace
        cases = await asyncio.to_thread(self.register.unstarted, before)
        mended = [await self._tried(case.id, self.starter.start(case, recovered=True)) for case in cases]
        decisions = await asyncio.to_thread(self.plans.undelivered, before)
        mended += [await self._tried(case, self.starter.tell(case, decision)) for case, decision in decisions]
        unheard = await asyncio.to_thread(self.register.unheard, before)
        mended += [
            await self._tried(case, self.starter.tell_amendment(case, amend)) for case, amend in unheard
        ]
        merging = await asyncio.to_thread(self.register.merging, before)
        mended += [await self._tried(case, self.starter.tell_merge(case, merge)) for case, merge in merging]
        terms = await asyncio.to_thread(self.register.unheard_terms, before)
        mended += [await self._tried(case, self.starter.tell_terms(case, newer)) for case, newer in terms]
        stops = await asyncio.to_thread(self.register.unheard_stops, before)
        mended += [await self._tried(case, self.starter.tell_stop(case, stop)) for case, stop in stops]
        answered = await asyncio.to_thread(self.errands.waited_for, before)
        for case, system in answered:
            again = self.starter.repair(case, system, retry=True, actor=ENGINE, reason="people answered")
            mended.append(await self._tried(case, again))
        for send in self.mails:
            try:
                await asyncio.to_thread(send)
            except SitthiError as error:
                activity.logger.warning("e-mails not sent: %s", error.code)
        return sum(mended)

    async def _tried(self, case: str, mending: Coroutine[Any, Any, object]) -> bool:
        """One case that cannot be mended must not keep the sweep from the others."""
        try:
            await mending
        except SitthiError as error:
            activity.logger.warning("case %s not mended: %s", case, error.code)
            return False
        return True

"""Reconcile: the register is written first, Temporal second; what got lost in between is mended here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from activities.tools import step
from domain.ports import Clock, Plans, Register, Starter

GRACE = timedelta(seconds=30)
"""How long a start or a word may be under way before it counts as lost."""


@dataclass(frozen=True)
class Reconcile:
    """Starts cases whose start was lost and repeats decisions that never arrived."""

    register: Register
    plans: Plans
    starter: Starter
    clock: Clock
    grace: timedelta = GRACE

    @step("reconcile")
    async def reconcile(self) -> int:
        """Mend what is lost; how many cases that was."""
        before = self.clock.now() - self.grace
        cases = await asyncio.to_thread(self.register.unstarted, before)
        for case in cases:
            await self.starter.start(case, recovered=True)
        decisions = await asyncio.to_thread(self.plans.undelivered, before)
        for case_id, decision in decisions:
            await self.starter.tell(case_id, decision)
        return len(cases) + len(decisions)

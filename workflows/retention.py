"""Retention: what nobody asks for goes by a schedule when its time is over (s.37(3)), after the nightly release."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.calls import bookkeeping, on_system, rendering

with workflow.unsafe.imports_passed_through():
    from activities.sweep import Sweeping
    from domain.sweeping import Part

RETENTION_ID = "engine:retention"


@workflow.defn
class Retention:
    """One sweep. One that waits for the DPO is left as it is; what fails stays open, and the next night tries it again."""

    @workflow.run
    async def run(self) -> int:
        """How many records went."""
        try:
            sweep = await workflow.execute_activity_method(Sweeping.plan, **rendering())
        except ActivityError:
            return 0
        if sweep is None or sweep.waits:
            return 0
        for system in sweep.systems:
            await _swept(Part(sweep=sweep.id, system=system))
        return await workflow.execute_activity_method(Sweeping.end, sweep.id, **bookkeeping())


async def _swept(part: Part) -> None:
    try:
        await workflow.execute_activity_method(
            Sweeping.sweep, part, summary=part.sweep, **on_system(part.system)
        )
    except ActivityError:
        workflow.logger.warning("a part of the sweep failed", extra={"system": part.system})

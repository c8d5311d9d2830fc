"""Retention: what nobody asks for goes by a schedule when its time is over (s.37(3)), after the nightly release.

The company's own records first, then what is held for tenants whose contract has ended (s.40 ¶3).
"""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.calls import bookkeeping, on_system, rendering

with workflow.unsafe.imports_passed_through():
    from activities.departing import Departing
    from activities.sweep import Sweeping
    from domain.sweeping import Part, Sweep

RETENTION_ID = "engine:retention"


@workflow.defn
class Retention:
    """One night. What waits for the DPO is left as it is; what fails stays open, and the next night tries it again."""

    @workflow.run
    async def run(self) -> int:
        """How many records went."""
        return await _own() + await _of_tenants()


async def _own() -> int:
    try:
        sweep = await workflow.execute_activity_method(Sweeping.plan, **rendering())
    except ActivityError:
        return 0
    return 0 if sweep is None or sweep.waits else await carried_out(sweep)


async def _of_tenants() -> int:
    """Each tenant's sweep by itself: one that fails keeps no other from being certified."""
    try:
        sweeps = await workflow.execute_activity_method(Departing.plan, **rendering())
        went = sum([await carried_out(sweep) for sweep in sweeps])
        await workflow.execute_activity_method(Departing.certify, **rendering())
    except ActivityError:
        workflow.logger.warning("the tenants whose contract ended were not all seen to")
        return 0
    return went


async def carried_out(sweep: Sweep) -> int:
    """Every system's part of a sweep, and its end; how many records went."""
    for system in sweep.systems:
        part = Part(sweep=sweep.id, system=system)
        try:
            await workflow.execute_activity_method(
                Sweeping.sweep, part, summary=part.sweep, **on_system(part.system)
            )
        except ActivityError:
            workflow.logger.warning("a part of the sweep failed", extra={"system": part.system})
    return await workflow.execute_activity_method(Sweeping.end, sweep.id, **bookkeeping())

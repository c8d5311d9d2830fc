"""Watch: every night, whether somebody who was erased is there again, or a corrected value is what it was before.

Before that, what people were asked and did not answer by its day is told.
"""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.calls import bookkeeping, on_system

with workflow.unsafe.imports_passed_through():
    from activities.watch import Watch as Watching

WATCH_ID = "engine:watch"


@workflow.defn
class Watch:
    """One look over every system; one that can't be reached is looked over the next night."""

    @workflow.run
    async def run(self) -> int:
        """How much was found that was not known."""
        await workflow.execute_activity_method(Watching.overdue, **bookkeeping())
        systems = await workflow.execute_activity_method(Watching.systems, **bookkeeping())
        return sum([await _watched(system) for system in systems])


async def _watched(system: str) -> int:
    try:
        seen = await workflow.execute_activity_method(
            Watching.watch, system, summary=system, **on_system(system)
        )
    except ActivityError:
        workflow.logger.warning("a system was not looked over", extra={"system": system})
        return 0
    return seen.reappeared + seen.reverted

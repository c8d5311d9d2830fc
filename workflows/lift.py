"""Lift: a restriction ends, and the person hears on which day before the data are used again (s.34)."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from domain.case import Case
from domain.rights import Verb
from domain.states import State
from workflows.acting import Acting
from workflows.calls import bookkeeping, on_system, rendering

with workflow.unsafe.imports_passed_through():
    from activities.release import Release
    from activities.suspend import Suspend


def lift_id(case: str) -> str:
    """The id of the workflow that lifts a case's restriction; it carries references only, under the engine's key."""
    return f"engine:lift:{case}"


@workflow.defn
class Lift(Acting):
    """Notice first, then the days that it leaves, then every system; what is owed is met.

    One that fails is told again, as a whole: the day that the person was told stands.
    """

    @workflow.run
    async def run(self, case: Case) -> None:  # noqa: ARG002 - noted by `init`, as the SDK wants it
        """The order of the steps. The case itself stays closed."""
        self.state = State.CLOSED
        ends = await self.take(Release.ends, bookkeeping())
        await self.take(Release.notice, rendering(), detail=ends.isoformat())
        if (left := ends - workflow.now()) > timedelta(0):
            await workflow.sleep(left)
        for system in await self.take(Suspend.suspended, bookkeeping()):
            await self.take(Suspend.resume, on_system(system), system=system, verb=Verb.RESUME)
        await self.take(Release.lifted, bookkeeping())

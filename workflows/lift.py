"""Lift: a restriction ends, and the person hears on which day before the data are used again (s.34)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow

from domain.case import Case
from domain.rights import Verb
from domain.states import State
from workflows.acting import LOOK_AGAIN, Acting
from workflows.calls import bookkeeping, on_system, rendering

with workflow.unsafe.imports_passed_through():
    from activities.release import Release
    from activities.suspend import Suspend


def lift_id(case: str) -> str:
    """The id of the workflow that lifts a case's restriction; it carries references only, under the engine's key."""
    return f"engine:lift:{case}"


@workflow.defn
class Lift(Acting):
    """Notice first, then the days that it leaves once it is heard, then every system; what is owed is met.

    One that fails is told again, as a whole: the day that the person was told stands, and the day after it an officer
    is asked about the restriction that still stands.
    """

    @workflow.run
    async def run(self, case: Case) -> None:  # noqa: ARG002 - noted by `init`, as the SDK wants it
        """The order of the steps. The case itself stays closed."""
        self.state = State.CLOSED
        await self.take(Release.notice, rendering())
        ends = await self._heard()
        if (left := ends - workflow.now()) > timedelta(0):
            await workflow.sleep(left)
        for system in await self.take(Suspend.suspended, bookkeeping()):
            await self.take(Suspend.resume, on_system(system), system=system, verb=Verb.RESUME)
        await self.take(Release.lifted, bookkeeping())

    async def _heard(self) -> datetime:
        """When it ends, once the person was told; where people hand the notice over, once they say that they did."""
        while True:
            seen = self.nudges
            ends: datetime | None = await self.take(Release.ends, bookkeeping())
            if ends is not None:
                return ends
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda seen=seen: self.nudges > seen, timeout=LOOK_AGAIN)  # type: ignore[misc]

"""Objection: marketing stops at intake; other use is suspended at once, then stopped, or goes on (s.32)."""

from __future__ import annotations

from temporalio import workflow

from domain.case import Answer, Case
from workflows.spine import CaseWorkflow


@workflow.defn
class Objection(CaseWorkflow):
    """Suspended before anybody asks who it is: what is objected to harms nobody by resting (ADR 10)."""

    @workflow.run
    async def run(self, case: Case) -> Answer:  # noqa: ARG002 - noted by `init`, as the SDK wants it
        """The order of the steps; what the proof finds left over is planned and decided anew."""
        async with self.lifetime():
            await self.stop_marketing()
            await self.acknowledge()
            await self.resolve()
            await self.suspend_known()
            clean = False
            while not clean:
                await self.settle(
                    *(self.stop_marketing_too, self.verify, self.free),
                    *(self.locate, self.plan, self.suspend, self.decide),
                )
                await self.stop()
                clean = await self.prove()
        return self.result()

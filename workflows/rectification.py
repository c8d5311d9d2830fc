"""Rectification: corrected where it is recorded, then in every copy; issued documents forward (ss.35-36)."""

from __future__ import annotations

from temporalio import workflow

from domain.case import Answer, Case
from workflows.spine import CaseWorkflow


@workflow.defn
class Rectification(CaseWorkflow):
    """Each field has a system of record, and corrections flow from it to the copies."""

    @workflow.run
    async def run(self, case: Case) -> Answer:  # noqa: ARG002 - noted by `init`, as the SDK wants it
        """The order of the steps; what the proof finds left over is planned and decided anew."""
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            clean = False
            while not clean:
                await self.settle(self.verify, self.locate, self.plan, self.decide)
                await self.correct()
                clean = await self.prove()
        return self.result()

"""Restriction: data are kept and not used, until that is lifted with notice (s.34)."""

from __future__ import annotations

from temporalio import workflow

from domain.case import Answer, Case
from workflows.spine import CaseWorkflow


@workflow.defn
class Restriction(CaseWorkflow):
    """Suspended as soon as it is known whose the data are; an officer then decides whether it stays so."""

    @workflow.run
    async def run(self, case: Case) -> Answer:  # noqa: ARG002 - noted by `init`, as the SDK wants it
        """The order of the steps; what the proof finds left over is planned and decided anew."""
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            clean = False
            while not clean:
                await self.settle(self.verify, self.free, self.locate, self.plan, self.suspend, self.decide)
                clean = await self.prove()
        return self.result()

"""Erasure: erased, destroyed or anonymised, save what a hold keeps (s.33; Notification B.E. 2567)."""

from __future__ import annotations

from temporalio import workflow

from domain.case import Answer, Case
from workflows.spine import CaseWorkflow


@workflow.defn
class Erasure(CaseWorkflow):
    """Forward only: once fulfilment has begun it is finished or parked, never undone."""

    @workflow.run
    async def run(self, case: Case) -> Answer:  # noqa: ARG002 - noted by `init`, as the SDK wants it
        """The order of the steps; what the proof finds left over is planned and decided anew."""
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            clean = False
            while not clean:
                await self.settle(self.turn, self.verify, self.locate, self.plan, self.decide, self.cool_off)
                await self.erase()
                clean = await self.prove()
        return self.result()

"""Portability: what rests on consent or a contract, for machines, and sent on where that can be done (s.31)."""

from __future__ import annotations

from temporalio import workflow

from domain.case import Answer, Case
from workflows.spine import CaseWorkflow


@workflow.defn
class Portability(CaseWorkflow):
    """A package that programs read, and its transfer to the controller whom the person named."""

    @workflow.run
    async def run(self, case: Case) -> Answer:  # noqa: ARG002 - noted by `init`, as the SDK wants it
        """The order of the steps."""
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            await self.settle(self.verify, self.locate, self.plan, self.decide)
            await self.copy()
            await self.transfer()
        return self.result()

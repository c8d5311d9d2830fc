"""Withdrawal of consent: as easy as giving it, at once, and what rested on it alone is erased after it (s.19)."""

from __future__ import annotations

from temporalio import workflow

from domain.case import Answer, Case
from workflows.spine import CaseWorkflow


@workflow.defn
class Withdrawal(CaseWorkflow):
    """Nobody decides: the consent is the person's."""

    @workflow.run
    async def run(self, case: Case) -> Answer:  # noqa: ARG002 - noted by `init`, as the SDK wants it
        """The order of the steps."""
        async with self.lifetime():
            await self.stop_marketing()
            await self.acknowledge()
            await self.resolve()
            clean = False
            while not clean:
                await self.settle(self.stop_marketing_too, self.verify, self.locate, self.plan)
                await self.stop()
                clean = await self.prove()
            await self.open_erasure()
        return self.result()

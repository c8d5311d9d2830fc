"""Access: the data held, where it came from, and who has it (s.30)."""

from __future__ import annotations

from temporalio import workflow

from domain.case import Answer, Case
from workflows.spine import CaseWorkflow


@workflow.defn
class Access(CaseWorkflow):
    """A copy of what the company holds as controller."""

    @workflow.run
    async def run(self, case: Case) -> Answer:  # noqa: ARG002 - noted by `init`, as the SDK wants it
        """The order of the steps."""
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            await self.settle(self.verify, self.locate, self.plan, self.decide)
            await self.copy()
        return self.result()

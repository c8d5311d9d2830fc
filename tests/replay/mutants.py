"""Rights as a careless change would leave them: a replay must notice each."""

from __future__ import annotations

from temporalio import workflow

from domain.case import Answer, Case
from workflows.access import Access
from workflows.erasure import Erasure


@workflow.defn(name="Access")
class AccessUndecided(Access):
    """Copies before anybody decided."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            await self.verify()
            await self.locate()
            await self.plan()
            await self.copy()
            await self.decide()
        return self.result()


@workflow.defn(name="Access")
class AccessUnacknowledged(Access):
    """Lets the person wait in silence."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.resolve()
            await self.verify()
            await self.locate()
            await self.plan()
            await self.decide()
            await self.copy()
        return self.result()


@workflow.defn(name="Erasure")
class ErasureHot(Erasure):
    """Erases at once, and lets the person call it off afterwards."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            await self.verify()
            await self.locate()
            await self.plan()
            await self.decide()
            await self.erase()
            await self.cool_off()
            await self.prove()
        return self.result()


@workflow.defn(name="Erasure")
class ErasureUnacknowledged(Erasure):
    """Begins with the search for who is meant."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.resolve()
            await self.acknowledge()
        return self.result()


@workflow.defn(name="Erasure")
class ErasureUnrepeated(Erasure):
    """Asks once: what the proof finds left over is not planned anew."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            await self.verify()
            await self.locate()
            await self.plan()
            await self.decide()
            await self.cool_off()
            await self.erase()
            await self.prove()
        return self.result()

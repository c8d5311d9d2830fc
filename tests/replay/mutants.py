"""Rights as a careless change would leave them: a replay must notice each."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio import workflow

from domain.case import Answer, Case
from domain.rights import Verb
from domain.states import State
from workflows.access import Access
from workflows.calls import bookkeeping, on_system, rendering
from workflows.erasure import Erasure
from workflows.lift import Lift
from workflows.objection import Objection
from workflows.portability import Portability
from workflows.rectification import Rectification
from workflows.release import Release
from workflows.restriction import Restriction
from workflows.retention import Retention, carried_out
from workflows.withdrawal import Withdrawal

with workflow.unsafe.imports_passed_through():
    from activities.release import Release as Releasing
    from activities.suspend import Suspend
    from activities.sweep import Sweeping


@workflow.defn(name="Access")
class AccessUndecided(Access):
    """Copies before anybody decided."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            await self.settle(self.verify, self.locate, self.plan)
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
            await self.settle(self.verify, self.locate, self.plan, self.decide)
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
            await self.settle(self.turn, self.verify, self.locate, self.plan, self.decide)
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
            await self.settle(self.turn, self.verify, self.locate, self.plan, self.decide, self.cool_off)
            await self.erase()
            await self.prove()
        return self.result()


@workflow.defn(name="Erasure")
class ErasureImpatient(Erasure):
    """Waits for no copy that was asked for with it."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            await self.settle(self.verify, self.locate, self.plan, self.decide, self.cool_off)
            await self.erase()
            await self.prove()
        return self.result()


@workflow.defn(name="Objection")
class ObjectionLate(Objection):
    """Writes to the person before it stops writing to them."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.acknowledge()
            await self.stop_marketing()
            await self.resolve()
        return self.result()


@workflow.defn(name="Objection")
class ObjectionInUse(Objection):
    """Goes on using the data while it is decided."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.stop_marketing()
            await self.acknowledge()
            await self.resolve()
            await self.settle(self.verify, self.locate, self.plan, self.decide)
            await self.stop()
            await self.prove()
        return self.result()


@workflow.defn(name="Portability")
class PortabilityUnverified(Portability):
    """Asks nobody who they are."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            await self.settle(self.locate, self.plan, self.decide)
            await self.copy()
            await self.transfer()
        return self.result()


@workflow.defn(name="Portability")
class PortabilityKept(Portability):
    """Sends the package to nobody."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            await self.settle(self.verify, self.locate, self.plan, self.decide)
            await self.copy()
        return self.result()


@workflow.defn(name="Rectification")
class RectificationUnverified(Rectification):
    """Asks nobody who they are."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            await self.settle(self.locate, self.plan, self.decide)
            await self.correct()
            await self.prove()
        return self.result()


@workflow.defn(name="Rectification")
class RectificationUnproved(Rectification):
    """Never looks whether it is right now."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            await self.settle(self.verify, self.locate, self.plan, self.decide)
            await self.correct()
        return self.result()


@workflow.defn(name="Restriction")
class RestrictionUnverified(Restriction):
    """Asks nobody who they are."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            await self.settle(self.free, self.locate, self.plan, self.suspend, self.decide)
            await self.prove()
        return self.result()


@workflow.defn(name="Restriction")
class RestrictionInUse(Restriction):
    """Goes on using the data while it is decided."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.acknowledge()
            await self.resolve()
            await self.settle(self.verify, self.locate, self.plan, self.decide, self.suspend)
            await self.prove()
        return self.result()


@workflow.defn(name="Withdrawal")
class WithdrawalLate(Withdrawal):
    """Writes to the person before it stops writing to them."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.acknowledge()
            await self.stop_marketing()
            await self.resolve()
        return self.result()


@workflow.defn(name="Withdrawal")
class WithdrawalUnfollowed(Withdrawal):
    """Keeps what rested on the consent alone."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.stop_marketing()
            await self.acknowledge()
            await self.resolve()
            await self.settle(self.stop_marketing_too, self.verify, self.locate, self.plan)
            await self.stop()
            await self.prove()
        return self.result()


@workflow.defn(name="Withdrawal")
class WithdrawalDeaf(Withdrawal):
    """Stops no marketing when that is asked later."""

    @workflow.run
    async def run(self, case: Case) -> Answer:
        async with self.lifetime():
            await self.stop_marketing()
            await self.acknowledge()
            await self.resolve()
            await self.settle(self.verify, self.locate, self.plan)
            await self.stop()
            await self.prove()
            await self.open_erasure()
        return self.result()


@workflow.defn(name="Lift")
class LiftUnannounced(Lift):
    """Uses the data again before the person hears of it."""

    @workflow.run
    async def run(self, case: Case) -> None:
        self.state = State.CLOSED
        for system in await self.take(Suspend.suspended, bookkeeping()):
            await self.take(Suspend.resume, on_system(system), system=system, verb=Verb.RESUME)
        await self.take(Releasing.notice, rendering())
        await self.take(Releasing.ends, bookkeeping())
        await self.take(Releasing.lifted, bookkeeping())


@workflow.defn(name="Lift")
class LiftAtOnce(Lift):
    """Tells the day, and uses the data again before it."""

    @workflow.run
    async def run(self, case: Case) -> None:
        self.state = State.CLOSED
        await self.take(Releasing.notice, rendering())
        await self.take(Releasing.ends, bookkeeping())
        for system in await self.take(Suspend.suspended, bookkeeping()):
            await self.take(Suspend.resume, on_system(system), system=system, verb=Verb.RESUME)
        await self.take(Releasing.lifted, bookkeeping())


@workflow.defn(name="Release")
class ReleaseOnce(Release):
    """Forgets what comes after the first page."""

    @workflow.run
    async def run(
        self, after: str = "", met: int = 0, silent: Sequence[str] = (), failing: Sequence[str] = ()
    ) -> int:
        due = await workflow.execute_activity_method(Releasing.due, after, **bookkeeping())
        for one in due:
            call = on_system(one.system) if one.system else rendering()
            await workflow.execute_activity_method(Releasing.release, one, **call)
        return len(due)


@workflow.defn(name="Retention")
class RetentionUnapproved(Retention):
    """Does not wait for the DPO."""

    @workflow.run
    async def run(self) -> int:
        sweep = await workflow.execute_activity_method(Sweeping.plan, **rendering())
        return 0 if sweep is None else await carried_out(sweep)

"""Steps 6 to 9: decided, cooled off, carried out, proved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from domain.case import Proof, Proved, Receipt, Untaken
from domain.deadlines import cooling_ends, sending_time
from domain.outcomes import CORRECTING, DESTROYING, DISCLOSING, SUSPENDING, Ending, Outcome
from domain.rights import Right, Verb
from domain.states import State
from workflows.acting import LOOK_AGAIN, Ended, StepOf
from workflows.calls import bookkeeping, rendering, sending
from workflows.finding import Finding

with workflow.unsafe.imports_passed_through():
    from activities.copy import Copy
    from activities.follow_up import FollowUp
    from activities.fulfil import Fulfil
    from activities.letters import Correspond
    from activities.plan import NEVER_REFUSED
    from activities.prove import Prove
    from activities.suspend import Suspend

# Asynchronous, so that it may start workflows; a workflow sees its result all the same.
_OPEN_ERASURE = cast("StepOf[str]", FollowUp.erasure)

_STOPPING = frozenset({Outcome.STOP})
_CHANGING = DESTROYING | CORRECTING | SUSPENDING
_SETTLING = timedelta(seconds=2)
"""After so long a vendor's job or index is first looked at again."""


class Doing(Finding):
    """What the officers decided is done, system by system; one that can't go on waits and never fails the case."""

    async def decide(self) -> None:
        """Wait for the officers' word on exactly this plan. Direct marketing may never be refused: nobody decides."""
        if self.asked.marketing_only:
            return
        self.decision, self.edited = None, False
        await self._decided_or_edited()
        while self.edited:
            await self.draw_up()
            self.edited = False
            await self._decided_or_edited()
        if self.decision is None or self.decision.approved:
            return
        if not self.asked.marketing:
            raise Ended(Ending.REFUSED)
        # What is refused of an objection is never its part against direct marketing (s.32 ¶1(2)): that stays at rest.
        if self.suspended:
            await self.resume(NEVER_REFUSED)
        await self.locate()
        await self.draw_up(self.decision.ground)

    async def _decided_or_edited(self) -> None:
        await self.wait_in(State.DECIDING, lambda: self.decision is not None or self.edited)

    async def cool_off(self) -> None:
        """The decision letter goes out; until the time is over the person may call the erasure off."""
        if not self._plan().total(DESTROYING):
            return
        self.call = None
        self.enter(State.COOLING)
        # Silence means consent only from somebody who was told; otherwise an officer tells, and says so.
        while True:
            seen = self.nudges
            heard = await self.do(
                Correspond.letter,
                rendering(),
                detail="DECISION",
                version=self._plan().version,
                grounds=tuple(self.skipped.values()),
            )
            if heard or self.call is not None:
                break
            await self.wait(lambda seen=seen: self.call is not None or self.nudges > seen, LOOK_AGAIN)  # type: ignore[misc]
        await self.wait(lambda: self.call is not None, self._cooling())  # called off, it ends here

    async def suspend_known(self) -> None:
        """Suspend what is objected to before identity is shown, where it is clear who is meant.

        Nobody is harmed by use that rests for a while, and asking first could take weeks (ADR 10); so could asking
        people, who are asked about nobody that has not shown who they are.
        """
        if not self.resolution.chosen or self.asked.marketing_only:
            return
        await self.locate(ask_people=False)
        await self.draw_up()
        await self.suspend()

    async def free(self) -> None:
        """What an amended request may no longer name is free again; what it names is suspended anew, as it then stands."""
        if self.suspended and self.anew:
            await self.resume()

    async def suspend(self) -> None:
        """Use is suspended at once, while it is decided (s.32 ¶2; s.34): undone if the answer is no."""
        if self.asked.marketing_only or not self._plan().total(SUSPENDING):
            return
        self.enter(State.SUSPENDING)
        self.suspended = True
        done = [
            await self.do_in(system, Suspend.suspend, verb=Verb.RESTRICT, version=self._plan().version)
            for system in self._systems(SUSPENDING)
        ]
        if self.case.right is Right.RESTRICTION:
            self.receipts = [receipt for receipt in done if receipt]

    async def erase(self) -> None:
        """Every system's part, one after another in the plan's order."""
        await self._fulfil_one_by_one(Verb.ERASE, DESTROYING)

    async def correct(self) -> None:
        """The system of record first, then the copies, as the plan lists them (ss.35-36)."""
        await self._fulfil_one_by_one(Verb.CORRECT, CORRECTING)

    async def stop(self) -> None:
        """Use ends for good; consents bear the day on which they were withdrawn."""
        await self._fulfil_one_by_one(Verb.STOP, _STOPPING)

    async def copy(self) -> None:
        """Every system's records side by side, then one package of them all."""
        self.enter(State.FULFILLING)
        copied: Sequence[Receipt | None] = await self.side_by_side(
            *(
                self.do_in(system, Copy.copy, verb=Verb.COPY, batch=f"v{self._plan().version}")
                for system in self._plan().systems(DISCLOSING)
            )
        )
        self.latest = [receipt for receipt in copied if receipt]
        self.receipts.extend(self.latest)
        if self.receipts:
            self.bundle = await self.do(Copy.bundle, rendering())

    async def transfer(self) -> None:
        """Send the package to the controller whom the person named, where that can be done by machine (s.31 ¶1(1))."""
        if self.bundle is None:
            return
        call = sending(sending_time(self.terms, workflow.now()))
        try:
            await self.take(Copy.transfer, call)
        except ActivityError as error:
            reason = _untaken(error)
            if reason is None:  # a fault of our own, which says nothing of them: it is mended, and sent
                await self.do(Copy.transfer, call)
                return
            # The person has it all the same; what another company can't take holds up nobody's answer for ever.
            await self.do(Copy.not_transferred, rendering(), detail=reason)

    async def open_erasure(self) -> None:
        """Open the erasure of what rested on the consent alone: it is due without being asked for (s.37(3)).

        Once, whether the withdrawal went to its end or was broken off after it had taken effect.
        """
        if not self.followed:
            await self.do(_OPEN_ERASURE, bookkeeping())
            self.followed = True

    async def prove(self) -> bool:
        """Whether what is found now is what the plan says.

        What is pending is looked at again, ever more seldom. Leftovers wait for a person, who has them located,
        planned and decided again, or accepts them on a ground.
        """
        self.enter(State.PROVING)
        clean = True
        for system in self._systems(_CHANGING):
            proved = await self._settled(system)
            if proved and proved.proof == Proof.LEFTOVER:
                repair = await self.await_repair(system, "leftover-found")
                if repair.retry:
                    clean = False
                else:
                    self.skipped[system] = repair.ground
        return clean

    async def _settled(self, system: str) -> Proved | None:
        """The proof of a system once it is no longer pending: the connector says how long that may last."""
        again = _SETTLING
        while True:
            proved: Proved | None = await self.do_in(system, Prove.prove)
            if not proved or proved.proof != Proof.PENDING:
                return proved
            await self.wait(lambda: False, again)
            again = min(again * 2, LOOK_AGAIN)

    async def resume(self, *but: str) -> None:
        """Lift what was suspended in the meantime: the answer is no, or no longer asked for; `but` on these grounds."""
        version = self.current_plan.version if self.current_plan else 0
        for system in await self.do(Suspend.suspended, bookkeeping()):
            await self.do_in(system, Suspend.resume, verb=Verb.RESUME, version=version, grounds=but)
        self.suspended = bool(but)

    async def _fulfil_one_by_one(self, verb: Verb, outcomes: frozenset[Outcome]) -> None:
        self.enter(State.FULFILLING)
        self.latest = []
        for system in self._systems(outcomes):
            receipt: Receipt | None = await self.do_in(
                system, Fulfil.fulfil, verb=verb, version=self._plan().version
            )
            if receipt:
                self.receipts.append(receipt)
                self.latest.append(receipt)

    def _systems(self, outcomes: frozenset[Outcome]) -> list[str]:
        return [system for system in self._plan().systems(outcomes) if system not in self.skipped]

    def _destroyed(self) -> bool:
        return any(receipt.achieved.get(done) for receipt in self.receipts for done in DESTROYING)

    def _acted(self) -> bool:
        return self._destroyed() or super()._acted()

    def _cooling(self) -> timedelta:
        """How long the person may call it off, from now."""
        return cooling_ends(self.terms, workflow.now()) - workflow.now()


_SAID = {
    "controller-refuses": Untaken.REFUSED,
    "controller-unreachable": Untaken.UNREACHED,
    "controller-not-ready": Untaken.UNREACHED,
}


def _untaken(error: ActivityError) -> Untaken | None:
    """What the other controller's side made of it; None where the fault is ours."""
    cause = error.cause
    return _SAID.get(cause.message) if isinstance(cause, ApplicationError) else Untaken.UNREACHED

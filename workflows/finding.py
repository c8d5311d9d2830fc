"""Steps 1 to 5: what comes before anybody decides. Heard, resolved, verified, located, planned."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow

from domain.case import Located, Repair, Standing
from domain.outcomes import Ending, Outcome
from domain.plan import PlanSummary
from domain.rights import Right, Verb
from domain.states import State
from workflows.acting import LOOK_AGAIN, Ended
from workflows.calls import bookkeeping, rendering
from workflows.clock import Clocked
from workflows.words import ENGINE

with workflow.unsafe.imports_passed_through():
    from activities.keep import Keep
    from activities.letters import Correspond
    from activities.locate import Locate
    from activities.others import PassOn
    from activities.plan import MakePlan
    from activities.resolve import Resolve
    from activities.stop import AT_ONCE, BY_HAND, Stop, by_hand_in
    from activities.verify import Verify

LOCATE_ROUNDS = 5
"""Searching again ends when nothing new appears; systems that keep feeding each other end here."""

_ANOTHER = 2

STOP_WITHIN = timedelta(minutes=1)
"""A system that is away holds up the acknowledgement of an objection for so long; stopping goes on beside it."""

_NOTHING_TO_ACT_ON = frozenset({Right.OBJECTION, Right.RECTIFICATION, Right.WITHDRAWAL})
"""Rights that speak of some records only: where those are missing, the person may still be known."""


_TENANTS = frozenset({Outcome.NOT_CONTROLLER})
_SPOKEN_OF = frozenset(Outcome) - {Outcome.NOT_ASKED}


class Finding(Clocked):
    """Who asks, what for, and what there is of them."""

    async def acknowledge(self) -> None:
        """L1: what was understood, by when the answer comes, and on which ground that date stands."""
        self.enter(State.RECEIVED)
        await self.do(Correspond.letter, rendering(), detail="L1")

    async def stop_marketing(self) -> None:
        """Direct marketing stops at once, before anybody asks who it is (s.32 ¶1(2) and ¶2).

        Nobody may leave it out: a system that can't is parked until it can, and what no list takes is parked until
        a person says that it is stopped. All that goes on beside the case; `until_stopped` waits for it.
        """
        self.asked = await self.do(Keep.asked, bookkeeping())
        if self.asked.pass_on:
            await self.do(PassOn.pass_on, rendering())
        if not self.asked.marketing:
            return
        stopping = self._stop_beside()
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self.stopped_by_machine(stopping), timeout=STOP_WITHIN)

    async def stop_marketing_too(self) -> None:
        """Where the request was amended: what it asks now may be to stop marketing."""
        if not self.anew:
            return
        self.asked = await self.do(Keep.asked, bookkeeping())
        if self.asked.pass_on:
            await self.do(PassOn.pass_on, rendering())
        if self.asked.marketing:
            self._stop_beside()

    async def until_stopped(self) -> None:
        """Nobody is told that marketing stopped before it did."""
        if self.stopping is not None:
            stopping = self.stopping
            await self.wait(stopping.done)
            stopping.result()

    def stopped_by_machine(self, stopping: asyncio.Task[None]) -> bool:
        """Whether nothing is under way any more but what people do."""
        return stopping.done() or bool(self.by_hand)

    def _stop_beside(self) -> asyncio.Task[None]:
        self.stopping = asyncio.create_task(self._stop_everywhere(self.asked.systems, self.stopping))
        return self.stopping

    async def _stop_everywhere(
        self, systems: Sequence[str], before: asyncio.Task[None] | None = None
    ) -> None:
        if before is not None:
            await before
        await self.side_by_side(*(self._stop_in(system) for system in systems))
        left = await self.do(Stop.left, bookkeeping(), beside=True)
        await self.side_by_side(*(self._stop_by_hand(system) for system in left))

    async def _stop_in(self, system: str) -> None:
        self.never_left_out[system] += 1
        try:
            await self.do_in(system, Stop.marketing, beside=True, verb=Verb.STOP, batch=AT_ONCE)
        finally:
            self.never_left_out[system] -= 1

    async def _stop_by_hand(self, system: str) -> None:
        """A person stops it there, and says so by answering that it may go on.

        It is parked under a name of its own: whatever else waits for that system is answered for itself.
        """
        parked = by_hand_in(system)
        self.never_left_out[parked] += 1
        self.by_hand.add(system)
        try:
            await self.await_repair(parked, BY_HAND, beside=True)
        finally:
            self.never_left_out[parked] -= 1
            self.by_hand.discard(system)
        await self.do(Stop.by_hand, bookkeeping(), beside=True, system=system)

    async def resolve(self) -> None:
        """Who is meant; where it may be several, an officer says."""
        self.enter(State.RESOLVING)
        seen = self.nudges
        self.resolution = await self.do(Resolve.resolve, bookkeeping())
        while not self.resolution.systems:
            # Nothing was asked, so nothing can be answered: "no data" would be a lie.
            await self.await_repair(ENGINE, "no-system-connected")
            self.resolution = await self.do(Resolve.resolve, bookkeeping())
        if self._several():
            self.enter(State.CHOOSING)
            # Challenged at once all the same: a message that comes late would tell that the name is known twice.
            await self.do(Verify.challenge, bookkeeping())
            await self._chosen(seen)
            self.asked_at = None  # what the choice asks of them, they hear only now

    async def _chosen(self, seen: int) -> None:
        """Until an officer says who is meant; one whose word got lost is found in the register.

        Who has shown nothing by the day hears so before the promised one. Who has is not to blame: officers are asked.
        """
        by, overdue = self._verify_by(workflow.now()), None
        try:
            while self._several():
                left = by - workflow.now()
                if left <= timedelta(0) and (overdue is None or overdue.done()):
                    standing: Standing = await self.do(Verify.standing, bookkeeping(), here=True)
                    if not standing.address_proved and not standing.level:
                        raise Ended(Ending.UNVERIFIED)
                    overdue = asyncio.create_task(self.await_repair(ENGINE, "choice-overdue", beside=True))
                seen = await self._choice(seen, overdue, LOOK_AGAIN if overdue else min(left, LOOK_AGAIN))
        finally:
            if overdue is not None:
                overdue.cancel()
                await asyncio.gather(overdue, return_exceptions=True)

    async def _choice(self, seen: int, overdue: asyncio.Task[Repair] | None, most: timedelta) -> int:
        """Hear a choice, or look in the register whether one was made; what moved there until then is seen."""
        await self.wait(
            lambda: self.choice is not None or self.nudges > seen or bool(overdue and overdue.done()), most
        )
        seen = self.nudges
        if self.choice is None:
            self.resolution = await self.do(Resolve.resolve, bookkeeping())
        else:
            said = {"chosen": self.choice.found, "answered": True}
            self.resolution = self.resolution.model_copy(update=said)
        return seen

    def _several(self) -> bool:
        """Whether it is still open which of several persons is meant."""
        return self.resolution.candidates > 1 and not self.resolution.answered

    async def turn(self) -> None:
        """Until the cases that go before this one are over: what is to be copied is copied before it goes.

        The register is asked, for a merge may have brought such a case later.
        """
        while True:
            seen = self.nudges
            if await self.do(Keep.turn, bookkeeping(), here=True):
                return
            self.enter(State.WAITING)
            await self.do(Keep.enter, bookkeeping())
            await self.wait(lambda seen=seen: self.nudges > seen, LOOK_AGAIN)  # type: ignore[misc]

    async def verify(self) -> None:
        """Until identity is shown; never longer than lets the person hear before the promised day."""
        self.enter(State.VERIFYING)
        while True:
            seen = self.nudges
            standing: Standing = await self.do(Verify.standing, bookkeeping(), here=True)
            if self._known() and standing.level >= standing.needed:
                if self.amendments:
                    # An address that an amendment named gets answers once it is proved; nothing waits for that.
                    await self.do(Verify.challenge, bookkeeping())
                return
            # Only when every address given was proved: one's own beside a stranger's must not tell of the stranger.
            if not self._known() and standing.all_proved:
                await self._look_by_address()
                continue
            if self.asked_at is not None and workflow.now() >= self._verify_by(self.asked_at):
                # An address proved but not on file earns "no data, tell us more"; a stranger's, L12.
                unknown = standing.address_proved and not standing.level
                raise Ended(Ending.NO_DATA if unknown else Ending.UNVERIFIED)
            await self.do(Verify.challenge, bookkeeping())  # where the last one ran out, a new one goes
            self.asked_at = self.asked_at or workflow.now()
            left = max(self._verify_by(self.asked_at) - workflow.now(), timedelta(0))
            await self.wait(lambda seen=seen: self.nudges > seen, min(left, LOOK_AGAIN))  # type: ignore[misc]

    def _known(self) -> bool:
        """Whether the company has anything of whoever asks: somebody in its registers, or records by their address."""
        return self.resolution.chosen or self.by_address

    async def _look_by_address(self) -> None:
        """Who stands in no register of persons may be known by an address alone; now that it is proved, it is theirs.

        What is found so is given, changed or erased only at the level that the right asks, as everybody's is.
        """
        if not self.asked.marketing_only:
            await self.locate()
            await self.draw_up()
            self.by_address = bool(self._plan().total(_SPOKEN_OF) or self.skipped)
        if not self.by_address:
            raise Ended(Ending.NO_DATA)
        self.enter(State.VERIFYING)

    def _verify_by(self, since: datetime) -> datetime:
        """Whoever is asked late still has time to answer: a letter that lay for weeks, a request that was amended."""
        return max(self.terms.verify_by, since + timedelta(days=self.terms.verify_days_least))

    async def locate(self, *, ask_people: bool = True) -> None:
        """Every system, and again while one gives identifiers that the others were not asked for.

        People are asked last and once, with all that the person is known by then; not where it cannot wait for days.
        """
        self.enter(State.LOCATING)
        people = self.resolution.people
        for _ in range(LOCATE_ROUNDS):
            systems = [one for one in self.resolution.systems if one not in {*self.skipped, *people}]
            located: Sequence[Located | None] = await self.side_by_side(
                *(self.do_in(system, Locate.locate) for system in systems)
            )
            # A system follows what it finds in itself; only another one needs to be asked for it.
            if len(systems) < _ANOTHER or not any(found.identifiers for found in located if found):
                break
        if ask_people and (asked := [one for one in people if one not in self.skipped]):
            await self.side_by_side(*(self.do_in(one, Locate.locate) for one in asked))

    async def plan(self) -> None:
        """One outcome an item; where there is nothing to decide on, the person gets their answer at once."""
        await self.draw_up()
        if self._plan().total(_TENANTS):
            await self.do(PassOn.pass_on, rendering())
        if not self._plan().total(_SPOKEN_OF) and not self.skipped and not self._acted():
            nothing = self.case.right in _NOTHING_TO_ACT_ON or self._plan().counts
            raise Ended(Ending.NOTHING_DUE if nothing else Ending.NO_DATA)

    async def draw_up(self, *refused: str) -> None:
        """The next version of the plan; with a ground that the officers `refused` on, of what can't be refused."""
        self.enter(State.PLANNING)
        version = self.current_plan.version + 1 if self.current_plan else 1
        self.current_plan = await self.do(
            MakePlan.plan, bookkeeping(), version=version, without=tuple(self.skipped), grounds=refused
        )

    def _acted(self) -> bool:
        """Whether something was done already that an empty plan must not deny."""
        return bool(self.receipts)

    def _plan(self) -> PlanSummary:
        if self.current_plan is None:
            raise ValueError("a right's file takes a step that needs a plan before it made one")
        return self.current_plan

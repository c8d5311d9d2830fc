"""The steps that every right shares, once. A right is the order in which it takes them.

1. acknowledge   the person hears that the request arrived, and by when they will have an answer
2. resolve       none, one or many; many waits for an officer
3. verify        until the level that the right asks, or the day on which silence would break a promise
4. locate        over all systems, again while new identifiers appear
5. plan          one outcome an item
6. decide        an officer, and a second person where the right or a refusal asks; then the letter
7. cool off      where the right does: silence means proceed
8. fulfil        system by system; one that can't go on waits for a person and never fails the case
9. prove         locate again; leftovers go back to 4 under a supplementary decision
10. answer        letter, certificate or bundle, what stays owed; close
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey

from domain.case import Answer, Located, Proof, Proved, Receipt, Standing
from domain.outcomes import DESTROYING, DISCLOSING, KEEPING, Ending, Outcome
from domain.plan import PlanSummary
from domain.rights import RULES, Verb
from domain.states import State
from workflows.acting import DUE, STEP, Acting, Ended
from workflows.calls import bookkeeping, rendering
from workflows.words import ENGINE

with workflow.unsafe.imports_passed_through():
    from activities.answer import Conclude
    from activities.copy import Copy
    from activities.fulfil import Erase
    from activities.letters import Correspond
    from activities.locate import Locate
    from activities.plan import MakePlan
    from activities.prove import Prove
    from activities.resolve import Resolve
    from activities.verify import Verify

REFERENCE = SearchAttributeKey.for_keyword("SitthiReference")
RIGHT = SearchAttributeKey.for_keyword("SitthiRight")

LOCATE_ROUNDS = 5
"""Searching again ends when nothing new appears; systems that keep feeding each other end here."""

_ANOTHER = 2

_EMPTY_HANDED = frozenset({Ending.NO_DATA, Ending.REFUSED, Ending.CALLED_OFF, Ending.WITHDRAWN})

LOOK_AGAIN = timedelta(hours=6)
"""A proof whose signal was lost is found in the register after this long at the most."""

_LESS = KEEPING - {Outcome.NOT_CONTROLLER}
"""Outcomes that leave the person with less than they asked for."""


class CaseWorkflow(Acting):
    """The steps, for the rights to order."""

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Keep the clock while the case is open, and answer and close it however it ends."""
        workflow.upsert_search_attributes(
            [
                REFERENCE.value_set(self.case.reference),
                RIGHT.value_set(self.case.right),
                DUE.value_set(self.terms.due),
            ]
        )
        clock = asyncio.create_task(self.keep_clock())
        try:
            yield
            self.ending = self._ending()
        except Ended as end:
            # What was destroyed stays destroyed and is certified, however the case ends after it.
            self.ending = Ending.PARTIAL if self._destroyed() and end.ending in _EMPTY_HANDED else end.ending
        except asyncio.CancelledError:
            # Caught once, here: an operator's cancel still ends in a letter and a closed case.
            if current := asyncio.current_task():
                current.uncancel()
            self.ending = Ending.PARTIAL if self._destroyed() else Ending.STOPPED
        finally:
            clock.cancel()
        await self._uncancelled(self._answer(self.ending))

    async def acknowledge(self) -> None:
        """L1: what was understood, by when the answer comes, and on which ground that date stands."""
        self.enter(State.RECEIVED)
        await self.do(Correspond.letter, rendering(), detail="L1")

    async def resolve(self) -> None:
        """Who is meant; where it may be several, an officer says."""
        self.enter(State.RESOLVING)
        self.resolution = await self.do(Resolve.resolve, bookkeeping())
        while not self.resolution.systems:
            # Nothing was asked, so nothing can be answered: "no data" would be a lie.
            await self.await_repair(ENGINE, "no-system-connected")
            self.resolution = await self.do(Resolve.resolve, bookkeeping())
        if self.resolution.candidates > 1 and not self.resolution.chosen:
            self.enter(State.CHOOSING)
            # Challenged at once all the same: a message that comes late would tell that the name is known twice.
            await self.do(Verify.challenge, bookkeeping())
            await self.wait(lambda: self.choice is not None)
            found = self.choice is not None and self.choice.found
            self.resolution = self.resolution.model_copy(update={"chosen": found})

    async def verify(self) -> None:
        """Until identity is shown; never longer than lets the person hear before the promised day."""
        self.enter(State.VERIFYING)
        await self.do(Verify.challenge, bookkeeping())
        needed = RULES[self.case.right].assurance
        while True:
            seen = self.nudges
            standing: Standing = await self.do(Verify.standing, bookkeeping())
            if self.resolution.chosen and standing.level >= needed:
                return
            # Only when every address given was proved: one's own beside a stranger's must not tell of the stranger.
            if not self.resolution.chosen and standing.all_proved:
                raise Ended(Ending.NO_DATA)
            if await self._wait_for_identity(seen):
                continue
            if workflow.now() >= self._verify_by():
                # An address proved but not on file earns "no data, tell us more"; a stranger's, L12.
                unknown = standing.address_proved and not standing.level
                raise Ended(Ending.NO_DATA if unknown else Ending.UNVERIFIED)
            await self.do(Verify.challenge, bookkeeping())  # where the last one ran out, a new one goes

    async def locate(self) -> None:
        """Every system, and again while one gives identifiers that the others were not asked for."""
        self.enter(State.LOCATING)
        for _ in range(LOCATE_ROUNDS):
            systems = [system for system in self.resolution.systems if system not in self.skipped]
            located: Sequence[Located | None] = await self.side_by_side(
                *(self.do_in(system, Locate.locate) for system in systems)
            )
            # A system follows what it finds in itself; only another one needs to be asked for it.
            if len(systems) < _ANOTHER or not any(found.identifiers for found in located if found):
                break

    async def plan(self) -> None:
        """One outcome an item; a person of whom nothing is found gets their answer at once."""
        self.enter(State.PLANNING)
        version = self.current_plan.version + 1 if self.current_plan else 1
        self.current_plan = await self.do(
            MakePlan.plan, bookkeeping(), version=version, without=tuple(self.skipped)
        )
        if not self._plan().counts and not self.skipped:
            raise Ended(self._ending() if self._destroyed() else Ending.NO_DATA)

    async def decide(self) -> None:
        """Wait for the officers' word on exactly this plan."""
        self.decision = None
        await self.wait_in(State.DECIDING, lambda: self.decision is not None)
        if self.decision is not None and not self.decision.approved:
            raise Ended(Ending.REFUSED)

    async def cool_off(self) -> None:
        """The decision letter goes out; until the time is over the person may call the erasure off."""
        if not self._plan().total(DESTROYING):
            return
        self.call = None
        self.enter(State.COOLING)
        heard = await self.do(Correspond.letter, rendering(), detail="DECISION", version=self._plan().version)
        # Silence means consent only from somebody who was told; otherwise an officer tells, and says so.
        said = await self.wait(lambda: self.call is not None, self._cooling() if heard else None)
        if said and self.call is not None and not self.call.proceed:
            raise Ended(Ending.CALLED_OFF)

    async def erase(self) -> None:
        """Every system's part, one after another in the plan's order."""
        await self._fulfil_one_by_one(Verb.ERASE)

    async def copy(self) -> None:
        """Every system's records side by side, then one package of them all."""
        self.enter(State.FULFILLING)
        copied: Sequence[Receipt | None] = await self.side_by_side(
            *(
                self.do_in(system, Copy.copy, verb=Verb.COPY, batch=f"v{self._plan().version}")
                for system in self._plan().systems(DISCLOSING)
            )
        )
        self.receipts.extend(receipt for receipt in copied if receipt)
        if self.receipts:
            self.bundle = await self.do(Copy.bundle, rendering())

    async def prove(self) -> bool:
        """Whether what is left equals what the plan keeps.

        Leftovers wait for a person, who has them located, planned and decided again, or accepts them on a
        ground.
        """
        self.enter(State.PROVING)
        clean = True
        for system in self._open_systems():
            proved: Proved | None = await self.do_in(system, Prove.prove)
            if proved and proved.proof == Proof.LEFTOVER:
                repair = await self.await_repair(system, "leftover-after-erasure")
                if repair.retry:
                    clean = False
                else:
                    self.skipped[system] = repair.ground
        return clean

    def result(self) -> Answer:
        """What the workflow reports when it is over."""
        return Answer(
            reference=self.case.reference,
            ending=self.ending or Ending.STOPPED,
            achieved={outcome: sum(r.achieved.get(outcome, 0) for r in self.receipts) for outcome in Outcome},
            bundle_sha256=self.bundle.sha256 if self.bundle else "",
        )

    async def _wait_for_identity(self, seen: int) -> bool:
        left = max(self._verify_by() - workflow.now(), timedelta(0))
        return await self.wait(lambda: self.nudges > seen, min(left, LOOK_AGAIN))

    def _verify_by(self) -> datetime:
        """A letter that lay for weeks before it was entered still leaves its sender time to answer."""
        least = workflow.info().start_time + timedelta(days=self.terms.verify_days_least)
        return max(self.terms.verify_by, least)

    async def _fulfil_one_by_one(self, verb: Verb) -> None:
        self.enter(State.FULFILLING)
        self.latest = []
        for system in self._open_systems():
            receipt: Receipt | None = await self.do_in(
                system, Erase.erase, verb=verb, version=self._plan().version
            )
            if receipt:
                self.receipts.append(receipt)
                self.latest.append(receipt)

    def _open_systems(self) -> list[str]:
        return [system for system in self._plan().systems(DESTROYING) if system not in self.skipped]

    def _destroyed(self) -> bool:
        return any(receipt.achieved.get(done) for receipt in self.receipts for done in DESTROYING)

    def _cooling(self) -> timedelta:
        """How long the person may call it off: inside the ninety days, with a day left to carry it out."""
        left = self.terms.due - timedelta(days=1) - workflow.now()
        return min(timedelta(hours=self.terms.cooling_hours), max(left, timedelta(0)))

    async def _uncancelled(self, ending: Coroutine[Any, Any, None]) -> None:
        """See the end through: a cancel that comes now finds the case already closing."""
        task = asyncio.create_task(ending)
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.shield(task)
        task.result()

    async def _answer(self, ending: Ending) -> None:
        # Not `enter`: a request withdrawn at the last moment is still answered.
        self.state = State.ANSWERING
        workflow.upsert_search_attributes([STEP.value_set(self.state)])
        left_out = tuple(dict.fromkeys(self.skipped.values()))
        await self.do(Conclude.answer, rendering(), detail=ending, grounds=left_out)
        await self.do(Conclude.close, bookkeeping(), detail=ending)
        self.state = State.CLOSED

    def _plan(self) -> PlanSummary:
        if self.current_plan is None:
            raise ValueError("a right's file takes a step that needs a plan before it made one")
        return self.current_plan

    def _ending(self) -> Ending:
        plan = self._plan()
        if plan.counts and not plan.total(frozenset(Outcome) - {Outcome.NOT_CONTROLLER}):
            return Ending.NOT_CONTROLLER
        kept_back = any(receipt.achieved.get(kept) for receipt in self.latest for kept in _LESS)
        less = plan.total(_LESS) or kept_back or self.skipped
        if less and not self.bundle and not self._destroyed():
            return Ending.REFUSED  # nothing was done of what was asked (s.39(7) counts it so)
        return Ending.PARTIAL if less else Ending.FULFILLED

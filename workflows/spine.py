"""The steps that every right shares, once. A right is the order in which it takes them.

1. acknowledge   the person hears that the request arrived, and by when they will have an answer;
                 direct marketing stops before that, and what is objected to is suspended while it is decided
2. resolve       none, one or many; many waits for an officer
3. verify        until the level that the right asks, or the day on which silence would break a promise
4. locate        over all systems, again while new identifiers appear
5. plan          one outcome an item
6. decide        an officer, and a second person where the right or a refusal asks; then the letter
7. cool off      where the right does: silence means proceed
8. fulfil        system by system; one that can't go on waits for a person and never fails the case
9. prove         locate again; leftovers go back to 4 under a supplementary decision
10. answer       letter, certificate or bundle, what stays owed; close

Steps 3 to 7 begin again when the request is amended (`Acting.settle`). `finding.py` has 1 to 5, `doing.py` 6 to 9.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from temporalio import workflow
from temporalio.common import SearchAttributeKey

from domain.case import Answer
from domain.outcomes import CORRECTING, DESTROYING, KEEPING, Ending, Outcome
from domain.rights import Right
from domain.states import State
from workflows.acting import STEP, Ended, StepOf
from workflows.calls import bookkeeping, rendering
from workflows.clock import DUE
from workflows.doing import Doing
from workflows.finding import STOP_WITHIN
from workflows.words import LETTERS

with workflow.unsafe.imports_passed_through():
    from activities.answer import Conclude
    from activities.follow_up import FollowUp
    from activities.letters import Correspond
    from activities.stop import Stop

REFERENCE = SearchAttributeKey.for_keyword("SitthiReference")
RIGHT = SearchAttributeKey.for_keyword("SitthiRight")

_OPEN_INSTEAD = cast("StepOf[str]", FollowUp.instead)
_TELL_WAITING = cast("StepOf[None]", FollowUp.waiting)

_FOR_GOOD = DESTROYING | CORRECTING | {Outcome.STOP}
_DONE = frozenset({Ending.FULFILLED, Ending.PARTIAL})

_ANSWERS = frozenset({Ending.NO_DATA, Ending.NOTHING_DUE, Ending.REFUSED})
"""Early endings that answer what was asked, so that nothing of it may be open."""

_LESS = KEEPING - {Outcome.NOT_CONTROLLER, Outcome.NOT_ASKED} | {Outcome.REDACT}
"""Outcomes that leave the person with less than they asked for."""


class CaseWorkflow(Doing):
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
        beside = (asyncio.create_task(self.keep_clock()), asyncio.create_task(self._tell_progress()))
        early: Ending | None = None
        try:
            try:
                yield
            except Ended as end:
                early = end.ending
            self.ending = await self._reached(early)
        except asyncio.CancelledError:
            # Caught once, here: an operator's cancel still ends in a letter and a closed case.
            if current := asyncio.current_task():
                current.uncancel()
            self.ending = Ending.PARTIAL if self._carried_out() else self.stop_as
        finally:
            for task in beside:
                task.cancel()
        await self._uncancelled(self._answer(self.ending, beside))

    async def _reached(self, early: Ending | None) -> Ending:
        """How the case ends; one that answers what was asked does so once direct marketing stopped everywhere.

        Who leaves, or never shows who they are, hears on their day: what is then still to stop is left to people.
        Nothing that would change the request is heard any more.
        """
        self.closing = True
        while True:
            try:
                if early is None or early in _ANSWERS:
                    await self.until_stopped()
            except Ended as end:
                early = end.ending
                continue
            return self._ending() if early is None else self._ended(early)

    def result(self) -> Answer:
        """What the workflow reports when it is over."""
        return Answer(
            reference=self.case.reference,
            ending=self.ending or Ending.STOPPED,
            achieved={outcome: sum(r.achieved.get(outcome, 0) for r in self.receipts) for outcome in Outcome},
            bundle_sha256=self.bundle.sha256 if self.bundle else "",
        )

    async def _tell_progress(self) -> None:
        told = 0
        while True:
            await workflow.wait_condition(lambda: len(self.progress) > told)  # noqa: B023 - read at once
            word = self.progress[told]
            told += 1
            about = f"{word.because}:{word.expected_on.isoformat()}"
            await self.do(Correspond.progress, rendering(), beside=LETTERS, detail=about, version=told)

    async def _uncancelled(self, ending: Coroutine[Any, Any, None]) -> None:
        """See the end through: a cancel that comes now finds the case already closing."""
        task = asyncio.create_task(ending)
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.shield(task)
        task.result()

    async def _answer(self, ending: Ending, beside: Iterable[asyncio.Task[None]]) -> None:
        # Not `enter`: a request withdrawn at the last moment is still answered.
        self.state = State.ANSWERING
        workflow.upsert_search_attributes([STEP.value_set(self.state)])
        await asyncio.gather(*beside, return_exceptions=True)  # cancelled: nothing writes beside the end
        await self._leave_marketing()
        await self.tidy()
        if self.suspended and (ending not in _DONE or self.cut_short):
            await self.resume()
        if self.case.right is Right.WITHDRAWAL and ending in _DONE and self._carried_out():
            await self.open_erasure()
        if ending is Ending.REPLACED and self.instead is not None:
            await self.do(_OPEN_INSTEAD, bookkeeping(), detail=self.instead)
        without, grounds = tuple(self.skipped), tuple(self.skipped.values())
        await self.do(Conclude.answer, rendering(), detail=ending, without=without, grounds=grounds)
        await self.do(Conclude.close, bookkeeping(), detail=ending)
        await self.do(_TELL_WAITING, bookkeeping())
        self.state = State.CLOSED

    async def _leave_marketing(self) -> None:
        """What can still be stopped at once is; the rest is left to people, for it was asked for (s.32 ¶1(2))."""
        stopping = self.stopping
        if stopping is None:
            return
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self.stopped_by_machine(stopping), timeout=STOP_WITHIN)
        if stopping.done():
            return
        stopping.cancel()
        await asyncio.gather(stopping, return_exceptions=True)
        await self.do(Stop.leave, bookkeeping())

    def _ended(self, early: Ending) -> Ending:
        """How a case ends that is over before its last step."""
        if self._carried_out() and early is not Ending.DECEASED:
            return (
                Ending.PARTIAL
            )  # what was done stays done: it is certified and owed, however it ends after that
        self.cut_short = True
        if early is Ending.NO_DATA and self.asked.marketing_only:
            return Ending.FULFILLED  # it stopped on the day it came, whoever asked
        objected = self.asked.marketing and self.case.right is Right.OBJECTION
        if early is Ending.NOTHING_DUE and objected:
            return Ending.FULFILLED  # of somebody who is known, nothing else is used that they object to
        return early

    def _carried_out(self) -> bool:
        """Whether anything was done upon a decision that no later word takes back."""
        return any(receipt.achieved.get(done) for receipt in self.receipts for done in _FOR_GOOD)

    def _ending(self) -> Ending:
        plan = self._plan()
        if plan.counts and not plan.total(frozenset(Outcome) - {Outcome.NOT_CONTROLLER}):
            return Ending.NOT_CONTROLLER
        kept_back = any(receipt.achieved.get(kept) for receipt in self.latest for kept in _LESS)
        less = plan.total(_LESS) or kept_back or self.skipped
        if less and not self.bundle and not self._changed():
            return Ending.REFUSED  # nothing was done of what was asked (s.39(7) counts it so)
        return Ending.PARTIAL if less else Ending.FULFILLED

    def _changed(self) -> bool:
        """Whether anything was done at all of what was asked."""
        done = frozenset(Outcome) - KEEPING
        changed = any(receipt.achieved.get(one) for receipt in self.receipts for one in done)
        return changed or self.stopping is not None

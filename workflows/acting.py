"""How steps are done: entered, called, waited for, parked and reminded of. The spine says which and in what order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception

from domain.case import Begin, Repair, Task
from domain.outcomes import Ending
from domain.states import State
from workflows.calls import Call, bookkeeping, on_system, on_the_spot
from workflows.failing import code_of
from workflows.words import ENGINE, Words

with workflow.unsafe.imports_passed_through():
    from activities.keep import Keep

STEP = SearchAttributeKey.for_keyword("SitthiStep")
T = TypeVar("T")
StepOf = Callable[[Any, Task], T]
"""An activity method, seen from outside its class."""


MERGE_HEARD = timedelta(minutes=1)
"""The sweep brings the word of a merge, or undoes it, within about that time."""

LOOK_AGAIN = timedelta(hours=6)
"""What was told by a signal that got lost is found in the register after this long at the most."""


class Ended(Exception):  # noqa: N818 - not an error: the case is over before its last step
    """The case is over before its last step."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending)
        self.ending = ending


class Amended(Exception):  # noqa: N818 - not an error: the request changed, and is looked at anew
    """The request changed on its way: `Acting.settle` begins again."""


class Acting(Words):
    """The machinery below the steps."""

    def enter(self, state: State) -> None:
        """Begin a step; a request withdrawn or amended meanwhile is heeded here.

        The workflow moves first and the register with the step's first activity: whoever reads a state in
        the register finds the workflow already listening for the words that belong to it.
        """
        self._heed()
        self.state = state

    async def wait_in(self, state: State, until: Callable[[], bool], most: timedelta | None = None) -> bool:
        """Stand in a state until something is said; False if the time ran out first."""
        self.enter(state)
        # Not on the spot: what the register shows must stand in the history already. A worker that died in between
        # would hear the word that is waited for before it had come here again, and refuse it.
        await self.do(Keep.enter, bookkeeping())
        return await self.wait(until, most)

    async def wait(self, until: Callable[[], bool], most: timedelta | None = None) -> bool:
        """Wait for a word; False if the time ran out, and the end of the case if it was withdrawn."""
        self.show_step()
        try:
            await workflow.wait_condition(lambda: until() or self._is_called(), timeout=most)
        except TimeoutError:
            return False
        self._heed()
        return True

    def show_step(self) -> None:
        """Let Temporal's own lists show where the case stands: where it waits or ends, not what it passes at once."""
        if self.shown is not self.state:
            self.shown = self.state
            workflow.upsert_search_attributes([STEP.value_set(self.state)])

    async def settle(self, *steps: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Take these steps in their order, and again from the first whenever the request is amended.

        At their end fulfilment begins, for good. `anew` tells them that it asks for something else than when they were last taken to the end.
        """
        while True:
            self.settling = True
            self.anew, self.rescoped = self.anew or self.rescoped, False
            try:
                await self.tidy()
                if self.amended:
                    self.amended = False
                    await self.do(Keep.amend, bookkeeping())
                for step in steps:
                    await step()
                if not self.amended and await self._begin():
                    self.anew = False
                    return
            except Amended:
                continue
            except Ended:
                if self.leaving or not self.amended:
                    raise
                # What ends it was found before the amendment was heard: it may not hold for what is asked now.
            finally:
                self.settling = False

    async def _begin(self) -> bool:
        """Ask the register whether nothing stands against fulfilment.

        It alone knows of words that got lost on their way here: an amendment that it keeps is taken up first, and a
        case that was merged waits for its word, or until the merge is undone. A word that cannot come for weeks, as
        the earlier case is parked, must not fill the history: it is asked for ever more seldom.
        """
        again = MERGE_HEARD
        while True:
            seen = self.nudges
            said: Begin = await self.do(Keep.begin, bookkeeping(), here=True)
            for amend in said.waiting:
                self.hear(amend)
            if said.begun:
                self.amended = False  # the register has taken up whatever was said
            self._heed()
            if said.begun:
                self.begun = True
                return True
            await self.wait(lambda seen=seen: self.nudges > seen, again)  # type: ignore[misc]
            again = min(again * 2, LOOK_AGAIN)

    def _is_called(self) -> bool:
        """Whether a word was said that ends what is under way; a case being answered has ended already."""
        if self.state is State.ANSWERING:
            return False
        return self.leaving is not None or (self.amended and self.settling)

    def _heed(self) -> None:
        if self._is_called():
            raise Ended(self.leaving) if self.leaving else Amended

    async def side_by_side(self, *steps: Coroutine[Any, Any, T]) -> list[T]:
        """Take steps together. When one ends the case, the others are stopped and waited for, never left behind."""
        tasks = [asyncio.create_task(step) for step in steps]
        try:
            return await asyncio.gather(*tasks)
        except (Ended, Amended, asyncio.CancelledError):
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def do(self, activity: StepOf[T], call: Call, *, beside: str | bool = False, **about: Any) -> T:
        """A step of our own. It never fails the case: what can't go on waits for a person and is tried again.

        What goes on `beside` the steps ends for no word that ends them; it waits under a name of its own, if given.
        """
        where = beside if isinstance(beside, str) else ENGINE
        while True:
            try:
                return await self.take(activity, call, **about)
            except ActivityError as error:
                await self.await_repair(where, code_of(error), beside=bool(beside))

    async def do_in(
        self, system: str, activity: StepOf[T], *, beside: bool = False, **about: Any
    ) -> T | None:
        """A step in one system. What can't go on waits for a person: tried again, or left out on a ground (None)."""
        while True:
            try:
                return await self.take(activity, on_system(system), system=system, **about)
            except ActivityError as error:
                repair = await self.await_repair(system, code_of(error), beside=beside)
                if not repair.retry:
                    self.skipped[system] = repair.ground
                    return None

    async def await_repair(self, system: str, code: str, *, beside: bool = False) -> Repair:
        """Park a system and wait for what a person makes of it; who gives up waiting leaves nothing to answer."""
        self.repairs.pop(system, None)
        self.parked[system] = code
        self.waiting[system] += 1
        answers: list[Repair] = []

        def answered() -> bool:
            # Two steps may wait there: one answer is for both, so each keeps it for itself.
            answers.extend(said for name, said in self.repairs.items() if name == system)
            return bool(answers)

        try:
            await self.take(Keep.park, bookkeeping(), system=system, detail=code)
            self.show_step()
            await (workflow.wait_condition(answered) if beside else self.wait(answered))
        finally:
            self.waiting[system] -= 1
            if not self.waiting[system]:
                self.parked.pop(system, None)
                if not answers:
                    self.given_up.append(system)
        return answers[0]

    async def tidy(self) -> None:
        """Tell the register where nobody waits any more, so that no officer is asked for what changes nothing."""
        given_up, self.given_up = dict.fromkeys(self.given_up), []
        for system in given_up:
            if not self.waiting[system]:
                await self.do(Keep.unpark, bookkeeping(), system=system)

    async def take(self, activity: StepOf[T], call: Call, *, here: bool = False, **about: Any) -> T:
        """One step, once it ends well. Raises `ActivityError` when its patience is over, and the cancel of the case.

        `here`: bookkeeping that is tried on the spot first, and takes the ordinary way where that fails. Whatever it
        has written by then it finds written: every step may be taken again.
        """
        task = Task(case=self.case.id, step=self.state, **about)
        summary = f"{self.case.reference} {self.state} {task.system}".strip()
        try:
            result = await self._result(activity, task, summary, call, here=here)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise asyncio.CancelledError from None
            raise
        # A step that ended well all the same would swallow the cancel; what destroys goes on to its end.
        waiting = asyncio.current_task()
        if waiting and waiting.cancelling() and self.state not in _FORWARD_ONLY:
            raise asyncio.CancelledError
        return result

    async def _result(self, activity: StepOf[T], task: Task, summary: str, call: Call, *, here: bool) -> T:
        if here:
            # On the spot a failure comes bare, without an `ActivityError` around it.
            try:
                return await workflow.execute_local_activity_method(
                    activity, task, summary=summary, **on_the_spot()
                )
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise asyncio.CancelledError from None
        return await workflow.execute_activity_method(activity, task, summary=summary, **call)


_FORWARD_ONLY = frozenset({State.FULFILLING, State.PROVING})

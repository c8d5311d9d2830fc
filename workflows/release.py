"""Release: what is owed comes due by a schedule, and is done or looked at again later."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.case import Due, Freed
from workflows.calls import bookkeeping, briefly, on_system, rendering
from workflows.failing import code_of, unanswered

with workflow.unsafe.imports_passed_through():
    from activities.release import Release as Releasing

RELEASE_ID = "engine:release"


@workflow.defn
class Release:
    """One pass over all that is due today. What fails is told, stays due, and the next pass tries it again."""

    @workflow.run
    async def run(
        self, after: str = "", met: int = 0, silent: Sequence[str] = (), failing: Sequence[str] = ()
    ) -> int:
        """How many obligations were met.

        A pass whose history grew long goes on `after` one, with those `met` so far. Systems that are `silent` are asked
        for nothing more in this pass: every question would wait for its whole patience. Where something else went
        wrong the system is `failing`: whatever is owed there is tried all the same, but not for long.
        """
        self.silent, self.failing = {*silent}, {*failing}
        due = await workflow.execute_activity_method(Releasing.due, after, **bookkeeping())
        for one in due:
            if one.system not in self.silent:
                met += await self._released(one)
        if due:
            workflow.continue_as_new(args=[due[-1].id, met, sorted(self.silent), sorted(self.failing)])
        await workflow.execute_activity_method(Releasing.refusals_over, **bookkeeping())
        await workflow.execute_activity_method(Releasing.unread, **bookkeeping())
        return met

    async def _released(self, due: Due) -> bool:
        call = on_system(due.system) if due.system else rendering()
        call = briefly(call) if due.system in self.failing else call
        try:
            freed = await workflow.execute_activity_method(Releasing.release, due, summary=due.id, **call)
        except ActivityError as error:
            await self._failed(due, error)
            return False
        return freed == Freed.MET

    async def _failed(self, due: Due, error: ActivityError) -> None:
        told = due.model_copy(update={"failed": code_of(error)})
        await workflow.execute_activity_method(Releasing.failed, told, summary=due.id, **bookkeeping())
        # A letter waits for no system: that one cannot be sent says nothing of the next follow-up.
        silent = due.system and unanswered(error)
        (self.silent if silent else self.failing).add(due.system)

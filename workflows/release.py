"""Release: what is owed comes due by a schedule, and is done or looked at again later."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio import workflow
from temporalio.exceptions import ActivityError, RetryState

from domain.case import Due, Freed
from workflows.calls import bookkeeping, on_system, rendering

with workflow.unsafe.imports_passed_through():
    from activities.release import Release as Releasing

RELEASE_ID = "engine:release"


@workflow.defn
class Release:
    """One pass over all that is due today. What fails stays due, and the next pass tries it again."""

    @workflow.run
    async def run(self, after: str = "", met: int = 0, silent: Sequence[str] = ()) -> int:
        """How many obligations were met.

        A pass whose history grew long goes on `after` one, with those `met` so far. Systems that are `silent` are asked
        for nothing more in this pass: every question would wait for its whole patience.
        """
        due = await workflow.execute_activity_method(Releasing.due, after, **bookkeeping())
        away = {*silent}
        for one in due:
            if one.system not in away:
                met += await _released(one, away)
        if due:
            workflow.continue_as_new(args=[due[-1].id, met, sorted(away)])
        return met


async def _released(due: Due, away: set[str]) -> bool:
    call = on_system(due.system) if due.system else rendering()
    try:
        freed = await workflow.execute_activity_method(Releasing.release, due, summary=due.id, **call)
    except ActivityError as error:
        if due.system:
            await workflow.execute_activity_method(Releasing.failed, due, summary=due.id, **bookkeeping())
            if error.retry_state != RetryState.NON_RETRYABLE_FAILURE:
                away.add(due.system)
        return False
    return freed == Freed.MET

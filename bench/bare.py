"""The floor of a case: a workflow that calls as many activities and does nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from temporalio import activity, workflow


@activity.defn(name="nothing")
def nothing(said: str) -> str:
    """An activity without work; blocking like ours, so that it takes the same way through an executor."""
    return said


@workflow.defn
class Bare:
    """One activity after another, each on the task queue named for it."""

    @workflow.run
    async def run(self, queues: Sequence[str]) -> int:
        for queue in queues:
            await workflow.execute_activity(
                nothing, "nothing", task_queue=queue, start_to_close_timeout=timedelta(minutes=2)
            )
        return len(queues)

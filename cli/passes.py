"""A pass that the schedule makes every night, made now: one that runs already is joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workflows.desk import Desk


async def make_pass(desk: Desk, workflow: Any, name: str, given: Sequence[Any] = ()) -> None:
    """Run the workflow from its start to its end, under the schedule's own id.

    Raises:
        Unavailable: Temporal is away, or the pass failed.
    """
    from temporalio.client import WorkflowFailureError
    from temporalio.common import WorkflowIDConflictPolicy
    from temporalio.service import RPCError

    from domain.errors import Unavailable
    from workflows.calls import CASES
    from workflows.front import temporal_away

    try:
        await desk.client.execute_workflow(
            workflow,
            args=given,
            id=name,
            task_queue=CASES,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
    except WorkflowFailureError:
        raise Unavailable("pass-failed", "read the worker's log, and say it again") from None
    except RPCError as error:
        raise temporal_away(error) from None

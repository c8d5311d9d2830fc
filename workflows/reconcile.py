"""The sweep that mends lost starts and lost words, run by a schedule."""

from __future__ import annotations

from temporalio import workflow

from workflows.calls import bookkeeping

with workflow.unsafe.imports_passed_through():
    from activities.reconcile import Reconcile as Sweep

RECONCILE_ID = "engine:reconcile"


@workflow.defn
class Reconcile:
    """One pass of the sweep."""

    @workflow.run
    async def run(self) -> int:
        """Mend what is lost; how many cases that was."""
        return await workflow.execute_activity_method(Sweep.reconcile, **bookkeeping())

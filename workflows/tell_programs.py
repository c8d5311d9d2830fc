"""TellPrograms: what programs are to be told is sent, a pass every quarter of a minute, started by a schedule."""

from __future__ import annotations

from temporalio import workflow

from workflows.calls import rendering

with workflow.unsafe.imports_passed_through():
    from activities.webhooks import SendWebhooks

TELL_ID = "engine:tell-programs"


@workflow.defn
class TellPrograms:
    """One pass."""

    @workflow.run
    async def run(self) -> int:
        """How many messages were taken."""
        return await workflow.execute_activity_method(SendWebhooks.send, **rendering())

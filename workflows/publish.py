"""Publish: the head of the audit chain leaves the house every day, by a schedule."""

from __future__ import annotations

from temporalio import workflow

from workflows.calls import publishing

with workflow.unsafe.imports_passed_through():
    from activities.publish import Publish as Publishing

PUBLISH_ID = "engine:publish-head"


@workflow.defn
class PublishHead:
    """One head, kept in every place that the settings name."""

    @workflow.run
    async def run(self) -> int:
        """How many events the head has."""
        return await workflow.execute_activity_method(Publishing.publish_head, **publishing())

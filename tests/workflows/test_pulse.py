"""An activity that blocks for longer than a beat is neither stalled nor taken for dead."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.pulse import Pulse
from embedded.temporal import TemporalServer

pytestmark = pytest.mark.slow

LIMIT = timedelta(seconds=3)


@activity.defn
def block() -> int:
    time.sleep(2 * LIMIT.total_seconds())
    return activity.info().attempt


@workflow.defn
class Blocking:
    @workflow.run
    async def run(self) -> int:
        return await workflow.execute_activity(
            block, start_to_close_timeout=timedelta(minutes=1), heartbeat_timeout=LIMIT
        )


async def test_a_blocking_activity_lives_through_its_beats(temporal: TemporalServer) -> None:
    client = await Client.connect(temporal.address)
    async with Worker(
        client,
        task_queue="pulse",
        workflows=[Blocking],
        activities=[block],
        activity_executor=ThreadPoolExecutor(2),
        interceptors=[Pulse()],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        began = time.monotonic()
        attempt = await client.execute_workflow(Blocking.run, id="pulse", task_queue="pulse")
    assert attempt == 1
    assert time.monotonic() - began < 4 * LIMIT.total_seconds()

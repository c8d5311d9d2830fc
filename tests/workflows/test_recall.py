"""What a step remembers reaches the thread that a blocking activity runs in, and no other step."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.errors import ErrorTranslation
from activities.recall import ReadOnce
from domain.errors import Unavailable
from embedded.temporal import TemporalServer

pytestmark = pytest.mark.slow

_memory: ContextVar[list[str] | None] = ContextVar("memory", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    token = _memory.set([])
    try:
        yield
    finally:
        _memory.reset(token)


@activity.defn
def notes(word: str) -> list[str] | None:
    """What it found remembered; the first try notes its word and fails."""
    memory = _memory.get()
    found = None if memory is None else list(memory)
    if memory is not None:
        memory.append(word)
    if activity.info().attempt == 1:
        raise Unavailable("register-away")
    return found


@workflow.defn
class Noting:
    @workflow.run
    async def run(self) -> list[list[str] | None]:
        patience = timedelta(minutes=1)
        return [
            await workflow.execute_activity(notes, word, start_to_close_timeout=patience)
            for word in ("one", "two")
        ]


async def test_each_try_of_a_step_begins_with_a_memory_of_its_own(temporal: TemporalServer) -> None:
    client = await Client.connect(temporal.address)
    async with Worker(
        client,
        task_queue="recall",
        workflows=[Noting],
        activities=[notes],
        activity_executor=ThreadPoolExecutor(1),
        interceptors=[ErrorTranslation(), ReadOnce(remembering)],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        found = await client.execute_workflow(Noting.run, id="recall", task_queue="recall")
    assert found == [[], []]

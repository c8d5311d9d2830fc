"""Bookkeeping is done on the spot; what fails there takes the ordinary way, and a step remembers across its thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.errors import ErrorTranslation
from activities.recall import ReadOnce
from domain.case import Case, Task
from domain.errors import Conflict, Unavailable
from domain.rights import Right
from embedded.temporal import TemporalServer
from tests.cases.conftest import TERMS
from workflows.acting import Acting
from workflows.calls import Call, bookkeeping

pytestmark = pytest.mark.slow

_memory: ContextVar[list[str] | None] = ContextVar("memory", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    token = _memory.set([])
    try:
        yield
    finally:
        _memory.reset(token)


class Probe:
    """Notes how it was called; on the spot it fails as it was told to."""

    def __init__(self, failing: str) -> None:
        self.failing = failing
        self.calls: Counter[str] = Counter()
        self.remembered: list[bool] = []

    @activity.defn(name="probe", no_thread_cancel_exception=True)
    def probe(self, task: Task) -> str:
        local = activity.info().is_local
        self.calls["here" if local else "ordinary"] += 1
        self.remembered.append(_memory.get() == [])
        (_memory.get() or []).append(task.case)
        if local and self.failing == "away":
            raise Unavailable("register-away")
        if self.failing == "refused":
            raise Conflict("no")
        return "done"


@workflow.defn
class Noting(Acting):
    @workflow.run
    async def run(self, case: Case) -> str:
        call: Call = {**bookkeeping(), "start_to_close_timeout": timedelta(seconds=20)}
        return await self.take(Probe.probe, call, here=True)


async def _run(temporal: TemporalServer, probe: Probe) -> WorkflowHandle[Noting, str]:
    client = await Client.connect(temporal.address, data_converter=pydantic_data_converter)
    case = Case(id=f"c-{uuid4()}", reference="DSR-2569-000001", right=Right.ACCESS, terms=TERMS)
    async with Worker(
        client,
        task_queue="cases",
        workflows=[Noting],
        activities=[probe.probe],
        activity_executor=ThreadPoolExecutor(2),
        interceptors=[ErrorTranslation(), ReadOnce(remembering)],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        handle = await client.start_workflow(Noting.run, case, id=case.id, task_queue="cases")
        with suppress(WorkflowFailureError):  # how it ended is read by the test
            await handle.result()
    return handle


async def _scheduled(handle: WorkflowHandle[Noting, str]) -> int:
    history = await handle.fetch_history()
    asked = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    return sum(event.event_type == asked for event in history.events)


async def test_it_is_done_without_a_way_over_the_server(temporal: TemporalServer) -> None:
    probe = Probe("")
    handle = await _run(temporal, probe)
    assert await handle.result() == "done"
    assert probe.calls == {"here": 1}
    assert await _scheduled(handle) == 0
    assert probe.remembered == [True]


async def test_what_cannot_be_done_here_takes_the_patient_way(temporal: TemporalServer) -> None:
    probe = Probe("away")
    handle = await _run(temporal, probe)
    assert await handle.result() == "done"
    assert probe.calls == {"here": 1, "ordinary": 1}
    assert await _scheduled(handle) == 1
    assert probe.remembered == [True, True], "a retry began with what the first try had read"


async def test_what_is_refused_is_refused_by_the_ordinary_way(temporal: TemporalServer) -> None:
    probe = Probe("refused")
    handle = await _run(temporal, probe)
    assert (await handle.describe()).status is WorkflowExecutionStatus.FAILED
    assert probe.calls == {"here": 1, "ordinary": 1}

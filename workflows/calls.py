"""How activities are called: queues, time limits, retries. Never a workflow time-out as a deadline."""

from __future__ import annotations

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

CASES = "cases"
RENDER = "render"


def connector_queue(system: str) -> str:
    """The task queue of one system, so that a slow or limited one holds up no other."""
    return f"connector-{system}"


class Call(TypedDict, total=False):
    """Keyword arguments of `workflow.execute_activity_method`."""

    task_queue: str
    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy
    cancellation_type: ActivityCancellationType


_PATIENT = RetryPolicy(
    initial_interval=timedelta(milliseconds=500),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=20),
)


_NOW_AND_THEN = RetryPolicy(
    initial_interval=timedelta(milliseconds=500),
    backoff_coefficient=4,
    maximum_interval=timedelta(minutes=15),
)


_BRIEF = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_attempts=3)


_PULSE = timedelta(seconds=10)
"""Silence after which a worker counts as dead (`activities.pulse`)."""


def bookkeeping() -> Call:
    """A step on our own register: tried until the register is back, however long that takes."""
    return _call(CASES, timedelta(minutes=5))


class OnTheSpot(TypedDict):
    """Keyword arguments of `workflow.execute_local_activity_method`."""

    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy
    cancellation_type: ActivityCancellationType


def on_the_spot() -> OnTheSpot:
    """A step that takes a few milliseconds, done by the worker that has the case, without a way over the server.

    Tried once: where the register is away, a local activity that is retried would fill the history with the
    heartbeats of its workflow task. What fails is taken as an ordinary step (`Acting.take`), which is patient.
    """
    return {
        "start_to_close_timeout": timedelta(seconds=10),
        "retry_policy": RetryPolicy(maximum_attempts=1),
        "cancellation_type": ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    }


def rendering() -> Call:
    """A step that makes documents: its own queue, as it is slow and hungry.

    A template that cannot be rendered never will be: after an hour a person looks.
    """
    return {**_call(RENDER, timedelta(minutes=30)), "schedule_to_close_timeout": timedelta(hours=1)}


def sending(patience: timedelta) -> Call:
    """Handing a package to another controller: offered for so long, every quarter of an hour, then people see to it."""
    call = _call(RENDER, timedelta(minutes=30))
    return {**call, "retry_policy": _NOW_AND_THEN, "schedule_to_close_timeout": patience}


def publishing() -> Call:
    """Publishing a head: places are outside and may be away, so until shortly before the next day's."""
    call = _call(RENDER, timedelta(minutes=30))
    return {**call, "retry_policy": _NOW_AND_THEN, "schedule_to_close_timeout": timedelta(hours=20)}


def on_system(system: str) -> Call:
    """A step in a connected system: tried for half an hour, then a person looks (it is parked)."""
    patience = timedelta(minutes=30)
    return {**_call(connector_queue(system), patience), "schedule_to_close_timeout": patience}


def briefly(call: Call) -> Call:
    """The same step given up soon: where one failed a moment ago the next would only wait as long."""
    return {**call, "retry_policy": _BRIEF}


def _call(queue: str, limit: timedelta) -> Call:
    return {
        "task_queue": queue,
        "start_to_close_timeout": limit,
        "heartbeat_timeout": _PULSE,
        "retry_policy": _PATIENT,
        # A case that is cancelled waits for what runs: never closed while something still writes for it.
        "cancellation_type": ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    }

"""How activities are called: queues, time limits, retries. Never a workflow time-out as a deadline."""

from __future__ import annotations

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy

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


_PATIENT = RetryPolicy(
    initial_interval=timedelta(milliseconds=500),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=20),
)


def bookkeeping() -> Call:
    """A step on our own register: tried until the register is back, however long that takes."""
    return {
        "task_queue": CASES,
        "start_to_close_timeout": timedelta(minutes=2),
        "retry_policy": _PATIENT,
    }


def rendering() -> Call:
    """A step that makes documents: its own queue, as it is slow and hungry."""
    return {
        "task_queue": RENDER,
        "start_to_close_timeout": timedelta(minutes=30),
        "heartbeat_timeout": timedelta(minutes=5),
        "retry_policy": _PATIENT,
    }


def on_system(system: str) -> Call:
    """A step in a connected system: tried for half an hour, then a person looks (it is parked)."""
    return {
        "task_queue": connector_queue(system) if system else CASES,
        "start_to_close_timeout": timedelta(minutes=30),
        "schedule_to_close_timeout": timedelta(minutes=30),
        "heartbeat_timeout": timedelta(minutes=1),
        "retry_policy": _PATIENT,
    }

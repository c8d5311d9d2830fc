"""One Worker a queue: cases, rendering, and each connected system. Run by `starter.py up`, or by hand."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)
from temporalio.worker import Interceptor, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.errors import ErrorTranslation
from activities.pulse import Pulse
from bootstrap import House, activities_of, build, connect, desk_of
from security.redaction import configure_logging
from settings import Settings
from workflows.calls import CASES
from workflows.desk import WORKFLOW_OF
from workflows.reconcile import RECONCILE_ID, Reconcile

THREADS = 8
"""Blocking activities side by side, a queue."""

GRACE = timedelta(seconds=15)
"""How long a stopping worker lets its activities reach their next safe point."""


def workers(
    house: House,
    client: Client,
    *,
    threads: int = THREADS,
    pure: bool = False,
    further: Sequence[Interceptor] = (),
) -> list[Worker]:
    """A worker for every queue.

    `pure` runs workflows with the domain reloaded in the sandbox, which proves that it touches no clock or
    random; in production it passes through, for speed.
    """
    passing = SandboxRestrictions.default
    if not pure:
        passing = passing.with_passthrough_modules("domain", "workflows.calls")
    return [
        Worker(
            client,
            task_queue=queue,
            activities=methods,
            workflows=[*WORKFLOW_OF.values(), Reconcile] if queue == CASES else [],
            workflow_runner=SandboxedWorkflowRunner(restrictions=passing),
            activity_executor=ThreadPoolExecutor(threads, thread_name_prefix=queue),
            max_concurrent_activities=threads,
            interceptors=[Pulse(), ErrorTranslation(), *further],
            graceful_shutdown_timeout=GRACE,
        )
        for queue, methods in activities_of(house, desk_of(house, client)).items()
    ]


async def keep_schedules(client: Client, every: timedelta = timedelta(seconds=30)) -> None:
    """Have the reconcile sweep run, one at a time; a sweep missed while all was down is not made up for."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(Reconcile.run, id=RECONCILE_ID, task_queue=CASES),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=every * 2),
    )
    with suppress(ScheduleAlreadyRunningError):
        await client.create_schedule(RECONCILE_ID, schedule)


async def serve(house: House, *, further: Sequence[Interceptor] = ()) -> None:
    """Work until SIGTERM or Ctrl-C, then let what runs reach its next safe point."""
    client = await connect(house)
    await keep_schedules(client)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signalled in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signalled, stop.set)
    async with AsyncExitStack() as stack:
        for worker in workers(house, client, further=further):
            await stack.enter_async_context(worker)
        await stop.wait()


def main() -> None:
    """Entry point."""
    settings = Settings.from_environment()
    configure_logging(settings.log_level.upper())
    house = build(settings)
    # What was built lives as long as the worker: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    asyncio.run(serve(house))


if __name__ == "__main__":
    main()

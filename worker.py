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
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
)
from temporalio.worker import Interceptor, UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.errors import ErrorTranslation
from activities.pulse import Pulse
from activities.recall import ReadOnce
from adapters import check_templates
from bootstrap import House, activities_of, build, connect, desk_of
from security.redaction import configure_logging
from settings import Settings
from workflows.calls import CASES
from workflows.desk import WORKFLOW_OF
from workflows.incident import Incident
from workflows.lift import Lift
from workflows.publish import PUBLISH_ID, PublishHead
from workflows.reconcile import RECONCILE_ID, Reconcile
from workflows.release import RELEASE_ID, Release
from workflows.retention import RETENTION_ID, Retention
from workflows.tell_programs import TELL_ID, TellPrograms
from workflows.watch import WATCH_ID, Watch

SCHEDULED = (Reconcile, Lift, Incident, Release, Retention, PublishHead, Watch, TellPrograms)
"""Workflows beside those of the rights: what a schedule starts, and what comes after a case."""

TELL_EVERY = timedelta(seconds=15)
"""How often is looked whether programs are to be told something."""

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

    `pure` loads the workflows and the domain anew in the sandbox for every case, which proves that they touch no
    clock or random. In production they would have to pass through it for speed, and it guards nothing that passes
    through: there they run without.
    """
    runner = SandboxedWorkflowRunner() if pure else UnsandboxedWorkflowRunner()
    return [
        Worker(
            client,
            task_queue=queue,
            activities=methods,
            workflows=[*WORKFLOW_OF.values(), *SCHEDULED] if queue == CASES else [],
            workflow_runner=runner,
            activity_executor=ThreadPoolExecutor(threads, thread_name_prefix=queue),
            max_concurrent_activities=threads,
            interceptors=[Pulse(), ErrorTranslation(), ReadOnce(house.room.remembering), *further],
            graceful_shutdown_timeout=GRACE,
        )
        for queue, methods in activities_of(house, desk_of(house, client)).items()
    ]


async def keep_schedules(client: Client, every: timedelta = timedelta(seconds=30)) -> None:
    """Have the sweeps run: lost starts and words are mended all day, what is owed comes due at night.

    What came back is looked for. At dawn the head of the audit chain is published.
    """
    sweep = ScheduleActionStartWorkflow(Reconcile.run, id=RECONCILE_ID, task_queue=CASES)
    await _keep(
        client, RECONCILE_ID, sweep, ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]), every * 2
    )
    tell = ScheduleActionStartWorkflow(TellPrograms.run, id=TELL_ID, task_queue=CASES)
    often = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=TELL_EVERY)])
    await _keep(client, TELL_ID, tell, often, TELL_EVERY * 2)
    due = ScheduleActionStartWorkflow(Release.run, "", id=RELEASE_ID, task_queue=CASES)
    # A night that was missed is made up for the next day: what is due stays due.
    await _keep(client, RELEASE_ID, due, _at_night(hour=2, minute=30), timedelta(days=1))
    over = ScheduleActionStartWorkflow(Retention.run, id=RETENTION_ID, task_queue=CASES)
    await _keep(client, RETENTION_ID, over, _at_night(hour=3, minute=30), timedelta(days=1))
    watch = ScheduleActionStartWorkflow(Watch.run, id=WATCH_ID, task_queue=CASES)
    await _keep(client, WATCH_ID, watch, _at_night(hour=4, minute=0), timedelta(days=1))
    head = ScheduleActionStartWorkflow(PublishHead.run, id=PUBLISH_ID, task_queue=CASES)
    await _keep(client, PUBLISH_ID, head, _at_night(hour=4, minute=30), timedelta(days=1))


def _at_night(*, hour: int, minute: int) -> ScheduleSpec:
    nightly = ScheduleCalendarSpec(hour=[ScheduleRange(hour)], minute=[ScheduleRange(minute)])
    return ScheduleSpec(calendars=[nightly], time_zone_name="Asia/Bangkok")


async def _keep(
    client: Client, name: str, action: ScheduleActionStartWorkflow, spec: ScheduleSpec, catch_up: timedelta
) -> None:
    schedule = Schedule(
        action=action,
        spec=spec,
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=catch_up),
    )
    with suppress(ScheduleAlreadyRunningError):
        await client.create_schedule(name, schedule)


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


def settle_memory() -> None:
    """Have the collector look seldom, and never again at what was built: that lives as long as the worker.

    Rows pass by the hundred thousand and hold no cycles; looking for some took a tenth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def main() -> None:
    """Entry point."""
    settings = Settings.from_environment()
    configure_logging(settings.log_level.upper())
    check_templates(settings)
    house = build(settings)
    settle_memory()
    asyncio.run(serve(house))


if __name__ == "__main__":
    main()

"""Machine time of an access case against a bare workflow with the same activities on the same queues."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import uuid4

import psutil
import sqlalchemy as sa
from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    Worker,
)

from bench.bare import Bare, nothing
from bench.place import Place
from bench.rows import Row
from bootstrap import connect
from domain.case import Task
from domain.documents import CaseFile, Rendered
from domain.item import Record, Table
from domain.outcomes import Ending
from domain.rights import Right
from tests.support.people import People
from worker import GRACE, THREADS, workers
from workflows.calls import CASES

LIMIT = 1.3
IN_FLIGHT = 50

_LOCAL_ACTIVITY = "core_local_activity"
"""How the SDK marks a local activity in a history."""

_TEXT = "rendering is measured by itself"


class NothingRendered:
    """`domain.documents.Exports` without the rendering: every document is one short text."""

    def letter(self, code: str, file: CaseFile) -> Rendered:  # noqa: ARG002
        return Rendered(subject=code, text=_TEXT, html=_TEXT, pdf=_TEXT.encode())

    def mail(self, code: str, file: CaseFile) -> tuple[str, str]:  # noqa: ARG002
        return code, _TEXT

    def dossier(
        self,
        file: CaseFile,  # noqa: ARG002
        tables: Sequence[Table],  # noqa: ARG002
        records: Iterator[Record],
        out: BinaryIO,
    ) -> None:
        for _ in records:  # unsealing and reading them is the case's own work
            pass
        out.write(_TEXT.encode())

    def certificate(self, file: CaseFile, out: BinaryIO) -> None:  # noqa: ARG002
        out.write(_TEXT.encode())


class DecideAtOnce(Interceptor):
    """An officer without a pulse: the word is given as soon as the register shows that it is waited for."""

    def __init__(self) -> None:
        self.people: People | None = None
        self._deciding: set[asyncio.Task[Any]] = set()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _Deciding(next, self)

    def decide(self, case: str) -> None:
        if self.people is None:
            raise RuntimeError("nobody is at the desk")
        desk, officer = self.people.desk, self.people.officer
        task = asyncio.create_task(desk.propose(case, approved=True, actor=officer, reason="plan read"))
        self._deciding.add(task)
        task.add_done_callback(self._deciding.discard)


class _Deciding(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, officer: DecideAtOnce) -> None:
        super().__init__(inner)
        self._officer = officer

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        result = await super().execute_activity(input)
        if activity.info().activity_type == "enter":
            task = input.args[0]
            if isinstance(task, Task):
                self._officer.decide(task.case)
        return result


@dataclass(frozen=True)
class Load:
    """What came of a block of runs: how many a minute, and processor seconds a run."""

    per_minute: float
    cpu: float


@dataclass(frozen=True)
class Runner:
    """Runs one case, or one bare workflow, from its start to its end."""

    people: People
    plain: Client
    queues: tuple[str, ...]
    emails: Iterator[str]

    async def case(self) -> str:
        """The id of an access case that went its whole way."""
        email = next(self.emails)
        reference = await self.people.ask(Right.ACCESS, email)
        await self.people.vouch(reference)
        view = await self.people.desk.ending(reference)
        if view.ending not in {Ending.FULFILLED, Ending.PARTIAL}:
            raise AssertionError(f"{reference} ended {view.ending}")
        return view.case.id

    async def bare(self) -> None:
        await self.plain.execute_workflow(
            Bare.run, list(self.queues), id=f"bare-{uuid4()}", task_queue="bare-cases"
        )


async def measure(place: Place, *, sequential: int, blocks: int, block: int) -> list[Row]:
    async with _at_work(place) as runner:
        for _ in range(3):
            await runner.case()
            await runner.bare()
        ours, floor = await _in_turns(runner, sequential)
        load, least = await _crowded(runner, blocks, block)
    activities = len(runner.queues)
    return [
        Row(f"access case, {activities} activities, p50", ours * 1000, "ms", floor * 1000, LIMIT),
        Row(
            f"access cases at {IN_FLIGHT} in flight",
            load.per_minute,
            "/min",
            least.per_minute,
            LIMIT,
            rate=True,
        ),
        Row("processor time of a case, all processes", load.cpu * 1000, "ms", least.cpu * 1000),
    ]


async def _in_turns(runner: Runner, times: int) -> tuple[float, float]:
    pairs = [(await _timed(runner.case), await _timed(runner.bare)) for _ in range(times)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


async def _crowded(runner: Runner, blocks: int, block: int) -> tuple[Load, Load]:
    pairs = [(await _load(runner.case, block), await _load(runner.bare, block)) for _ in range(blocks)]
    return _median([ours for ours, _ in pairs]), _median([floor for _, floor in pairs])


def _median(loads: Sequence[Load]) -> Load:
    return Load(
        statistics.median(load.per_minute for load in loads), statistics.median(load.cpu for load in loads)
    )


async def _timed(run: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await run()
    return time.perf_counter() - started


async def _load(run: Callable[[], Awaitable[object]], count: int) -> Load:
    """So many runs, never more than `IN_FLIGHT` at a time."""
    room = asyncio.Semaphore(IN_FLIGHT)

    async def one() -> None:
        async with room:
            await run()

    spent, started = _cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(one() for _ in range(count)))
    took = time.perf_counter() - started
    return Load(per_minute=60 * count / took, cpu=(_cpu_seconds() - spent) / count)


def _cpu_seconds() -> float:
    """Of this process and of the servers that it started."""
    here = psutil.Process()
    spent = 0.0
    for process in (here, *here.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            spent += times.user + times.system
            if process != here:
                spent += times.children_user + times.children_system
    return spent


@asynccontextmanager
async def _at_work(place: Place) -> AsyncIterator[Runner]:
    """Our workers and the bare ones, side by side in this process."""
    tools = dataclasses.replace(place.house.tools, exports=NothingRendered())
    house = dataclasses.replace(place.house, tools=tools)
    officer, client = DecideAtOnce(), await connect(place.house)
    plain = await Client.connect(place.temporal.address)
    people = officer.people = await People.at(house, client)
    async with AsyncExitStack() as stack:
        for worker in workers(house, client, further=[officer]):
            await stack.enter_async_context(worker)
        emails = itertools.cycle(_emails(place.crm))
        queues = await _queues_of(client, await Runner(people, plain, (), emails).case())
        for worker in _bare_workers(plain, set(queues)):
            await stack.enter_async_context(worker)
        yield Runner(people, plain, tuple(queues), emails)


async def _queues_of(client: Client, case: str) -> list[str]:
    """The queues of a case's activities, in order, from its history; local ones count like any other."""
    history = await client.get_workflow_handle(case).fetch_history()
    queues = []
    for event in history.events:
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            queues.append(event.activity_task_scheduled_event_attributes.task_queue.name)
        elif event.marker_recorded_event_attributes.marker_name == _LOCAL_ACTIVITY:
            queues.append(CASES)
    return [f"bare-{queue}" for queue in queues]


def _bare_workers(plain: Client, queues: set[str]) -> Iterator[Worker]:
    """As `worker.workers` makes them: threads, bounds, a queue each."""
    for queue in sorted(queues):
        yield Worker(
            plain,
            task_queue=queue,
            activities=[nothing],
            workflows=[Bare] if queue == "bare-cases" else [],
            activity_executor=ThreadPoolExecutor(THREADS, thread_name_prefix=queue),
            max_concurrent_activities=THREADS,
            graceful_shutdown_timeout=GRACE,
        )


def _emails(crm: sa.Engine) -> list[str]:
    """People of the population who are one person each."""
    query = sa.text(
        "select u.email from users u where u.id > 1000 and u.deleted_at is null"
        " and not exists (select 1 from users o where lower(o.email) = lower(u.email) and o.id <> u.id)"
        " and not exists (select 1 from contacts c where lower(c.email) = lower(u.email))"
        " order by u.id"
    )
    with crm.connect() as connection:
        return [str(email) for email in connection.execute(query).scalars()]

"""Runs whole cases and their floors side by side: our workers and bare ones in one process, on the same servers."""

from __future__ import annotations

import asyncio
import dataclasses
import statistics
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker import Worker

from bench.bare import Bare, nothing
from bench.officer import AtOnce, NothingRendered
from bench.place import Place
from bootstrap import connect
from domain.case import Answer
from domain.links import Relation
from domain.outcomes import Ending, Outcome
from domain.ports import CaseView
from domain.rights import Right
from tests.support.people import People
from worker import GRACE, THREADS, workers
from workflows.calls import CASES

WARM = 2
"""Pairs before those that count."""

_PATIENCE = 60.0
_LOCAL_ACTIVITY = "core_local_activity"
"""How the SDK marks a local activity in a history."""


@dataclass(frozen=True)
class Asked:
    """A request to measure, and what must really come of it."""

    right: Right
    email: str
    effect: frozenset[Outcome]
    changes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """Seconds of a case and of a bare workflow with the same activities, and how many those are; or medians of them."""

    ours: float
    floor: float
    activities: float


@dataclass(frozen=True)
class Runner:
    """Runs one case, or one bare workflow, from its start to its end."""

    people: People
    client: Client
    plain: Client

    async def case(self, asked: Asked) -> CaseView:
        """A case that went its whole way, from the request to the answer."""
        async with asyncio.timeout(_PATIENCE):
            reference = await self.people.ask(asked.right, asked.email, changes=asked.changes)
            await self.people.vouch(reference)
            return await self.people.desk.ending(reference)

    async def check(self, asked: Asked, view: CaseView) -> None:
        """That something really was done; what the case opened behind it is over before anything else is measured."""
        answer = await self.client.get_workflow_handle(view.case.id, result_type=Answer).result()
        done = sum(answer.achieved.get(outcome, 0) for outcome in asked.effect)
        if view.ending not in {Ending.FULFILLED, Ending.PARTIAL} or not done:
            raise AssertionError(f"{asked.right} ended {view.ending}, {done} effects")
        links = await asyncio.to_thread(self.people.house.room.register.links, view.case.id)
        async with asyncio.timeout(_PATIENCE):
            for link in links:
                if link.relation is Relation.FOLLOWS:
                    await self.people.desk.ending(link.reference)

    async def bare(self, queues: Sequence[str]) -> None:
        """As many activities on as many queues."""
        await self.plain.execute_workflow(
            Bare.run, list(queues), id=f"bare-{uuid4()}", task_queue=_bare(CASES)
        )

    async def queues_of(self, case: str) -> list[str]:
        """Bare queues for a case's activities, in order, from its history; local ones count like any other."""
        history = await self.client.get_workflow_handle(case).fetch_history()
        queues = []
        for event in history.events:
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                queues.append(event.activity_task_scheduled_event_attributes.task_queue.name)
            elif event.marker_recorded_event_attributes.marker_name == _LOCAL_ACTIVITY:
                queues.append(CASES)
        return list(map(_bare, queues))


async def in_turns(runner: Runner, requests: Iterable[Asked]) -> Pair:
    """Medians over these requests, less the first `WARM`; each has the floor of its very own activities."""
    pairs = [await _pair(runner, asked) for asked in requests][WARM:]
    columns = zip(*map(dataclasses.astuple, pairs), strict=True)
    return Pair(*map(statistics.median, columns))


async def _pair(runner: Runner, asked: Asked) -> Pair:
    started = time.perf_counter()
    view = await runner.case(asked)
    ours = time.perf_counter() - started
    await runner.check(asked, view)
    queues = await runner.queues_of(view.case.id)
    started = time.perf_counter()
    await runner.bare(queues)
    return Pair(ours, time.perf_counter() - started, len(queues))


@asynccontextmanager
async def at_work(place: Place) -> AsyncIterator[Runner]:
    """Our workers and the bare ones, side by side in this process."""
    tools = dataclasses.replace(place.house.tools, exports=NothingRendered())
    house = dataclasses.replace(place.house, tools=tools)
    officer, client = AtOnce(), await connect(place.house)
    plain = await Client.connect(place.temporal.address)
    people = officer.people = await People.at(house, client)
    ours = workers(house, client, further=[officer])
    async with AsyncExitStack() as stack:
        for worker in (*ours, *_bare_workers(plain, sorted(worker.task_queue for worker in ours))):
            await stack.enter_async_context(worker)
        yield Runner(people, client, plain)


def _bare_workers(plain: Client, queues: Sequence[str]) -> Iterator[Worker]:
    """As `worker.workers` makes them: threads, bounds, a queue each."""
    for queue in queues:
        yield Worker(
            plain,
            task_queue=_bare(queue),
            activities=[nothing],
            workflows=[Bare] if queue == CASES else [],
            activity_executor=ThreadPoolExecutor(THREADS, thread_name_prefix=_bare(queue)),
            max_concurrent_activities=THREADS,
            graceful_shutdown_timeout=GRACE,
        )


def _bare(queue: str) -> str:
    return f"bare-{queue}"

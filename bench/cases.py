"""Access cases, one at a time and many at once, against bare workflows with the same activities."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from bench.place import Place
from bench.population import Population
from bench.rows import Row
from bench.runner import WARM, Asked, Runner, at_work, in_turns
from domain.outcomes import DISCLOSING
from domain.rights import Right

LIMIT = 1.3
IN_FLIGHT = 50


@dataclass(frozen=True)
class Load:
    """What came of a block of runs: how many a minute, and processor seconds a run."""

    per_minute: float
    cpu: float


async def measure(place: Place, *, sequential: int, blocks: int, block: int) -> list[Row]:
    requests = _requests(place)
    async with at_work(place) as runner:
        alone = await in_turns(runner, itertools.islice(requests, WARM + sequential))
        load, least = await _crowded(runner, requests, blocks, block)
    return [
        Row(
            f"access case, {alone.activities:.0f} activities, p50",
            alone.ours * 1000,
            "ms",
            alone.floor * 1000,
            LIMIT,
        ),
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


def _requests(place: Place) -> Iterator[Asked]:
    """Round and round: access leaves everything as it is, so a person's second case is no less than the first."""
    emails = itertools.cycle(Population(place.crm).users())
    return (Asked(Right.ACCESS, email, DISCLOSING) for email in emails)


async def _crowded(runner: Runner, requests: Iterator[Asked], blocks: int, block: int) -> tuple[Load, Load]:
    asked = next(requests)
    first = await runner.case(asked)
    queues = await runner.queues_of(first.case.id)

    async def case() -> None:
        asked = next(requests)
        await runner.check(asked, await runner.case(asked))

    pairs = [
        (await _load(case, block), await _load(lambda: runner.bare(queues), block)) for _ in range(blocks)
    ]
    return _median([ours for ours, _ in pairs]), _median([floor for _, floor in pairs])


def _median(loads: Sequence[Load]) -> Load:
    return Load(
        statistics.median(load.per_minute for load in loads), statistics.median(load.cpu for load in loads)
    )


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

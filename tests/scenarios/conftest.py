"""One company and one office for all scenarios; those of another policy open their own beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine

from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from tests.scenarios.day import TODAY, DayClock, at
from tests.scenarios.newcomers import Newcomers
from tests.scenarios.office import Office, Rules, opened
from tests.support.house import Installation, fresh_company, hurried, install

Under = Callable[[Rules], Awaitable[Office]]


@pytest.fixture(scope="session")
def clock() -> DayClock:
    return DayClock(at(TODAY))


@pytest.fixture(scope="session")
def grounds(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, temporal: TemporalServer
) -> Installation:
    var = tmp_path_factory.mktemp("scenarios")
    return install("scenarios", var, postgres, temporal, policy=hurried(cooling_hours=24, verify_days=0.1))


@pytest.fixture(scope="session")
def newcomers(grounds: Installation) -> Iterator[Newcomers]:
    engine: Engine = fresh_company(grounds)
    yield Newcomers(engine)
    engine.dispose()


@pytest.fixture(scope="session")
async def office(
    grounds: Installation, clock: DayClock, newcomers: Newcomers, server_home: Path
) -> AsyncIterator[Office]:
    async with opened(grounds, clock, newcomers, server_home / "scenarios") as there:
        yield there


@pytest.fixture(scope="session")
async def under(
    grounds: Installation, clock: DayClock, newcomers: Newcomers, server_home: Path
) -> AsyncIterator[Under]:
    """The same company under other rules of keeping."""
    known: dict[str, Office] = {}
    async with AsyncExitStack() as stack:

        async def asked(rules: Rules) -> Office:
            name = rules.__name__
            if name not in known:
                made = opened(grounds, clock, newcomers, server_home / f"scenarios-{name}", rules)
                known[name] = await stack.enter_async_context(made)
            return known[name]

        yield asked

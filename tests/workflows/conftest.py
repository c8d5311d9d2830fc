"""An installation with workers in this process: real servers, the real company, the domain inside the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine

from bootstrap import House, connect
from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from tests.scenarios.newcomers import Bill, Life, Newcomers
from tests.support.house import Installation, fresh_company, hurried, install
from tests.support.people import People
from tests.workflows.company import Cast
from tests.workflows.receiver import Receiver, receiving
from worker import workers

BILLS = tuple(Bill(issued=date(year, 3, 1), filed=date(year, 4, 15)) for year in (2024, 2025, 2026))
EVERYTHING = Life(
    tickets=(date(2026, 10, 5),),
    visits=(date(2026, 10, 13), date(2026, 10, 20)),
    logins=(date(2026, 7, 1), date(2026, 10, 20)),
    consents=("product_research",),
    cookies=True,
)


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    with receiving() as there:
        yield there


@pytest.fixture(scope="session")
def installation(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: PostgresServer,
    temporal: TemporalServer,
    receiver: Receiver,
) -> Installation:
    # Long enough to call an erasure off in, for who does; everybody else says "go on".
    made = install(
        "cases", tmp_path_factory.mktemp("var"), postgres, temporal, policy=hurried(cooling_hours=24)
    )
    assert made.settings.systems is not None
    told = yaml.safe_load(made.settings.systems.read_text("utf-8"))
    told["controllers"] = [
        {"name": "othercrm", "url": receiver.url},
        {"name": "downcrm", "url": "http://127.0.0.1:9/packages"},
        {"name": "fullcrm", "url": receiver.url.replace("packages", "full")},
        {"name": "closedcrm", "url": receiver.url.replace("packages", "closed")},
    ]
    made.settings.systems.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    return made


@pytest.fixture(scope="session")
def crm(installation: Installation) -> Iterator[Engine]:
    engine = fresh_company(installation)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def house(installation: Installation, crm: Engine) -> Iterator[House]:
    built = installation.house()
    yield built
    built.close()


@pytest.fixture(scope="session")
async def people(house: House) -> AsyncIterator[People]:
    client = await connect(house)
    async with AsyncExitStack() as stack:
        for worker in workers(house, client, pure=True):
            await stack.enter_async_context(worker)
        yield await People.at(house, client)


@pytest.fixture(scope="session")
def cast(crm: Engine) -> Cast:
    newcomers = Newcomers(crm)

    def come() -> None:
        for bills in (BILLS, ()):
            newcomers.customer(replace(EVERYTHING, bills=bills))

    return Cast(crm, comes=come)


@pytest.fixture
def mailbox(house: House) -> Path:
    return house.settings.mailbox or Path()

"""Every kind of connector, in a world of its own: add a kind here and the whole suite tests it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.contract.s3_world import S3World
from tests.contract.sendgrid_world import SendgridWorld
from tests.contract.sql_worlds import DemoWorld, MariaWorld, PostgresWorld, SqliteWorld
from tests.contract.stripe_world import StripeWorld
from tests.contract.world import World
from tests.support.mariadb import MariaServer


def _postgres(request: pytest.FixtureRequest) -> DemoWorld:
    database: Callable[[], str] = request.getfixturevalue("database")
    url = sa.make_url(database())
    refused = url.set(password="not-its-password")
    return PostgresWorld(
        url.render_as_string(hide_password=False), refused.render_as_string(hide_password=False)
    )


def _sqlite(request: pytest.FixtureRequest) -> DemoWorld:
    home: Path = request.getfixturevalue("tmp_path")
    file = home / "demo.db"
    return SqliteWorld(f"sqlite:///{file}?timeout=0.2", f"sqlite:///file:{file}?mode=ro&uri=true&timeout=0.2")


def _mariadb(request: pytest.FixtureRequest) -> DemoWorld:
    server: MariaServer = request.getfixturevalue("mariadb")
    url = sa.make_url(server.database())
    refused = url.set(password="not-its-password")
    return MariaWorld(
        url.render_as_string(hide_password=False), refused.render_as_string(hide_password=False)
    )


def _s3(request: pytest.FixtureRequest) -> S3World:
    return S3World(request.getfixturevalue("objects"), request.getfixturevalue("tmp_path"))


def _sendgrid(request: pytest.FixtureRequest) -> SendgridWorld:
    home: Path = request.getfixturevalue("tmp_path")
    return SendgridWorld(home)


def _stripe(_request: pytest.FixtureRequest) -> StripeWorld:
    return StripeWorld()


WORLDS: dict[str, Callable[[pytest.FixtureRequest], World]] = {
    "s3": _s3,
    "sendgrid": _sendgrid,
    "sql-mariadb": _mariadb,
    "sql-postgresql": _postgres,
    "sql-sqlite": _sqlite,
    "stripe": _stripe,
}


LONG = frozenset({"s3", "sql-mariadb"})
"""Worlds that take long to make, and are left to the long suite."""


@pytest.fixture(
    params=[pytest.param(one, marks=pytest.mark.slow) if one in LONG else one for one in sorted(WORLDS)]
)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made = WORLDS[request.param](request)
    yield made
    made.close()

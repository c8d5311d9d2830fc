"""Every kind of connector, in a world of its own: add a kind here and the whole suite tests it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from cases import migrate, open_keystore, open_room, prepare_keystore
from policy.load import load_policy
from security.case_files import CaseFiles
from security.files import SealedFiles
from security.keyfile import LocalKeyFile
from security.keyring import ENGINE_OWNER, LOOKUP_OWNER, KeyRing
from security.ports import KeyPurpose
from tests.contract.manual_world import START, ManualWorld, Office
from tests.contract.s3_world import S3World
from tests.contract.sendgrid_world import SendgridWorld
from tests.contract.sql_worlds import DemoWorld, MariaWorld, PostgresWorld, SqliteWorld
from tests.contract.stripe_world import StripeWorld
from tests.contract.world import World
from tests.support.databases import Database
from tests.support.mariadb import MariaServer


def _postgres(request: pytest.FixtureRequest) -> DemoWorld:
    database: Callable[[], str] = request.getfixturevalue("demo_database")
    url = sa.make_url(database())
    refused = url.set(password="not-its-password")
    return PostgresWorld(
        url.render_as_string(hide_password=False), refused.render_as_string(hide_password=False)
    )


def _sqlite(request: pytest.FixtureRequest) -> DemoWorld:
    home: Path = request.getfixturevalue("tmp_path")
    file = home / "demo.db"
    request.getfixturevalue("demo_file")(file)
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


class _Clock:
    def now(self) -> datetime:
        return START


@pytest.fixture(scope="session")
def office(
    register_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """A register of its own, where people are asked."""
    place = tmp_path_factory.mktemp("office")
    register, keys = register_database(), register_database()
    migrate.upgrade(register.owner, "sitthi_app")
    prepare_keystore(keys.owner, "sitthi_app")
    store = open_keystore(keys.app)
    ring = KeyRing(store, LocalKeyFile(place / "keys.json"))
    ring.ensure(KeyPurpose.ENGINE, ENGINE_OWNER)
    ring.ensure(KeyPurpose.LOOKUP, LOOKUP_OWNER)
    room = open_room(register.app, ring, _Clock(), load_policy())
    (owner, _), (gone, _) = (room.staff.add(name, "officer") for name in ("สมศรี", "วิชัย"))
    room.staff.disable(gone, actor=owner)
    yield Office(room, CaseFiles(SealedFiles(place / "files", ring), ring), owner, gone)
    room.close()
    store.close()


def _manual(request: pytest.FixtureRequest) -> ManualWorld:
    return ManualWorld(request.getfixturevalue("office"), request.getfixturevalue("tmp_path"))


WORLDS: dict[str, Callable[[pytest.FixtureRequest], World]] = {
    "manual": _manual,
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

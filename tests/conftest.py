"""Fixtures that every suite shares: the real servers, started once a session, gone after it."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from demo.company import build
from embedded.objects import ObjectServer
from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from tests.support.databases import Database
from tests.support.mariadb import MISSING, MariaServer


@contextmanager
def _passable_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="sitthi-test-"))
    home.chmod(0o711)  # as root PostgreSQL runs as nobody, who must be able to pass
    yield home
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def server_home() -> Iterator[Path]:
    with _passable_home() as home:
        yield home


@pytest.fixture
def var() -> Iterator[Path]:
    """Where an embedded stack of the test's own keeps its state; not there yet."""
    with _passable_home() as home:
        yield home / "var"


@pytest.fixture(scope="session")
def postgres(server_home: Path) -> Iterator[PostgresServer]:
    """A PostgreSQL for the session; whoever kills it makes one of their own."""
    server = PostgresServer(server_home / "postgres", options={"fsync": "off", "max_connections": "400"})
    server.start()
    server.ensure_role("sitthi_owner")
    server.ensure_role("sitthi_app")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def objects(server_home: Path) -> Iterator[ObjectServer]:
    """An S3 server for the session, with a reader named `auditor`; whoever kills it makes one of their own."""
    server = ObjectServer(server_home / "objects", readers=("auditor",))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mariadb(server_home: Path) -> Iterator[MariaServer]:
    """A MariaDB for the session; skips where the machine has none."""
    if MISSING:
        pytest.skip(MISSING)
    server = MariaServer(server_home / "mariadb")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def temporal(server_home: Path) -> Iterator[TemporalServer]:
    """A Temporal for the session: `.address`, `.namespace`; whoever kills it makes one of their own."""
    server = TemporalServer(server_home / "temporal", more=[f"installation-{n}" for n in range(24)])
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def register_database(postgres: PostgresServer) -> Callable[[], Database]:
    """Each call makes a fresh empty database: `.owner` and `.app` are its addresses for the two roles."""
    numbers = itertools.count(1)

    def make() -> Database:
        name = f"test_{next(numbers)}"
        postgres.ensure_database(name, "sitthi_owner", guests=("sitthi_app",))
        return Database(
            name=name,
            owner=postgres.url(name, "sitthi_owner"),
            app=postgres.url(name, "sitthi_app"),
        )

    return make


@pytest.fixture(scope="session")
def database(register_database: Callable[[], Database]) -> Callable[[], str]:
    """Each call makes a fresh empty database and returns its SQLAlchemy address for its owner."""
    return lambda: register_database().owner


@pytest.fixture(scope="session")
def demo_database(postgres: PostgresServer, database: Callable[[], str]) -> Callable[[], str]:
    """Each call makes a database with the demonstration company in it, of which it is the owner's address."""
    pattern = make_url(database())
    engine = create_engine(pattern)
    build(engine)
    engine.dispose()

    def make() -> str:
        made = make_url(database())
        assert pattern.database is not None
        assert made.database is not None
        postgres.drop_database(made.database)
        postgres.ensure_database(made.database, "sitthi_owner", template=pattern.database)
        return made.render_as_string(hide_password=False)

    return make


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Each call puts an SQLite file with the demonstration company at that path."""
    pattern = tmp_path_factory.mktemp("pattern") / "demo.db"
    engine = create_engine(f"sqlite:///{pattern}")
    build(engine)
    engine.dispose()

    def make(path: Path) -> None:
        shutil.copyfile(pattern, path)

    return make

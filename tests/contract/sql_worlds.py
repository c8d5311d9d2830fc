"""The demonstration company on each database, as worlds for the contract."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import JsonValue

from connectors.content import plain
from connectors.datamap import DataMap
from connectors.datamap_read import load_map
from connectors.sql import SqlConnector
from demo.company import build
from demo.oracle import rows_of
from demo.scenarios import FORMER_CUSTOMER
from demo.schema import metadata
from domain.connector import Ended
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Item, Subject
from tests.contract.world import Fault

MAP = Path(__file__).parents[2] / "demo" / "siamcrm.map.yaml"
SYSTEM = "siamcrm"
AS_OF = date(2026, 11, 22)


@cache
def _map() -> DataMap:
    return load_map(MAP)


def open_demo(url: str, page: int = 2_000) -> SqlConnector:
    return SqlConnector(SYSTEM, url, _map(), today=lambda: AS_OF, page=page)


def anchored(*keys: tuple[str, int], email: str = "", tenant: str = "") -> Subject:
    given = (identifier(IdentifierKind.EMAIL, email),) if email else ()
    locators = tuple({"$table": table, "id": key} for table, key in keys)
    return Subject(identifiers=given, anchors={SYSTEM: locators}, tenant=tenant)


def checksum(rows: Iterator[Any] | list[Any]) -> str:
    lines = sorted(json.dumps([plain(value) for value in row]) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class DemoWorld:
    """The former customer among three hundred people."""

    transactional = True
    movable, many = "consents", "login_events"
    withholds = True
    faults: frozenset[Fault] = frozenset()

    def __init__(self, url: str, refused_url: str) -> None:
        self._url, self._refused_url = url, refused_url
        self.engine = sa.create_engine(url)
        if not sa.inspect(self.engine).get_table_names():
            build(self.engine)
        with self.engine.connect() as connection:
            self._own = rows_of(connection, FORMER_CUSTOMER.user_ids, ())
        self.connector = open_demo(url, page=7)
        self._opened: list[SqlConnector] = [self.connector]
        self.subject = anchored(("users", FORMER_CUSTOMER.user_ids[0]), email=FORMER_CUSTOMER.email)
        self.stranger: Identifier = identifier(IdentifierKind.EMAIL, "nobody.here@example.net")
        self.corrections: Mapping[str, JsonValue] = {"name-th": "ธนากร ศรีสุวรรณ", "phone": "069-000-2569"}
        gone = {"account_expired_on": date(2026, 6, 30)}
        self.ended: Ended = dict.fromkeys(("U01", "U02", "U05", "U06", "U07", "U09", "U10", "U17"), gone)
        self.as_of = AS_OF

    def suppressed(self) -> list[str]:
        with self.engine.connect() as connection:
            query = sa.text(
                "select email from email_suppressions where list_code = 'marketing' order by email"
            )
            return list(connection.scalars(query))

    def others(self) -> dict[str, str]:
        found = {}
        with self.engine.connect() as connection:
            for table in metadata.sorted_tables:
                key = [column.name for column in table.primary_key]
                rows = connection.execute(sa.select(table)).all()
                own = self._own.get(table.name, set())
                found[table.name] = checksum(
                    [row for row in rows if tuple(row._mapping[name] for name in key) not in own]
                )
        return found

    def reopened(self) -> SqlConnector:
        self._opened.append(open_demo(self._url, page=7))
        return self._opened[-1]

    def refused(self) -> SqlConnector:
        self._opened.append(open_demo(self._refused_url))
        return self._opened[-1]

    def touch(self, item: Item) -> None:
        moments = {
            "consents": "given_at",
            "cookie_consents": "given_at",
            "login_events": "happened_at",
            "tickets": "opened_at",
            "users": "last_login_at",
        }
        table = metadata.tables[item.found.table]
        where = [table.c[name] == value for name, value in item.locator.items()]
        later = datetime(2026, 11, 21, 10, tzinfo=UTC)
        with self.engine.begin() as connection:
            changed = sa.update(table).where(*where).values({moments[table.name]: later})
            assert connection.execute(changed).rowcount == 1

    def cut(self, after: int = 2) -> AbstractContextManager[None]:
        raise NotImplementedError

    def failing(self, fault: Fault) -> AbstractContextManager[None]:
        raise NotImplementedError

    def close(self) -> None:
        for connector in self._opened:
            connector.close()
        self.engine.dispose()


class PostgresWorld(DemoWorld):
    @contextmanager
    def cut(self, after: int = 2) -> Iterator[None]:
        """The next write finds that an administrator has ended its session."""
        engine = self.connector._engine
        writes = 0

        def end_session(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            nonlocal writes
            writes += statement.startswith(("INSERT", "UPDATE", "DELETE"))
            if writes == after + 1:
                pid = connection.connection.driver_connection.info.backend_pid
                with self.engine.connect() as killer:
                    killer.execute(sa.text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})

        sa.event.listen(engine, "before_cursor_execute", end_session)
        try:
            yield
        finally:
            sa.event.remove(engine, "before_cursor_execute", end_session)


class MariaWorld(DemoWorld):
    @contextmanager
    def cut(self, after: int = 2) -> Iterator[None]:
        """The next write finds that an administrator has ended its session."""
        engine = self.connector._engine
        writes = 0

        def end_session(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            nonlocal writes
            writes += statement.startswith(("INSERT", "UPDATE", "DELETE"))
            if writes == after + 1:
                number = connection.connection.driver_connection.thread_id()
                with self.engine.connect() as killer:
                    killer.exec_driver_sql(f"KILL {number}")

        sa.event.listen(engine, "before_cursor_execute", end_session)
        try:
            yield
        finally:
            sa.event.remove(engine, "before_cursor_execute", end_session)


class SqliteWorld(DemoWorld):
    @contextmanager
    def cut(self, after: int = 2) -> Iterator[None]:
        """Another process holds the file for longer than we wait."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
            yield
            connection.rollback()

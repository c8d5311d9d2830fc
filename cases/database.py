"""Reaching the database: engines that tell nothing, and one translation of what it says into our error tree."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, CursorResult, Engine, Select, Table, create_engine, event, literal
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidatePoolError

from domain.errors import BadInput, Integrity, SitthiError, Unavailable

_CONNECT_SECONDS = 5
_TRUSTED_SECONDS = 30.0  # idle for longer, a connection may have been dropped on the way without a word
_BUSY = frozenset({"40001", "40P01", "55P03"})  # serialization failure, deadlock, lock not available
_NOT_MIGRATED = frozenset({"42P01", "42703"})  # no such table, no such column
# Connection lost, too little resources, server going down or coming up, wrong password or role, no such database.
_AWAY = ("08", "53", "57P", "28", "3D")


def engine_for(url: str, *, connections: int, autocommit: bool = False) -> Engine:
    """An engine that keeps so many connections open; its errors never carry parameters.

    With `autocommit` every statement stands alone, in a single round trip.

    It opens more when asked: a batch of an erasure holds three at once (its gate, the plan that it reads, the
    receipt that it writes), and with a bound ten such batches could wait for each other. The callers' threads
    are the bound.

    Raises:
        BadInput: the address is none for PostgreSQL; it is not shown, for it holds a password.
    """
    try:
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_size=connections,
            max_overflow=-1,
            isolation_level="AUTOCOMMIT" if autocommit else "READ COMMITTED",
            skip_autocommit_rollback=True,
            connect_args={"connect_timeout": _CONNECT_SECONDS, "options": "-c TimeZone=UTC"},
        )
    except (ArgumentError, TypeError, ValueError, ModuleNotFoundError):
        raise BadInput(
            "database-url-malformed", "write it as postgresql+psycopg://user:password@host:port/database"
        ) from None
    _ping_when_in_doubt(engine)
    return engine


def _ping_when_in_doubt(engine: Engine) -> None:
    """Have a connection pinged before its use if it was idle for long, or if its server has spoken meanwhile.

    Asked nothing, a server says only that it is going; to look costs no round trip, as a ping each time would.
    """

    @event.listens_for(engine, "checkin")
    def _on_checkin(_connection: psycopg.Connection | None, record: Any) -> None:
        record.info["idle since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _on_checkout(connection: psycopg.Connection, record: Any, _proxy: Any) -> None:
        idle = time.monotonic() - record.info.get("idle since", time.monotonic())
        if idle <= _TRUSTED_SECONDS and not _has_spoken(connection):
            return
        try:
            engine.dialect.do_ping(connection)  # type: ignore[arg-type]
        except psycopg.Error:
            raise InvalidatePoolError from None  # the pool opens all of its connections anew


def _has_spoken(connection: psycopg.Connection) -> bool:
    try:
        waiting = select.poll()
        waiting.register(connection.fileno(), select.POLLIN)
        return bool(waiting.poll(0))
    except psycopg.Error:  # it knows already that it is closed
        return True


def driver_of(connection: Connection) -> psycopg.Connection:
    """The driver's own connection, for what SQLAlchemy has no words for: COPY, pipelines."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("the register speaks to PostgreSQL through psycopg")
    return driver


def insert_once(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one stands in its place; tells whether it was new."""
    once = insert(table).values(row).on_conflict_do_nothing().returning(literal(1))
    return connection.scalar(once) is not None


def streamed(connection: Connection, wanted: Select[Any], page: int) -> CursorResult[Any]:
    """A result that the server holds and gives out by pages; use it in a `with`, so that it lets go."""
    return connection.execute(wanted.execution_options(yield_per=page))


@contextmanager
def speaking() -> Iterator[None]:
    """Raise what the database says as our own errors, without its words: they may quote a row.

    Raises:
        Unavailable: it cannot be reached, is busy, or was not migrated.
        Integrity: it refused what it should have taken; facts: its SQLSTATE and the constraint.
    """
    try:
        yield
    except DBAPIError as error:
        raise _translated(error.orig) from None
    except psycopg.Error as error:
        raise _translated(error) from None


def _translated(error: BaseException | None) -> SitthiError:
    if not isinstance(error, psycopg.Error):
        return Unavailable("database-unreachable", "start the database or mend its address")
    state = error.sqlstate or ""
    if state in _BUSY:
        return Unavailable("database-busy", "try again", sqlstate=state)
    if state in _NOT_MIGRATED:
        return Unavailable("database-not-migrated", "run the migrations as the owner", sqlstate=state)
    if state.startswith(_AWAY) or (not state and isinstance(error, psycopg.OperationalError)):
        return Unavailable("database-unreachable", "start the database or mend its address")
    broken = {"constraint": error.diag.constraint_name} if error.diag.constraint_name else {}
    return Integrity("database-refused", sqlstate=state, **broken)

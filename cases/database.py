"""Reaching the database: engines that tell nothing, and one translation of what it says into our error tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, CursorResult, Engine, Select, Table, create_engine, literal
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import ArgumentError, DBAPIError

from domain.errors import BadInput, Integrity, SitthiError, Unavailable

_CONNECT_SECONDS = 5
_BUSY = frozenset({"40001", "40P01", "55P03"})  # serialization failure, deadlock, lock not available
_NOT_MIGRATED = frozenset({"42P01", "42703"})  # no such table, no such column
# Connection lost, too little resources, server going down or coming up, wrong password or role, no such database.
_AWAY = ("08", "53", "57P", "28", "3D")


def engine_for(url: str, *, connections: int) -> Engine:
    """An engine that keeps so many connections open; its errors never carry parameters.

    It opens more when asked: a batch of an erasure holds three at once (its gate, the plan that it reads, the
    receipt that it writes), and with a bound ten such batches could wait for each other. The callers' threads
    are the bound.

    Raises:
        BadInput: the address is none for PostgreSQL; it is not shown, for it holds a password.
    """
    try:
        return create_engine(
            url,
            hide_parameters=True,
            pool_size=connections,
            max_overflow=-1,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_SECONDS, "options": "-c TimeZone=UTC"},
        )
    except (ArgumentError, TypeError, ValueError, ModuleNotFoundError):
        raise BadInput(
            "database-url-malformed", "write it as postgresql+psycopg://user:password@host:port/database"
        ) from None


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

"""Engines: quiet about values, able to come back after the database went away."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

_RECYCLE = 1800  # seconds; firewalls drop what is idle for longer
_LOCK_WAIT = "10s"


def open_engine(url: str) -> sa.Engine:
    """An engine for any SQLAlchemy address; PostgreSQL without a driver named gets psycopg 3."""
    address = sa.make_url(url)
    if address.drivername in {"postgresql", "postgres"}:
        address = address.set(drivername="postgresql+psycopg")
    options: dict[str, Any] = {}
    if address.drivername == "postgresql+psycopg":
        # A prepared statement drifts to a generic plan, which knows nothing of the one person asked for.
        options["connect_args"] = {"prepare_threshold": None}
    engine = sa.create_engine(
        address, hide_parameters=True, pool_pre_ping=True, pool_recycle=_RECYCLE, **options
    )
    if engine.dialect.name == "sqlite":
        _make_strict(engine)
    return engine


def _make_strict(engine: sa.Engine) -> None:
    """Foreign keys are minded, and a transaction begins when we say so: its driver does neither by itself."""

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def writing(engine: sa.Engine) -> sa.Connection:
    """A connection whose transactions write: locks are waited for a while, then it is tried again later."""
    return engine.connect().execution_options(writes=True)


def prepare_to_write(connection: sa.Connection) -> None:
    """Deferred constraints may be broken on the way; `settle` asks whether they hold in the end."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'")
        connection.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")


def settle(connection: sa.Connection) -> None:
    """Check now what would else fail only at COMMIT."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")

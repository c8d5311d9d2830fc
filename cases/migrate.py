"""Bringing a register's database to the shape that this version reads. Run as its owner, never as the application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from cases.database import engine_for, speaking

_HERE = Path(__file__).parent / "migrations"
_LOCK = 0x53495454  # one migration at a time, whoever starts it


def upgrade(owner_url: str, app_role: str, to: str = "head") -> None:
    """Make or raise the tables, and give `app_role` the least that the application needs.

    Raises:
        Unavailable: the database cannot be reached.
    """
    with _owner(owner_url) as connection:
        command.upgrade(_config(connection, app_role), to)


def downgrade(owner_url: str, app_role: str, to: str = "base") -> None:
    """Take the tables back to an earlier shape; `base` drops them, and everything in them."""
    with _owner(owner_url) as connection:
        command.downgrade(_config(connection, app_role), to)


def head() -> str:
    """The revision that this version of the program reads."""
    found = ScriptDirectory(str(_HERE)).get_current_head()
    if found is None:
        raise AssertionError("the program has lost its migrations")
    return found


def current(connection: Connection) -> str | None:
    """The revision that the database stands at; None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _owner(url: str) -> Iterator[Connection]:
    engine = engine_for(url, connections=1)
    try:
        with speaking(), engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield connection
    finally:
        engine.dispose()


def _config(connection: Connection, app_role: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, app_role=app_role)
    return config

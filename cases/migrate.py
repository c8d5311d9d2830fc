"""Bringing a register's database to the shape that this version reads. Run as its owner, never as the application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from cases.database import engine_for, speaking

if TYPE_CHECKING:
    from alembic.config import Config

_HERE = Path(__file__).parent / "migrations"
_LOCK = 0x53495454  # one migration at a time, whoever starts it


def upgrade(owner_url: str, app_role: str, to: str = "head") -> None:
    """Make or raise the tables, and give `app_role` the least that the application needs.

    Raises:
        Unavailable: the database cannot be reached.
    """
    from alembic import command  # only the owner's commands need it: every process would carry it

    with _owner(owner_url) as connection:
        command.upgrade(_config(connection, app_role), to)


def downgrade(owner_url: str, app_role: str, to: str = "base") -> None:
    """Take the tables back to an earlier shape; `base` drops them, and everything in them."""
    from alembic import command

    with _owner(owner_url) as connection:
        command.downgrade(_config(connection, app_role), to)


def head() -> str:
    """The revision that this version of the program reads: the last of its files, as they are numbered."""
    return max(file.name.partition("_")[0] for file in (_HERE / "versions").glob("[0-9]*.py"))


def current(connection: Connection) -> str | None:
    """The revision that the database stands at; None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


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
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, app_role=app_role)
    return config

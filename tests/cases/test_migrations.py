"""Migrations: up, down and up again, and the tables are those that the program reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text

from cases import migrate, open_room
from cases.tables import register
from domain.errors import Unavailable
from tests.cases.conftest import APP, House
from tests.support.databases import Database


@pytest.fixture
def fresh(register_database: Callable[[], Database]) -> Database:
    return register_database()


def revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return migrate.current(connection)


def test_up_down_and_up_again(fresh: Database) -> None:
    engine = create_engine(fresh.owner)
    try:
        assert revision(engine) is None
        migrate.upgrade(fresh.owner, APP)
        migrate.upgrade(fresh.owner, APP)
        assert revision(engine) == migrate.head()
        first = _shape(engine)
        migrate.downgrade(fresh.owner, APP)
        assert revision(engine) is None
        assert inspect(engine).get_table_names() == ["alembic_version"]
        with engine.connect() as connection:
            left = text("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
            assert connection.scalar(left) == 0
        migrate.upgrade(fresh.owner, APP)
        assert _shape(engine) == first
    finally:
        engine.dispose()


def _shape(engine: Engine) -> list[tuple[str, ...]]:
    with engine.connect() as connection:
        columns = connection.execute(
            text("""
                SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
                WHERE table_schema = 'public' ORDER BY 1, 2
            """)
        )
        rights = connection.execute(
            text("""
                SELECT table_name, column_name, privilege_type FROM information_schema.column_privileges
                WHERE grantee = :app ORDER BY 1, 2, 3
            """),
            {"app": APP},
        )
        return [tuple(row) for row in [*columns, *rights]]


def test_the_tables_are_those_that_the_program_reads(house: House) -> None:
    with house.owner.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, register) == []


def test_a_database_that_was_not_migrated_says_so(fresh: Database, house: House) -> None:
    room = open_room(fresh.app, house.ring, house.clock, house.policy)
    try:
        with pytest.raises(Unavailable, match="database not migrated"):
            room.check()
        with pytest.raises(Unavailable, match="database not migrated"):
            room.register.views()
    finally:
        room.close()
    house.room.check()

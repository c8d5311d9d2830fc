"""Makes the demonstration company's database, and unmakes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, func, insert, inspect, literal, select

from demo import population, story
from demo.cast import SCENARIOS
from demo.people import PEOPLE, generate
from demo.population import Population
from demo.records import Book
from demo.schema import metadata
from domain.errors import Conflict

SEED = 2569


def rows(seed: int = SEED) -> dict[str, list[dict[str, Any]]]:
    """All rows by table, for `PEOPLE` persons in all; the story's are the same under every seed."""
    return {table: [dict(row) for row in found] for table, found in _written(seed).items()}


@cache
def _written(seed: int) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    book = Book(first_id=story.FIRST_ID)
    story.write(book)
    book.continue_from(population.FIRST_ID)
    rng = Random(seed)
    in_story = sum(len(scenario.people) for scenario in SCENARIOS)
    Population(book, rng, generate(rng, PEOPLE - in_story)).write()
    return book.rows


def build(engine: Engine, seed: int = SEED) -> None:
    """Make every table and load every row, in one transaction: all of it or nothing.

    Raises:
        Conflict: a table of that name is there already; nothing was touched.
    """
    loaded = _written(seed)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # Its driver neither minds foreign keys nor opens a transaction before DDL unless told.
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")
            connection.exec_driver_sql("BEGIN")
        _refuse_if_there(connection)
        metadata.create_all(connection)
        for table in metadata.sorted_tables:
            if loaded[table.name]:
                connection.execute(insert(table), list(loaded[table.name]))
        if engine.dialect.name == "postgresql":
            _number_on(connection)
        connection.commit()


def _refuse_if_there(connection: Connection) -> None:
    there = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
    if there:
        raise Conflict("demo-already-there", "drop it first, or name another database", table=there[0])


def _number_on(connection: Connection) -> None:
    """Rows were loaded with their ids, which an identity column does not notice."""
    for table in metadata.sorted_tables:
        if "id" in table.columns and isinstance(table.c.id.type, BigInteger):
            name = literal(table.name)
            sequence = func.pg_get_serial_sequence(name, literal("id"))
            connection.execute(select(func.setval(sequence, func.max(table.c.id))))


def drop(engine: Engine) -> None:
    """Remove the company's tables, and no others."""
    metadata.drop_all(engine)

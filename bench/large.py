"""A CRM of a hundred thousand contacts and three million rows: one of its people, and a thousand, one by one.

The demonstration company is written again and again under other keys and addresses, so that everybody has the data
that people have there, and an index has as much to leave aside as in a real company.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from random import Random

import sqlalchemy as sa

from bench.place import Place
from bench.reading import ByHand, records_of, subject_of
from bench.rows import Row, seconds_of, side_by_side
from demo.schema import metadata

TIMES = 600
"""How often the company is written: 121,000 contacts and 63,000 users, three million rows."""
PEOPLE, LIMIT, SEED = 1_000, 2.0, 2569
_STEP = 1_000_000
"""Between the keys of one writing and the next; above every key of the company's."""
_SHARED = frozenset({"tenants", "plans", "purposes"})
_ADDRESSES = frozenset({"email", "requester_email"})
_LOGICAL = frozenset({("page_views", "visitor_id")})
"""Columns that name a row elsewhere without a foreign key."""


def fill(crm: sa.Engine, times: int) -> int:
    """Write the company so many times more; how many rows it has then."""
    tables = [table for table in metadata.sorted_tables if table.name not in _SHARED]
    with crm.begin() as connection:
        for table in tables:
            columns = [column.name for column in table.columns if column.computed is None]
            made = ", ".join(_made(table.c[name]) for name in columns)
            connection.execute(
                sa.text(
                    f"insert into {table.name} ({', '.join(columns)})"
                    f" select {made} from {table.name} cross join generate_series(1, {times:d}) n"
                )
            )
    with crm.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("vacuum analyze"))
        counted = [connection.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables]
    return sum(filter(None, counted))


def _made(column: sa.Column[object]) -> str:
    """What a column says in another writing: another key, address or number; all else as it is."""
    name = f"{column.table.name}.{column.name}"
    keys = [key.column for key in column.foreign_keys]
    if any(key.table.name in _SHARED for key in keys):
        return name
    if column.name in _ADDRESSES:
        return f"'n' || n || '.' || {name}"
    if keys or column.name in _unique(column.table) or (column.table.name, column.name) in _LOGICAL:
        if isinstance(column.type, sa.Integer):
            return f"{name} + n * {_STEP}"
        if isinstance(column.type, sa.LargeBinary):
            return f"int4send(n) || substr({name}, 5)"
        return f"lpad(n::text, 4, '0') || substr({name}, 5)"  # as long as it was: columns have their widths
    return name


def _unique(table: sa.FromClause) -> set[str]:
    """Columns of the primary key and of unique constraints; of an invoice's lines the number of the line stays."""
    assert isinstance(table, sa.Table)
    unique = (one for one in table.constraints if isinstance(one, sa.UniqueConstraint))
    names = {column.name for column in chain(*(one.columns for one in unique))}
    primary = list(table.primary_key.columns)
    return names | {column.name for column in primary if column.foreign_keys or len(primary) == 1}


def _people(crm: sa.Engine) -> list[tuple[int, str]]:
    """Users of the other writings, by chance, but the same each time."""
    query = sa.text("select id, email from users where id > :own and email is not null order by id")
    with crm.connect() as connection:
        found = [(int(id_), str(email)) for id_, email in connection.execute(query, {"own": _STEP})]
    return Random(SEED).sample(found, PEOPLE)


def measure(place: Place, *, times: int, writings: int = TIMES) -> list[Row]:
    rows = fill(place.crm, writings)
    by_hand, connector, people = ByHand(place.crm), place.connector, _people(place.crm)

    def ours(some: list[tuple[int, str]]) -> Iterator[int]:
        return (sum(1 for _ in records_of(connector, subject_of(*person))) for person in some)

    def floor(some: list[tuple[int, str]]) -> Iterator[int]:
        return (sum(1 for _ in by_hand.copy(user)) for user, _ in some)

    for found, expected in zip(ours(people[:50]), floor(people[:50]), strict=True):
        if found != expected:
            raise AssertionError(f"{found} records are not the {expected} of the SQL by hand")
    one = people[:1]
    mine, theirs = side_by_side(lambda: list(ours(one)), lambda: list(floor(one)), times=15 * times, warm=5)
    all_mine = seconds_of(lambda: sum(ours(people)))
    all_theirs = seconds_of(lambda: sum(floor(people)))
    of = f"of {rows / 1e6:.1f} million rows"
    return [
        Row(f"locate and copy one person {of}", mine * 1000, "ms", theirs * 1000, LIMIT),
        Row(f"{PEOPLE:,} people {of}, one by one", all_mine, "s", all_theirs, LIMIT),
    ]

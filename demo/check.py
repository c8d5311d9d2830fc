"""What a scenario says must have become of the company's database, held against it in plain SQL.

Nothing here asks Sitthi: the rows come from the hand-written oracle, their content from the database itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, Engine, select

from demo.oracle import Rows, rows_of
from demo.scenarios import Becomes, Fate, Scenario
from demo.schema import metadata
from domain.outcomes import Outcome

Place = tuple[str, tuple[object, ...]]
"""A table and a primary key."""

Row = Mapping[str, object]

Snapshot = Mapping[str, Mapping[tuple[object, ...], str]]
"""The hash of every row of the company's database, by table and primary key."""

GONE = frozenset({Outcome.ERASE, Outcome.DESTROY})

HELD_IN_PART = frozenset({"invoices"})
"""Tables of which a law needs not all of a row: the billing e-mail goes, though the invoice stays (pdpa-rules 2.2)."""


def snapshot(engine: Engine) -> Snapshot:
    """Hash the whole database."""
    with engine.connect() as connection:
        return {table.name: dict(_hashes(connection, table.name)) for table in metadata.sorted_tables}


def _hashes(connection: Connection, name: str) -> Iterator[tuple[tuple[object, ...], str]]:
    table = metadata.tables[name]
    keys = [column.name for column in table.primary_key]
    for row in connection.execute(select(table)).mappings():
        content = "\x1f".join(f"{column}={row[column]!r}" for column in sorted(table.columns.keys()))
        yield tuple(row[key] for key in keys), hashlib.sha256(content.encode()).hexdigest()


def owned_rows(engine: Engine, scenario: Scenario) -> Rows:
    """The primary keys of the person's rows, by table."""
    with engine.connect() as connection:
        return rows_of(connection, scenario.user_ids, scenario.contact_ids)


def wrongs(
    owners: Sequence[tuple[Scenario, Rows]],
    before: Snapshot,
    after: Snapshot,
    allowed: Collection[Place] = (),
) -> list[str]:
    """What differs from the scenarios of all who asked for erasure, a line each.

    Rows of theirs that fared otherwise than told, and rows of everybody else that moved at all, or came, save those
    `allowed`, of which `changes` knows what they hold.
    """
    found: list[str] = []
    explained = set(allowed)
    for scenario, owned in owners:
        for fate in scenario.fates:
            for key in _keys(scenario, fate, owned):
                explained.add((fate.table, key))
                if (now := _became(fate.table, key, before, after)) != _expected(fate):
                    found.append(f"{fate.table} {key}: {fate.outcome} expected, row is {now}")
    found.extend(
        f"{table} {key}: nobody asked for it, row is {now}"
        for table, rows in before.items()
        for key in rows
        if (table, key) not in explained and (now := _became(table, key, before, after)) != "unchanged"
    )
    found.extend(
        f"{table} {key}: nobody asked for a new row"
        for table, rows in after.items()
        for key in rows.keys() - before[table].keys()
        if (table, key) not in explained
    )
    return found


def rows_that_change(engine: Engine, scenarios: Iterable[Scenario]) -> Mapping[Place, Row | None]:
    """The rows of which scenarios tell what they will hold, as they are now; None for one that is to come."""
    with engine.connect() as connection:
        return {
            (one.table, one.key): _row(connection, one.table, one.key)
            for scenario in scenarios
            for one in scenario.becomes
        }


def changes(engine: Engine, scenarios: Iterable[Scenario], before: Mapping[Place, Row | None]) -> list[str]:
    """What the rows hold otherwise than their scenarios tell, a line each."""
    found = []
    with engine.connect() as connection:
        for scenario in scenarios:
            for one in scenario.becomes:
                was, now = before[one.table, one.key], _row(connection, one.table, one.key)
                if now is None or (was is None) != one.new:
                    found.append(f"{one.table} {one.key}: row expected")
                elif was is not None:
                    found.extend(_otherwise(one, was, now))
    return found


def _otherwise(one: Becomes, was: Row, now: Row) -> list[str]:
    expected = {**was, **one.values}
    wrong = [name for name in now if name not in one.is_set and now[name] != expected[name]]
    wrong += [name for name in one.is_set if was[name] is not None or now[name] is None]
    return [f"{one.table} {one.key}: {name} is not as told" for name in wrong]


def _row(connection: Connection, name: str, key: tuple[object, ...]) -> Row | None:
    table = metadata.tables[name]
    wanted = select(table).where(
        *(column == value for column, value in zip(table.primary_key, key, strict=True))
    )
    found = connection.execute(wanted).mappings().one_or_none()
    return dict(found) if found is not None else None


def expected_counts(scenario: Scenario, owned: Rows, *, in_tenant: bool) -> dict[tuple[str, Outcome], int]:
    """How many items of each table a plan must have with each outcome.

    What a tenant holds is looked for only where the person named the tenant (pdpa-rules 3.2 no. 2).
    """
    counted: dict[tuple[str, Outcome], int] = {}
    for fate in scenario.fates:
        number = len(_keys(scenario, fate, owned))
        if number and (fate.outcome is Outcome.NOT_CONTROLLER) == in_tenant:
            for outcome in (fate.outcome, *([Outcome.CLEAR] if _in_part(fate) else [])):
                counted[fate.table, outcome] = counted.get((fate.table, outcome), 0) + number
    return counted


def _keys(scenario: Scenario, fate: Fate, owned: Rows) -> set[tuple[object, ...]]:
    keys = owned.get(fate.table, set())
    if fate.ids is not None:
        return {key for key in keys if key[0] in fate.ids}
    named = {i for other in scenario.fates if other.table == fate.table for i in other.ids or ()}
    return {key for key in keys if key[0] not in named}


def _became(table: str, key: tuple[object, ...], before: Snapshot, after: Snapshot) -> str:
    now = after[table].get(key)
    if now is None:
        return "gone"
    return "unchanged" if now == before[table].get(key) else "changed"


def _expected(fate: Fate) -> str:
    if fate.outcome in GONE:
        return "gone"
    return "changed" if fate.outcome is Outcome.ANONYMISE or _in_part(fate) else "unchanged"


def _in_part(fate: Fate) -> bool:
    return fate.outcome is Outcome.HOLD and fate.until is not None and fate.table in HELD_IN_PART

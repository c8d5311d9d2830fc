"""Writing sets of rows: one statement for many wherever their new values are the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from connectors.sql_guard import refuse_cascades
from connectors.sql_keys import Row, chunks
from connectors.sql_model import Model

BATCH = 1_000  # rows a statement; SQLite takes 32,766 parameters
_FEW = 8  # up to so many different sets of values are written by one UPDATE each


def update(
    connection: sa.Connection, model: Model, name: str, changes: Sequence[tuple[Row, dict[str, Any]]]
) -> None:
    """Give rows new values."""
    by_columns: dict[tuple[str, ...], list[tuple[Row, Row]]] = {}
    for key, values in changes:
        if values:
            by_columns.setdefault(tuple(values), []).append((key, tuple(values.values())))
    for columns, rows in by_columns.items():
        alike = _by_values(rows)
        if alike is None:
            _update_each(connection, model, name, columns, rows)
            continue
        for news, keys in alike.items():
            _update_alike(connection, model, name, dict(zip(columns, news, strict=True)), keys)


def _by_values(rows: Sequence[tuple[Row, Row]]) -> dict[Row, list[Row]] | None:
    """Keys by their new values; None where these differ too much, or are documents."""
    found: dict[Row, list[Row]] = {}
    for key, news in rows:
        if any(isinstance(new, dict | list) for new in news):
            return None
        found.setdefault(news, []).append(key)
        if len(found) > _FEW:
            return None
    return found


def _update_alike(
    connection: sa.Connection, model: Model, name: str, values: dict[str, Any], keys: Sequence[Row]
) -> None:
    own = model.keys[name]
    statement = sa.update(own.table).values(values).where(own.among(own.table, "going"))
    for some in chunks(keys, BATCH):
        connection.execute(statement, {"going": own.bind(some)})


def _update_each(
    connection: sa.Connection,
    model: Model,
    name: str,
    columns: tuple[str, ...],
    rows: Sequence[tuple[Row, Row]],
) -> None:
    own = model.keys[name]
    statement = (
        sa.update(own.table)
        .values({column: sa.bindparam(f"new_{at}") for at, column in enumerate(columns)})
        .where(*(column == sa.bindparam(f"key_{at}") for at, column in enumerate(own.of(own.table))))
    )
    for some in chunks(rows, BATCH):
        parameters = [
            {f"new_{at}": value for at, value in enumerate(values)}
            | {f"key_{at}": part for at, part in enumerate(key)}
            for key, values in some
        ]
        connection.execute(statement, parameters)


def delete(connection: sa.Connection, model: Model, name: str, keys: Sequence[Row]) -> None:
    """Delete rows, and nothing but them.

    Raises:
        Refused: the database would take along others.
    """
    own = model.keys[name]
    _unlink(connection, model, name, keys)
    for some in chunks(keys, BATCH):
        refuse_cascades(connection, model, name, some)
    statement = sa.delete(own.table).where(own.among(own.table, "going"))
    for some in chunks(keys, BATCH):
        connection.execute(statement, {"going": own.bind(some)})


def _unlink(connection: sa.Connection, model: Model, name: str, keys: Sequence[Row]) -> None:
    """Rows that go and refer to each other are first parted, or the order of deleting would matter."""
    table = model.catalogue.tables[name]
    links = {
        column: None
        for reference in model.catalogue.referring_to(name)
        if reference.child == name
        for column in reference.columns
        if table.c[column].nullable
    }
    if links:
        _update_alike(connection, model, name, links, keys)

"""Primary keys: as columns, as locators, as conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import JsonValue

from connectors.content import plain, typed
from connectors.sql_schema import python_type
from domain.errors import Refused

TABLE = "$table"
"""In a candidate's locator: which table of persons the row stands in."""

VIA = "$via"
"""In a shared item's locator: the row's own columns that point at this person."""

TERMS = "$terms"
"""In a shared item's locator: what the person is called, to be taken out of the texts that may say it."""

Row = tuple[Any, ...]


class Keys:
    """The key of one table, whether the catalogue knows it as such or only the map."""

    def __init__(
        self, system: str, name: str, table: sa.Table, columns: tuple[str, ...], *, arrays: bool
    ) -> None:
        self.name = name
        self.table = table
        self.columns = columns
        self._system = system
        self._types = tuple(python_type(table.c[column]) for column in columns)
        self._typed = tuple(zip(columns, self._types, strict=True))
        self._as_array = arrays and len(columns) == 1 and self.storable()

    def storable(self) -> bool:
        """Whether a key may stand in a cursor: a number or a UUID tells nothing, text may be an address."""
        return all(kind is int or kind.__name__ == "UUID" for kind in self._types)

    def of(self, source: sa.FromClause) -> tuple[sa.ColumnElement[Any], ...]:
        """The key's columns in a table or an alias of it."""
        return tuple(source.c[column] for column in self.columns)

    def locator(self, values: Sequence[Any]) -> dict[str, JsonValue]:
        """The key as an item carries it."""
        return {
            column: value if type(value) is int else plain(value)
            for column, value in zip(self.columns, values, strict=True)
        }

    def parse(self, locator: Mapping[str, JsonValue]) -> Row:
        """The key of a locator, as the driver takes it.

        Raises:
            Refused: the locator is of another table or of an older map.
        """
        try:
            return tuple([typed(locator[column], kind) for column, kind in self._typed])
        except (KeyError, ValueError):
            raise Refused("locator-malformed", "plan again", system=self._system, table=self.name) from None

    def among(self, source: sa.FromClause, name: str) -> sa.ColumnElement[bool]:
        """Whether a row's key is one of the parameter `name`, bound by `bind`."""
        return self.named(self.of(source), name)

    def named(self, columns: Sequence[sa.ColumnElement[Any]], name: str) -> sa.ColumnElement[bool]:
        """Whether columns, of whatever table, name one of the keys in the parameter `name`."""
        if len(columns) > 1:
            return sa.tuple_(*columns).in_(sa.bindparam(name, expanding=True))
        if not self._as_array:
            return columns[0].in_(sa.bindparam(name, expanding=True))
        # One parameter for a thousand keys: neither side parses a thousand places.
        return columns[0] == sa.any_(sa.bindparam(name, type_=sa.ARRAY(self.table.c[self.columns[0]].type)))

    def bind(self, keys: Sequence[Row]) -> list[Any]:
        """The value of a parameter of `among`."""
        return [key[0] for key in keys] if len(self.columns) == 1 else [tuple(key) for key in keys]

    def after(self, source: sa.FromClause) -> sa.ColumnElement[bool]:
        """Whether a row comes after the key bound by `bind_last`, in the key's order."""
        columns = self.of(source)
        last = [sa.bindparam(f"last_{at}", type_=column.type) for at, column in enumerate(columns)]
        return columns[0] > last[0] if len(columns) == 1 else sa.tuple_(*columns) > sa.tuple_(*last)

    def bind_last(self, last: Sequence[JsonValue]) -> dict[str, Any]:
        """The parameters of `after`."""
        key = self.parse(dict(zip(self.columns, last, strict=True)))
        return {f"last_{at}": value for at, value in enumerate(key)}


def chunks(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Pieces of at most `size`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]

"""Copying: the content of items, streamed; secrets never leave, and what is withheld is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice
from typing import Any

import sqlalchemy as sa

from connectors.content import plain
from connectors.datamap import ColumnMap, Kind
from connectors.sql_model import Model
from domain.item import Column, Item, Record, Role, Table

CHUNK = 1_000
"""Items fetched at a time."""

_WITHHELD = {Kind.SECRET: "secret", Kind.ATTACHMENT: "attachment"}
_SHOWN = frozenset({Kind.DATA, Kind.FREE_TEXT, Kind.KEY, Kind.RESTRICTION})

Run = Callable[[sa.Select[Any], dict[str, Any]], list[sa.Row[Any]]]


def describe(model: Model) -> tuple[Table, ...]:
    """The tables as a dossier shows them, in the map's order."""
    return tuple(
        Table(
            system=model.system,
            name=table.name,
            label=table.label,
            unit=table.unit,
            role=Role.CONTROLLER if table.role.when else table.role.fixed,
            basis=table.basis,
            source=table.source,
            columns=tuple(
                Column(name=column.name, label=column.label)
                for column in table.columns.values()
                if column.label is not None
            ),
        )
        for table in model.map.tables.values()
    )


class Copier:
    """Copies items table by table; `run` gives each statement a connection of its own."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._shown: dict[str, tuple[str, ...]] = {}
        self._withheld: dict[str, dict[str, str]] = {}
        for name, table in model.map.tables.items():
            columns = table.columns.values()
            self._shown[name] = tuple(column.name for column in columns if _is_shown(column))
            self._withheld[name] = {
                column.name: _WITHHELD[column.kind] for column in columns if column.kind in _WITHHELD
            }

    def copy(self, items: Iterable[Item], run: Run) -> Iterator[Record]:
        """Records in the order of the items; what is gone since it was located is left out."""
        stream = iter(items)
        while some := list(islice(stream, CHUNK)):
            for name, together in groupby(some, key=lambda item: item.found.table):
                yield from self._of_table(name, list(together), run)

    def _of_table(self, name: str, items: list[Item], run: Run) -> Iterator[Record]:
        keys, shown = self._model.keys[name], self._shown[name]
        wanted = [keys.parse(item.locator) for item in items]
        own = keys.of(keys.table)
        query = sa.select(
            *own, *(keys.table.c[column].label(f"shown_{at}") for at, column in enumerate(shown))
        )
        rows = run(query.where(keys.among(keys.table, "wanted")), {"wanted": keys.bind(wanted)})
        width = len(own)
        found = {tuple(row[:width]): row[width:] for row in rows}
        withheld = self._withheld[name]
        for item, key in zip(items, wanted, strict=True):
            if (row := found.get(key)) is not None:
                yield Record(
                    system=self._model.system,
                    table=name,
                    unit=item.found.unit,
                    no=item.found.no,
                    values=dict(zip(shown, map(plain, row), strict=True)),
                    withheld=withheld,
                )


def _is_shown(column: ColumnMap) -> bool:
    return column.label is not None and column.kind in _SHOWN

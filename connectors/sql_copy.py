"""Copying: the content of items, streamed; secrets never leave, and what is withheld is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import groupby, islice
from typing import Any

import sqlalchemy as sa

from connectors.content import plain
from connectors.datamap import ColumnMap, Kind
from connectors.sql_events import Events
from connectors.sql_keys import Row
from connectors.sql_model import Model
from domain.item import Column, Item, Record, Role, Table

CHUNK = 1_000
"""Items fetched at a time."""

_WITHHELD = {Kind.SECRET: "secret", Kind.ATTACHMENT: "attachment"}
_AS_IS = frozenset({type(None), str, int, float, bool})
_SHOWN = frozenset({Kind.DATA, Kind.FREE_TEXT, Kind.KEY, Kind.RESTRICTION})

Connect = Callable[[], AbstractContextManager[sa.Connection]]
_Fetched = list[tuple[list[Item], list[Row | None]]]


def describe(model: Model) -> tuple[Table, ...]:
    """The tables as a dossier shows them, in the map's order."""
    events = Events(model)
    return tuple(
        Table(
            system=model.system,
            name=table.name,
            label=table.label,
            unit=table.own_unit,
            role=Role.CONTROLLER if table.role.when else table.role.fixed,
            basis=table.own_basis,
            source=table.own_source,
            columns=tuple(
                Column(name=column.name, label=column.label, written=column.kind is Kind.FREE_TEXT)
                for column in table.columns.values()
                if column.label is not None
            ),
            events=events.known(table.name),
            origin=table.origin.column if table.origin else "",
            origin_at=table.origin.at if table.origin else "",
            from_person=table.origin.person if table.origin else (),
            origins=dict(table.origin.named) if table.origin else {},
        )
        for table in model.map.tables.values()
    )


class Copier:
    """Copies items, a chunk at a time; no connection is held while the caller works on the last of them."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._shown: dict[str, tuple[str, ...]] = {}
        self._withheld: dict[str, dict[str, str]] = {}
        self._queries: dict[str, sa.Select[Any]] = {}
        for name, table in model.map.tables.items():
            columns = table.columns.values()
            self._shown[name] = tuple(column.name for column in columns if _is_shown(column))
            self._withheld[name] = {
                column.name: _WITHHELD[column.kind] for column in columns if column.kind in _WITHHELD
            }
            self._queries[name] = self._query(name)

    def _query(self, name: str) -> sa.Select[Any]:
        keys = self._model.keys[name]
        own = (column.label(f"key_{at}") for at, column in enumerate(keys.of(keys.table)))
        shown = (keys.table.c[column].label(f"shown_{at}") for at, column in enumerate(self._shown[name]))
        return sa.select(*own, *shown).where(keys.among(keys.table, "wanted"))

    def copy(self, items: Iterable[Item], connect: Connect) -> Iterator[Record]:
        """Records in the order of the items; what is gone since it was located is left out.

        The next chunk is fetched while the caller works on what it got: waiting for the database costs no time.
        """
        stream = iter(items)
        some = list(islice(stream, CHUNK))
        if len(some) < CHUNK:  # most persons: nothing comes after it, and so nobody is needed to fetch that
            yield from self._records_of(self._fetch_runs(some, connect) if some else [])
            return
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(self._fetch_runs, some, connect)
            while some := list(islice(stream, CHUNK)):
                ready, coming = coming, ahead.submit(self._fetch_runs, some, connect)
                yield from self._records_of(ready.result())
            yield from self._records_of(coming.result())

    def _fetch_runs(self, items: Sequence[Item], connect: Connect) -> _Fetched:
        runs = [list(run) for _, run in groupby(items, key=lambda item: item.found.table)]
        with connect() as connection:
            return [(run, self._fetch(connection, run)) for run in runs]

    def _records_of(self, fetched: _Fetched) -> Iterator[Record]:
        for run, rows in fetched:
            yield from self._records(run, rows)

    def _fetch(self, connection: sa.Connection, items: Sequence[Item]) -> list[Row | None]:
        """The rows of items of one table, in their order; None for one that is gone."""
        name = items[0].found.table
        keys = self._model.keys[name]
        wanted = [keys.parse(item.locator) for item in items]
        width = len(keys.columns)
        rows = connection.execute(self._queries[name], {"wanted": keys.bind(wanted)}).all()
        found = {row[:width]: row[width:] for row in rows}
        return [found.get(key) for key in wanted]

    def _records(self, items: Sequence[Item], rows: Sequence[Row | None]) -> Iterator[Record]:
        name = items[0].found.table
        shown, withheld = self._shown[name], self._withheld[name]
        for item, row in zip(items, rows, strict=True):
            if row is not None:
                told = [value if type(value) in _AS_IS else plain(value) for value in row]
                yield Record.trusted(
                    {
                        "system": self._model.system,
                        "table": name,
                        "unit": item.found.unit,
                        "no": item.found.no,
                        "values": dict(zip(shown, told, strict=True)),
                        "withheld": withheld,
                        "files": (),
                    }
                )


def _is_shown(column: ColumnMap) -> bool:
    return column.label is not None and column.kind in _SHOWN

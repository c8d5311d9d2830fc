"""Locating: the person's rows table by table, parents before children, in pages."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from connectors.base import read_cursor, write_cursor
from connectors.sql_model import Model
from connectors.sql_paths import Whose
from connectors.sql_rows import Place
from connectors.sql_search import Search
from connectors.sql_select import Selection
from domain.connector import Page
from domain.errors import BadInput
from domain.item import Item

PAGE = 2_000
"""Items a page: big enough that most persons are one page, small enough to hold in memory many times over."""


class Locator:
    """Pages through all tables; selections are built once for each set of active tables."""

    def __init__(self, model: Model, size: int) -> None:
        self._model = model
        self._size = size
        self._built: dict[tuple[frozenset[str], bool], tuple[Selection, ...]] = {}

    def selections(self, search: Search) -> tuple[Selection, ...]:
        """The tables that can lead to such a person, parents before children."""
        kind = (search.active, search.of_tenant)
        if kind not in self._built:
            whose = Whose(search.active, of_tenant=search.of_tenant)
            tables = self._model.catalogue.tables
            self._built[kind] = tuple(
                Selection(self._model, name, search)
                for name in self._model.order
                if self._model.paths.branches(name, tables[name], whose)
            )
        return self._built[kind]

    def page(self, connection: sa.Connection, search: Search, cursor: str, today: date) -> Page:
        """The items after the cursor."""
        place = self._read(cursor) if cursor else None
        items: list[Item] = []
        number = place.number if place else 1
        waiting = place is not None
        for selection in self.selections(search):
            if waiting and place and selection.name != place.table:
                continue
            start, waiting = place if waiting else None, False
            done = start.done if start else 0
            for row in selection.rows(connection, search, start, self._size - len(items), today):
                items.append(selection.item(row, number, search))
                number, done = number + 1, done + 1
                if len(items) == self._size:
                    return Page(items=tuple(items), cursor=_write(selection.place(row, done, number)))
        if waiting:  # of another person or an older map; an empty page would be a lie
            raise _malformed()
        return Page(items=tuple(items))

    def _read(self, cursor: str) -> Place:
        table, done, last, number = read_cursor(cursor, 4)
        known = table in self._model.map.tables and isinstance(last, list)
        if not known or not isinstance(done, int) or not isinstance(number, int):
            raise _malformed()
        return Place(table, done, tuple(last), number)


def _write(place: Place) -> str:
    return write_cursor([place.table, place.done, list(place.last), place.number])


def _malformed() -> BadInput:
    return BadInput("malformed-cursor", "start again from the first page")

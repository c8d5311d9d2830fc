"""What nobody asks for: rows whose retention is over, table by table, found by the dates and not by the person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from connectors.base import read_cursor, write_cursor
from connectors.datamap import Change, ColumnMap, TableMap
from connectors.datamap_columns import TOKEN
from connectors.sql_change import HASH_LENGTH
from connectors.sql_events import Events
from connectors.sql_guard import taken_along
from connectors.sql_model import Model
from connectors.sql_paths import Condition
from connectors.sql_rows import TODAY, Place, Rows, Which, certain, runs
from connectors.sql_schema import Reference
from connectors.sql_scope import held_as_controller, in_scope
from connectors.sql_select import CASCADE
from domain.connector import Ended, Page
from domain.errors import BadInput
from domain.item import Item
from domain.outcomes import Outcome


class Sweeper:
    """Pages through all tables; holds no connection and no personal data."""

    def __init__(self, model: Model, size: int) -> None:
        self._model = model
        self._size = size
        self._events = Events(model)

    def page(self, connection: sa.Connection, ended: Ended, as_of: date, cursor: str) -> Page:
        """The items after the cursor."""
        place = self._read(cursor) if cursor else None
        items: list[Item] = []
        number = place.number if place else 1
        for expired in self._tables(ended, place.table if place else ""):
            start = place if place and place.table == expired.name else None
            done = start.done if start else 0
            for row in expired.rows.fetch(connection, {TODAY: as_of}, start, self._size - len(items)):
                items.append(expired.item(row, number))
                number, done = number + 1, done + 1
                if len(items) == self._size:
                    at = expired.rows.place(row, done, number)
                    told = [at.table, at.done, list(at.last), at.number]
                    return Page(items=tuple(items), cursor=write_cursor(told))
        return Page(items=tuple(items))

    def _tables(self, ended: Ended, first: str) -> Iterator[_Expired]:
        names = self._model.order
        for name in names[names.index(first) if first else 0 :]:
            if _overdue(self._model, self._events, name, self._model.keys[name].table, ended) is not None:
                yield _Expired(self._model, self._events, name, ended)

    def _read(self, cursor: str) -> Place:
        table, done, last, number = read_cursor(cursor, 4)
        known = table in self._model.map.tables and isinstance(last, list)
        if not known or not isinstance(done, int) or not isinstance(number, int):
            raise BadInput("malformed-cursor", "start again from the first page")
        return Place(table, done, tuple(last), number)


class _Expired:
    """The expired rows of one table."""

    def __init__(self, model: Model, events: Events, name: str, ended: Ended) -> None:
        self.name = name
        self._table: TableMap = model.map.tables[name]
        row = model.keys[name].table.alias()
        conditions = [_overdue(model, events, name, row, ended), remains(self._table, row)]
        where = [one for one in conditions if one is not None]
        told = dict.fromkeys((*self._table.dates, *ended.get(self._table.own_unit, {})))
        self.rows = Rows(
            model,
            name,
            row,
            extras=dict(self._extra_columns(model, events, row, ended)),
            dates={event: dates for event in told if (dates := events.values(name, row, event))},
            which=lambda _after: Which(where),
        )

    def _extra_columns(
        self, model: Model, events: Events, row: sa.FromClause, ended: Ended
    ) -> Iterator[tuple[str, sa.ColumnElement[Any]]]:
        table = self._table
        if (controller := held_as_controller(model.paths, table, row)) is not None:
            yield "controller", controller
        if table.contract:
            running = model.paths.value_is(table.contract.value, row, runs(table.contract))
            yield "open", sa.func.coalesce(running, sa.true())

        def outside(reference: Reference, child: sa.FromClause) -> list[Condition]:
            goes = None
            if reference.child in model.map.tables:
                goes = _overdue(model, events, reference.child, child, ended)
            return [sa.true() if goes is None else sa.not_(certain(goes))]

        if table.on_erase is Outcome.ERASE:
            # One row that another refers to still would have the database refuse the whole batch, every night.
            taken = taken_along(model, self.name, row, outside, refused_too=True)
            if taken is not None:
                yield "taken", taken

    def item(self, row: sa.Row[Any], number: int) -> Item:
        """A row as `locate` would give it."""
        shared = self._table.kept_shared
        taken = CASCADE if not shared and self.rows.tells(row, "taken") else ""
        locator = self.rows.locator(row)
        return self.rows.item(row, locator, no=number, shared=shared, unsure=False, obstacle=taken)


def _overdue(model: Model, events: Events, name: str, row: sa.FromClause, ended: Ended) -> Condition | None:
    """Whether some event of a row that we hold for ourselves lies far enough back; None where none can."""
    table = model.map.tables[name]
    known: Mapping[str, date] = {
        event: by for event, by in ended.get(table.own_unit, {}).items() if event in events.known(name)
    }
    if not known:
        return None
    happened = [events.happened(name, row, event, by) for event, by in known.items()]
    return sa.and_(*in_scope(model.paths, table, row, of_tenant=False), sa.or_(*happened))


def remains(table: TableMap, row: sa.FromClause) -> Condition | None:
    """Whether a row still holds what anonymising hides; None where rows are not anonymised.

    A row that was anonymised stays, with its dates: without this every sweep would find it again.
    """
    if table.on_erase is not Outcome.ANONYMISE:
        return None
    tests = [_hidden_not_yet(column, row.c[column.name]) for column in table.columns.values() if column.rule]
    left = [test for test in tests if test is not None]
    return certain(*left) if left else sa.false()


def _hidden_not_yet(column: ColumnMap, value: sa.ColumnElement[Any]) -> Condition | None:
    rule = column.rule
    match rule.change if rule else Change.KEEP:
        case Change.CLEAR:
            return value.is_not(None)
        case Change.FIXED:
            return value != (rule.value if rule else None)
        case Change.UNIQUE:
            before, _, after = str(rule.value if rule else "").partition(TOKEN)
            hidden = (value.startswith(before, autoescape=True), value.endswith(after, autoescape=True))
            return sa.not_(sa.and_(*hidden))
        case Change.HASH:
            return sa.func.length(value) != HASH_LENGTH
        case _:
            return None

"""When something happened to a row: dates of its own, or of the rows that it belongs to.

A retention period counts from an event that mostly stands elsewhere: everything of an account goes some days after
the *account* expired. So a row without that date of its own takes it over along its `paths`, and its event has
happened only when it has for every row that they lead to: an address that two accounts share outlives the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from connectors.datamap import Lead
from connectors.sql_model import Model
from connectors.sql_paths import Condition, equals
from connectors.sql_rows import certain
from connectors.sql_schema import python_type
from domain.calendar import BANGKOK

Seen = frozenset[str]


class Events:
    """Conditions and values of the events of rows; holds no connection and no personal data."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def known(self, name: str) -> tuple[str, ...]:
        """The events that a table's rows tell or take over."""
        every = dict.fromkeys(event for table in self._model.map.tables.values() for event in table.dates)
        return tuple(event for event in every if self._knows(name, event, frozenset()))

    def happened(self, name: str, row: sa.FromClause, event: str, by: date) -> Condition:
        """Whether the event of a row lies on that Bangkok day or before it."""
        return self._happened(name, row, event, by, frozenset())

    def values(self, name: str, row: sa.FromClause, event: str) -> list[sa.ColumnElement[Any]]:
        """The dates of a row's event, the latest of which counts; none where it has no such event."""
        return list(self._values(name, row, event, frozenset()))

    def _knows(self, name: str, event: str, seen: Seen) -> bool:
        if event in self._model.map.tables[name].dates:
            return True
        return any(self._knows(_end(lead), event, seen | {name}) for lead in self._owners(name, seen))

    def _owners(self, name: str, seen: Seen) -> Iterator[Lead]:
        """The ways to the rows that a row belongs to; never round in a circle."""
        for lead in self._model.map.tables[name].leads:
            if lead.hops and _end(lead) not in seen | {name}:
                yield lead

    def _happened(self, name: str, row: sa.FromClause, event: str, by: date, seen: Seen) -> Condition:
        dates = self._model.map.tables[name].dates.get(event)
        value_is = self._model.paths.value_is
        if dates is not None:
            some = [value_is(value, row, lambda column: happened_by(column, by)) for value in dates]
            later = [value_is(value, row, lambda column: sa.not_(happened_by(column, by))) for value in dates]
            return sa.and_(certain(*some), sa.not_(certain(*later)))
        some, later = [], []
        for lead in self._owners(name, seen):
            own = [equals(row.c[column], value) for column, value in lead.where.items()]
            for ended, into in ((True, some), (False, later)):
                into.append(sa.and_(*own, self._led(lead, row, event, by, seen | {name}, ended=ended)))
        return sa.and_(certain(*some), sa.not_(certain(*later))) if some else sa.false()

    def _led(
        self, lead: Lead, row: sa.FromClause, event: str, by: date, seen: Seen, *, ended: bool
    ) -> Condition:
        """Whether the row belongs to one for which the event has happened, or has not."""

        def test(owner: sa.FromClause) -> Condition:
            happened = self._happened(_end(lead), owner, event, by, seen)
            return happened if ended else sa.not_(happened)

        return self._model.paths.leads_to(lead.hops, row, test)

    def _values(
        self, name: str, row: sa.FromClause, event: str, seen: Seen
    ) -> Iterator[sa.ColumnElement[Any]]:
        dates = self._model.map.tables[name].dates.get(event)
        if dates is not None:
            yield from (self._model.paths.latest(value, row) for value in dates)
            return
        for lead in self._owners(name, seen):
            own = [equals(row.c[column], value) for column, value in lead.where.items()]
            # As many values as the owner's table tells: each is the latest over all owners.
            for at in range(len(list(self._values(_end(lead), self._table(lead), event, seen | {name})))):
                latest = self._latest(lead, row, event, seen | {name}, at)
                yield sa.case((sa.and_(*own), latest)) if own else latest

    def _latest(
        self, lead: Lead, row: sa.FromClause, event: str, seen: Seen, at: int
    ) -> sa.ColumnElement[Any]:
        return self._model.paths.latest_of(
            lead.hops, row, lambda owner: list(self._values(_end(lead), owner, event, seen))[at]
        )

    def _table(self, lead: Lead) -> sa.FromClause:
        return self._model.catalogue.tables[_end(lead)]


def _end(lead: Lead) -> str:
    return lead.hops[-1].table


def happened_by(column: sa.ColumnElement[Any], by: date) -> Condition:
    """Whether a date or an instant lies on that Bangkok day or before it; an instant without its zone is UTC."""
    if python_type(sa.Column("", column.type)) is not datetime:
        return column <= by
    next_day = by + timedelta(days=1)
    midnight = datetime(next_day.year, next_day.month, next_day.day, tzinfo=BANGKOK).astimezone(UTC)
    return column < (midnight if getattr(column.type, "timezone", False) else midnight.replace(tzinfo=None))

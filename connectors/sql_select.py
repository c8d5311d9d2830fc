"""How one table is searched for a person: each row once, with all that the plan must know of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa

from connectors.datamap import TableMap
from connectors.sql_guard import beyond_plan
from connectors.sql_identifiers import normal
from connectors.sql_keys import VIA
from connectors.sql_model import Model
from connectors.sql_paths import Branch, Condition, Whose
from connectors.sql_rows import TODAY, Place, Rows, certain, runs
from connectors.sql_scope import held_as_controller, in_scope
from connectors.sql_search import Search
from domain.identifiers import Identifier
from domain.item import Item
from domain.outcomes import Outcome

CASCADE = "cascade-beyond-plan"
SEVERAL = "identifier-of-several"


class Selection:
    """How one table is searched for persons with rows in the same tables of persons."""

    def __init__(self, model: Model, name: str, search: Search) -> None:
        self.name = name
        self._model = model
        self._table: TableMap = model.map.tables[name]
        self._keys = model.keys[name]
        self._row = self._keys.table.alias()
        self._whose = Whose(search.active, of_tenant=search.of_tenant)
        self.branches = model.paths.branches(name, self._row, self._whose)
        self._scope = in_scope(model.paths, self._table, self._row, of_tenant=search.of_tenant)
        self._via = self._links()
        self._extras = dict(self._extra_columns())
        self._rows = Rows(
            model,
            name,
            self._row,
            extras=self._extras,
            dates={
                event: [model.paths.latest(value, self._row) for value in values]
                for event, values in self._table.dates.items()
            },
            which=lambda after: (*self._scope, self._is_persons(after=after)),
        )

    def _links(self) -> dict[str, Condition]:
        """By own columns: whether they point at this person; only where a row may be others' too."""
        shareable = self._table.on_erase is Outcome.DETACH or self._model.paths.can_be_shared(self._table)
        found: dict[str, Condition] = {}
        for branch in self.branches if shareable else ():
            together = ",".join(branch.links)
            held = branch.condition
            found[together] = sa.or_(found[together], held) if together in found else held
        return found

    def _extra_columns(self) -> Iterator[tuple[str, sa.ColumnElement[Any]]]:
        """What is computed beside a row's own columns."""
        table, paths = self._table, self._model.paths
        if (controller := held_as_controller(paths, table, self._row)) is not None:
            yield "controller", controller
        if table.contract:
            running = paths.value_is(table.contract.value, self._row, runs(table.contract), self._whose)
            # Of an unknown state it runs: what may still be owed is not erased on a guess.
            yield "open", sa.func.coalesce(running, sa.true())
        if self._via:
            others = paths.branches(self.name, self._row, Whose(self._whose.active, others=True))
            if others:
                yield "shared", certain(*(branch.condition for branch in others))
            for at, condition in enumerate(self._via.values()):
                yield f"via {at}", certain(condition)
        if any(branch.unsure is not None for branch in self.branches):
            yield "unsure", _unsure(self.branches)
        erases = table.on_erase is Outcome.ERASE
        taken = beyond_plan(self._model, self.name, self._row, self._whose) if erases else None
        if taken is not None:
            yield "taken", taken

    def _is_persons(self, *, after: bool = False) -> Condition:
        """Several ways are joined by UNION, never by OR, which no index serves."""
        if len(self.branches) == 1:
            return self.branches[0].condition
        row = self._keys.table.alias()
        branches = self._model.paths.branches(self.name, row, self._whose)
        rest = [self._keys.after(row)] if after else []
        ways = sa.union(*(sa.select(*self._keys.of(row)).where(one.condition, *rest) for one in branches))
        own = self._keys.of(self._row)
        inside = sa.select(*ways.subquery().columns)
        return own[0].in_(inside) if len(own) == 1 else sa.tuple_(*own).in_(inside)

    def rows(
        self, connection: sa.Connection, search: Search, place: Place | None, limit: int, today: date
    ) -> Iterator[sa.Row[Any]]:
        """Up to `limit` rows after a place, or from the start."""
        return self._rows.fetch(connection, {**search.parameters, TODAY: today}, place, limit)

    def item(self, row: sa.Row[Any], number: int) -> Item:
        """A row as the plan sees it."""
        table, tells = self._table, self._rows.tells
        shared, unsure = table.kept_shared or tells(row, "shared"), tells(row, "unsure")
        locator = self._rows.locator(row)
        if self._via and (shared or table.on_erase is Outcome.DETACH):
            via = [names for at, names in enumerate(self._via) if tells(row, f"via {at}")]
            locator[VIA] = [column for names in via for column in names.split(",")]
        # What is shared stays, and so takes nothing along.
        taken = CASCADE if not shared and tells(row, "taken") else ""
        obstacle = SEVERAL if unsure else taken
        return self._rows.item(row, locator, no=number, shared=shared, unsure=unsure, obstacle=obstacle)

    def place(self, row: sa.Row[Any], done: int, number: int) -> Place:
        """Where to go on after a row."""
        return self._rows.place(row, done, number)

    def identifiers(self, connection: sa.Connection, search: Search, today: date) -> set[Identifier]:
        """The identifiers that stand in the person's rows, those shared with others left out."""
        columns = [column for column in self._table.columns.values() if column.identifier]
        if not columns:
            return set()
        others = self._extras.get("shared")
        query = sa.select(*(self._row.c[column.name] for column in columns)).distinct()
        query = query.where(*self._scope, self._is_persons())
        if others is not None:
            query = query.where(sa.not_(others))
        found: set[Identifier] = set()
        for row in connection.execute(query, {**search.parameters, TODAY: today}):
            for column, value in zip(columns, row, strict=True):
                if column.identifier and (one := normal(column.identifier, value)):
                    found.add(one)
        return found


def _unsure(branches: list[Branch]) -> Condition:
    """Whether a row is reached only by identifiers that other persons have too."""
    sure = [
        branch.condition if branch.unsure is None else sa.and_(branch.condition, sa.not_(branch.unsure))
        for branch in branches
    ]
    return sa.not_(certain(*sure))

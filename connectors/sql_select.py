"""How one table is searched for a person: each row once, with all that the plan must know of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa

from connectors.datamap import TableMap
from connectors.sql_guard import beyond_plan
from connectors.sql_identifiers import normal
from connectors.sql_keys import TERMS, VIA
from connectors.sql_model import Model
from connectors.sql_paths import Branch, Condition, Whose, is_any
from connectors.sql_rows import TODAY, Place, Rows, Which, certain, runs
from connectors.sql_scope import held_as_controller, in_scope
from connectors.sql_search import Search
from domain.identifiers import Identifier
from domain.item import Item
from domain.outcomes import Outcome

CASCADE = "cascade-beyond-plan"
SEVERAL = "identifier-of-several"
APPEND_ONLY = "table-append-only"


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
            which=self._which,
        )

    def _links(self) -> dict[str, Condition]:
        """By own columns: whether they point at this person; only where a row may be others' too."""
        detached = {self._table.on_erase, *(lead.on_erase for lead in self._table.leads)}
        shareable = Outcome.DETACH in detached or self._model.paths.can_be_shared(self._table)
        found: dict[str, Condition] = {}
        for branch in self.branches if shareable else ():
            if branch.mention:
                continue
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
        if table.draft:
            states = table.draft.states
            draft = paths.value_is(table.draft.value, self._row, lambda column: is_any(column, states))
            yield "draft", certain(draft)
        erases = Outcome.ERASE in {table.on_erase, *(lead.on_erase for lead in table.leads)}
        erases = erases or bool(table.draft and table.draft.on_erase is Outcome.ERASE)
        taken = beyond_plan(self._model, self.name, self._row, self._whose) if erases else None
        if taken is not None:
            yield "taken", taken

    def _which(self, after: bool) -> Which:  # noqa: FBT001 - called by position
        """The conditions of the person's rows, and by which way each was reached."""
        if len(self.branches) == 1:
            return Which((*self._scope, self.branches[0].condition))
        if any(isinstance(one, sa.False_) for one in self._scope):
            return Which((sa.false(),), sa.literal_column("0"))
        ways = self._ways(after=after)
        own = [column == ways.c[str(at)] for at, column in enumerate(self._keys.of(self._row))]
        return Which((*self._scope, *own), ways.c.way)

    def _ways(self, *, after: bool = False) -> sa.Subquery:
        """Several ways are joined by UNION, never by OR, which no index serves; the first that leads there counts."""
        row = self._keys.table.alias()
        rest = [self._keys.after(row)] if after else []
        keys = [column.label(str(at)) for at, column in enumerate(self._keys.of(row))]
        found = sa.union_all(
            *(
                sa.select(*keys, sa.literal_column(str(way)).label("way")).where(one.condition, *rest)
                for way, one in enumerate(self._model.paths.branches(self.name, row, self._whose))
            )
        ).subquery()
        names = [found.c[str(at)] for at in range(len(keys))]
        return sa.select(*names, sa.func.min(found.c.way).label("way")).group_by(*names).subquery()

    def _is_persons(self) -> Condition:
        if len(self.branches) == 1:
            return self.branches[0].condition
        ways = self._ways()
        own = self._keys.of(self._row)
        inside = sa.select(*(ways.c[str(at)] for at in range(len(own))))
        return own[0].in_(inside) if len(own) == 1 else sa.tuple_(*own).in_(inside)

    def rows(
        self, connection: sa.Connection, search: Search, place: Place | None, limit: int, today: date
    ) -> Iterator[sa.Row[Any]]:
        """Up to `limit` rows after a place, or from the start."""
        return self._rows.fetch(connection, {**search.parameters, TODAY: today}, place, limit)

    def item(self, row: sa.Row[Any], number: int, search: Search) -> Item:
        """A row as the plan sees it."""
        table, tells = self._table, self._rows.tells
        way = self.branches[self._rows.way(row)]
        lead = way.lead
        on_erase = lead.on_erase if lead and lead.on_erase else table.on_erase
        named = way.mention and not (lead and lead.on_erase)
        kept = lead.kept_shared if lead and lead.on_erase else table.kept_shared
        draft = table.draft if table.draft and tells(row, "draft") else None
        if draft and draft.on_erase:
            on_erase = draft.on_erase
        is_link = lead.is_link if lead and lead.on_erase else table.is_link
        shared = not is_link and (kept or named or tells(row, "shared"))
        unsure = tells(row, "unsure")
        locator = self._rows.locator(row)
        if self._via and (shared or on_erase is Outcome.DETACH):
            via = [names for at, names in enumerate(self._via) if tells(row, f"via {at}")]
            locator[VIA] = [column for names in via for column in names.split(",") if column]
        if table.redactable and (shared or on_erase is Outcome.DETACH):
            locator[TERMS] = {kind.value: list(values) for kind, values in search.terms.items() if values}
        told: dict[str, Any] = {"shared": shared, "unsure": unsure, "on_erase": on_erase, "how": way.how}
        # What is shared stays, and so takes nothing along.
        taken = CASCADE if not shared and tells(row, "taken") else APPEND_ONLY if table.append_only else ""
        told["obstacle"] = SEVERAL if unsure else taken
        if draft:
            told |= {"unit": draft.unit, "holds": ()}
        return self._rows.item(row, locator, no=number, **told)

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

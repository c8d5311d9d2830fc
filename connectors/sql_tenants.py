"""What is held for tenants whose contract has ended: found by the tenant and not by the person (s.40 ¶3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from connectors.base import read_cursor, write_cursor
from connectors.datamap import TableMap, TenantsMap
from connectors.sql_events import Events, happened_by
from connectors.sql_expired import remains
from connectors.sql_guard import taken_along
from connectors.sql_model import Model
from connectors.sql_paths import Condition
from connectors.sql_rows import TODAY, Place, Rows, Which, certain, day_of
from connectors.sql_schema import Reference
from connectors.sql_scope import TENANT, held_as_controller, in_scope
from connectors.sql_select import CASCADE
from domain.agreements import EndedContract
from domain.connector import Page
from domain.errors import BadInput
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Item
from domain.outcomes import Outcome
from domain.retention import Since


class TenantSweeper:
    """Lists ended contracts and pages through what is held for one; holds no connection and no personal data."""

    def __init__(self, model: Model, tenants: TenantsMap, size: int) -> None:
        self._model, self._tenants, self._size = model, tenants, size
        self._events = Events(model)
        self._table = model.catalogue.tables[tenants.table]

    def ended(self, connection: sa.Connection, as_of: date, tenant: str = "") -> Iterator[EndedContract]:
        """Tenants whose contract ended before that day, or that one if it did."""
        told, columns = self._tenants, self._table.c
        name = sa.cast(columns[told.name], sa.String)
        shown = [
            name.label("tenant"),
            columns[told.ended].label("ended"),
            (columns[told.called] if told.called else sa.literal("")).label("called"),
            (columns[told.contact] if told.contact else sa.null()).label("contact"),
        ]
        over = happened_by(columns[told.ended], as_of - timedelta(days=1))
        wanted = sa.select(*shown).where(columns[told.ended].is_not(None), over)
        if tenant:
            wanted = wanted.where(name == tenant)
        for row in connection.execute(wanted.order_by(name)):
            if (ended_on := day_of(row.ended)) is not None:
                called, contact = str(row.called or ""), _contact(row.contact)
                yield EndedContract(tenant=row.tenant, ended_on=ended_on, called=called, contact=contact)

    def page(self, connection: sa.Connection, tenant: str, as_of: date, cursor: str) -> Page:
        """The items after the cursor; none while the tenant's contract runs."""
        contract = next(iter([*self.ended(connection, as_of, tenant)]), None)
        if contract is None:
            return Page(items=())
        place = self._read(cursor) if cursor else None
        items: list[Item] = []
        number = place.number if place else 1
        bound = {TODAY: as_of, TENANT: tenant}
        for held in self._held(place.table if place else ""):
            start = place if place and place.table == held.name else None
            done = start.done if start else 0
            for row in held.rows.fetch(connection, bound, start, self._size - len(items)):
                items.append(held.item(row, number, contract.ended_on))
                number, done = number + 1, done + 1
                if len(items) == self._size:
                    at = held.rows.place(row, done, number)
                    return Page(
                        items=tuple(items),
                        cursor=write_cursor([at.table, at.done, list(at.last), at.number]),
                    )
        return Page(items=tuple(items))

    def _held(self, first: str) -> Iterator[_Held]:
        names = self._model.order
        for name in names[names.index(first) if first else 0 :]:
            if self._model.map.tables[name].tenant is not None:
                yield _Held(self._model, self._events, name)

    def _read(self, cursor: str) -> Place:
        table, done, last, number = read_cursor(cursor, 4)
        known = table in self._model.map.tables and isinstance(last, list)
        if not known or not isinstance(done, int) or not isinstance(number, int):
            raise BadInput("malformed-cursor", "start again from the first page")
        return Place(table, done, tuple(last), number)


class _Held:
    """The rows of one table that are held for the tenant bound as `TENANT`."""

    def __init__(self, model: Model, events: Events, name: str) -> None:
        self.name = name
        self._table: TableMap = model.map.tables[name]
        row = model.keys[name].table.alias()
        of_tenant = in_scope(model.paths, self._table, row, of_tenant=True)
        where = [one for one in (*of_tenant, remains(self._table, row)) if one is not None]
        self.rows = Rows(
            model,
            name,
            row,
            extras=dict(self._extra_columns(model, row)),
            dates={event: dates for event in self._table.dates if (dates := events.values(name, row, event))},
            which=lambda _after: Which(where),
        )

    def _extra_columns(self, model: Model, row: sa.FromClause) -> Iterator[tuple[str, sa.ColumnElement[Any]]]:
        if (controller := held_as_controller(model.paths, self._table, row)) is not None:
            yield "controller", controller

        def outside(reference: Reference, child: sa.FromClause) -> list[Condition]:
            """A row of nobody's map, of another tenant or of the company itself goes with none of this one's."""
            table = model.map.tables.get(reference.child)
            if table is None or table.tenant is None:
                return [sa.true()]
            return [sa.not_(certain(sa.and_(*in_scope(model.paths, table, child, of_tenant=True))))]

        if self._table.on_erase is Outcome.ERASE:
            taken = taken_along(model, self.name, row, outside, refused_too=True)
            if taken is not None:
                yield "taken", taken

    def item(self, row: sa.Row[Any], number: int, ended_on: date) -> Item:
        """A row as `locate` would give it in the tenant's scope, with the day on which its contract ended."""
        taken = CASCADE if self.rows.tells(row, "taken") else ""
        item = self.rows.item(
            row, self.rows.locator(row), no=number, shared=False, unsure=False, obstacle=taken
        )
        dates = {**item.found.dates, Since.CONTRACT_ENDED_ON.value: ended_on}
        return item.model_copy(update={"found": item.found.model_copy(update={"dates": dates})})


def _contact(value: object) -> Identifier | None:
    """The tenant's address; one that is malformed is none, and an officer names it."""
    try:
        return identifier(IdentifierKind.EMAIL, str(value)) if value else None
    except BadInput:
        return None

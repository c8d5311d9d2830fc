"""Which rows of persons carry an identifier: found by SQL, decided in the engine's normal form."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from connectors.datamap import ColumnMap
from connectors.sql_identifiers import comparable, normal, spellings
from connectors.sql_model import Model
from connectors.sql_scope import TENANT, in_scope
from domain.identifiers import Identifier, IdentifierKind

Carried = frozenset[Identifier]


class Matcher:
    """Looks identifiers up in the tables of persons; statements are built once for each kind of question."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._built: dict[tuple[str, frozenset[IdentifierKind], bool], sa.Select[Any] | None] = {}

    def rows(
        self, connection: sa.Connection, table: str, wanted: Collection[Identifier], tenant: str
    ) -> list[tuple[sa.RowMapping, Carried]]:
        """Rows of persons in scope with any of the identifiers, and which of them each carries."""
        kinds = frozenset(one.kind for one in wanted)
        question = (table, kinds, bool(tenant))
        if question not in self._built:
            self._built[question] = self._query(table, kinds, of_tenant=bool(tenant))
        query = self._built[question]
        if query is None:
            return []
        columns = self.columns(table)
        parameters: dict[str, Any] = {TENANT: tenant} if tenant else {}
        for column in columns:
            if column.identifier in kinds:
                values = [one.value for one in wanted if one.kind is column.identifier]
                parameters[f"given_{column.name}"] = spellings(column.identifier, values, column.stored)
        given = frozenset(wanted)
        found = connection.execute(query, parameters).mappings()
        matched = ((row, carried_by(row, columns) & given) for row in found)
        return [(row, carried) for row, carried in matched if carried]

    def columns(self, table: str) -> tuple[ColumnMap, ...]:
        """The columns of a table that are flagged as identifiers."""
        return tuple(column for column in self._model.map.tables[table].columns.values() if column.identifier)

    def _query(
        self, name: str, kinds: frozenset[IdentifierKind], *, of_tenant: bool
    ) -> sa.Select[Any] | None:
        row = self._model.catalogue.tables[name].alias()
        tests = [
            comparable(column.identifier, row.c[column.name], column.stored).in_(
                sa.bindparam(f"given_{column.name}", expanding=True)
            )
            for column in self.columns(name)
            if column.identifier in kinds
        ]
        if not tests:
            return None
        scope = in_scope(self._model.paths, self._model.map.tables[name], row, of_tenant=of_tenant)
        return sa.select(row).where(sa.or_(*tests), *scope).order_by(*self._model.keys[name].of(row))


def carried_by(row: sa.RowMapping, columns: Iterable[ColumnMap]) -> Carried:
    """The identifiers that stand in a row's columns."""
    found = (normal(column.identifier, row[column.name]) for column in columns if column.identifier)
    return frozenset(one for one in found if one is not None)

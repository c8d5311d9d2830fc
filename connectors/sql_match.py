"""Which rows of persons carry an identifier: found by SQL, decided in the engine's normal form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from connectors.datamap import ColumnMap, Hop
from connectors.sql_identifiers import comparable, filed, spellings
from connectors.sql_keys import Row, chunks
from connectors.sql_model import Model
from connectors.sql_scope import TENANT, in_scope
from domain.identifiers import Identifier, IdentifierKind

Carried = frozenset[Identifier]
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Beside:
    """A table beside one of persons, with identifiers of theirs; `hop` leads from it to them."""

    name: str
    hop: Hop


class Matcher:
    """Looks identifiers up in the tables of persons; statements are built once for each kind of question."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._built: dict[tuple[str, frozenset[IdentifierKind], bool], sa.Select[Any] | None] = {}
        self._beside = {
            name: tuple(_Beside(one, _hop_to(model, one, name)) for one in person.known_by)
            for name, person in model.map.persons.items()
        }

    def rows(
        self, connection: sa.Connection, table: str, wanted: Collection[Identifier], tenant: str
    ) -> list[tuple[sa.RowMapping, Carried]]:
        """Rows of persons in scope with any of the identifiers, and which of them each carries."""
        found = {self._key(table, row): row for row in self._own(connection, table, wanted, tenant)}
        for beside in self._beside[table]:
            there = self._there(connection, beside, wanted)
            found |= {
                self._key(table, row): row for row in self._at(connection, table, beside, there, tenant)
            }
        given = frozenset(wanted)
        carried = self.carried(connection, table, list(found.values()))
        return [(row, carried[key] & given) for key, row in found.items() if carried[key] & given]

    def carried(
        self, connection: sa.Connection, table: str, rows: Sequence[sa.RowMapping]
    ) -> Mapping[Row, Carried]:
        """By key: the identifiers that stand in rows of persons, and beside them."""
        columns = self.columns(table)
        found = {self._key(table, row): set(carried_by(row, columns)) for row in rows}
        for beside in self._beside[table]:
            by_target = {
                tuple(row[name] for name in beside.hop.targets): self._key(table, row) for row in rows
            }
            own = self._model.catalogue.tables[beside.name]
            links = [own.c[name] for name in beside.hop.columns]
            for some in chunks(list(by_target), _AT_ONCE):
                for row in connection.execute(sa.select(own).where(_are_any(links, some))).mappings():
                    target = tuple(row[name] for name in beside.hop.columns)
                    found[by_target[target]] |= carried_by(row, self.columns(beside.name))
        return {key: frozenset(several) for key, several in found.items()}

    def columns(self, table: str) -> tuple[ColumnMap, ...]:
        """The columns of a table that are flagged as identifiers."""
        return tuple(column for column in self._model.map.tables[table].columns.values() if column.identifier)

    def _key(self, table: str, row: sa.RowMapping) -> Row:
        return tuple(row[column] for column in self._model.keys[table].columns)

    def _own(
        self, connection: sa.Connection, table: str, wanted: Collection[Identifier], tenant: str
    ) -> Sequence[sa.RowMapping]:
        kinds = frozenset(one.kind for one in wanted)
        question = (table, kinds, bool(tenant))
        if question not in self._built:
            self._built[question] = self._query(table, kinds, of_tenant=bool(tenant))
        query = self._built[question]
        if query is None:
            return ()
        parameters = self._spelt(table, wanted) | ({TENANT: tenant} if tenant else {})
        return connection.execute(query, parameters).mappings().all()

    def _there(self, connection: sa.Connection, beside: _Beside, wanted: Collection[Identifier]) -> list[Row]:
        """What rows beside that carry an identifier say of whose they are."""
        own = self._model.catalogue.tables[beside.name]
        tests = self._tests(beside.name, own, frozenset(one.kind for one in wanted))
        if not tests:
            return []
        query = sa.select(*(own.c[name] for name in beside.hop.columns)).where(sa.or_(*tests)).distinct()
        found = connection.execute(query, self._spelt(beside.name, wanted))
        return [tuple(row) for row in found if None not in row]

    def _at(
        self, connection: sa.Connection, table: str, beside: _Beside, there: list[Row], tenant: str
    ) -> Iterator[sa.RowMapping]:
        person = self._model.catalogue.tables[table]
        scope = in_scope(self._model.paths, self._model.map.tables[table], person, of_tenant=bool(tenant))
        targets = [person.c[name] for name in beside.hop.targets]
        bound = {TENANT: tenant} if tenant else {}
        for some in chunks(there, _AT_ONCE):
            query = sa.select(person).where(_are_any(targets, some), *scope)
            yield from connection.execute(query, bound).mappings()

    def _spelt(self, table: str, wanted: Collection[Identifier]) -> dict[str, Any]:
        parameters: dict[str, Any] = {}
        for column in self.columns(table):
            values = [one.value for one in wanted if one.kind is column.identifier]
            if values and column.identifier:
                parameters[f"given_{column.name}"] = spellings(column.identifier, values, column.stored)
        return parameters

    def _tests(
        self, name: str, row: sa.FromClause, kinds: frozenset[IdentifierKind]
    ) -> list[sa.ColumnElement[bool]]:
        return [
            comparable(column.identifier, row.c[column.name], column.stored).in_(
                sa.bindparam(f"given_{column.name}", expanding=True)
            )
            for column in self.columns(name)
            if column.identifier in kinds
        ]

    def _query(
        self, name: str, kinds: frozenset[IdentifierKind], *, of_tenant: bool
    ) -> sa.Select[Any] | None:
        row = self._model.catalogue.tables[name].alias()
        tests = self._tests(name, row, kinds)
        if not tests:
            return None
        scope = in_scope(self._model.paths, self._model.map.tables[name], row, of_tenant=of_tenant)
        return sa.select(row).where(sa.or_(*tests), *scope).order_by(*self._model.keys[name].of(row))


def _hop_to(model: Model, beside: str, table: str) -> Hop:
    leads = model.map.tables[beside].leads
    return next(lead.hops[0] for lead in leads if len(lead.hops) == 1 and lead.hops[0].table == table)


def _are_any(columns: Sequence[sa.ColumnElement[Any]], values: Sequence[Row]) -> sa.ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([value[0] for value in values])
    return sa.tuple_(*columns).in_(list(values))


def carried_by(row: sa.RowMapping, columns: Iterable[ColumnMap]) -> Carried:
    """The identifiers that stand in a row's columns."""
    found = (filed(column.identifier, row[column.name]) for column in columns if column.identifier)
    return frozenset(one for one in found if one is not None)

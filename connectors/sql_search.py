"""Who is meant, and by what they may be searched for: candidates, anchors, identifiers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from connectors.content import plain
from connectors.datamap import ColumnMap, PersonMap
from connectors.sql_identifiers import normal, spellings
from connectors.sql_keys import TABLE, Row
from connectors.sql_match import Matcher, carried_by
from connectors.sql_model import Model
from connectors.sql_paths import known
from connectors.sql_scope import TENANT, in_scope
from domain.errors import Refused
from domain.identifiers import Identifier, IdentifierKind
from domain.item import Candidate, Subject

_ON_FILE = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})
_MERGES = 20  # a chain of merged duplicates longer than this is a circle


Anchors = Mapping[Row, sa.RowMapping | None]
"""Rows of one person by key; None where the row is gone, but others may still name its key."""


@dataclass(frozen=True, slots=True)
class Search:
    """A person as SQL parameters: `active` names the tables of persons that they have, or had, rows in."""

    active: frozenset[str]
    of_tenant: bool
    parameters: Mapping[str, Any]


class Searcher:
    """Finds persons in the tables of persons."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._matcher = Matcher(model)

    def resolve(
        self, connection: sa.Connection, identifiers: Sequence[Identifier], tenant: str
    ) -> tuple[Candidate, ...]:
        """Every person in scope whom any of the identifiers may mean; merged duplicates as who they are."""
        found: list[tuple[Candidate, str]] = []
        for person in self._model.map.persons.values():
            matched = [row for row, _ in self._matcher.rows(connection, person.table, identifiers, tenant)]
            survivors = self._survivors(connection, person, matched, tenant)
            found += [self._candidate(person, row) for row in survivors]
        # A value that two of our own candidates have cannot tell that they are one person.
        counted = Counter(value for _, value in found)
        return tuple(
            candidate.model_copy(update={"same_as": value if counted[value] == 1 else ""})
            for candidate, value in found
        )

    def _survivors(
        self, connection: sa.Connection, person: PersonMap, rows: Iterable[sa.RowMapping], tenant: str
    ) -> list[sa.RowMapping]:
        keys = self._model.keys[person.table]
        found: dict[Row, sa.RowMapping] = {}
        for start in rows:
            row, steps = start, 0
            while person.merged_into and row[person.merged_into] is not None:
                query = self._in_scope(person.table, tenant).where(keys.among(keys.table, "into"))
                bound = {"into": keys.bind([(row[person.merged_into],)]), **_scope_of(tenant)}
                onward = connection.execute(query, bound).mappings().one_or_none()
                steps += 1
                if onward is None or steps > _MERGES:
                    break
                row = onward
            found.setdefault(tuple(row[column] for column in keys.columns), row)
        return list(found.values())

    def _candidate(self, person: PersonMap, row: sa.RowMapping) -> tuple[Candidate, str]:
        table = self._model.map.tables[person.table]
        keys = self._model.keys[person.table]
        values = row
        carried = carried_by(row, self._matcher.columns(person.table))
        candidate = Candidate(
            system=self._model.system,
            locator={TABLE: person.table, **keys.locator([values[column] for column in keys.columns])},
            shown={name: str(plain(values[name])) for name in person.shown if values[name] is not None},
            addresses=tuple(
                sorted(
                    (one for one in carried if one.kind in _ON_FILE), key=lambda one: (one.kind, one.value)
                )
            ),
        )
        return candidate, self._same_as(table.columns.get(person.same_as), values)

    @staticmethod
    def _same_as(column: ColumnMap | None, values: Mapping[Any, Any]) -> str:
        if column is None or values[column.name] is None:
            return ""
        known_by = normal(column.identifier, values[column.name]) if column.identifier else None
        return known_by.value if known_by else str(plain(values[column.name]))

    def search(self, connection: sa.Connection, subject: Subject) -> Search:
        """What the person may be searched by: their rows, merged duplicates included, and their identifiers.

        An identifier that was given but stands in another person's row is not followed: whoever gave it may
        be wrong, or lying. One that stands in the person's own row and in another's is followed as unsure.
        """
        rows = self._anchors(connection, subject)
        parameters: dict[str, Any] = _scope_of(subject.tenant)
        for name in self._model.map.persons:
            keys = tuple(rows.get(name, ()))
            parameters[self._model.paths.anchors(name)] = self._model.keys[name].bind(keys)
        if self._model.followed:
            own, doubtful = self._identifiers(connection, subject, rows)
            for kind, stored in self._model.followed:
                everything = [one.value for one in own if one.kind is kind]
                sure = [one.value for one in own - doubtful if one.kind is kind]
                parameters[known(kind, stored)] = spellings(kind, everything, stored)
                parameters[known(kind, stored, sure=True)] = spellings(kind, sure, stored)
        return Search(frozenset(name for name in rows if rows[name]), bool(subject.tenant), parameters)

    def _key_of(self, table: str, row: sa.RowMapping) -> Row:
        return tuple(row[column] for column in self._model.keys[table].columns)

    def _anchors(self, connection: sa.Connection, subject: Subject) -> dict[str, Anchors]:
        wanted: dict[str, list[Row]] = {}
        for locator in subject.anchors.get(self._model.system, ()):
            name = str(locator.get(TABLE, ""))
            if name not in self._model.map.persons:
                raise Refused("locator-malformed", "resolve again", system=self._model.system)
            wanted.setdefault(name, []).append(self._model.keys[name].parse(locator))
        return {
            name: self._with_merged(connection, name, keys, subject.tenant) for name, keys in wanted.items()
        }

    def _with_merged(self, connection: sa.Connection, name: str, wanted: list[Row], tenant: str) -> Anchors:
        """The wanted rows, and those that were merged into them; none that stands outside the scope.

        A wanted row that is gone keeps its key: after its erasure the proof must still find what names it.
        """
        person, keys = self._model.map.persons[name], self._model.keys[name]
        among = keys.among(keys.table, "wanted")
        bound = {"wanted": keys.bind(wanted), **_scope_of(tenant)}
        standing = connection.execute(sa.select(*keys.of(keys.table)).where(among), bound).all()
        found: dict[Row, sa.RowMapping | None] = dict.fromkeys(set(wanted) - {tuple(key) for key in standing})
        for row in connection.execute(self._in_scope(name, tenant).where(among), bound).mappings():
            found[self._key_of(name, row)] = row
        frontier = list(found) if person.merged_into else []
        while frontier:
            into = keys.table.c[person.merged_into].in_(sa.bindparam("into", expanding=True))
            bound = {"into": keys.bind(frontier), **_scope_of(tenant)}
            rows = connection.execute(self._in_scope(name, tenant).where(into), bound).mappings()
            fresh = {self._key_of(name, row): row for row in rows}
            frontier = [key for key in fresh if key not in found]
            found |= {key: fresh[key] for key in frontier}
        return found

    def _in_scope(self, name: str, tenant: str) -> sa.Select[Any]:
        table = self._model.keys[name].table
        scope = in_scope(self._model.paths, self._model.map.tables[name], table, of_tenant=bool(tenant))
        return sa.select(table).where(*scope)

    def _identifiers(
        self, connection: sa.Connection, subject: Subject, rows: Mapping[str, Anchors]
    ) -> tuple[frozenset[Identifier], frozenset[Identifier]]:
        """The identifiers to follow, and those of them that other persons in scope have too."""
        kinds = {kind for kind, _ in self._model.followed}
        own: set[Identifier] = set()
        for name, anchored in rows.items():
            columns = self._matcher.columns(name)
            there = [row for row in anchored.values() if row is not None]
            own |= {one for row in there for one in carried_by(row, columns) if one.kind in kinds}
        everything = own | {one for one in subject.identifiers if one.kind in kinds}
        others: set[Identifier] = set()
        for name in self._model.map.persons:
            mine = rows.get(name, {})
            for row, carried in self._matcher.rows(connection, name, everything, subject.tenant):
                if self._key_of(name, row) not in mine:
                    others |= carried
        return frozenset(everything - (others - own)), frozenset(others & own)


def _scope_of(tenant: str) -> dict[str, Any]:
    return {TENANT: tenant} if tenant else {}

"""Who is meant, and by what they may be searched for: candidates, anchors, identifiers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from connectors.content import plain
from connectors.datamap import Change, ColumnMap, PersonMap
from connectors.mentions import Terms, names_of, pattern, plain_parts
from connectors.sql_identifiers import filed, normal, spellings
from connectors.sql_keys import TABLE, Row
from connectors.sql_match import Matcher
from connectors.sql_model import Model
from connectors.sql_paths import known, said
from connectors.sql_scope import TENANT, in_scope
from domain.errors import Refused
from domain.identifiers import Identifier, IdentifierKind
from domain.item import Candidate, Subject

_ON_FILE = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})
SAID = (IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.NAME)
_MERGES = 20  # a chain of merged duplicates longer than this is a circle


Anchors = Mapping[Row, sa.RowMapping | None]
"""Rows of one person by key; None where the row is gone, but others may still name its key."""


_Resolved = tuple[Candidate, str, Identifier | None]
"""A candidate, its value of `same_as`, and what it is one person by."""


@dataclass(frozen=True, slots=True)
class Search:
    """A person as SQL parameters: `active` names the tables of persons that they have, or had, rows in.

    `terms` are what texts may call them.
    """

    active: frozenset[str]
    of_tenant: bool
    parameters: Mapping[str, Any]
    terms: Terms = field(default_factory=dict)


class Searcher:
    """Finds persons in the tables of persons."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._matcher = Matcher(model)
        self._callings = Callings(model, self)

    def resolve(
        self, connection: sa.Connection, identifiers: Sequence[Identifier], tenant: str
    ) -> tuple[Candidate, ...]:
        """Every person in scope whom any of the identifiers may mean; merged duplicates as who they are."""
        found: list[_Resolved] = []
        for person in self._model.map.persons.values():
            matched = [row for row, _ in self._matcher.rows(connection, person.table, identifiers, tenant)]
            survivors = self._survivors(connection, person, matched, tenant)
            survivors = self._without_twins(connection, person, survivors)
            found += [
                (*self._candidate(connection, person, row), self._one_by(person, row)) for row in survivors
            ]
        found = self._one_each(found)
        # A value that two of our own candidates have cannot tell that they are one person.
        counted = Counter(value for _, value, _ in found)
        return tuple(
            candidate.model_copy(update={"same_as": value if counted[value] == 1 else ""})
            for candidate, value, _ in found
        )

    @staticmethod
    def _one_each(found: Iterable[_Resolved]) -> list[_Resolved]:
        """Each person once: of rows that the map calls one person's, the first stands for all."""
        kept: dict[Identifier, _Resolved] = {}
        alone: list[_Resolved] = []
        for one in found:
            if one[2] is None:
                alone.append(one)
            else:
                kept.setdefault(one[2], one)
        return [*kept.values(), *alone]

    def _one_by(self, person: PersonMap, row: Mapping[Any, Any]) -> Identifier | None:
        column = self._model.map.tables[person.table].columns.get(person.one_by)
        return filed(column.identifier, row[column.name]) if column and column.identifier else None

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

    def _same(self, connection: sa.Connection, person: PersonMap, keys: Sequence[Row]) -> frozenset[Row]:
        """The keys of rows that the map's hops call the same person's."""
        if not person.same_by or not keys:
            return frozenset()
        query = self._model.paths.same_persons(person.table, person.same_by)
        found = connection.execute(query, {"from": self._model.keys[person.table].bind(keys)})
        return frozenset(tuple(key) for key in found)

    def _without_twins(
        self, connection: sa.Connection, person: PersonMap, rows: list[sa.RowMapping]
    ) -> list[sa.RowMapping]:
        """Of rows that are one person's, the first."""
        kept: list[sa.RowMapping] = []
        same: set[Row] = set()
        for row in rows:
            key = self._key_of(person.table, row)
            if key not in same:
                kept.append(row)
                same |= self._same(connection, person, [key])
        return kept

    def _candidate(
        self, connection: sa.Connection, person: PersonMap, row: sa.RowMapping
    ) -> tuple[Candidate, str]:
        table = self._model.map.tables[person.table]
        keys = self._model.keys[person.table]
        values = row
        (carried,) = self._matcher.carried(connection, person.table, [row]).values()
        candidate = Candidate(
            system=self._model.system,
            locator={TABLE: person.table, **keys.locator([values[column] for column in keys.columns])},
            shown={name: str(plain(values[name])) for name in person.shown if values[name] is not None},
            addresses=tuple(
                sorted((one for one in carried if _reaches(one)), key=lambda one: (one.kind, one.value))
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
            kinds = frozenset(kind for kind, _ in self._model.followed)
            own, doubtful = self.identifiers(connection, subject, rows, kinds)
            for kind, stored in self._model.followed:
                everything = [one.value for one in own if one.kind is kind]
                sure = [one.value for one in own - doubtful if one.kind is kind]
                parameters[known(kind, stored)] = spellings(kind, everything, stored)
                parameters[known(kind, stored, sure=True)] = spellings(kind, sure, stored)
        terms: Terms = {}
        if self._model.mentioned:
            terms, certain = self._callings.of(connection, subject, rows)
            for kind in SAID:
                parameters[said(kind)] = pattern(terms, (kind,))
                parameters[said(kind, sure=True)] = pattern(certain, (kind,))
        active = frozenset(name for name in rows if rows[name])
        return Search(active, bool(subject.tenant), parameters, terms)

    def _key_of(self, table: str, row: sa.RowMapping) -> Row:
        return tuple(row[column] for column in self._model.keys[table].columns)

    def _anchors(self, connection: sa.Connection, subject: Subject) -> dict[str, Anchors]:
        wanted: dict[str, list[Row]] = {}
        for locator in subject.anchors.get(self._model.system, ()):
            name = str(locator.get(TABLE, ""))
            if name not in self._model.map.persons:
                raise Refused("locator-malformed", "resolve again", system=self._model.system)
            wanted.setdefault(name, []).append(self._model.keys[name].parse(locator))
        found = {
            name: self._with_merged(connection, name, keys, subject.tenant) for name, keys in wanted.items()
        }
        return self._with_twins(connection, found, subject.tenant)

    def _with_twins(
        self, connection: sa.Connection, rows: dict[str, Anchors], tenant: str
    ) -> dict[str, Anchors]:
        """And the rows, of whatever table of persons, that the map calls the same person's."""
        persons = self._model.map.persons
        own = (
            self._one_by(persons[name], row) for name, there in rows.items() for row in there.values() if row
        )
        wanted = {one for one in own if one is not None}
        found = dict(rows)
        for name, person in persons.items() if wanted else ():
            if person.one_by:
                matched = self._matcher.rows(connection, name, wanted, tenant)
                twins = {
                    self._key_of(name, row): row for row, _ in matched if self._one_by(person, row) in wanted
                }
                found[name] = {**twins, **found.get(name, {})}
        return found

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
        if fresh_keys := self._same(connection, person, list(found)) - found.keys():
            bound = {"wanted": keys.bind(list(fresh_keys)), **_scope_of(tenant)}
            for row in connection.execute(self._in_scope(name, tenant).where(among), bound).mappings():
                found[self._key_of(name, row)] = row
        return found

    def _in_scope(self, name: str, tenant: str) -> sa.Select[Any]:
        table = self._model.keys[name].table
        scope = in_scope(self._model.paths, self._model.map.tables[name], table, of_tenant=bool(tenant))
        return sa.select(table).where(*scope)

    def identifiers(
        self,
        connection: sa.Connection,
        subject: Subject,
        rows: Mapping[str, Anchors],
        kinds: frozenset[IdentifierKind],
    ) -> tuple[frozenset[Identifier], frozenset[Identifier]]:
        """The identifiers of these kinds to follow, and those of them that other persons in scope have too."""
        own: set[Identifier] = set()
        for name, anchored in rows.items():
            there = [row for row in anchored.values() if row is not None]
            carried_there = self._matcher.carried(connection, name, there).values()
            own |= {one for several in carried_there for one in several if one.kind in kinds}
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


def _reaches(one: Identifier) -> bool:
    """Whether it is an address; a number without its country reaches nobody."""
    return one.kind in _ON_FILE and (one.kind is not IdentifierKind.PHONE or one.value.startswith("+"))


class Callings:
    """What texts may call a person, and what of it only this person is called."""

    def __init__(self, model: Model, searcher: Searcher) -> None:
        self._model = model
        self._searcher = searcher

    def of(
        self, connection: sa.Connection, subject: Subject, rows: Mapping[str, Anchors]
    ) -> tuple[Terms, Terms]:
        """All that they are called, and what is surely them."""
        addresses = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})
        own, doubtful = self._searcher.identifiers(connection, subject, rows, addresses)
        every = {kind: sorted(one.value for one in own if one.kind is kind) for kind in addresses}
        sure = {kind: sorted(one.value for one in own - doubtful if one.kind is kind) for kind in addresses}
        names = {
            name
            for table, there in rows.items()
            for row in there.values()
            if row
            for name in self._names(table, row)
        }
        every[IdentifierKind.NAME] = sorted(names)
        sure[IdentifierKind.NAME] = [] if self._namesake(connection, subject, rows) else sorted(names)
        return every, sure

    def _names(self, table: str, row: sa.RowMapping) -> Iterator[str]:
        person, columns = self._model.map.persons[table], self._model.map.tables[table].columns
        # What anonymising wrote is nobody's name.
        hidden = {
            name
            for name, column in columns.items()
            if column.rule and column.rule.change is Change.FIXED and row[name] == column.rule.value
        }
        values = {str(name): None if name in hidden else value for name, value in row.items()}
        yield from names_of(person.names, values)

    def _namesake(self, connection: sa.Connection, subject: Subject, rows: Mapping[str, Anchors]) -> bool:
        """Whether somebody else in scope is called by the same name."""
        for table, there in rows.items():
            parts = next(
                (parts for one in self._model.map.persons[table].names if (parts := plain_parts(one))), ()
            )
            for row in there.values():
                if (
                    row
                    and parts
                    and self._others_called(connection, table, parts, row, there, subject.tenant)
                ):
                    return True
        return False

    def _others_called(  # noqa: PLR0917 - a question with as many parts
        self,
        connection: sa.Connection,
        table: str,
        parts: Sequence[str],
        row: sa.RowMapping,
        mine: Anchors,
        tenant: str,
    ) -> bool:
        keys = self._model.keys[table]
        scope = in_scope(self._model.paths, self._model.map.tables[table], keys.table, of_tenant=bool(tenant))
        called = [sa.func.lower(keys.table.c[part]) == str(row[part]).lower() for part in parts]
        query = sa.select(*keys.of(keys.table)).where(*called, *scope).limit(len(mine) + 1)
        return any(tuple(key) not in mine for key in connection.execute(query, _scope_of(tenant)))

"""A data map joined to a live schema: everything about a system that is read once and never changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa

from connectors.datamap import DataMap, Kind, Stored, SuppressionMap
from connectors.sql_dialect import Dialect
from connectors.sql_keys import Keys
from connectors.sql_paths import Paths
from connectors.sql_schema import Catalogue
from domain.identifiers import IdentifierKind


@dataclass(frozen=True)
class Model:
    """One connected database; holds no connection and no personal data."""

    system: str
    map: DataMap
    catalogue: Catalogue

    @cached_property
    def keys(self) -> Mapping[str, Keys]:
        """The key of every mapped table: the map's word before the catalogue's."""
        return {
            name: Keys(
                self.system,
                name,
                self.catalogue.tables[name],
                self.key_columns(name),
                arrays=self.catalogue.arrays,
            )
            for name in self.map.tables
        }

    def key_columns(self, name: str) -> tuple[str, ...]:
        """The names of a table's key columns; none where neither map nor catalogue says."""
        primary = tuple(column.name for column in self.catalogue.tables[name].primary_key.columns)
        return self.map.tables[name].key or primary

    @cached_property
    def paths(self) -> Paths:
        """Builds the conditions of who a row belongs to."""
        return Paths(self.map, self.catalogue, self.keys, Dialect(self.catalogue.dialect))

    @cached_property
    def fields(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """By table and field: the columns in which the field stands; tables without any are left out."""
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for one in self.map.fields.values():
            for spot in (*one.editable, *one.issued):
                own = found.setdefault(spot.table, {})
                own[one.name] = (*own.get(one.name, ()), spot.column)
        return found

    @cached_property
    def issued(self) -> frozenset[str]:
        """The tables of issued documents."""
        return frozenset(spot.table for one in self.map.fields.values() for spot in one.issued)

    def suppression_key(self, suppression: SuppressionMap) -> tuple[str, ...]:
        """The columns that together tell whether an address stands in the list; none where nothing is unique.

        The address, and of the constants those without which it would not be unique.
        """
        given = frozenset((suppression.column, *suppression.constants))
        fitting = [one for one in self.catalogue.uniques[suppression.table] if one <= given]
        narrowest = min((one for one in fitting if suppression.column in one), key=len, default=frozenset())
        return tuple(sorted(narrowest))

    @cached_property
    def followed(self) -> frozenset[tuple[IdentifierKind, Stored]]:
        """Kinds and forms of identifiers by which tables are searched."""
        leads = (lead for table in self.map.tables.values() for lead in table.leads)
        return frozenset((lead.identifier, lead.stored) for lead in leads if lead.identifier)

    @cached_property
    def mentioned(self) -> bool:
        """Whether texts are searched for what a person is called, or redacted of it."""
        tables = self.map.tables.values()
        return any(table.redactable or any(lead.mentions for lead in table.leads) for table in tables)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The mapped tables, parents before children."""
        parents: dict[str, set[str]] = {name: set() for name in self.map.tables}
        for reference in self.catalogue.references:
            if reference.child in parents and reference.parent in parents:
                parents[reference.child].add(reference.parent)
        for name, table in self.map.tables.items():
            for lead in table.leads:
                hop = lead.hops[0] if lead.hops else None
                # A join without a foreign key orders too where it points at one row, as a key would.
                if hop and hop.table in parents and self.catalogue.is_unique(hop.table, hop.targets):
                    parents[name].add(hop.table)
        return tuple(_parents_first(parents))

    def hashed(self, name: str) -> tuple[sa.Column[object], ...]:
        """The columns that make up a row's content, by name."""
        skipped = frozenset(self.map.tables[name].of_kind(Kind.BOOKKEEPING))
        columns = self.catalogue.tables[name].columns
        return tuple(sorted((one for one in columns if one.name not in skipped), key=lambda one: one.name))


def _parents_first(parents: Mapping[str, Iterable[str]]) -> list[str]:
    """A depth-first order; a circle is cut where it is first met again."""
    done: dict[str, None] = {}
    entered: set[str] = set()

    def visit(name: str) -> None:
        if name in entered:
            return
        entered.add(name)
        for parent in sorted(parents[name]):
            visit(parent)
        done[name] = None

    for name in parents:
        visit(name)
    return list(done)

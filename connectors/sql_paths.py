"""From the map's paths to SQL conditions: whose is this row?

Every way from a row to a person becomes one condition of nested `IN (SELECT ...)`, so that a row comes once
however many joins lead there, and each way can use its own index. Parameters: `anchors_<n>` are the keys of
the person's rows in the n-th table of persons; `known_<kind>_<form>` are the person's identifiers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from connectors.content import typed
from connectors.datamap import DataMap, Hop, Lead, Stored, TableMap, Value
from connectors.sql_dialect import Dialect
from connectors.sql_identifiers import comparable
from connectors.sql_keys import Keys
from connectors.sql_schema import Catalogue, python_type
from connectors.sql_scope import in_scope
from domain.identifiers import IdentifierKind

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Branch:
    """One way to the person: whether it holds for a row, and the row's own columns that it starts from.

    `unsure` is set where the way is an identifier that other persons may have too; `anchor` where the row is
    itself a person's. `lead` is the path of the map that it begins with.
    """

    condition: Condition
    links: tuple[str, ...] = ()
    unsure: Condition | None = None
    anchor: bool = False
    lead: Lead | None = None

    @property
    def mention(self) -> bool:
        """Whether the row is only one that names the person."""
        return bool(self.lead and self.lead.mentions)

    @property
    def how(self) -> str:
        """The way, as the map writes it."""
        return str(self.lead) if self.lead else "the person's own row"


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose rows are asked for: the person's, or (`others`) those of anybody else.

    `active` are the tables of persons in which the person has, or had, rows at all; `of_tenant` says that a
    tenant asks, and not the company for its own.
    """

    active: frozenset[str]
    others: bool = False
    of_tenant: bool = False


def known(kind: IdentifierKind, stored: Stored, *, sure: bool = False) -> str:
    """The name of the parameter with the person's identifiers of a kind, as that form spells them."""
    return f"{'sure' if sure else 'known'}_{kind}_{stored}"


def said(kind: IdentifierKind, *, sure: bool = False) -> str:
    """The name of the parameter with the pattern of what the person is called, by kind."""
    return f"{'surely_' if sure else ''}said_{kind}"


class Paths:
    """Builds conditions; holds no connection and no personal data."""

    def __init__(
        self, datamap: DataMap, catalogue: Catalogue, keys: Mapping[str, Keys], dialect: Dialect
    ) -> None:
        self._dialect = dialect
        self._map = datamap
        self._catalogue = catalogue
        self._keys = keys
        self._numbers = {name: number for number, name in enumerate(datamap.persons)}

    def anchors(self, table: str) -> str:
        """The name of the parameter with the person's keys in a table of persons."""
        return f"anchors_{self._numbers[table]}"

    def branches(self, name: str, row: sa.FromClause, whose: Whose) -> list[Branch]:
        """Every way from a row of the table to the person, or to others."""
        return self._branches(name, row, whose, frozenset())

    def _branches(self, name: str, row: sa.FromClause, whose: Whose, seen: frozenset[str]) -> list[Branch]:
        found: list[Branch] = []
        if (anchored := self._anchored(name, row, whose)) is not None:
            found.append(Branch(anchored, anchor=True))
        loops: list[Lead] = []
        # What names a person leads no further, and comes last: a row that is theirs is not one that only names them.
        for lead in sorted(self._map.tables[name].leads, key=lambda lead: bool(lead.mentions)):
            if len(lead.hops) == 1 and lead.hops[0].table == name:
                loops.append(lead)
            elif not (lead.mentions and seen):
                found += self._of_lead(name, lead, row, whose, seen | {name})
        if not whose.others and found:
            found += [self._looping(name, row, lead, whose, seen) for lead in loops]
        return found

    def _anchored(self, name: str, row: sa.FromClause, whose: Whose) -> Condition | None:
        if name not in self._numbers or not (whose.others or name in whose.active):
            return None
        inside = self._keys[name].among(row, self.anchors(name))
        return sa.not_(inside) if whose.others else inside

    def _of_lead(
        self, name: str, lead: Lead, row: sa.FromClause, whose: Whose, seen: frozenset[str]
    ) -> list[Branch]:
        where = [equals(row.c[column], value) for column, value in lead.where.items()]
        if whose.others and not lead.shares:
            return []
        if lead.hops:
            conditions = self._along(lead, lead.hops, row, whose, seen)
            return [Branch(sa.and_(*where, condition), lead.links, lead=lead) for condition in conditions]
        if whose.others:
            return []
        if lead.mentions:
            return [self._mentioned(lead, row, where)]
        # An address says nothing of whose row it is: without this a path could go on from a tenant's.
        where += in_scope(self, self._map.tables[name], row, of_tenant=whose.of_tenant)
        if lead.identifier is None:
            return []
        column = comparable(lead.identifier, row.c[lead.column], lead.stored)
        names = (known(lead.identifier, lead.stored, sure=sure) for sure in (False, True))
        among, sure = (column.in_(sa.bindparam(bound, expanding=True)) for bound in names)
        return [Branch(sa.and_(*where, among), lead.links, sa.not_(sure), lead=lead)]

    def _mentioned(self, lead: Lead, row: sa.FromClause, where: Sequence[Condition]) -> Branch:
        """By what a text says: sure where only this person is called so, or is called by name and number both."""
        text = self._dialect.text(row.c[lead.column])
        found = [self._dialect.matches(text, sa.bindparam(said(kind))) for kind in lead.mentions]
        sure = [self._dialect.matches(text, sa.bindparam(said(kind, sure=True))) for kind in lead.mentions]
        if IdentifierKind.NAME in lead.mentions:
            both = (IdentifierKind.NAME, IdentifierKind.PHONE)
            sure.append(sa.and_(*(self._dialect.matches(text, sa.bindparam(said(kind))) for kind in both)))
        return Branch(sa.and_(*where, sa.or_(*found)), (), sa.not_(sa.or_(*sure)), lead=lead)

    def _along(
        self, lead: Lead, hops: Sequence[Hop], row: sa.FromClause, whose: Whose, seen: frozenset[str]
    ) -> list[Condition]:
        hop, rest = hops[0], hops[1:]
        if not rest and hop.table in seen:
            return []  # round in a circle: other ways must lead to the person
        target = self._catalogue.tables[hop.table].alias()
        if hop.where:
            bare, where = replace(hop, where=()), _conditions(hop, target)
            inners = self._ends(lead, rest, hop.table, target, whose, seen)
            return [self._joined(bare, row, target, sa.and_(*where, inner)) for inner in inners]
        if rest:
            inners = self._along(lead, rest, target, whose, seen)
            return [self._joined(hop, row, target, inner) for inner in inners]
        direct = (
            not hop.prefix and hop.table in self._numbers and hop.targets == self._keys[hop.table].columns
        )
        found: list[Condition] = []
        alone = self._alone(hop.table, target, whose, seen) if lead.sole else []
        for branch in self._branches(hop.table, target, whose, seen):
            if alone:
                found.append(self._joined(hop, row, target, sa.and_(branch.condition, *alone)))
            elif direct and branch.anchor:
                found += self._straight(hop, row, whose)
            else:
                found.append(self._joined(hop, row, target, branch.condition))
        return found

    def _ends(  # noqa: PLR0917 - as `_along`, from a row of the hop's table
        self,
        lead: Lead,
        rest: Sequence[Hop],
        name: str,
        target: sa.FromClause,
        whose: Whose,
        seen: frozenset[str],
    ) -> list[Condition]:
        if rest:
            return self._along(lead, rest, target, whose, seen)
        alone = self._alone(name, target, whose, seen) if lead.sole else []
        return [sa.and_(one.condition, *alone) for one in self._branches(name, target, whose, seen)]

    def _alone(self, name: str, row: sa.FromClause, whose: Whose, seen: frozenset[str]) -> list[Condition]:
        """That the rows are nobody else's: not others' where the person's are asked for, and the other way round."""
        contrary = replace(whose, others=not whose.others)
        ways = [one.condition for one in self._branches(name, row, contrary, seen)]
        return [sa.not_(sa.func.coalesce(sa.or_(*ways), sa.false()))] if ways else []

    def _straight(self, hop: Hop, row: sa.FromClause, whose: Whose) -> list[Condition]:
        """Without joining the table of persons: the row names the person's key itself."""
        columns = [row.c[column] for column in hop.columns]
        inside = self._keys[hop.table].named(columns, self.anchors(hop.table))
        if not whose.others:
            return [inside]
        return [sa.and_(*(column.is_not(None) for column in columns), sa.not_(inside))]

    def _joined(self, hop: Hop, row: sa.FromClause, target: sa.FromClause, inner: Condition) -> Condition:
        pairs = list(_pairs(hop, row, target))
        inside = sa.select(*(other for _, other in pairs)).where(inner)
        columns = [column for column, _ in pairs]
        return columns[0].in_(inside) if len(columns) == 1 else sa.tuple_(*columns).in_(inside)

    def _looping(
        self, name: str, row: sa.FromClause, lead: Lead, whose: Whose, seen: frozenset[str]
    ) -> Branch:
        """A row that leads to another of its own table, any number of times."""
        keys, hop = self._keys[name], lead.hops[0]
        start = self._catalogue.tables[name].alias()
        plain = [lead for lead in self._map.tables[name].leads if lead.hops[:1] != (hop,)]
        here = seen | {name}
        ways = [found.condition for one in plain for found in self._of_lead(name, one, start, whose, here)]
        if (anchored := self._anchored(name, start, whose)) is not None:
            ways.append(anchored)
        needed = dict.fromkeys((*keys.columns, *hop.targets))
        tree = sa.select(*(start.c[column] for column in needed)).where(sa.or_(*ways)).cte(recursive=True)
        further = self._catalogue.tables[name].alias()
        where = [equals(further.c[column], value) for column, value in lead.where.items()]
        links = [
            further.c[column] == tree.c[other] for column, other in zip(hop.columns, hop.targets, strict=True)
        ]
        step = sa.select(*(further.c[column] for column in needed)).where(*links, *where)
        tree = tree.union(step)  # UNION, not UNION ALL: a circle ends
        inside = sa.select(*(tree.c[column] for column in keys.columns))
        columns = keys.of(row)
        among = columns[0].in_(inside) if len(columns) == 1 else sa.tuple_(*columns).in_(inside)
        return Branch(among, hop.columns, lead=lead)

    def same_persons(self, name: str, hops: Sequence[Hop]) -> sa.Select[Any]:
        """Keys of rows that the hops lead to from those bound as `from`; both of a table of persons."""
        start = self._catalogue.tables[name].alias()
        last, joins = self._chain(hops, start, None)
        among = self._keys[name].among(start, "from")
        return sa.select(*self._keys[name].of(last)).where(*joins, among).distinct()

    def can_be_shared(self, table: TableMap) -> bool:
        """Whether rows of a table may be several persons': by several ways, or by one that forks."""
        everybody = Whose(frozenset(self._map.persons), others=True)
        row = self._catalogue.tables[table.name].alias()
        hops = [hop for lead in table.leads for hop in lead.hops]
        forks = any(not self._catalogue.is_unique(hop.table, hop.targets) for hop in hops)
        return forks or len(self.branches(table.name, row, everybody)) > 1

    def value_is(
        self,
        value: Value,
        row: sa.FromClause,
        test: Callable[[sa.ColumnElement[Any]], Condition],
        whose: Whose | None = None,
    ) -> Condition:
        """Whether a value of the row, or of one that it leads to, passes a test.

        With `whose`, a way through a table of persons goes through this person's rows only: whether *their*
        contract runs, not that of the wife who shares the address.
        """
        if not value.hops:
            return test(row.c[value.column])
        last, joins = self._chain(value.hops, row, whose)
        return sa.exists(sa.select(sa.literal(1)).where(*joins, test(last.c[value.column])).correlate(row))

    def leads_to(
        self, hops: Sequence[Hop], row: sa.FromClause, test: Callable[[sa.FromClause], Condition]
    ) -> Condition:
        """Whether any row that the hops lead to passes a test."""
        last, joins = self._chain(hops, row, None)
        return sa.exists(sa.select(sa.literal(1)).where(*joins, test(last)).correlate(row))

    def latest_of(
        self, hops: Sequence[Hop], row: sa.FromClause, value: Callable[[sa.FromClause], sa.ColumnElement[Any]]
    ) -> sa.ColumnElement[Any]:
        """The latest value of those rows that the hops lead to."""
        last, joins = self._chain(hops, row, None)
        found = value(last)
        greatest = sa.func.max(found, type_=found.type)
        return sa.select(greatest).where(*joins).correlate(row).scalar_subquery()

    def latest(self, value: Value, row: sa.FromClause) -> sa.ColumnElement[Any]:
        """A date of the row, or the latest of those it leads to."""
        if not value.hops:
            return row.c[value.column]
        return self.latest_of(value.hops, row, lambda last: last.c[value.column])

    def _chain(
        self, hops: Sequence[Hop], row: sa.FromClause, whose: Whose | None
    ) -> tuple[sa.FromClause, list[Condition]]:
        here, joins = row, []
        for hop in hops:
            target = self._catalogue.tables[hop.table].alias()
            joins += [left == right for left, right in _pairs(hop, here, target)]
            joins += _conditions(hop, target)
            if whose and hop.table in whose.active:
                joins.append(self._keys[hop.table].among(target, self.anchors(hop.table)))
            here = target
        return here, joins


def _pairs(
    hop: Hop, row: sa.FromClause, target: sa.FromClause
) -> Iterator[tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]]:
    """What must be equal on both sides of a hop."""
    for column, other in zip(hop.columns, hop.targets, strict=True):
        if hop.prefix:
            yield row.c[column], sa.literal(hop.prefix, sa.String) + sa.cast(target.c[other], sa.String)
        else:
            yield _same_type(row.c[column], target.c[other])


def _conditions(hop: Hop, target: sa.FromClause) -> list[Condition]:
    return [equals(target.c[name], value) for name, value in hop.where]


def _same_type(
    left: sa.ColumnElement[Any], right: sa.ColumnElement[Any]
) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    """Both sides of a join; as text where one is a number and the other is not, as logical joins may be."""
    kinds = {python_type(sa.Column("", side.type)) for side in (left, right)}
    if len(kinds) == 1:
        return left, right
    return sa.cast(left, sa.String), sa.cast(right, sa.String)


def is_any(column: sa.ColumnElement[Any], values: Sequence[Any]) -> Condition:
    """Whether a column has one of some values, as it compares them."""
    return sa.or_(*(equals(column, value) for value in values))


def equals(column: sa.ColumnElement[Any], value: Any) -> Condition:
    """Whether a column has that value, or none where the value is none."""
    if value is None:
        return column.is_(None)
    if isinstance(value, list):
        return is_any(column, value)
    try:
        fitting = typed(value, python_type(sa.Column("", column.type)))
    except ValueError:  # a number that stands for a truth, say: the database compares them as it does
        fitting = value
    same: Condition = column == fitting
    return same

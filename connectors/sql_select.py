"""How one table is searched for a person: each row once, with all that the plan must know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from connectors.content import content_hash
from connectors.datamap import ContractRule, Kind, TableMap
from connectors.sql_guard import beyond_plan
from connectors.sql_identifiers import normal
from connectors.sql_keys import VIA
from connectors.sql_model import Model
from connectors.sql_paths import Branch, Condition, Whose
from connectors.sql_scope import held_as_controller, in_scope
from connectors.sql_search import Search
from domain.calendar import day_in_bangkok
from domain.identifiers import Identifier
from domain.item import Consent, Found, Item, Role
from domain.outcomes import Outcome

_LARGE_ROWS = 16  # rows with files in them are fetched few at a time
TODAY = "today"

CASCADE = "cascade-beyond-plan"
SEVERAL = "identifier-of-several"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: rows done of the table, the last key where it may be told, the next number."""

    table: str
    done: int
    last: tuple[Any, ...]
    number: int


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
        self._hashed = [self._row.c[column.name] for column in model.hashed(name)]
        self._via = self._links()
        self._extras = dict(self._extra_columns())
        self._queries = {after: self._query(after=after) for after in (False, True)}
        names = [column.name for column in self._hashed]
        self._key_at = [names.index(column) for column in self._keys.columns]
        self._at = {name: len(names) + at for at, name in enumerate(self._extras)}
        self._dates_at = tuple(
            (event, [self._at[f"date {event} {at}"] for at in range(len(values))])
            for event, values in self._table.dates.items()
        )
        self._constant = {
            "system": model.system,
            "table": name,
            "unit": self._table.unit,
            "basis": self._table.basis,
            "on_erase": self._table.on_erase,
            "holds": self._table.holds,
            "fields": tuple(model.fields.get(name, ())),
            "issued": name in model.issued,
            "restrictable": bool(self._table.of_kind(Kind.RESTRICTION)),
        }
        """What is the same in `Found` of every row."""
        self._hashed_at = {column: at for at, column in enumerate(names)}

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
        for event, values in table.dates.items():
            for at, value in enumerate(values):
                yield f"date {event} {at}", paths.latest(value, self._row)
        if table.contract:
            runs = paths.value_is(table.contract.value, self._row, _runs(table.contract), self._whose)
            # Of an unknown state it runs: what may still be owed is not erased on a guess.
            yield "open", sa.func.coalesce(runs, sa.true())
        if self._via:
            others = paths.branches(self.name, self._row, Whose(self._whose.active, others=True))
            if others:
                yield "shared", _certain(*(branch.condition for branch in others))
            for at, condition in enumerate(self._via.values()):
                yield f"via {at}", _certain(condition)
        if any(branch.unsure is not None for branch in self.branches):
            yield "unsure", _unsure(self.branches)
        erases = table.on_erase is Outcome.ERASE
        taken = beyond_plan(self._model, self.name, self._row, self._whose) if erases else None
        if taken is not None:
            yield "taken", taken

    def _query(self, *, after: bool) -> sa.Select[Any]:
        columns = [*self._hashed, *(extra.label(name) for name, extra in self._extras.items())]
        query = sa.select(*columns).where(*self._scope).order_by(*self._keys.of(self._row))
        if after:
            query = query.where(self._keys.after(self._row))
        elif not self._keys.storable():
            query = query.offset(sa.bindparam("done"))
        query = query.where(self._is_persons(after=after))
        if self._table.of_kind(Kind.ATTACHMENT):
            query = query.execution_options(yield_per=_LARGE_ROWS)
        return query.limit(sa.bindparam("rows"))

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
        after = place is not None and bool(place.last)
        parameters: dict[str, Any] = {**search.parameters, TODAY: today, "rows": limit}
        if place and after:
            parameters |= self._keys.bind_last(place.last)
        elif not self._keys.storable():
            parameters["done"] = place.done if place else 0
        used = self._queries[after]
        result = connection.execute(used, parameters)
        if self._table.of_kind(Kind.ATTACHMENT):
            yield from result
        else:
            yield from result.all()

    def item(self, row: sa.Row[Any], number: int) -> Item:
        """A row as the plan sees it."""
        table = self._table
        shared, unsure = table.kept_shared or self._tells(row, "shared"), self._tells(row, "unsure")
        locator = self._keys.locator([row[position] for position in self._key_at])
        if self._via and (shared or table.on_erase is Outcome.DETACH):
            via = [names for number, names in enumerate(self._via) if self._tells(row, f"via {number}")]
            locator[VIA] = [column for names in via for column in names.split(",")]
        found = self._constant | {
            "no": number,
            "role": self._role(row),
            "dates": {event: _latest(row, positions) for event, positions in self._dates_at},
            "contract_open": self._tells(row, "open"),
            "shared": shared,
            "unsure": unsure,
            "obstacle": SEVERAL if unsure else self._cascade(row, shared=shared),
            "consent": self._consent(row),
        }
        return Item.trusted(
            {
                "found": Found.trusted(found),
                "locator": locator,
                "content_hash": content_hash(row[: len(self._hashed)]),
            }
        )

    def _tells(self, row: sa.Row[Any], extra: str) -> bool:
        at = self._at.get(extra)
        return at is not None and bool(row[at])

    def _role(self, row: sa.Row[Any]) -> Role:
        if "controller" in self._at:
            return Role.CONTROLLER if self._tells(row, "controller") else Role.PROCESSOR
        return self._table.role.fixed

    def _consent(self, row: sa.Row[Any]) -> Consent | None:
        rule = self._table.consent
        if rule is None:
            return None
        purpose = rule.fixed or str(row[self._hashed_at[rule.purpose]])
        stands = row[self._hashed_at[rule.withdrawn]] is None
        return Consent(purpose=purpose, stands=stands, marketing=purpose in rule.marketing)

    def _cascade(self, row: sa.Row[Any], *, shared: bool) -> str:
        # What is shared stays, and so takes nothing along.
        return CASCADE if not shared and self._tells(row, "taken") else ""

    def place(self, row: sa.Row[Any], done: int, number: int) -> Place:
        """Where to go on after a row."""
        key = [row[position] for position in self._key_at]
        last = tuple(part if isinstance(part, int) else str(part) for part in key)
        return Place(self.name, done, last if self._keys.storable() else (), number)

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


def _certain(*conditions: Condition) -> Condition:
    """Any of the conditions, where unknown counts as no."""
    return sa.func.coalesce(sa.or_(*conditions), sa.false())


def _unsure(branches: list[Branch]) -> Condition:
    """Whether a row is reached only by identifiers that other persons have too."""
    sure = [
        branch.condition if branch.unsure is None else sa.and_(branch.condition, sa.not_(branch.unsure))
        for branch in branches
    ]
    return sa.not_(_certain(*sure))


def _runs(rule: ContractRule) -> Callable[[sa.ColumnElement[Any]], Condition]:
    if rule.states:
        return lambda column: column.in_(rule.states)
    return lambda column: sa.or_(column.is_(None), column > sa.bindparam(TODAY, type_=sa.Date))


def _latest(row: sa.Row[Any], positions: Sequence[int]) -> date | None:
    latest = None
    for position in positions:
        day = _day(row[position])
        if day is not None and (latest is None or day > latest):
            latest = day
    return latest


def _day(value: Any) -> date | None:
    """The Bangkok day of a date or an instant; an instant without its zone is UTC."""
    if isinstance(value, datetime):
        return day_in_bangkok(value if value.tzinfo else value.replace(tzinfo=UTC))
    return value if isinstance(value, date) else None

"""Rows of one table as items: each with its content hash, its dates and what the map says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa
from pydantic import JsonValue

from connectors.content import content_hash
from connectors.datamap import ContractRule, Kind, TableMap
from connectors.sql_model import Model
from connectors.sql_paths import Condition, is_any
from connectors.sql_unneeded import unneeded
from domain.calendar import BANGKOK, day_in_bangkok
from domain.item import Consent, Found, Item, Role
from domain.outcomes import Outcome

_LARGE_ROWS = 16  # rows with files in them are fetched few at a time
TODAY = "today"

Extras = Mapping[str, sa.ColumnElement[Any]]
"""What is computed beside a row's own columns, by name."""

Dates = Mapping[str, Sequence[sa.ColumnElement[Any]]]
"""The dates of a row by event; of several the latest counts."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: rows done of the table, the last key where it may be told, the next number."""

    table: str
    done: int
    last: tuple[Any, ...]
    number: int


@dataclass(frozen=True, slots=True)
class Which:
    """Which rows: their conditions, and the number of the way by which each is reached, where there are several."""

    conditions: Sequence[Condition]
    way: sa.ColumnElement[int] | None = None


def _ways(model: Model, table: TableMap) -> tuple[Outcome, ...]:
    """The way of erasing beside the declared one: where the map says what every column becomes, or nothing refers here.

    None where rows of one table are erased in different ways: there the map has chosen row by row.
    """
    if table.append_only or table.draft or any(lead.on_erase for lead in table.leads):
        return ()
    if table.on_erase is Outcome.ERASE and table.anonymisable:
        return (Outcome.ANONYMISE,)
    if table.on_erase is Outcome.ANONYMISE and not model.catalogue.referring_to(table.name):
        return (Outcome.ERASE,)
    return ()


class Rows:
    """How rows of one table are fetched in the order of their key, and made items.

    `which` tells the rows, for the first page and for one that goes on after a key. Among the extras
    `controller` and `open` tell whether the row is held as controller, and whether its contract runs.
    """

    def __init__(
        self,
        model: Model,
        name: str,
        row: sa.FromClause,
        *,
        extras: Extras,
        dates: Dates,
        which: Callable[[bool], Which],
    ) -> None:
        self._table: TableMap = model.map.tables[name]
        self._keys, self._row = model.keys[name], row
        self._hashed = [row.c[column.name] for column in model.hashed(name)]
        dated = {
            f"date {event} {at}": one for event, several in dates.items() for at, one in enumerate(several)
        }
        self._extras = {**dated, **extras}
        asked = {after: which(after) for after in (False, True)}
        self._queries = {after: self._query(one, after=after) for after, one in asked.items()}
        names = [column.name for column in self._hashed]
        self._hashed_at = {column: at for at, column in enumerate(names)}
        self._unneeded = tuple(
            (column, self._hashed_at[column], value) for column, value in unneeded(model, self._table).items()
        )
        self._key_at = [names.index(column) for column in self._keys.columns]
        self._at = {extra: len(names) + at for at, extra in enumerate(self._extras)}
        self._way_at = len(names) + len(self._extras) if asked[False].way is not None else None
        self._dates_at = tuple(
            (event, [self._at[f"date {event} {at}"] for at in range(len(several))])
            for event, several in dates.items()
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
            "kept_on": "",
            "ways": _ways(model, self._table),
        }
        """What is the same in `Found` of every row."""
        self._own = {"unit": self._table.own_unit, "basis": self._table.own_basis}
        """What is otherwise in those that the company holds for itself."""

    def _query(self, which: Which, *, after: bool) -> sa.Select[Any]:
        extras = [extra.label(name) for name, extra in self._extras.items()]
        columns = [*self._hashed, *extras, *([] if which.way is None else [which.way.label("way")])]
        query = sa.select(*columns).where(*which.conditions).order_by(*self._keys.of(self._row))
        if after:
            query = query.where(self._keys.after(self._row))
        elif not self._keys.storable():
            query = query.offset(sa.bindparam("done"))
        if self._table.of_kind(Kind.ATTACHMENT):
            query = query.execution_options(yield_per=_LARGE_ROWS)
        return query.limit(sa.bindparam("rows"))

    def fetch(
        self, connection: sa.Connection, bound: Mapping[str, Any], place: Place | None, limit: int
    ) -> Iterator[sa.Row[Any]]:
        """Up to `limit` rows after a place, or from the start."""
        after = place is not None and bool(place.last)
        parameters: dict[str, Any] = {**bound, "rows": limit}
        if place and after:
            parameters |= self._keys.bind_last(place.last)
        elif not self._keys.storable():
            parameters["done"] = place.done if place else 0
        result = connection.execute(self._queries[after], parameters)
        if self._table.of_kind(Kind.ATTACHMENT):
            yield from result
        else:
            yield from result.all()

    def tells(self, row: sa.Row[Any], extra: str) -> bool:
        """Whether a condition among the extras holds for a row; one that is not there does not."""
        at = self._at.get(extra)
        return at is not None and bool(row[at])

    def way(self, row: sa.Row[Any]) -> int:
        """By which of several ways the row was reached."""
        return 0 if self._way_at is None else int(row[self._way_at])

    def locator(self, row: sa.Row[Any]) -> dict[str, JsonValue]:
        """How the row is found again."""
        return self._keys.locator([row[position] for position in self._key_at])

    def item(self, row: sa.Row[Any], locator: Mapping[str, JsonValue], **told: Any) -> Item:
        """A row as the plan sees it; `told` are fields of `Found` that only the caller knows."""
        role = self._role(row)
        own = self._own if role is Role.CONTROLLER else {}
        found = (
            self._constant
            | own
            | {
                "role": role,
                "dates": {event: _latest(row, positions) for event, positions in self._dates_at},
                "contract_open": self.tells(row, "open"),
                "consent": self._consent(row),
                "unneeded": tuple(
                    column for column, at, gone in self._unneeded if row[at] is not None and row[at] != gone
                ),
                **told,
            }
        )
        return Item.trusted(
            {
                "found": Found.trusted(found),
                "locator": locator,
                "content_hash": content_hash(row[: len(self._hashed)]),
            }
        )

    def place(self, row: sa.Row[Any], done: int, number: int) -> Place:
        """Where to go on after a row."""
        key = [row[position] for position in self._key_at]
        last = tuple(part if isinstance(part, int) else str(part) for part in key)
        return Place(self._table.name, done, last if self._keys.storable() else (), number)

    def _role(self, row: sa.Row[Any]) -> Role:
        if "controller" in self._at:
            return Role.CONTROLLER if self.tells(row, "controller") else Role.PROCESSOR
        return self._table.role.fixed

    def _consent(self, row: sa.Row[Any]) -> Consent | None:
        rule = self._table.consent
        if rule is None:
            return None
        purpose = rule.fixed or str(row[self._hashed_at[rule.purpose]])
        stands = row[self._hashed_at[rule.withdrawn]] is None
        given = _instant(row[self._hashed_at[rule.given]]) if rule.given else None
        return Consent(purpose=purpose, stands=stands, given=given, marketing=purpose in rule.marketing)


def runs(rule: ContractRule) -> Callable[[sa.ColumnElement[Any]], Condition]:
    """Whether a contract with that value runs on the day bound as `TODAY`."""
    if rule.states:
        return lambda column: is_any(column, rule.states)
    return lambda column: sa.or_(column.is_(None), column > sa.bindparam(TODAY, type_=sa.Date))


def certain(*conditions: Condition) -> Condition:
    """Any of the conditions, where unknown counts as no."""
    return sa.func.coalesce(sa.or_(*conditions), sa.false())


def _latest(row: sa.Row[Any], positions: Sequence[int]) -> date | None:
    latest = None
    for position in positions:
        day = day_of(row[position])
        if day is not None and (latest is None or day > latest):
            latest = day
    return latest


def _instant(value: Any) -> datetime | None:
    """The UTC instant of an instant (without its zone: UTC), or of the beginning of a day in Bangkok."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    return datetime.combine(value, time.min, BANGKOK).astimezone(UTC) if isinstance(value, date) else None


def day_of(value: Any) -> date | None:
    """The Bangkok day of a date or an instant; an instant without its zone is UTC."""
    if isinstance(value, datetime):
        return day_in_bangkok(value if value.tzinfo else value.replace(tzinfo=UTC))
    return value if isinstance(value, date) else None

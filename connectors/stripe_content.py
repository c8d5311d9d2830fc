"""What an object of Stripe's holds, as its map tells it: plain values, one canonical form, one hash.

Only what the map names counts. Links that Stripe signs anew, counters and other fields that move by themselves are
no content: a record is what it was until something that is told of it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pydantic import JsonValue

from connectors.content import content_hash
from connectors.stripe_api import Object
from connectors.stripe_map import Column, TableMap
from domain.calendar import day_in_bangkok

Content = dict[str, JsonValue]

_WITHOUT_DECIMALS = frozenset(
    (
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "ugx",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    )
)
"""Currencies whose smallest unit is the unit itself (docs.stripe.com/currencies)."""
_REDACTED = "[redacted]"


def at(found: Object, path: str) -> Any:
    """What stands at a path; None where nothing does."""
    return _follow(found, path.split("."))


def content(table: TableMap, found: Object) -> Content:
    """The told values by column; empty ones and those that Stripe redacted are None."""
    return {name: _value(column, found) for name, column in table.columns.items() if not column.secret}


def hash_of(values: Content) -> str:
    """The hash of told values."""
    return content_hash(values[name] for name in sorted(values))


def anonymous(table: TableMap, values: Content) -> Content:
    """The values without what tells of a person."""
    return {name: None if table.columns[name].personal else value for name, value in values.items()}


def is_redacted(table: TableMap, found: Object) -> bool:
    """Whether Stripe put its placeholder in the place of personal values, and left none."""
    values = content(table, found)
    raw = [at(found, column.path) for column in table.columns.values() if column.personal]
    return values == anonymous(table, values) and any(_has_placeholder(one) for one in raw)


def dates(table: TableMap, found: Object) -> dict[str, date | None]:
    """The dates that holds count from, each the latest of those that the map names."""
    return {
        event: max((day for path in paths if (day := _day(at(found, path)))), default=None)
        for event, paths in table.dates.items()
    }


def _follow(value: Any, path: list[str]) -> Any:
    for number, step in enumerate(path):
        if step == "*":
            return [_follow(part, path[number + 1 :]) for part in value] if isinstance(value, list) else None
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _value(column: Column, found: Object) -> JsonValue:
    stands = at(found, column.path)
    raw = _bare(stands)
    # Where Stripe redacted a part, what it left beside it (a country, a code) tells of nobody any more.
    if raw is None or (column.personal and _has_placeholder(stands)):
        return None
    if column.time:
        return datetime.fromtimestamp(raw, UTC).isoformat()
    if column.money:
        return _amount(raw, str(found.get("currency") or ""))
    return raw  # type: ignore[no-any-return]


def _amount(smallest: int, currency: str) -> str:
    return str(smallest) if currency in _WITHOUT_DECIMALS else f"{Decimal(smallest) / 100:.2f}"


def _bare(value: Any) -> Any:
    """The value with whatever is empty left out, None where nothing is left of it."""
    if isinstance(value, Mapping):
        left = {str(key): bare for key, part in value.items() if (bare := _bare(part)) is not None}
        return left or None
    if isinstance(value, list):
        return [bare for part in value if (bare := _bare(part)) is not None] or None
    if isinstance(value, str) and (not value or _REDACTED in value.casefold()):
        return None
    return value


def _has_placeholder(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_placeholder(part) for part in value.values())
    if isinstance(value, list):
        return any(_has_placeholder(part) for part in value)
    return isinstance(value, str) and _REDACTED in value.casefold()


def _day(value: Any) -> date | None:
    """The Bangkok day of an instant, or the day that somebody wrote into metadata."""
    if isinstance(value, int):
        return day_in_bangkok(datetime.fromtimestamp(value, UTC))
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None

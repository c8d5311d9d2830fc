"""How the content of a row is written down: plainly for people, canonically for its hash.

The hash must come out the same whichever driver read the row, today and after an upgrade: so nothing
depends on how a driver spells a decimal, a time or a document.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from pydantic import JsonValue


def plain(value: Any) -> JsonValue:
    """A database value as JSON knows it: times as ISO 8601 in UTC, decimals as text, bytes as their SHA-256."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return _moment(value)
    match value:
        case dict():
            return {str(key): plain(part) for key, part in value.items()}
        case list() | tuple():
            return [plain(part) for part in value]
        case _:
            return _text(value)


def _moment(value: datetime) -> str:
    in_utc = value.tzinfo is None or value.tzinfo is UTC
    return (value if in_utc else value.astimezone(UTC)).isoformat()


def _text(value: Any) -> str:
    match value:
        case datetime():
            return _moment(value)
        case date() | time():
            return value.isoformat()
        case Decimal():
            return f"{value.normalize():f}" if value.is_finite() else str(value)
        case bytes() | bytearray() | memoryview():
            return hashlib.sha256(value).hexdigest()
        case set() | frozenset():
            return json.dumps(sorted(str(part) for part in value), ensure_ascii=False)
        case _:
            return str(value)  # UUIDs, network addresses, ranges, intervals: their text is canonical


_DOCUMENTS = (dict, list, tuple)
_CANONICAL = json.JSONEncoder(default=_text, sort_keys=True, separators=(",", ":"))


def content_hash(values: Iterable[Any]) -> str:
    """SHA-256 over a row's values, in the order of their columns' names.

    Each value stands with its kind and length before it, so that no two rows are written alike.
    """
    parts: list[str] = []
    for value in values:
        if value is None:
            parts.append("-")
        elif isinstance(value, str):
            parts.append(f"s{len(value)}:{value}")
        elif isinstance(value, int):
            parts.append(f"i{value};")
        else:
            text = _CANONICAL.encode(value) if isinstance(value, _DOCUMENTS) else _text(value)
            parts.append(f"x{len(text)}:{text}")
    return hashlib.sha256("".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


_FROM_TEXT: dict[type, Any] = {
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    time: time.fromisoformat,
    Decimal: Decimal,
    uuid.UUID: uuid.UUID,
}


def typed(value: Any, kind: type) -> Any:
    """The way back from `plain`, for keys and for values that a person gave.

    Raises:
        ValueError: the value is not of that type.
    """
    if type(value) is kind:
        return value
    truth_for_number = kind is int and isinstance(value, bool)
    if value is None or (isinstance(value, kind) and not truth_for_number):
        return value
    if kind is float and isinstance(value, int):
        return float(value)
    parse = _FROM_TEXT.get(kind)
    if parse is None or not isinstance(value, str):
        raise ValueError(kind.__name__)
    try:
        return parse(value)
    except ArithmeticError:  # what Decimal raises for text that is no number
        raise ValueError(kind.__name__) from None

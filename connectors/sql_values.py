"""What a column takes: whether a value fits it by type, length and enum, and how it writes an instant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from connectors.content import typed
from connectors.sql_schema import python_type
from domain.calendar import day_in_bangkok

INSTANTS = (datetime, date)
"""Types of columns that can hold an instant, or its day."""


class Unfit(ValueError):  # noqa: N818 - reads as the errors of the tree do
    """A value that a column cannot take; a code and a way out, never the value."""

    def __init__(self, code: str, mend: str) -> None:
        super().__init__(code)
        self.code, self.mend = code, mend


def fitting(column: sa.Column[Any], value: Any) -> Any:
    """A plain value as the column takes it.

    Raises:
        Unfit: its type, length or enum refuses it.
    """
    kind = python_type(column)
    if isinstance(column.type, sa.JSON) and isinstance(value, dict | list):
        return value
    try:
        new = typed(value, kind)
    except ValueError:
        raise Unfit("value-does-not-fit", f"it takes {kind.__name__}") from None
    if isinstance(new, str):
        text_fits(column, new)
    return new


def text_fits(column: sa.Column[Any], text: str) -> None:
    """Hold a text against length and enum; not every database minds them by itself.

    Raises:
        Unfit: one of them refuses it.
    """
    length = getattr(column.type, "length", None)
    if length is not None and len(text) > length:
        raise Unfit("value-too-long", f"it takes {length} characters")
    allowed: Iterable[str] | None = getattr(column.type, "enums", None)
    if allowed is not None and text not in allowed:
        raise Unfit("value-not-in-enum", f"it takes one of {', '.join(allowed)}")


def instant(column: sa.Column[Any], at: datetime) -> datetime | date:
    """An instant as a column holds it: with its zone, in UTC where the column knows no zones, or its Bangkok day."""
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    if python_type(column) is date:
        return day_in_bangkok(aware)
    in_utc = aware.astimezone(UTC)
    return in_utc if getattr(column.type, "timezone", False) else in_utc.replace(tzinfo=None)

"""Days as options give them, in either era, and on the right side of today."""

from __future__ import annotations

from datetime import UTC, date, datetime

from domain.errors import BadInput


def day_to_come(text: str, field: str) -> date:
    """A Bangkok day, today or later. Raises `BadInput`: no such day, the wrong era, or a day that is over."""
    from domain.calendar import day_in_bangkok, parse_day

    day = parse_day(text, field=field)
    if day < day_in_bangkok(datetime.now(UTC)):
        raise BadInput("day-is-over", "give a day that is yet to come", field=field)
    return day


def any_day(text: str, field: str) -> date | None:
    """A day in either era; none where none was given. Raises `BadInput`."""
    from domain.calendar import parse_day

    return parse_day(text, field=field) if text else None

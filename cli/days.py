"""Days and instants as options give them, in either era, and on the right side of today."""

from __future__ import annotations

from datetime import UTC, date, datetime

from domain.errors import BadInput

_ERA = range(1900, 2101)
_RIGHTS_IN_FORCE = datetime(2022, 5, 31, 17, tzinfo=UTC)  # 1 June 2565, Bangkok: nobody could ask before


def received(text: str, now: datetime) -> datetime:
    """When a request came in: an ISO instant with its zone, or a Bangkok day (then its first moment).

    Raises:
        BadInput: no such day, another era than the form takes, no zone, or a moment that is yet to come.
    """
    field = "--received"
    if not text:
        return now
    instant = day_or_instant(text, field)
    if instant < _RIGHTS_IN_FORCE:
        raise BadInput("received-before-the-act", "the rights are in force since 2022-06-01", field=field)
    if instant > now:
        raise BadInput("received-in-future", "give the day on which it came in", field=field)
    return instant


def day_or_instant(text: str, field: str) -> datetime:
    """An ISO instant with its zone, or a Bangkok day in either era (then its first moment). Raises `BadInput`."""
    from domain.calendar import BANGKOK, parse_day

    if "T" in text.upper() and text[:1].isdecimal():
        return _instant(text, field)
    day = parse_day(text, field=field)
    return datetime(day.year, day.month, day.day, tzinfo=BANGKOK).astimezone(UTC)


def day_to_come(text: str, field: str) -> date:
    """A Bangkok day, today or later. Raises `BadInput`: no such day, the wrong era, or a day that is over."""
    from domain.calendar import day_in_bangkok, parse_day

    day = parse_day(text, field=field)
    if day < day_in_bangkok(datetime.now(UTC)):
        raise BadInput("day-is-over", "give a day that is yet to come", field=field)
    return day


def _instant(text: str, field: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("malformed-date", "write it as 2026-11-22T17:00:00Z", field=field) from None
    if instant.tzinfo is None:
        raise BadInput("time-without-zone", "write it with its zone, as 2026-11-22T17:00:00Z", field=field)
    if instant.year not in _ERA:
        raise BadInput("date-in-wrong-era", "ISO dates are in the Common Era, as 2026-11-22", field=field)
    return instant.astimezone(UTC)


def any_day(text: str, field: str) -> date | None:
    """A day in either era; none where none was given. Raises `BadInput`."""
    from domain.calendar import parse_day

    return parse_day(text, field=field) if text else None

"""What is checked of a request before it is entered, whichever door it comes by: when it came, and whom it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from domain.calendar import BANGKOK, parse_day
from domain.errors import BadInput

COMPANY = "company"
"""How the company itself is named among controllers."""

CHANNELS = ("web", "letter", "phone", "email", "counter", "chat", "ticket")
"""How a request may come in."""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ERA = range(1900, 2101)
_RIGHTS_IN_FORCE = datetime(2022, 5, 31, 17, tzinfo=UTC)  # 1 June 2565, Bangkok: nobody could ask before


def received(text: str, now: datetime, *, field: str) -> datetime:
    """When a request came in: an ISO instant with its zone, or a Bangkok day (then its first moment); now unless said.

    Raises:
        BadInput: no such day, another era than the form takes, no zone, or a moment that is yet to come.
    """
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
    if "T" in text.upper() and text[:1].isdecimal():
        return _instant(text, field)
    day = parse_day(text, field=field)
    return datetime(day.year, day.month, day.day, tzinfo=BANGKOK).astimezone(UTC)


def controllers(named: Sequence[str], *, field: str) -> tuple[str, ...]:
    """Whom a request names: tenants by code, the company as "".

    Raises:
        BadInput: one twice, or what is no code: it stands clear in the register, so no name may stand in it.
    """
    found = tuple("" if each.strip() in {"", COMPANY} else each.strip() for each in named) or ("",)
    if len(set(found)) != len(found):
        raise BadInput("controller-given-twice", "give each controller once", field=field)
    if any(each and not _CODE.fullmatch(each) for each in found):
        mend = f"give the tenant's code as its CRM knows it, or {COMPANY}"
        raise BadInput("controller-malformed", mend, field=field)
    return found


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

"""Days: which are holidays, how a period is counted, and how Thailand writes them.

Civil and Commercial Code: s.193/3 (the first day is not counted), s.193/5 (months and years by the
calendar, ending on the day before the corresponding day), s.193/8 (a last day that is a holiday moves
to the next working day). All arithmetic is in the Common Era; the Buddhist Era is a way of writing.
"""

from __future__ import annotations

import calendar
import re
from datetime import MAXYEAR, UTC, date, datetime, timedelta, timezone

from domain.errors import BadInput
from domain.value import Value

BANGKOK = timezone(timedelta(hours=7), "Asia/Bangkok")
"""UTC+7 all year; Thailand keeps no summer time."""

BUDDHIST_OFFSET = 543
THAI_MONTHS = (
    "มกราคม",
    "กุมภาพันธ์",
    "มีนาคม",
    "เมษายน",
    "พฤษภาคม",
    "มิถุนายน",
    "กรกฎาคม",
    "สิงหาคม",
    "กันยายน",
    "ตุลาคม",
    "พฤศจิกายน",
    "ธันวาคม",
)
_THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
_ARABIC_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_COMMON_YEARS, _BUDDHIST_YEARS = range(1900, 2101), range(2400, 2701)
_SATURDAY = 5


class Calendar(Value):
    """Working days: every day but Saturdays, Sundays (by custom) and the holidays of this version."""

    version: str
    holidays: frozenset[date]

    def is_working(self, day: date) -> bool:
        """Whether offices are open."""
        return day.weekday() < _SATURDAY and day not in self.holidays

    def rolled(self, day: date) -> date:
        """The day itself, or the next working day (s.193/8)."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def working_day_by(self, day: date) -> date:
        """The last working day on or before the day: what to plan for."""
        while not self.is_working(day):
            day -= timedelta(days=1)
        return day


def last_day_of_days(event: date, days: int) -> date:
    """The last day of a period of calendar days; the day of the event is not counted (s.193/3 ¶2).

    Raises:
        BadInput: the period ends beyond the year 9999 (systems write "for ever" as 9999-12-31).
    """
    try:
        return event + timedelta(days=days)
    except OverflowError:
        raise _out_of_reach() from None


def last_day_of_years(event: date, years: int) -> date:
    """The last day of a period of years (s.193/3 with s.193/5).

    The period starts on the day after the event and ends on the day before that day's match; where the
    last month has no such day, on its last day. Hence not the same as adding years to the event:
    28 February 2023 + 5 years ends on 29 February 2028.

    Raises:
        BadInput: the period ends beyond the year 9999.
    """
    return last_day_of_months(event, 12 * years)


def last_day_of_months(event: date, months: int) -> date:
    """The last day of a period of months, counted as years are (s.193/5).

    Raises:
        BadInput: the period ends beyond the year 9999.
    """
    start = last_day_of_days(event, 1)
    year, month = divmod(12 * start.year + start.month - 1 + months, 12)
    if year > MAXYEAR:
        raise _out_of_reach()
    last_of_month = calendar.monthrange(year, month + 1)[1]
    if start.day > last_of_month:
        return date(year, month + 1, last_of_month)
    return date(year, month + 1, start.day) - timedelta(days=1)


def _out_of_reach() -> BadInput:
    return BadInput("date-out-of-reach", "no period can be counted from it; look at the record's date")


def day_in_bangkok(instant: datetime) -> date:
    """The Bangkok date of an instant.

    Raises:
        BadInput: the instant has no time zone.
    """
    if instant.tzinfo is None:
        raise BadInput("time-without-zone", "write it with its zone, as 2026-11-22T17:00:00Z")
    return instant.astimezone(BANGKOK).date()


def end_of_day(day: date) -> datetime:
    """The last second of a Bangkok day, in UTC: when a deadline is over."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=BANGKOK).astimezone(UTC)


def in_thai(day: date, *, era: bool = False, numerals: bool = False) -> str:
    """A day as a Thai letter writes it: 22 พฤศจิกายน 2569.

    `era` adds พ.ศ. before the year, for where it might be misread; `numerals` writes Thai digits.
    """
    year = f"พ.ศ. {day.year + BUDDHIST_OFFSET}" if era else str(day.year + BUDDHIST_OFFSET)
    text = f"{day.day} {THAI_MONTHS[day.month - 1]} {year}"
    return text.translate(_THAI_DIGITS) if numerals else text


_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d+)")
_WORDED = re.compile(r"(?:วันที่\s*)?(\d{1,2})\s+(\S+)\s+(พ\.ศ\.\s*)?(\d+)")


def parse_day(text: str, *, field: str) -> date:
    """A day from ISO (Common Era only), d/m/yyyy or Thai words.

    Outside ISO the year tells its era, 1900-2100 or 2400-2700; one after พ.ศ. must be Buddhist.

    Raises:
        BadInput: no such day, a year of two digits, or a year in an era that the form does not take.
    """
    folded = " ".join(text.translate(_ARABIC_DIGITS).split())
    if found := _ISO.fullmatch(folded):
        year, month, day = (int(part) for part in found.groups())
        if year not in _COMMON_YEARS:
            raise BadInput("date-in-wrong-era", "ISO dates are in the Common Era, as 2026-11-22", field=field)
    elif found := _SLASHED.fullmatch(folded):
        day, month, year = (int(part) for part in found.groups())
        year = _common_year(year, field)
    elif (found := _WORDED.fullmatch(folded)) and found[2] in THAI_MONTHS:
        day, month = int(found[1]), THAI_MONTHS.index(found[2]) + 1
        year = int(found[4])
        if found[3] and year not in _BUDDHIST_YEARS:
            raise BadInput("date-in-wrong-era", "the year after พ.ศ. is Buddhist, as 2569", field=field)
        year = _common_year(year, field)
    else:
        raise BadInput("malformed-date", "write it as 2026-11-22, 22/11/2569 or in Thai words", field=field)
    try:
        return date(year, month, day)
    except ValueError:
        raise BadInput("no-such-day", "check day, month and leap year", field=field) from None


def _common_year(year: int, field: str) -> int:
    if year in _BUDDHIST_YEARS:
        return year - BUDDHIST_OFFSET
    if year in _COMMON_YEARS:
        return year
    raise BadInput("ambiguous-year", "write the year with four digits", field=field)

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import (
    BANGKOK,
    THAI_MONTHS,
    Calendar,
    day_in_bangkok,
    end_of_day,
    in_thai,
    last_day_of_days,
    last_day_of_years,
    parse_day,
)
from domain.errors import BadInput

DAYS = st.dates(date(1942, 1, 1), date(2100, 12, 31))
ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


# s.193/3 and s.193/5


@pytest.mark.parametrize(
    ("event", "years", "last"),
    [
        ("2022-12-31", 5, "2027-12-31"),
        ("2023-02-28", 5, "2028-02-29"),  # the period starts on 1 March and ends the day before 1 March
        ("2024-02-29", 5, "2029-02-28"),
        ("2024-02-28", 1, "2025-02-28"),  # no 29 February to correspond: the last day of the month
        ("2024-02-28", 4, "2028-02-28"),
        ("2019-12-31", 7, "2026-12-31"),
    ],
)
def test_years_are_counted_by_the_calendar(event: str, years: int, last: str) -> None:
    assert last_day_of_years(date.fromisoformat(event), years) == date.fromisoformat(last)


def test_ninety_days_are_not_three_months() -> None:
    assert last_day_of_days(date(2026, 9, 1), 90) == date(2026, 11, 30)


@given(DAYS, st.integers(1, 10))
def test_a_period_of_years_is_never_shorter_than_365_days_a_year(event: date, years: int) -> None:
    last = last_day_of_years(event, years)
    assert 365 * years <= (last - event).days <= 366 * years


@given(DAYS, DAYS, st.integers(1, 10))
def test_a_later_event_never_ends_earlier(one: date, other: date, years: int) -> None:
    earlier, later = sorted((one, other))
    assert last_day_of_years(earlier, years) <= last_day_of_years(later, years)
    assert last_day_of_days(earlier, years) <= last_day_of_days(later, years)


@given(DAYS, st.integers(1, 10))
def test_a_longer_period_ends_later(event: date, years: int) -> None:
    assert last_day_of_years(event, years) < last_day_of_years(event, years + 1)


@pytest.mark.parametrize("event", [date(9999, 12, 31), date(9998, 6, 1), date(9999, 12, 30)])
def test_for_ever_is_no_date_to_count_from(event: date) -> None:
    with pytest.raises(BadInput) as caught:
        last_day_of_years(event, 5)
    assert caught.value.code == "date-out-of-reach"


def test_days_beyond_the_last_year_are_refused() -> None:
    with pytest.raises(BadInput, match="date out of reach"):
        last_day_of_days(date(9999, 12, 31), 90)


# s.193/8


def test_weekends_and_holidays_are_no_working_days(thai_calendar: Calendar) -> None:
    closed = ["2026-12-05", "2026-12-06", "2026-12-07", "2026-12-10", "2026-12-31", "2026-04-13"]
    assert not any(thai_calendar.is_working(date.fromisoformat(day)) for day in closed)
    assert thai_calendar.is_working(date(2026, 12, 8))


@given(day=st.dates(date(2018, 1, 1), date(2035, 12, 31)))
def test_rolling_reaches_the_nearest_working_day_each_way(thai_calendar: Calendar, day: date) -> None:
    after, before = thai_calendar.rolled(day), thai_calendar.working_day_by(day)
    assert before <= day <= after
    assert thai_calendar.is_working(after)
    assert thai_calendar.is_working(before)
    between = [before + timedelta(days=n) for n in range(1, (after - before).days)]
    assert not any(thai_calendar.is_working(other) for other in between)
    assert thai_calendar.rolled(after) == after


# Bangkok


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-11-22T16:59:59+00:00", "2026-11-22"),
        ("2026-11-22T17:00:00+00:00", "2026-11-23"),
        ("2026-12-31T17:30:00+00:00", "2027-01-01"),
        ("2026-11-22T23:59:00-05:00", "2026-11-23"),
    ],
)
def test_the_day_is_the_one_in_bangkok(instant: str, day: str) -> None:
    assert day_in_bangkok(datetime.fromisoformat(instant)) == date.fromisoformat(day)


@given(st.builds(datetime.combine, DAYS, st.times(), ZONES))
def test_the_zone_it_is_written_in_does_not_move_the_day(instant: datetime) -> None:
    assert day_in_bangkok(instant) == day_in_bangkok(instant.astimezone(UTC))
    assert day_in_bangkok(instant) == (instant.astimezone(UTC) + timedelta(hours=7)).date()


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(BadInput, match="time without zone"):
        day_in_bangkok(datetime(2026, 11, 22, 12))  # noqa: DTZ001 - that is the case


@given(DAYS)
def test_a_day_ends_in_its_last_second_in_bangkok(day: date) -> None:
    end = end_of_day(day)
    assert end.utcoffset() == timedelta(0)
    assert end.astimezone(BANGKOK) == datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=BANGKOK)
    assert day_in_bangkok(end) == day
    assert day_in_bangkok(end + timedelta(seconds=1)) == day + timedelta(days=1)


# Eras


@pytest.mark.parametrize(
    ("day", "era", "numerals", "written"),
    [
        ("2026-11-22", False, False, "22 พฤศจิกายน 2569"),
        ("2026-11-22", False, True, "๒๒ พฤศจิกายน ๒๕๖๙"),
        ("2026-11-22", True, False, "22 พฤศจิกายน พ.ศ. 2569"),
        ("2028-02-29", False, False, "29 กุมภาพันธ์ 2571"),
    ],
)
def test_rendering(day: str, *, era: bool, numerals: bool, written: str) -> None:
    assert in_thai(date.fromisoformat(day), era=era, numerals=numerals) == written


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-22", "2026-11-22"),
        ("22/11/2569", "2026-11-22"),
        ("22/11/2026", "2026-11-22"),
        ("๒๒/๑๑/๒๕๖๙", "2026-11-22"),
        ("1/2/2570", "2027-02-01"),
        ("29 กุมภาพันธ์ 2571", "2028-02-29"),
        ("22 พฤศจิกายน พ.ศ. 2569", "2026-11-22"),
        ("วันที่ ๒๒ พฤศจิกายน พ.ศ.๒๕๖๙", "2026-11-22"),
        ("  22   พฤศจิกายน   2569 ", "2026-11-22"),
    ],
)
def test_parsing(text: str, day: str) -> None:
    assert parse_day(text, field="received") == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("29 กุมภาพันธ์ 2570", "no-such-day"),  # 2027 is no leap year
        ("31/11/2569", "no-such-day"),
        ("22/13/2569", "no-such-day"),
        ("22/11/69", "ambiguous-year"),
        ("22/11/069", "ambiguous-year"),
        ("22/11/2250", "ambiguous-year"),
        ("2569-11-22", "date-in-wrong-era"),
        ("22 พฤศจิกายน พ.ศ. 2026", "date-in-wrong-era"),
        ("22 พฤศจิกายน 69", "ambiguous-year"),
        ("22 November 2026", "malformed-date"),
        ("22 พฤศจิกา 2569", "malformed-date"),
        ("2026-11-22T00:00", "malformed-date"),
        ("26-11-22", "malformed-date"),
        ("yesterday", "malformed-date"),
        ("", "malformed-date"),
    ],
)
def test_what_may_be_misread_is_refused(text: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_day(text, field="received")
    assert (caught.value.code, caught.value.facts) == (code, {"field": "received"})


@given(DAYS.filter(lambda day: day.year < 2100), st.booleans(), st.booleans())
def test_what_a_letter_writes_reads_back(day: date, era: bool, numerals: bool) -> None:
    assert parse_day(in_thai(day, era=era, numerals=numerals), field="day") == day
    assert parse_day(f"{day.day}/{day.month}/{day.year + 543}", field="day") == day


def test_there_are_twelve_months() -> None:
    assert len(set(THAI_MONTHS)) == 12

"""What the law answers, over all days: never earlier than it allows, later for later events, whatever zone or year end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import BANGKOK, last_day_of_days, last_day_of_years
from domain.errors import BadInput
from domain.holds import CountsFrom, FiscalYear
from domain.retention import Limit, Period, Retention, Since
from domain.rights import Right
from policy.answers import StepCode, due, hold, kept
from policy.load import load_policy

POLICY = load_policy()
DAYS = st.dates(date(2013, 1, 1), date(2027, 12, 31))
YEAR_ENDS = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: f"{day:%m-%d}")
ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(2022, 6, 1), datetime(2027, 12, 31), timezones=ZONES)  # noqa: DTZ001 - it adds them
RULES = st.sampled_from(tuple(POLICY.holds))


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=BANGKOK)


# Deadlines


@given(right=st.sampled_from(Right), instant=INSTANTS)
def test_a_deadline_is_days_from_the_bangkok_day_whatever_the_zone(right: Right, instant: datetime) -> None:
    told = due(POLICY, right, instant)
    assert told == due(POLICY, right, instant.astimezone(UTC))
    assert told.received_on == instant.astimezone(BANGKOK).date()
    assert told.strict == told.received_on + timedelta(days=POLICY.deadlines[right].days)


@given(right=st.sampled_from(Right), day=DAYS)
def test_what_is_planned_for_is_never_late_and_the_outer_wall_never_early(right: Right, day: date) -> None:
    told = due(POLICY, right, at(day))
    assert told.internal_target is not None
    assert told.statutory_due is not None
    assert told.internal_target <= told.strict <= told.statutory_due
    assert POLICY.calendar.is_working(told.internal_target)
    assert POLICY.calendar.is_working(told.statutory_due)
    ceiling = POLICY.ceilings.get(right)
    assert ceiling is None or told.strict <= ceiling.last_day(day)


@given(right=st.sampled_from(Right), one=DAYS, other=DAYS)
def test_a_later_request_is_never_due_earlier(right: Right, one: date, other: date) -> None:
    first, second = (due(POLICY, right, at(day)) for day in sorted((one, other)))
    assert first.strict <= second.strict
    assert (first.internal_target, first.statutory_due) <= (second.internal_target, second.statutory_due)


# Holds


@given(document=DAYS, ends=YEAR_ENDS, years=st.integers(5, 12))
def test_no_document_goes_before_the_law_whatever_the_year_end(document: date, ends: str, years: int) -> None:
    books = FiscalYear(ends=ends)
    told = hold(POLICY, "H-ACC", document=document, books=books, years=years)
    floor = POLICY.floors[CountsFrom.CLOSING_DATE].last_day(books.closing_date(document))
    assert told.earliest_erasure is not None
    assert told.earliest_erasure_unrolled is not None
    assert floor < told.earliest_erasure_unrolled <= told.earliest_erasure
    assert told.floor_last_day == floor
    assert told.last_day == last_day_of_years(books.closing_date(document), years)


@given(rule=RULES, one=DAYS, other=DAYS)
def test_a_later_event_is_never_free_earlier(rule: str, one: date, other: date) -> None:
    first, second = (hold(POLICY, rule, event=day) for day in sorted((one, other)))
    assert first.last_day <= second.last_day
    assert (first.earliest_erasure or date.max) <= (second.earliest_erasure or date.min)


@given(rule=RULES, event=DAYS, fewer=st.integers(1, 4))
def test_no_answer_is_below_the_law(rule: str, event: date, fewer: int) -> None:
    floor = POLICY.floors.get(POLICY.holds[rule].counts_from)
    if floor is None:  # the company's own rule: no law demands a day of it, and nothing says so
        told = hold(POLICY, rule, event=event, years=fewer)
        assert told.last_day == last_day_of_years(event, fewer)
        assert told.floor_last_day is None
        assert told.basis == POLICY.bases[POLICY.holds[rule].basis]
    elif floor.period.years:
        with pytest.raises(BadInput, match="below the law"):
            hold(POLICY, rule, event=event, years=fewer)
    else:
        assert (
            hold(POLICY, rule, event=event, years=fewer).last_day >= hold(POLICY, rule, event=event).last_day
        )


@given(event=DAYS)
@settings(max_examples=300)
def test_a_leap_day_takes_nothing_from_a_period(event: date) -> None:
    """s.193/5: five years and a day later is the same day of the calendar, or the first after February."""
    free = hold(POLICY, "H-VAT", event=event).earliest_erasure_unrolled
    start = event + timedelta(days=1)
    assert free is not None
    if (start.month, start.day) == (2, 29):
        assert free == date(start.year + 5, 3, 1)
    else:
        assert free == start.replace(year=start.year + 5)


@given(rule=RULES, event=DAYS)
def test_the_arithmetic_leads_from_the_event_to_the_answer(rule: str, event: date) -> None:
    told = hold(POLICY, rule, event=event)
    steps = {step.code: step for step in told.why}
    assert steps[StepCode.EVENT].to == event
    assert (steps.get(StepCode.YEARS) or steps[StepCode.DAYS]).to == told.last_day
    assert steps[StepCode.FREE].to == told.earliest_erasure
    moves, working = POLICY.holds[rule].rolled, POLICY.calendar.is_working(told.last_day)
    ends = {
        StepCode.ROLLED: moves and not working,
        StepCode.UNROLLED: moves and working,
        StepCode.STANDS: not moves,
    }
    assert [code for code in ends if code in steps] == [code for code, said in ends.items() if said]
    assert (told.earliest_erasure == told.earliest_erasure_unrolled) == (StepCode.ROLLED not in steps)
    assert (StepCode.PROJECTED in steps) == told.projected
    assert not (told.projected and not moves)
    assert (StepCode.FLOOR in steps) == (
        told.floor_last_day is not None and told.floor_last_day < told.last_day
    )
    assert (told.basis is None) == (not POLICY.holds[rule].basis)


def test_years_that_are_asked_for_are_told_apart_from_the_policy_s() -> None:
    told = hold(POLICY, "H-ACC", document=date(2019, 6, 30), years=7)
    assert StepCode.ASKED in {step.code for step in told.why}
    assert told.floor_last_day == date(2024, 12, 31)
    assert told.basis is None
    assert StepCode.ASKED not in {
        step.code for step in hold(POLICY, "H-BOOKS", document=date(2019, 6, 30)).why
    }


# Retention


@given(event=DAYS, months=st.integers(1, 60))
def test_months_are_counted_as_years_are(event: date, months: int) -> None:
    last = Period(months=12 * months).last_day(event)
    assert last == Period(years=months).last_day(event) == last_day_of_years(event, months)
    assert Period(days=months).last_day(event) == last_day_of_days(event, months)
    assert Period(months=months).last_day(event) < Period(months=months + 1).last_day(event)


@pytest.mark.parametrize(
    ("event", "months", "last"),
    [
        ("2026-01-30", 1, "2026-02-28"),  # the match of 31 January would be 31 February
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-02-28", 12, "2027-02-28"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2027-12-31", 2, "2028-02-29"),
    ],
)
def test_a_month_ends_by_the_calendar(event: str, months: int, last: str) -> None:
    assert Period(months=months).last_day(date.fromisoformat(event)) == date.fromisoformat(last)


def test_of_several_limits_the_first_to_end_counts() -> None:
    tickets = POLICY.units["U06"].kept
    closed, expired = date(2024, 5, 1), date(2026, 11, 1)
    both = {Since.TICKET_CLOSED_ON.value: closed, Since.ACCOUNT_EXPIRED_ON.value: expired}
    found = tickets.ends(both)
    assert found is not None
    assert (found[0], found[1].since) == (date(2026, 5, 1), Since.TICKET_CLOSED_ON)
    assert tickets.ends({Since.ACCOUNT_EXPIRED_ON.value: expired}) == (
        date(2026, 12, 1),
        tickets.limits[1],
    )


def test_time_that_has_not_begun_does_not_run_out() -> None:
    assert POLICY.units["U01"].kept.ends({}) is None
    assert POLICY.units["U01"].kept.ends({"account_expired_on": None}) is None
    assert POLICY.units["U13"].kept.ends({"account_expired_on": date(2026, 1, 1)}) is None


def test_a_dispute_keeps_the_file_longer() -> None:
    closed = date(2026, 6, 30)
    assert kept(POLICY, "U15", closed).last_day == date(2029, 6, 30)
    assert kept(POLICY, "U15", closed, disputed=True).last_day == date(2036, 6, 30)
    dates = {Since.CASE_CLOSED_ON.value: closed}
    found = POLICY.units["U15"].kept.ends(dates, disputed=True)
    assert found is not None
    assert found[0] == date(2036, 6, 30)


def test_at_once_is_the_day_itself() -> None:
    now = Retention(limits=(Limit(since=Since.OBJECTED_ON, period=Period()),))
    found = now.ends({"objected_on": date(2026, 11, 23)})
    assert found is not None
    assert found[0] == date(2026, 11, 23)
    assert str(Period()) == "at once"
    assert str(Period(years=1)) == "1 year"
    assert str(Period(months=12)) == "12 months"

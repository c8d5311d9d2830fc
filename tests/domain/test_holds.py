from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, last_day_of_years
from domain.errors import BadInput
from domain.holds import AccountingPeriod, CountsFrom, FiscalYear, HoldRule, hold_of, holds_on
from policy.model import Policy

DAYS = st.dates(date(2011, 1, 1), date(2027, 12, 31))
YEAR_ENDS = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: f"{day:%m-%d}")


# The closing date (Accounting Act s.14)


@pytest.mark.parametrize(
    ("ends", "document", "closes"),
    [
        ("12-31", "2022-03-14", "2022-12-31"),
        ("12-31", "2022-12-31", "2022-12-31"),
        ("12-31", "2023-01-01", "2023-12-31"),
        ("03-31", "2022-03-14", "2022-03-31"),
        ("03-31", "2022-04-01", "2023-03-31"),
        ("09-30", "2021-05-10", "2021-09-30"),
        ("02-29", "2024-02-10", "2024-02-29"),
        ("02-29", "2023-02-28", "2023-02-28"),  # a year without that day ends on its month's last
        ("02-29", "2023-03-01", "2024-02-29"),
        ("01-01", "2023-01-02", "2024-01-01"),
    ],
)
def test_the_closing_date_is_the_end_of_the_documents_year(ends: str, document: str, closes: str) -> None:
    assert FiscalYear(ends=ends).closing_date(date.fromisoformat(document)) == date.fromisoformat(closes)


def test_real_periods_come_before_the_usual_year_end() -> None:
    books = FiscalYear(
        ends="12-31",
        periods=(
            AccountingPeriod(start=date(2019, 5, 2), end=date(2019, 12, 31)),
            AccountingPeriod(start=date(2023, 1, 1), end=date(2023, 3, 31)),  # the year end was changed
            AccountingPeriod(start=date(2023, 4, 1), end=date(2024, 3, 31)),
        ),
    )
    assert books.closing_date(date(2019, 5, 2)) == date(2019, 12, 31)
    assert books.closing_date(date(2023, 3, 31)) == date(2023, 3, 31)
    assert books.closing_date(date(2023, 4, 1)) == date(2024, 3, 31)
    assert books.closing_date(date(2021, 7, 7)) == date(2021, 12, 31)


@given(YEAR_ENDS, DAYS)
def test_every_year_end_closes_within_a_year_of_the_document(ends: str, document: date) -> None:
    closes = FiscalYear(ends=ends).closing_date(document)
    assert document <= closes < document + timedelta(days=366)
    assert FiscalYear(ends=ends).closing_date(closes) == closes
    month, day = int(ends[:2]), int(ends[3:])
    assert closes.month == month
    assert closes.day == day or (ends, closes.day) == ("02-29", 28)


# One hold


@given(event=DAYS, years=st.integers(1, 10))
def test_nothing_is_free_before_its_law_allows(policy: Policy, event: date, years: int) -> None:
    rule = HoldRule(id="H-ANY", reference="any", counts_from=CountsFrom.DOCUMENT_DATE, years=years)
    hold = hold_of(rule, event, policy.calendar)
    assert hold.last_day == last_day_of_years(event, years)
    assert hold.release_on > hold.last_day
    assert hold.release_on - timedelta(days=1) == policy.calendar.rolled(hold.last_day)
    assert hold.binds(hold.last_day)
    assert hold.binds(hold.release_on - timedelta(days=1))
    assert not hold.binds(hold.release_on)


@given(rule=st.sampled_from(("H-BOOKS", "H-ACC", "H-VAT", "H-CCA-T", "H-CCA-U")), one=DAYS, other=DAYS)
def test_a_later_event_is_never_released_earlier(policy: Policy, rule: str, one: date, other: date) -> None:
    first, second = (hold_of(policy.holds[rule], event, policy.calendar) for event in sorted((one, other)))
    assert first.last_day <= second.last_day
    assert first.release_on <= second.release_on


@given(event=DAYS, announced=st.dates(date(2018, 1, 1), date(2035, 12, 31)))
def test_a_holiday_announced_later_releases_nothing_earlier(
    policy: Policy, event: date, announced: date
) -> None:
    longer = Calendar(version="next", holidays=policy.calendar.holidays | {announced})
    rule = policy.holds["H-BOOKS"]
    assert hold_of(rule, event, longer).release_on >= hold_of(rule, event, policy.calendar).release_on


@given(document=DAYS, ends=YEAR_ENDS)
def test_the_laws_floor_lies_two_years_inside_the_published_seven(
    policy: Policy, document: date, ends: str
) -> None:
    books = FiscalYear(ends=ends)
    (published,) = holds_on((policy.holds["H-BOOKS"],), {"document_date": document}, books, policy.calendar)
    (statutory,) = holds_on((policy.holds["H-ACC"],), {"document_date": document}, books, policy.calendar)
    assert published.floor_last_day == statutory.last_day
    assert statutory.last_day < published.last_day
    assert (published.last_day.year - statutory.last_day.year) == 2


def test_a_rule_counted_in_days_has_no_floor(policy: Policy) -> None:
    hold = hold_of(policy.holds["H-CCA-T"], date(2026, 8, 24), policy.calendar)
    assert hold.floor_last_day is None
    assert hold.last_day == date(2026, 11, 22)


# Several on one record


def rules(policy: Policy, *ids: str) -> tuple[HoldRule, ...]:
    return tuple(policy.holds[rule] for rule in ids)


def test_s01_an_invoice_of_2022_under_three_rules(policy: Policy) -> None:
    dates: Mapping[str, date | None] = {"document_date": date(2022, 3, 14), "filed_on": date(2022, 4, 18)}
    found = holds_on(rules(policy, "H-VAT", "H-ACC", "H-BOOKS"), dates, policy.books, policy.calendar)
    assert [(hold.rule, hold.last_day, hold.release_on) for hold in found] == [
        ("H-BOOKS", date(2029, 12, 31), date(2030, 1, 3)),
        ("H-ACC", date(2027, 12, 31), date(2028, 1, 5)),
        ("H-VAT", date(2027, 4, 18), date(2027, 4, 20)),
    ]


def test_s02_with_a_year_end_in_march_the_tax_law_is_the_later(policy: Policy) -> None:
    books = FiscalYear(ends="03-31")
    dates = {"document_date": date(2022, 3, 14), "filed_on": date(2022, 4, 18)}
    law = holds_on(rules(policy, "H-ACC", "H-VAT"), dates, books, policy.calendar)
    assert [(hold.rule, hold.release_on) for hold in law] == [
        ("H-VAT", date(2027, 4, 20)),
        ("H-ACC", date(2027, 4, 1)),
    ]
    (published,) = holds_on(rules(policy, "H-BOOKS"), dates, books, policy.calendar)
    assert published.last_day == date(2029, 3, 31)


def test_s50_an_expired_account_is_identified_for_ninety_days(policy: Policy) -> None:
    dates = {"service_ended_on": date(2026, 11, 1)}
    (hold,) = holds_on(rules(policy, "H-CCA-U"), dates, policy.books, policy.calendar)
    assert hold.last_day == date(2027, 1, 30)


def test_a_date_that_is_to_come_undoes_no_hold_that_stands(policy: Policy) -> None:
    """An invoice whose VAT return is not filed yet: the books hold it; when they let go, somebody must look."""
    both, dates = rules(policy, "H-VAT", "H-ACC"), {"document_date": date(2022, 3, 14), "filed_on": None}
    (books,) = holds_on(both, dates, policy.books, policy.calendar, date(2026, 11, 23))
    assert (books.rule, books.release_on) == ("H-ACC", date(2028, 1, 5))
    assert holds_on(both, dates, policy.books, policy.calendar, date(2028, 1, 4)) == (books,)
    for day in (date(2028, 1, 5), None):
        with pytest.raises(BadInput, match="hold without date") as caught:
            holds_on(both, dates, policy.books, policy.calendar, day)
        assert caught.value.facts["rule"] == "H-VAT"


@pytest.mark.parametrize("dates", [{}, {"filed_on": None}, {"document_date": date(2022, 3, 14)}])
def test_a_record_without_the_date_of_its_rule_fails_closed(
    policy: Policy, dates: dict[str, date | None]
) -> None:
    with pytest.raises(BadInput) as caught:
        holds_on(rules(policy, "H-VAT"), dates, policy.books, policy.calendar)
    assert (caught.value.code, caught.value.facts) == ("hold-without-date", {"rule": "H-VAT"})


@pytest.mark.parametrize("ends", ["12-31", "03-31"])
@pytest.mark.parametrize(
    ("rule", "forever"),
    [
        ("H-BOOKS", date(9999, 1, 1)),
        ("H-BOOKS", date.max),
        ("H-VAT", date(9999, 1, 1)),
        ("H-VAT", date.max),
        ("H-CCA-T", date.max),
        ("H-CCA-U", date.max),
    ],
)
def test_a_record_dated_for_ever_fails_closed(policy: Policy, rule: str, ends: str, forever: date) -> None:
    dates = dict.fromkeys(("document_date", "filed_on", "entered_on", "service_ended_on"), forever)
    with pytest.raises(BadInput, match="hold without date"):
        holds_on(rules(policy, rule), dates, FiscalYear(ends=ends), policy.calendar)


def test_no_rule_no_hold(policy: Policy) -> None:
    assert holds_on((), {}, policy.books, policy.calendar) == ()

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, day_in_bangkok, end_of_day
from domain.deadlines import (
    Authority,
    DeadlineRule,
    Terms,
    cooling_ends,
    extended,
    renewed,
    sending_time,
    terms_for,
)
from domain.errors import BadInput, Conflict
from domain.rights import Right
from policy.model import Policy

INSTANTS = st.builds(datetime.combine, st.dates(date(2018, 2, 1), date(2035, 6, 1)), st.times(), st.just(UTC))


@pytest.mark.parametrize(
    ("right", "days", "authority", "section"),
    [
        (Right.ACCESS, 30, Authority.STATUTE, "s.30 ¶4"),
        (Right.ERASURE, 90, Authority.NOTIFICATION, "cl.3"),
        (Right.PORTABILITY, 30, Authority.POLICY, "s.31"),
        (Right.OBJECTION, 30, Authority.POLICY, "s.32"),
        (Right.RESTRICTION, 30, Authority.POLICY, "s.34"),
        (Right.RECTIFICATION, 30, Authority.POLICY, "ss.35-36"),
        (Right.WITHDRAWAL, 30, Authority.POLICY, "s.19"),
    ],
)
def test_two_numbers_are_law_and_the_rest_say_that_they_are_not(
    policy: Policy, right: Right, days: int, authority: Authority, section: str
) -> None:
    terms = policy.terms(right, datetime(2026, 11, 22, 3, tzinfo=UTC))
    assert (terms.strict - terms.received_on).days == days
    assert terms.authority is authority
    assert section in terms.reference


def test_an_erasure_is_decided_by_day_30_done_by_day_90_and_cools_off(policy: Policy) -> None:
    """Section 8: D30 is 2026-12-22; D90 is 2027-02-20 strict, 2027-02-23 rolled over Makha Bucha in lieu."""
    terms = policy.terms(Right.ERASURE, datetime(2026, 11, 22, 3, tzinfo=UTC))
    assert terms.decide_by == date(2026, 12, 22)
    assert (terms.strict, terms.rolled) == (date(2027, 2, 20), date(2027, 2, 23))
    assert terms.target == date(2027, 2, 19)
    assert terms.due == end_of_day(terms.strict)
    assert terms.cooling_hours == 72


def test_an_erasure_cools_off_inside_its_days_with_one_left_to_do_it(policy: Policy) -> None:
    terms = policy.terms(Right.ERASURE, datetime(2026, 11, 22, 3, tzinfo=UTC))
    early, late = datetime(2026, 12, 1, tzinfo=UTC), terms.due - timedelta(days=2)
    assert cooling_ends(terms, early) == datetime(2026, 12, 4, tzinfo=UTC)
    assert cooling_ends(terms, late) == terms.due - timedelta(days=1)
    assert cooling_ends(terms, terms.due) == terms.due


def test_a_package_is_offered_for_two_days_and_never_into_the_last_one(policy: Policy) -> None:
    terms = policy.terms(Right.PORTABILITY, datetime(2026, 11, 22, 3, tzinfo=UTC))
    target = end_of_day(terms.target)
    assert sending_time(terms, datetime(2026, 12, 1, tzinfo=UTC)) == timedelta(hours=48)
    assert sending_time(terms, target - timedelta(days=2)) == timedelta(days=1)
    assert sending_time(terms, target) == timedelta(seconds=10)
    assert policy.terms(Right.ACCESS, datetime(2026, 11, 22, 3, tzinfo=UTC)).sending_hours == 0


def test_who_is_not_verified_hears_so_before_day_30(policy: Policy) -> None:
    """S10: access received 2026-11-22; by 2026-12-18 it closes as unverified."""
    terms = policy.terms(Right.ACCESS, datetime(2026, 11, 22, 3, tzinfo=UTC))
    assert terms.verify_by == end_of_day(date(2026, 12, 18))


def test_s08_a_last_day_on_an_in_lieu_holiday(policy: Policy) -> None:
    terms = policy.terms(Right.ACCESS, datetime(2026, 11, 7, 3, tzinfo=UTC))
    assert (terms.strict, terms.rolled, terms.target) == (
        date(2026, 12, 7),
        date(2026, 12, 8),
        date(2026, 12, 4),
    )


def test_verification_ends_before_a_decision_date_that_a_holiday_pulls_forward(policy: Policy) -> None:
    """Day 30 of this erasure is Monday 7 December, in lieu: decided by Friday, so identity by Wednesday."""
    terms = policy.terms(Right.ERASURE, datetime(2026, 11, 7, 3, tzinfo=UTC))
    assert terms.decide_by == date(2026, 12, 4)
    assert terms.verify_by == end_of_day(date(2026, 12, 2))


def test_terms_name_the_policy_and_calendar_they_were_made_under(policy: Policy) -> None:
    terms = policy.terms(Right.ACCESS, datetime(2026, 11, 22, 3, tzinfo=UTC))
    assert (terms.policy, terms.calendar) == (policy.version, policy.calendar.version)
    assert terms.version == 1


@given(right=st.sampled_from(Right), received=INSTANTS)
def test_dates_stand_in_their_order(policy: Policy, right: Right, received: datetime) -> None:
    terms = policy.terms(right, received)
    rule = policy.deadlines[right]
    calendar = policy.calendar
    assert terms.received_on == day_in_bangkok(received)
    assert terms.strict == terms.received_on + timedelta(days=rule.days)
    assert terms.received_on < terms.target <= terms.strict <= terms.rolled
    assert terms.decide_by <= terms.target
    assert terms.decide_by <= terms.received_on + timedelta(days=rule.decision_days or rule.days)
    assert all(calendar.is_working(day) for day in (terms.target, terms.rolled, terms.decide_by))
    assert received < terms.verify_by <= end_of_day(terms.decide_by - timedelta(days=rule.verify_days_before))
    assert list(terms.reminders) == sorted(terms.reminders)
    assert all(received < reminder < terms.due for reminder in terms.reminders)


@given(right=st.sampled_from(Right), one=INSTANTS, other=INSTANTS)
def test_who_asks_later_is_never_promised_earlier(
    policy: Policy, right: Right, one: datetime, other: datetime
) -> None:
    first, second = (policy.terms(right, instant) for instant in sorted((one, other)))
    for name in ("strict", "rolled", "target", "decide_by", "verify_by", "due"):
        assert getattr(first, name) <= getattr(second, name)


@given(received=INSTANTS, announced=st.dates(date(2018, 1, 1), date(2035, 12, 31)))
def test_a_holiday_announced_later_moves_no_promise(
    policy: Policy, received: datetime, announced: date
) -> None:
    """S53: the strict date stands; the outer wall may move out, never in."""
    known = policy.calendar
    longer = Calendar(version="next", holidays=known.holidays | {announced})
    rule = policy.deadlines[Right.ACCESS]
    before, after = terms_for(rule, received, known, ""), terms_for(rule, received, longer, "")
    assert (after.strict, after.due) == (before.strict, before.due)
    assert after.rolled >= before.rolled
    assert after.target <= before.target


def test_a_time_without_zone_opens_no_case(policy: Policy) -> None:
    with pytest.raises(BadInput, match="time without zone"):
        policy.terms(Right.ACCESS, datetime(2026, 11, 22))  # noqa: DTZ001 - that is the case


def test_without_a_decision_date_the_decision_is_due_with_the_answer(thai_calendar: Calendar) -> None:
    rule = DeadlineRule(right=Right.ACCESS, days=30, authority=Authority.STATUTE, reference="s.30 ¶4")
    terms = terms_for(rule, datetime(2026, 11, 22, 3, tzinfo=UTC), thai_calendar, "")
    assert terms.decide_by == terms.target


# Extension: the Act grants none; these are rules as the Committee might set them (s.30 ¶5)

EXTENDABLE = DeadlineRule(
    right=Right.ACCESS,
    days=30,
    authority=Authority.STATUTE,
    reference="s.30 ¶4",
    extension_days=20,
    extension_reference="a notification",
)


@given(received=INSTANTS, days=st.integers(1, 20))
def test_an_extension_shortens_no_promise_and_names_its_law(
    thai_calendar: Calendar, received: datetime, days: int
) -> None:
    terms = terms_for(EXTENDABLE, received, thai_calendar, "")
    longer = extended(EXTENDABLE, terms, days, thai_calendar)
    assert longer.version == terms.version + 1
    assert longer.strict == terms.strict + timedelta(days=days)
    assert longer.due == end_of_day(longer.strict)
    assert (longer.rolled, longer.target) >= (terms.rolled, terms.target)
    assert longer.target <= longer.strict <= longer.rolled
    assert all(reminder < longer.due for reminder in longer.reminders)
    assert longer.reference == "s.30 ¶4; a notification"


@pytest.mark.parametrize("days", [-5, 0, 21])
def test_no_more_than_the_law_lets(thai_calendar: Calendar, days: int) -> None:
    terms = terms_for(EXTENDABLE, datetime(2026, 11, 22, 3, tzinfo=UTC), thai_calendar, "")
    with pytest.raises(Conflict) as caught:
        extended(EXTENDABLE, terms, days, thai_calendar)
    assert caught.value.code == "no-power-to-extend"


def test_what_was_used_up_is_not_given_again(thai_calendar: Calendar) -> None:
    terms = terms_for(EXTENDABLE, datetime(2026, 11, 22, 3, tzinfo=UTC), thai_calendar, "")
    longer = extended(EXTENDABLE, terms, 20, thai_calendar)
    with pytest.raises(Conflict):
        extended(EXTENDABLE, longer, 1, thai_calendar)


def test_days_without_a_law_are_no_extension(thai_calendar: Calendar) -> None:
    nameless = EXTENDABLE.model_copy(update={"extension_reference": ""})
    terms = terms_for(nameless, datetime(2026, 11, 22, 3, tzinfo=UTC), thai_calendar, "")
    with pytest.raises(Conflict):
        extended(nameless, terms, 1, thai_calendar)


# Renewal: the same terms under another calendar (S53)


def with_holidays(known: Calendar, *days: date) -> Calendar:
    return Calendar(version="next", holidays=known.holidays | set(days))


@pytest.fixture
def terms(policy: Policy) -> Terms:
    """Access, asked for on Sunday 22 November 2026: due on Tuesday 22 December."""
    return policy.terms(Right.ACCESS, datetime(2026, 11, 22, 3, tzinfo=UTC))


def test_s53_a_holiday_on_the_due_date_moves_the_wall_out_and_the_plan_in(
    policy: Policy, terms: Terms
) -> None:
    newer = renewed(terms, with_holidays(policy.calendar, date(2026, 12, 22)))
    assert newer is not None
    assert newer == terms.model_copy(
        update={
            "version": 2,
            "rolled": date(2026, 12, 23),
            "target": date(2026, 12, 21),
            "decide_by": date(2026, 12, 21),
            "calendar": "next",
        }
    )


@pytest.mark.parametrize("elsewhere", [date(2026, 12, 21), date(2026, 12, 23), date(2027, 6, 1)])
def test_a_holiday_on_another_day_moves_nothing(policy: Policy, terms: Terms, elsewhere: date) -> None:
    assert renewed(terms, with_holidays(policy.calendar, elsewhere)) is None


def test_the_same_calendar_moves_nothing(policy: Policy, terms: Terms) -> None:
    assert renewed(terms, policy.calendar) is None
    assert renewed(terms, policy.calendar.model_copy(update={"version": "reprinted"})) is None


def test_a_decision_date_moves_by_itself(policy: Policy) -> None:
    """An erasure is decided by day 30, long before day 90: a holiday there moves that date alone."""
    erasure = policy.terms(Right.ERASURE, datetime(2026, 11, 22, 3, tzinfo=UTC))
    newer = renewed(erasure, with_holidays(policy.calendar, date(2026, 12, 22)))
    assert newer is not None
    assert (newer.decide_by, newer.target, newer.rolled) == (
        date(2026, 12, 21),
        erasure.target,
        erasure.rolled,
    )


def test_a_holiday_taken_back_frees_the_day_to_plan_for_and_pulls_no_wall_in(policy: Policy) -> None:
    """S08 with 7 December, in lieu, a working day after all."""
    s08 = policy.terms(Right.ACCESS, datetime(2026, 11, 7, 3, tzinfo=UTC))
    shorter = Calendar(version="next", holidays=policy.calendar.holidays - {date(2026, 12, 7)})
    newer = renewed(s08, shorter)
    assert newer is not None
    assert (newer.target, newer.rolled) == (date(2026, 12, 7), date(2026, 12, 8))


CHANGES = st.sets(st.integers(-10, 10), max_size=6)


@given(right=st.sampled_from(Right), received=INSTANTS, added=CHANGES, removed=CHANGES)
def test_no_calendar_moves_a_promise_or_pulls_the_wall_in(
    policy: Policy, right: Right, received: datetime, added: set[int], removed: set[int]
) -> None:
    before = policy.terms(right, received)

    def near(offsets: set[int]) -> set[date]:
        due = (before.strict, before.decide_by)
        return {day + timedelta(days=offset) for day in due for offset in offsets}

    calendar = Calendar(version="next", holidays=(policy.calendar.holidays - near(removed)) | near(added))
    after = renewed(before, calendar)
    dates = ("target", "rolled", "decide_by")
    if after is None:
        assert calendar.working_day_by(before.strict) == before.target
        assert calendar.rolled(before.strict) <= before.rolled
        assert calendar.is_working(before.decide_by)
        return
    assert any(getattr(after, name) != getattr(before, name) for name in dates)
    changed = {name: getattr(after, name) for name in dates}
    assert after == before.model_copy(update={**changed, "version": before.version + 1, "calendar": "next"})
    assert after.rolled >= before.rolled
    assert after.decide_by <= before.decide_by
    assert after.target <= after.strict <= after.rolled
    assert all(calendar.is_working(day) for day in (after.target, after.decide_by))
    assert renewed(after, calendar) is None

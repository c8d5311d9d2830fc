"""The retention sweep: whose time is over on which day, and what keeps a record all the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.holds import FiscalYear, Hold, holds_on
from domain.item import Basis, Found, Role
from domain.outcomes import UNDATED, Outcome
from domain.retention import Limit, Period, Retention, Since
from domain.sweep import BY_HAND, ENDED, RUNNING, SEVERAL, ended_by, sweep_item
from policy.model import Policy

EXPIRED = date(2026, 11, 1)
DAYS = st.dates(date(2011, 1, 1), date(2027, 12, 31))


def found(unit: str = "U01", **told: Any) -> Found:
    plain = Found(
        no=1,
        system="siamcrm",
        table="users",
        unit=unit,
        role=Role.CONTROLLER,
        basis=Basis.CONTRACT,
        dates={"account_expired_on": EXPIRED, "service_ended_on": EXPIRED},
    )
    return plain.model_copy(update=told)


def fate(policy: Policy, one: Found, today: date, kept_on: str = "") -> tuple[str, str, date | None] | None:
    rules = policy.hold_rules(one.unit, one.holds)
    holds = holds_on(rules, one.dates, policy.books, policy.calendar)
    swept = sweep_item(one, policy.units[one.unit].kept, holds, policy.books, today, kept_on=kept_on)
    return None if swept is None else (swept.row.planned, swept.row.ground, swept.row.until)


def test_s50_identification_stays_its_90_days_and_the_rest_of_the_account_30(policy: Policy) -> None:
    account, ticket = found(holds=("H-CCA-U",)), found("U06", table="tickets")
    free = date(2027, 2, 2)  # 30 January 2027 is a Saturday: the hold rolls to Monday, and ends with it
    gone = (Outcome.ERASE, ENDED, None)
    for day, of_account, of_ticket in (
        ("2026-12-01", None, None),
        ("2026-12-02", (Outcome.HOLD, "EX-LAW", free), gone),
        ("2027-01-30", (Outcome.HOLD, "EX-LAW", free), gone),
        ("2027-02-01", (Outcome.HOLD, "EX-LAW", free), gone),
        ("2027-02-02", gone, gone),
    ):
        today = date.fromisoformat(day)
        assert fate(policy, account, today) == of_account
        assert fate(policy, ticket, today) == of_ticket


def test_an_invoice_goes_with_its_books_when_no_law_holds_it(policy: Policy) -> None:
    dates = {"document_date": date(2019, 6, 30), "filed_on": date(2019, 7, 15)}
    invoice = found("U03", dates=dates, holds=("H-BOOKS", "H-VAT"))
    assert fate(policy, invoice, date(2026, 12, 31)) is None
    assert fate(policy, invoice, date(2027, 1, 1)) == (Outcome.HOLD, "EX-LAW", date(2027, 1, 5))
    assert fate(policy, invoice, date(2027, 1, 5)) == (Outcome.ERASE, ENDED, None)


def test_tells_why_its_time_is_over(policy: Policy) -> None:
    swept = sweep_item(found(), policy.units["U01"].kept, (), policy.books, date(2026, 12, 2))
    assert swept is not None
    over = swept.over
    assert (over.since, over.event, over.period, over.last_day) == (
        Since.ACCOUNT_EXPIRED_ON,
        EXPIRED,
        "30 days",
        date(2026, 12, 1),
    )


def test_of_several_limits_the_first_to_end_counts(policy: Policy) -> None:
    dates = {"ticket_closed_on": date(2024, 3, 1), "account_expired_on": EXPIRED}
    kept = policy.units["U06"].kept
    swept = sweep_item(found("U06", dates=dates), kept, (), policy.books, date(2027, 1, 1))
    assert swept is not None
    assert swept.over.since is Since.TICKET_CLOSED_ON


def test_an_account_in_use_has_not_expired_but_its_old_tickets_have(policy: Policy) -> None:
    today = date(2027, 2, 2)
    assert fate(policy, found(contract_open=True), today) == (Outcome.NO_GROUND, RUNNING, None)
    dates = {"ticket_closed_on": date(2024, 3, 1), "account_expired_on": None}
    ticket = found("U06", dates=dates, contract_open=True)
    assert fate(policy, ticket, today) == (Outcome.ERASE, ENDED, None)


@pytest.mark.parametrize(
    ("told", "outcome", "ground"),
    [
        ({"obstacle": "cascade-beyond-plan"}, Outcome.REVIEW, "cascade-beyond-plan"),
        ({"unsure": True, "obstacle": "identifier-of-several"}, Outcome.REVIEW, "identifier-of-several"),
        ({"shared": True}, Outcome.REVIEW, SEVERAL),
        ({"on_erase": Outcome.DETACH}, Outcome.REVIEW, SEVERAL),
        ({"on_erase": Outcome.REVIEW}, Outcome.REVIEW, BY_HAND),
        ({"on_erase": Outcome.ANONYMISE}, Outcome.ANONYMISE, ENDED),
    ],
)
def test_what_people_must_look_at_goes_to_people(
    policy: Policy, told: Mapping[str, Any], outcome: Outcome, ground: str
) -> None:
    assert fate(policy, found(**told), date(2027, 2, 2)) == (outcome, ground, None)


def test_what_is_held_for_others_is_not_ours_to_end(policy: Policy) -> None:
    assert fate(policy, found(role=Role.PROCESSOR), date(2030, 1, 1)) is None


def test_s29_an_order_or_a_restriction_keeps_it_without_a_day(policy: Policy) -> None:
    day = date(2026, 12, 2)
    assert fate(policy, found(holds=("H-CCA-U",)), day, "EX-CLAIM") == (Outcome.HOLD, "EX-CLAIM", None)
    assert fate(policy, found(obstacle="cascade-beyond-plan"), day, "EX-CLAIM") == (
        Outcome.HOLD,
        "EX-CLAIM",
        None,
    )


def test_a_hold_that_nobody_can_count_is_reviewed(policy: Policy) -> None:
    kept = policy.units["U01"].kept
    swept = sweep_item(found(), kept, (), policy.books, date(2027, 2, 2), doubt=UNDATED)
    assert swept is not None
    assert (swept.row.planned, swept.row.ground) == (Outcome.REVIEW, UNDATED)


def test_a_hold_released_that_day_binds_no_more(policy: Policy) -> None:
    today = date(2027, 2, 2)
    hold = Hold(
        rule="H-X", reference="x", ground="EX-LAW", last_day=today - timedelta(days=1), release_on=today
    )
    for day, outcome in ((today - timedelta(days=1), Outcome.HOLD), (today, Outcome.ERASE)):
        swept = sweep_item(found(), policy.units["U01"].kept, (hold,), policy.books, day)
        assert swept is not None
        assert swept.row.planned is outcome


@given(
    event=DAYS,
    today=DAYS,
    period=st.one_of(
        st.builds(Period, days=st.integers(0, 800)),
        st.builds(Period, months=st.integers(1, 40)),
        st.builds(Period, years=st.integers(1, 10)),
    ),
    since=st.sampled_from([Since.ENTERED_ON, Since.CLOSING_DATE]),
    ends=st.sampled_from(["12-31", "03-31", "02-29", "01-01"]),
)
def test_what_a_system_is_asked_for_is_exactly_what_is_over(
    event: date, today: date, period: Period, since: Since, ends: str
) -> None:
    kept, books = Retention(limits=(Limit(since=since, period=period),)), FiscalYear(ends=ends)
    closing = since is Since.CLOSING_DATE
    asked = ended_by({"U01": kept}, books, today)["U01"]
    name = "document_date" if closing else "entered_on"
    over = period.last_day(books.closing_date(event) if closing else event) < today
    assert (event <= asked[name]) == over
    swept = sweep_item(found(dates={name: event}), kept, (), books, today)
    assert (swept is not None) == over


def test_the_shipped_policy_asks_for_its_own_numbers(policy: Policy) -> None:
    asked = ended_by(
        {code: unit.kept for code, unit in policy.units.items()}, policy.books, date(2026, 12, 2)
    )
    assert asked["U01"] == {"account_expired_on": date(2026, 11, 1)}
    assert asked["U03"] == {"document_date": date(2018, 12, 31)}
    assert asked["U06"] == {"ticket_closed_on": date(2024, 12, 1), "account_expired_on": date(2026, 11, 1)}
    assert asked["U07"] == {"entered_on": date(2025, 12, 1)}
    assert asked["U08"] == {"entered_on": date(2026, 9, 2)}
    assert asked["U10"]["consent_withdrawn_on"] == date(2026, 12, 1)
    assert "U13" not in asked

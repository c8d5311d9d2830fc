"""What is held for a tenant whose contract has ended: from which day it goes, and what keeps it all the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agreements import AGREED, agreed_item, erase_from, kept_until
from domain.holds import Hold
from domain.item import Basis, Found, Role
from domain.outcomes import UNDATED, Outcome
from domain.sweep import BY_HAND
from policy.model import Policy

ENDED = date(2026, 11, 1)
FIRST = date(2026, 12, 2)
"""The day after the thirtieth (s.193/3)."""
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def found(**told: Any) -> Found:
    plain = Found(
        no=1,
        system="siamcrm",
        table="contacts",
        unit="U13",
        role=Role.PROCESSOR,
        basis=Basis.CONSENT,
        dates={"contract_ended_on": ENDED},
    )
    return plain.model_copy(update=told)


def fate(
    policy: Policy, one: Found, today: date = FIRST, *holds: Hold, kept_on: str = "", doubt: str = ""
) -> tuple[str, str] | None:
    swept = agreed_item(one, policy.units["U13"].kept, holds, today, kept_on=kept_on, doubt=doubt)
    return None if swept is None else (swept.row.planned, swept.row.ground)


def test_it_goes_on_the_day_after_the_tenant_could_have_it_back(policy: Policy) -> None:
    assert fate(policy, found(), FIRST - timedelta(days=1)) is None
    assert fate(policy, found(), FIRST) == (Outcome.ERASE, AGREED)
    assert fate(policy, found(on_erase=Outcome.ANONYMISE)) == (Outcome.ANONYMISE, AGREED)
    assert fate(policy, found(dates={"contract_ended_on": None}), date(2040, 1, 1)) is None
    assert fate(policy, found(dates={"entered_on": ENDED}), date(2040, 1, 1)) is None


def test_what_the_company_holds_for_itself_is_none_of_the_tenants(policy: Policy) -> None:
    assert fate(policy, found(role=Role.CONTROLLER), date(2040, 1, 1)) is None


@pytest.mark.parametrize(
    ("told", "asked", "outcome", "ground"),
    [
        ({}, {"kept_on": "EX-LAW"}, Outcome.HOLD, "EX-LAW"),
        ({"obstacle": "cascade-beyond-plan"}, {"kept_on": "EX-CLAIM"}, Outcome.HOLD, "EX-CLAIM"),
        ({"obstacle": "cascade-beyond-plan"}, {}, Outcome.REVIEW, "cascade-beyond-plan"),
        ({}, {"doubt": UNDATED}, Outcome.REVIEW, UNDATED),
        ({"on_erase": Outcome.DETACH}, {}, Outcome.REVIEW, BY_HAND),
        ({"on_erase": Outcome.REVIEW}, {}, Outcome.REVIEW, BY_HAND),
        ({"shared": True}, {}, Outcome.ERASE, AGREED),  # with whomever: all of them are the tenant's
        ({"contract_open": True}, {}, Outcome.ERASE, AGREED),  # that of the tenant has ended
    ],
)
def test_what_keeps_it(
    policy: Policy, told: dict[str, Any], asked: dict[str, str], outcome: Outcome, ground: str
) -> None:
    assert fate(policy, found(**told), FIRST, **asked) == (outcome, ground)


def test_a_law_that_binds_the_provider_keeps_it_to_its_last_day(policy: Policy) -> None:
    last = date(2027, 1, 30)
    free = last + timedelta(days=1)
    hold = Hold(rule="H-CCA-U", reference="x", ground="EX-LAW", last_day=last, release_on=free)
    assert fate(policy, found(), last, hold) == (Outcome.HOLD, "EX-LAW")
    assert fate(policy, found(), free, hold) == (Outcome.ERASE, AGREED)


def test_the_longest_of_the_policys_periods_counts_for_the_tenant(policy: Policy) -> None:
    kept = [unit.kept for unit in policy.units.values()]
    assert kept_until(kept, ENDED) == FIRST - timedelta(days=1)
    assert kept_until([policy.units["U01"].kept], ENDED) is None


@given(until=DAYS, told=DAYS, notice=st.integers(1, 365))
def test_nothing_goes_before_the_notice_has_run_nor_while_it_may_be_had_back(
    until: date, told: date, notice: int
) -> None:
    first = erase_from(until, told, notice)
    assert first > until
    assert (first - told).days > notice
    assert first - timedelta(days=1) in {until, told + timedelta(days=notice)}

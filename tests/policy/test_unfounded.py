"""Years above the law's that no registered basis carries: they hold nothing, and people decide (S04; pdpa-rules 2.3)."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from activities.plan import held, judge, record_holds
from activities.tools import Tools
from domain.assess import Asked
from domain.item import Basis, Found, Role
from domain.outcomes import UNFOUNDED, Outcome
from domain.rights import Right
from policy.answers import hold
from policy.load import load_policy
from policy.model import Policy
from tests.policy.conftest import Edit

TODAY = date(2026, 11, 22)


def tools(policy: Policy) -> Tools:
    return cast("Tools", SimpleNamespace(policy=policy))


def invoice(document: date, **more: Any) -> Found:
    return Found(
        no=1,
        system="crm",
        table="invoices",
        unit="U03",
        role=Role.CONTROLLER,
        basis=Basis.LEGAL_OBLIGATION,
        dates={"document_date": document},
        **more,
    )


def fate(policy: Policy, found: Found, today: date = TODAY) -> tuple[Outcome, str]:
    row = judge(tools(policy), Asked(right=Right.ERASURE), found, today, kept_on="")
    assert row is not None
    return row.planned, row.ground


@pytest.fixture
def unfounded(edit: Edit) -> Policy:
    """The company announces its seven years, and nobody has registered why."""
    return load_policy(edit("holds.yaml", "    basis: BASIS-2569-01\n", ""))


def test_s04_without_a_basis_the_record_goes_to_people(unfounded: Policy) -> None:
    assert fate(unfounded, invoice(date(2019, 6, 30))) == (Outcome.REVIEW, UNFOUNDED)
    assert fate(load_policy(), invoice(date(2019, 6, 30)))[0] is Outcome.HOLD


def test_the_law_s_own_years_hold_without_a_basis(unfounded: Policy) -> None:
    held = invoice(date(2022, 3, 14))
    assert fate(unfounded, held) == (Outcome.HOLD, "EX-LAW")
    [of_law] = record_holds(tools(unfounded), held)
    assert (of_law.last_day, of_law.release_on) == (date(2027, 12, 31), date(2028, 1, 5))
    assert fate(unfounded, held, date(2028, 1, 5)) == (Outcome.REVIEW, UNFOUNDED)


def test_past_the_announced_years_it_goes(unfounded: Policy) -> None:
    """S04 with its basis: release on 2027-01-05; without one nothing is different from that day on."""
    found = invoice(date(2019, 6, 30))
    for policy in (unfounded, load_policy()):
        assert fate(policy, found, date(2027, 1, 5)) == (Outcome.ERASE, "S33-1")
    assert fate(unfounded, found, date(2027, 1, 4)) == (Outcome.REVIEW, UNFOUNDED)
    assert fate(load_policy(), found, date(2027, 1, 4))[0] is Outcome.HOLD


def test_a_batch_asks_again(unfounded: Policy) -> None:
    """A basis was taken back between the decision and the deed."""
    found = invoice(date(2019, 6, 30))
    assert held(tools(unfounded), found, TODAY) == UNFOUNDED
    assert held(tools(unfounded), found, date(2027, 1, 5)) == ""


def test_nothing_but_erasure_waits_for_it(unfounded: Policy) -> None:
    row = judge(tools(unfounded), Asked(right=Right.ACCESS), invoice(date(2019, 6, 30)), TODAY, kept_on="")
    assert row is not None
    assert row.planned is Outcome.COPY


def test_the_answer_says_that_nothing_carries_the_years(unfounded: Policy) -> None:
    told = hold(unfounded, "H-BOOKS", document=date(2019, 6, 30))
    assert (told.founded, told.basis, told.floor_last_day) == (False, None, date(2024, 12, 31))
    assert hold(load_policy(), "H-BOOKS", document=date(2019, 6, 30)).founded

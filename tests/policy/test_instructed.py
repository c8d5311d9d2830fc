"""What a tenant's instruction makes of each record (pdpa-rules 3.2 no. 8): its own go, save what binds its provider too."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from activities.plan import judge, record_holds
from activities.tools import Tools
from domain.assess import INSTRUCTED, Asked
from domain.item import Basis, Found, Role
from domain.outcomes import Outcome
from domain.rights import Right
from domain.wishes import Wish
from policy.load import load_policy

TODAY = date(2026, 11, 22)
TOOLS = cast("Tools", SimpleNamespace(policy=load_policy()))


def record(**more: Any) -> Found:
    told = {"unit": "U13", "role": Role.PROCESSOR, "basis": Basis.CONTRACT, **more}
    return Found(no=1, system="crm", table="contacts", **told)


def fate(found: Found, kept_on: str = "", **asked: Any) -> tuple[Outcome, str] | None:
    case = Asked(right=Right.ERASURE, instructed=True, **asked)
    row = judge(TOOLS, case, found, TODAY, kept_on=kept_on)
    return (row.planned, row.ground) if row else None


@pytest.mark.parametrize(
    ("found", "kept_on", "expected"),
    [
        (record(), "", (Outcome.ERASE, INSTRUCTED)),
        (
            record(contract_open=True),
            "",
            (Outcome.ERASE, INSTRUCTED),
        ),  # whether it is needed the tenant knows
        (record(shared=True), "", (Outcome.DETACH, INSTRUCTED)),
        (record(), "EX-LAW", (Outcome.HOLD, "EX-LAW")),
        (record(shared=True), "S34-3", (Outcome.HOLD, "S34-3")),
        (record(obstacle="cascade"), "", (Outcome.BLOCKED, "cascade")),
        (record(unsure=True), "", (Outcome.BLOCKED, "")),
        (record(kept_on="suppressed"), "", (Outcome.NO_GROUND, "suppressed")),
        (record(role=Role.CONTROLLER, unit="U01"), "", None),
    ],
)
def test_only_the_tenants_records_go_and_only_what_binds_us_too_keeps_them(
    found: Found, kept_on: str, expected: tuple[Outcome, str] | None
) -> None:
    assert fate(found, kept_on) == expected


def test_what_the_request_left_out_is_not_asked() -> None:
    assert fate(record(), wish=Wish(units=("U06",))) == (Outcome.NOT_ASKED, "")
    assert fate(record(), wish=Wish(units=("U13",))) == (Outcome.ERASE, INSTRUCTED)


@pytest.mark.parametrize(
    ("rule", "event", "binds"),
    [
        ("H-DOC", "document_date", False),  # the company's own necessity
        ("H-BOOKS", "document_date", False),
        ("H-VAT", "filed_on", False),
        ("H-CCA-T", "entered_on", True),  # the Computer Crime Act binds whoever provides the service
        ("H-CCA-U", "service_ended_on", True),
    ],
)
def test_of_the_rules_that_hold_those_of_a_provider_alone_bind(rule: str, event: str, *, binds: bool) -> None:
    dates = {event: date(2026, 11, 1)}
    found = record(holds=(rule,), dates=dates)
    assert bool(record_holds(TOOLS, found)) is binds
    assert fate(found) == ((Outcome.HOLD, "EX-LAW") if binds else (Outcome.ERASE, INSTRUCTED))
    ours = record(role=Role.CONTROLLER, unit="U06", holds=(rule,), dates=dates)
    assert record_holds(TOOLS, ours)

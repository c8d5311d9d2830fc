"""The lines of a plan: what is decided about a record, kept until when, and what a plan counts up to.

What each right makes of a record is told in test_assess.
"""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.assess import Asked
from domain.holds import Hold, hold_of, holds_on
from domain.item import Basis, Found, Role
from domain.outcomes import DESTROYING, KEEPING, Outcome
from domain.plan import PlanRow, PlanSummary, SystemCount, beside_hold, line_of, plan_item
from domain.rights import Right
from domain.wishes import Wish
from policy.model import Policy

TODAY = date(2026, 11, 22)
ERASURE, ACCESS = Asked(right=Right.ERASURE), Asked(right=Right.ACCESS)


def found(
    basis: Basis = Basis.CONTRACT,
    role: Role = Role.CONTROLLER,
    *,
    shared: bool = False,
    obstacle: str = "",
    dates: dict[str, date | None] | None = None,
) -> Found:
    return Found(
        no=7,
        system="crm",
        table="rows",
        unit="U01",
        role=role,
        basis=basis,
        shared=shared,
        obstacle=obstacle,
        dates=dates or {},
    )


def hold(release: date, rule: str = "H-BOOKS", ground: str = "EX-LAW") -> Hold:
    return Hold(rule=rule, reference="law", ground=ground, last_day=release, release_on=release)


BINDING, LAPSED = hold(date(2030, 1, 3)), hold(TODAY)


def line(asked: Asked, record: Found, *holds: Hold, today: date = TODAY, kept_on: str = "") -> PlanRow:
    """The line of a record that the right speaks of."""
    row = plan_item(asked, record, holds, today, kept_on=kept_on)
    assert row is not None
    return row


def test_a_line_says_which_record_and_never_what_it_holds() -> None:
    assert line(ACCESS, found()) == PlanRow(
        no=7,
        system="crm",
        table="rows",
        unit="U01",
        role=Role.CONTROLLER,
        basis=Basis.CONTRACT,
        planned=Outcome.COPY,
        ground="S30-1",
    )
    assert line_of(found(), Outcome.COPY, "S30-1") == line(ACCESS, found())


def test_a_record_that_the_right_does_not_speak_of_has_no_line() -> None:
    asked = Asked(right=Right.RECTIFICATION, wish=Wish(corrections={"name": "สมหญิง"}))
    assert plan_item(asked, found(), (BINDING,), TODAY) is None


def test_what_is_held_is_kept_until_its_release() -> None:
    row = line(ERASURE, found(), BINDING)
    assert (row.planned, row.ground, row.until) == (Outcome.HOLD, "EX-LAW", date(2030, 1, 3))
    assert row.holds == (BINDING,)


def test_a_hold_that_lapsed_binds_no_more_and_is_not_told() -> None:
    row = line(ERASURE, found(), LAPSED)
    assert (row.planned, row.holds, row.until) == (Outcome.ERASE, (), None)


def test_of_several_holds_the_latest_release_counts_and_all_are_listed() -> None:
    claim = hold(date(2030, 1, 3), "H-TAX", "EX-CLAIM")
    row = line(ERASURE, found(), claim, hold(date(2027, 4, 20), "H-VAT"), LAPSED)
    assert (row.until, row.ground) == (date(2030, 1, 3), "EX-CLAIM")
    assert [kept.rule for kept in row.holds] == ["H-TAX", "H-VAT"]


@pytest.mark.parametrize("holds", [(), (BINDING,)], ids=["free", "held"])
def test_s38_an_order_keeps_what_is_ours_with_no_date_until_it_is_released(holds: tuple[Hold, ...]) -> None:
    row = line(ERASURE, found(), *holds, kept_on="EX-LAW")
    assert (row.planned, row.ground, row.until) == (Outcome.HOLD, "EX-LAW", None)
    assert row.holds == holds


def test_an_order_makes_a_tenants_record_no_more_ours() -> None:
    row = line(ERASURE, found(role=Role.PROCESSOR), BINDING, kept_on="EX-LAW")
    assert (row.planned, row.until) == (Outcome.NOT_CONTROLLER, None)


@pytest.mark.parametrize("right", sorted(set(Right) - {Right.ERASURE}))
def test_what_is_not_held_has_no_date_though_its_holds_are_told(right: Right) -> None:
    asked = Asked(right=right, wish=Wish(corrections={"name": "สมหญิง"}))
    row = plan_item(asked, found(), (BINDING,), TODAY, kept_on="EX-LAW")
    assert row is None or (row.until, row.holds) == (None, (BINDING,))


@pytest.mark.parametrize(
    ("today", "outcome"),
    [("2026-11-22", Outcome.HOLD), ("2027-01-04", Outcome.HOLD), ("2027-01-05", Outcome.ERASE)],
)
def test_s04_an_invoice_of_2019_is_free_on_5_january_2027(
    policy: Policy, today: str, outcome: Outcome
) -> None:
    record = found(Basis.LEGAL_OBLIGATION, dates={"document_date": date(2019, 6, 30)})
    holds = holds_on(policy.hold_rules("U03"), record.dates, policy.books, policy.calendar)
    assert holds[0].floor_last_day == date(2024, 12, 31)
    assert line(ERASURE, record, *holds, today=date.fromisoformat(today)).planned is outcome


RECORDS = st.builds(
    found,
    st.sampled_from(Basis),
    st.sampled_from(Role),
    shared=st.booleans(),
    obstacle=st.sampled_from(("", "cascade")),
)


@given(RECORDS, st.lists(st.dates(date(2026, 1, 1), date(2034, 1, 1)), max_size=3))
def test_nothing_under_a_binding_hold_or_a_tenant_is_ever_destroyed(
    record: Found, releases: list[date]
) -> None:
    latest_first = sorted(releases, reverse=True)
    row = line(ERASURE, record, *(hold(release) for release in latest_first))
    assert row.planned in DESTROYING | KEEPING
    assert row.ground
    binds = any(release > TODAY for release in releases)
    if record.role is Role.PROCESSOR or binds:
        assert row.planned in KEEPING
    assert row.until == (latest_first[0] if binds and record.role is Role.CONTROLLER else None)


def test_a_summary_counts_by_outcome_and_names_systems_in_order() -> None:
    counts = (("crm", Outcome.ERASE, 3), ("files", Outcome.ERASE, 2), ("crm", Outcome.HOLD, 4))
    summary = PlanSummary(
        case="c1",
        version=1,
        digest="d",
        counts=tuple(SystemCount(system=system, outcome=outcome, count=n) for system, outcome, n in counts),
    )
    assert summary.total(DESTROYING) == 5
    assert summary.total(KEEPING) == 4
    assert summary.systems(DESTROYING) == ("crm", "files")
    assert summary.systems(DESTROYING | KEEPING) == ("crm", "files")


def test_what_a_contract_needs_is_not_told_with_the_day_of_a_hold(policy: Policy) -> None:
    login = Found(
        no=1,
        system="crm",
        table="login_events",
        unit="U09",
        role=Role.CONTROLLER,
        basis=Basis.CONTRACT,
        contract_open=True,
    )
    hold = hold_of(policy.holds["H-CCA-T"], date(2026, 11, 1), policy.calendar)
    row = plan_item(Asked(right=Right.ERASURE), login, (hold,), date(2026, 11, 23))
    assert row is not None
    assert (row.planned, row.holds, row.until) == (Outcome.NO_GROUND, (), None)
    ended = login.model_copy(update={"contract_open": False})
    row = plan_item(Asked(right=Right.ERASURE), ended, (hold,), date(2026, 11, 23))
    assert row is not None
    assert (row.planned, row.holds, row.until) == (Outcome.HOLD, (hold,), hold.release_on)


NEEDLESS = found().model_copy(update={"unneeded": ("email",)})


def test_what_no_law_needs_of_a_held_record_has_a_line_of_its_own() -> None:
    held = line(ERASURE, NEEDLESS, BINDING)
    assert (held.planned, held.until) == (Outcome.HOLD, BINDING.release_on)
    assert beside_hold(NEEDLESS, held) == line_of(NEEDLESS, Outcome.CLEAR, "S33-1")
    assert beside_hold(found(), line(ERASURE, found(), BINDING)) is None


@pytest.mark.parametrize(
    ("record", "row"),
    [
        (NEEDLESS, line(ERASURE, NEEDLESS)),
        (NEEDLESS, line(ERASURE, NEEDLESS, LAPSED)),
        (NEEDLESS, line(ERASURE, NEEDLESS, BINDING, kept_on="EX-CLAIM")),
        (NEEDLESS, line(ERASURE, NEEDLESS, kept_on="S34-3")),
        (NEEDLESS, line_of(NEEDLESS, Outcome.REVIEW, "HOLD-UNDATED")),
        *(
            (shy, line(ERASURE, shy, BINDING))
            for shy in (
                NEEDLESS.model_copy(update={"shared": True}),
                NEEDLESS.model_copy(update={"unsure": True}),
                NEEDLESS.model_copy(update={"obstacle": "cascade-beyond-plan"}),
            )
        ),
    ],
)
def test_nothing_is_taken_out_of_a_record_that_more_than_laws_keeps_or_that_may_be_anothers(
    record: Found, row: PlanRow
) -> None:
    assert beside_hold(record, row) is None

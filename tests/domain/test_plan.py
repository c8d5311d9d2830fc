"""The decision table of a plan: facts of a record on the left, what becomes of it on the right."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.holds import Hold, holds_on
from domain.item import Basis, Found, Role
from domain.outcomes import DESTROYING, KEEPING, Outcome
from domain.plan import PlanSummary, SystemCount, plan_item
from domain.rights import Right
from policy.model import Policy

TODAY = date(2026, 11, 22)
CONTROLLER, PROCESSOR = Role
CONSENT, CONTRACT, TASK, INTEREST, DUTY = Basis
YES, NO = True, False


def found(
    role: Role = CONTROLLER,
    basis: Basis = CONTRACT,
    *,
    open_: bool = NO,
    shared: bool = NO,
    obstacle: str = "",
    on_erase: Outcome = Outcome.ERASE,
    dates: dict[str, date | None] | None = None,
) -> Found:
    return Found(
        no=1,
        system="crm",
        table="rows",
        unit="U01",
        role=role,
        basis=basis,
        on_erase=on_erase,
        contract_open=open_,
        shared=shared,
        obstacle=obstacle,
        dates=dates or {},
    )


def hold(release: date, rule: str = "H-BOOKS", ground: str = "EX-LAW") -> Hold:
    return Hold(rule=rule, reference="law", ground=ground, last_day=release, release_on=release)


BINDING, LAPSED = hold(date(2030, 1, 3)), hold(TODAY)

ERASURE = [
    # role      basis     held     obstacle   open shared   outcome                 ground
    (PROCESSOR, CONTRACT, NO, "", NO, NO, Outcome.NOT_CONTROLLER, "P-NOTCTRL"),  # S35
    (PROCESSOR, DUTY, YES, "cascade", YES, YES, Outcome.NOT_CONTROLLER, "P-NOTCTRL"),
    (CONTROLLER, DUTY, YES, "", NO, NO, Outcome.HOLD, "EX-LAW"),  # S01: the invoice
    (CONTROLLER, CONTRACT, YES, "cascade", YES, YES, Outcome.HOLD, "EX-LAW"),
    (CONTROLLER, CONTRACT, NO, "cascade", YES, NO, Outcome.BLOCKED, "cascade"),
    (CONTROLLER, CONTRACT, NO, "", YES, NO, Outcome.NO_GROUND, "NG-33-1"),  # S05: still a customer
    (CONTROLLER, CONTRACT, NO, "", YES, YES, Outcome.NO_GROUND, "NG-33-1"),
    (CONTROLLER, CONTRACT, NO, "", NO, NO, Outcome.ERASE, "S33-1"),  # S01: profile, tickets
    (CONTROLLER, CONTRACT, NO, "", NO, YES, Outcome.DETACH, "S33-1"),
    (CONTROLLER, CONSENT, NO, "", YES, NO, Outcome.ERASE, "S33-2"),  # S05: marketing goes all the same
    (CONTROLLER, CONSENT, NO, "", NO, NO, Outcome.ERASE, "S33-2"),
    (CONTROLLER, CONSENT, NO, "", YES, YES, Outcome.DETACH, "S33-2"),
    (CONTROLLER, INTEREST, NO, "", YES, NO, Outcome.ERASE, "S33-3"),
    (CONTROLLER, INTEREST, NO, "", NO, NO, Outcome.ERASE, "S33-1"),
    (CONTROLLER, DUTY, NO, "", YES, NO, Outcome.ERASE, "S33-1"),  # the duty has lapsed with its hold
    (CONTROLLER, TASK, NO, "", NO, NO, Outcome.ERASE, "S33-1"),
]


@pytest.mark.parametrize(
    ("role", "basis", "held", "obstacle", "open_", "shared", "outcome", "ground"), ERASURE
)
def test_erasure(
    role: Role,
    basis: Basis,
    *,
    held: bool,
    obstacle: str,
    open_: bool,
    shared: bool,
    outcome: Outcome,
    ground: str,
) -> None:
    record = found(role, basis, open_=open_, shared=shared, obstacle=obstacle)
    row = plan_item(Right.ERASURE, record, (BINDING,) if held else (), TODAY)
    assert (row.planned, row.ground) == (outcome, ground)
    assert row.until == (BINDING.release_on if outcome is Outcome.HOLD else None)


@pytest.mark.parametrize("held", [YES, NO])
def test_s38_an_order_keeps_what_is_ours_with_no_date_until_it_is_released(*, held: bool) -> None:
    row = plan_item(Right.ERASURE, found(), (BINDING,) if held else (), TODAY, ordered=True)
    assert (row.planned, row.ground, row.until) == (Outcome.HOLD, "EX-LAW", None)
    assert row.holds == ((BINDING,) if held else ())


def test_an_order_makes_a_tenants_record_no_more_ours() -> None:
    row = plan_item(Right.ERASURE, found(PROCESSOR), (), TODAY, ordered=True)
    assert row.planned is Outcome.NOT_CONTROLLER


def test_an_order_to_keep_hides_nothing() -> None:
    assert plan_item(Right.ACCESS, found(), (), TODAY, ordered=True).planned is Outcome.COPY


@pytest.mark.parametrize("declared", [Outcome.ERASE, Outcome.ANONYMISE, Outcome.DESTROY])
def test_a_free_record_goes_in_the_way_its_map_declares(declared: Outcome) -> None:
    assert plan_item(Right.ERASURE, found(on_erase=declared), (), TODAY).planned is declared


def test_a_hold_that_lapsed_binds_no_more_and_is_not_told() -> None:
    row = plan_item(Right.ERASURE, found(), (LAPSED,), TODAY)
    assert (row.planned, row.holds) == (Outcome.ERASE, ())


def test_of_several_holds_the_latest_release_counts_and_all_are_listed() -> None:
    holds = (hold(date(2030, 1, 3)), hold(date(2027, 4, 20), "H-VAT"), LAPSED)
    row = plan_item(Right.ERASURE, found(), holds, TODAY)
    assert row.until == date(2030, 1, 3)
    assert [kept.rule for kept in row.holds] == ["H-BOOKS", "H-VAT"]


@pytest.mark.parametrize(
    ("today", "outcome"),
    [("2026-11-22", Outcome.HOLD), ("2027-01-04", Outcome.HOLD), ("2027-01-05", Outcome.ERASE)],
)
def test_s04_an_invoice_of_2019_is_free_on_5_january_2027(
    policy: Policy, today: str, outcome: Outcome
) -> None:
    record = found(basis=DUTY, dates={"document_date": date(2019, 6, 30)})
    holds = holds_on(policy.hold_rules("U03"), record.dates, policy.books, policy.calendar)
    assert holds[0].floor_last_day == date(2024, 12, 31)
    assert plan_item(Right.ERASURE, record, holds, date.fromisoformat(today)).planned is outcome


@pytest.mark.parametrize(
    ("role", "outcome", "ground"),
    [(CONTROLLER, Outcome.COPY, "S30-1"), (PROCESSOR, Outcome.NOT_CONTROLLER, "P-NOTCTRL")],
)
@pytest.mark.parametrize("held", [YES, NO])
def test_access(role: Role, outcome: Outcome, ground: str, *, held: bool) -> None:
    """A hold keeps a record from being erased, never from being shown."""
    row = plan_item(Right.ACCESS, found(role), (BINDING,) if held else (), TODAY)
    assert (row.planned, row.ground, row.until) == (outcome, ground, None)


@pytest.mark.parametrize("right", sorted(set(Right) - {Right.ACCESS, Right.ERASURE}))
def test_no_other_right_is_planned_as_if_it_were_one_of_these(right: Right) -> None:
    with pytest.raises(BadInput, match="right without plan"):
        plan_item(right, found(), (), TODAY)


FACTS = st.builds(
    found,
    st.sampled_from(Role),
    st.sampled_from(Basis),
    open_=st.booleans(),
    shared=st.booleans(),
    obstacle=st.sampled_from(("", "cascade")),
    on_erase=st.sampled_from((Outcome.ERASE, Outcome.ANONYMISE, Outcome.DESTROY)),
)


@given(FACTS, st.lists(st.dates(date(2026, 1, 1), date(2034, 1, 1)), max_size=3))
def test_nothing_under_a_binding_hold_or_a_tenant_is_ever_destroyed(
    record: Found, releases: list[date]
) -> None:
    holds = tuple(hold(release) for release in sorted(releases, reverse=True))
    row = plan_item(Right.ERASURE, record, holds, TODAY)
    assert row.planned in DESTROYING | KEEPING
    assert row.ground
    if record.role is PROCESSOR or any(release > TODAY for release in releases):
        assert row.planned in KEEPING


def test_every_ground_the_plan_speaks_stands_in_the_register(policy: Policy) -> None:
    for facts in product(Role, Basis, (YES, NO), (YES, NO)):
        record = found(facts[0], facts[1], open_=facts[2], shared=facts[3])
        for right, holds in ((Right.ERASURE, ()), (Right.ERASURE, (BINDING,)), (Right.ACCESS, ())):
            assert plan_item(right, record, holds, TODAY).ground in policy.grounds


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

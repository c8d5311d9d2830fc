"""Plan rows and items to write."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from domain.holds import Hold
from domain.item import Basis, Found, Item, Role
from domain.outcomes import Outcome
from domain.plan import PlanRow
from domain.ports import PlannedItem, Register

RELEASE = date(2030, 1, 1)
SECOND = "S-second"


def hold(rule: str = "accounting", release: date = RELEASE) -> Hold:
    return Hold(
        rule=rule,
        reference="Accounting Act s.14",
        ground="EX-LAW",
        last_day=date(2029, 12, 31),
        release_on=release,
    )


def planned(
    no: int,
    outcome: Outcome = Outcome.ERASE,
    *,
    system: str = "crm",
    holds: tuple[Hold, ...] = (),
    until: date | None = None,
    content_hash: str = "",
) -> PlannedItem:
    found = Found(
        no=no, system=system, table="invoices", unit="billing", role=Role.CONTROLLER, basis=Basis.CONTRACT
    )
    row = PlanRow(
        no=no,
        system=system,
        table=found.table,
        unit=found.unit,
        role=found.role,
        basis=found.basis,
        planned=outcome,
        ground="S33-1",
        holds=holds,
        until=until or (holds[0].release_on if holds else None),
    )
    locator = {"invoice_id": no, "number": f"ใบแจ้งหนี้-{no}"}
    return PlannedItem(
        row=row, item=Item(found=found, locator=locator, content_hash=content_hash or f"h{no}")
    )


def many(count: int) -> Iterator[PlannedItem]:
    return (planned(no) for no in range(1, count + 1))


def leave_out(
    register: Register, case: str, system: str, *, ground: str, reason: str, by: str = "S-1"
) -> None:
    """Two officers leave a parked system out, and its wait ends: the one named, and another after them."""
    for actor in (by, SECOND):
        register.leaving_out(case, system, ground=ground, actor=actor, reason=reason)
    register.repaired(case, system, actor=SECOND, ground=ground, reason=reason)

"""The plan: one line a record, with what will become of it, on which ground, kept until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.assess import Asked, assess
from domain.holds import Hold
from domain.item import Basis, Found, Role
from domain.outcomes import Outcome
from domain.value import Value


class PlanRow(Value):
    """One line of a plan: what will become of one item, on which ground, kept until when.

    `fingerprint` binds the sealed locator and content hash into the plan's digest without showing them. `edit` is the
    officer's edit that made the line what it is (`domain.plan_edits`); empty where the law and the policy alone did.
    """

    no: int
    system: str
    table: str
    unit: str
    role: Role
    basis: Basis
    planned: Outcome
    ground: str = ""
    holds: tuple[Hold, ...] = ()
    until: date | None = None
    fingerprint: str = ""
    edit: str = ""


class SystemCount(Value):
    """How many items of one system have one outcome."""

    system: str
    outcome: Outcome
    count: int


class PlanSummary(Value):
    """A plan as a workflow knows it: version, digest and counts."""

    case: str
    version: int
    digest: str
    counts: tuple[SystemCount, ...] = ()

    def total(self, outcomes: frozenset[Outcome]) -> int:
        """How many items have one of these outcomes."""
        return sum(row.count for row in self.counts if row.outcome in outcomes)

    def systems(self, outcomes: frozenset[Outcome]) -> tuple[str, ...]:
        """The systems that have items with one of these outcomes, in the plan's order."""
        return tuple(dict.fromkeys(row.system for row in self.counts if row.outcome in outcomes))


def plan_item(
    asked: Asked, found: Found, holds: Sequence[Hold], today: date, *, kept_on: str = ""
) -> PlanRow | None:
    """The line of the plan for one record; None where the right does not speak of it (`domain.assess`).

    `holds` are all that the policy in force puts on the record, the latest release first; `kept_on`
    is the ground on which an order or a restriction keeps it, until that is released or lifted (`domain.keeping`).
    """
    binding = tuple(hold for hold in holds if hold.binds(today))
    fate = assess(asked, found, binding, kept_on=kept_on)
    if fate is None:
        return None
    outcome, ground = fate
    until = binding[0].release_on if outcome is Outcome.HOLD and binding and not kept_on else None
    told = (
        () if outcome is Outcome.NO_GROUND else binding
    )  # what no hold keeps is not told with the day of one
    return line_of(found, outcome, ground).model_copy(update={"holds": told, "until": until})


def beside_hold(found: Found, row: PlanRow) -> PlanRow | None:
    """The line for what goes of a record that stays: what no law needs of it (s.33 ¶2 keeps no more than that).

    None where nothing of the kind stands there, or where more than laws keeps the record: an order, a restriction or
    a doubt is about all of it, and so is what may be another person's.
    """
    kept_by_law = row.planned is Outcome.HOLD and row.until is not None
    if not (kept_by_law and found.unneeded) or found.shared or found.unsure or found.obstacle:
        return None
    return line_of(found, Outcome.CLEAR, "S33-1")


def line_of(found: Found, outcome: Outcome, ground: str) -> PlanRow:
    """A line of a plan that says of a record what will become of it, and on which ground."""
    return PlanRow(
        no=found.no,
        system=found.system,
        table=found.table,
        unit=found.unit,
        role=found.role,
        basis=found.basis,
        planned=outcome,
        ground=ground,
    )

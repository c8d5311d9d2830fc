"""From what was found to what will become of it: one outcome a record, each with its ground.

Erasure (s.33), in the order in which the questions are asked:
  1. Held for a tenant? The company is its processor and may not act on the person's word (s.40 ¶1(1)).
  2. Does a hold bind it today? It is kept for as long as that law says (s.33 ¶2), whatever else is true.
  3. Can the system do it without harming others? If not, a person must look.
  4. Is it needed for a contract that still runs? Then no ground of s.33 ¶1 is met.
  5. Do others rely on the same row? The person's link to it goes, the row stays.
  6. Otherwise it goes, in the way that the data map declares.
Access (s.30): everything held as controller is copied, save what may be another person's, which an officer
looks at first; what is held for a tenant is forwarded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.errors import BadInput
from domain.holds import Hold
from domain.item import Basis, Found, Role
from domain.outcomes import Outcome
from domain.rights import Right
from domain.value import Value


class PlanRow(Value):
    """One line of a plan: what will become of one item, on which ground, kept until when.

    `fingerprint` binds the sealed locator and content hash into the plan's digest without showing them.
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
    right: Right, found: Found, holds: Sequence[Hold], today: date, *, ordered: bool = False
) -> PlanRow:
    """The line of the plan for one item under a right whose data it is asked for.

    `holds` are all that the policy in force puts on the record, the latest release first; `ordered` says
    that an order (court, authority, litigation hold) binds the person's data until it is released.

    Raises:
        BadInput: no plan can be made for that right yet; it is never planned as if it were another.
    """
    binding = tuple(hold for hold in holds if hold.binds(today))
    match right:
        case Right.ERASURE:
            outcome, ground = _erasure(found, binding, ordered=ordered)
        case Right.ACCESS:
            outcome, ground = _disclosure(found)
        case _:
            raise BadInput("right-without-plan", "open it as access or erasure", right=right)
    until = binding[0].release_on if outcome is Outcome.HOLD and binding and not ordered else None
    return line_of(found, outcome, ground).model_copy(update={"holds": binding, "until": until})


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


def _disclosure(found: Found) -> tuple[Outcome, str]:
    if found.role is Role.PROCESSOR:
        return Outcome.NOT_CONTROLLER, "P-NOTCTRL"
    if found.unsure:
        return Outcome.REVIEW, found.obstacle
    return Outcome.COPY, "S30-1"


def _erasure(found: Found, binding: Sequence[Hold], *, ordered: bool) -> tuple[Outcome, str]:
    if found.role is Role.PROCESSOR:
        return Outcome.NOT_CONTROLLER, "P-NOTCTRL"
    if binding or ordered:
        return Outcome.HOLD, binding[0].ground if binding else "EX-LAW"
    if found.obstacle:
        return Outcome.BLOCKED, found.obstacle
    if found.basis is Basis.CONTRACT and found.contract_open:
        return Outcome.NO_GROUND, "NG-33-1"
    if found.shared:
        return Outcome.DETACH, _erasure_ground(found)
    return found.on_erase, _erasure_ground(found)


def _erasure_ground(found: Found) -> str:
    """The ground of s.33 ¶1 on which the record goes."""
    if found.basis is Basis.CONSENT:
        return "S33-2"  # asking for erasure withdraws the consent that it rested on
    if found.basis is Basis.LEGITIMATE_INTEREST and found.contract_open:
        return "S33-3"  # while the service runs, asking for erasure objects to the use
    return "S33-1"

"""The shape of the company's policy once it is loaded: frozen, versioned, every rule with its source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from domain.calendar import Calendar
from domain.deadlines import DeadlineRule, Terms, terms_for
from domain.errors import BadInput
from domain.evidence import Evidence
from domain.grounds import Ground
from domain.holds import CountsFrom, FiscalYear, HoldRule
from domain.item import Basis, Label, Role
from domain.retention import Floor, Retention
from domain.rights import Right
from domain.value import Value
from domain.wishes import Use


class Officer(Value):
    """The data protection officer (s.41) as letters name them."""

    name: Label
    email: str
    phone: str
    address: Label


class Company(Value):
    """The controller (s.6) as letters name it."""

    name: Label
    address: Label
    officer: Officer


class Recipient(Value):
    """To whom data goes, and where (ss.27-29); countries as ISO 3166 codes.

    `instructed`: what is erased, corrected or stopped here must be told to them (L11), for they hold data of their
    own; not so where they only lend the machines that our own systems run on.
    """

    name: str
    purpose: Label
    countries: tuple[str, ...]
    instructed: bool = False


class Unit(Value):
    """A data unit: what is collected, what for, how long it is kept (s.23, s.39 ¶1), under which holds.

    `retention` is the period as people read it, `kept` as it is counted.
    `uses` are those that s.32 names for objection (`marketing`, `research`), beyond what the basis already says.
    `compelling` is the compelling legitimate ground that outweighs an objection (s.32 ¶1(1)(ก)), as the DPO assessed it.
    `proposed` marks a retention that the company's published policy does not say and the DPO has not yet signed;
    `proposed_fields` names everything that the published policy does not say, signed or not.
    """

    code: str
    name: Label
    data: Label
    purpose: Label
    retention: Label
    kept: Retention
    role: Role = Role.CONTROLLER
    bases: tuple[Basis, ...] = ()
    recipients: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    compelling: Label | None = None
    proposed: bool = False
    proposed_fields: tuple[str, ...] = ()


class BasisKind(StrEnum):
    """What can carry a retention above the law's own floor (pdpa-rules 2.3)."""

    ORDER = "order"
    TAX_MATTER = "tax-matter"
    NECESSITY = "necessity"


class HoldBasis(Value):
    """The registered reason for the years above a floor, and the ground of s.33 ¶2 that it stands on.

    `proposed` until the DPO signs it or puts another in its place.
    """

    id: str
    kind: BasisKind
    ground: str
    registered_on: date
    wording: Label
    proposed: bool = False


class AtOnce(Value):
    """What a right demands at once, whatever number of days its answer may take."""

    act: Label
    reference: str
    evidence: Evidence


class Record(Value):
    """What the record of processing says once for all data (s.39 ¶1).

    (5) rights and access, (6) disclosure without consent, (7) refusals, (8) security. What it says of each kind of data
    stands in its unit.
    """

    rights: Label
    access: Label
    disclosure: Label
    refusals: Label
    security: Label
    must_give: Mapping[Basis, Label]
    """By lawful basis: whether data must be given, and what follows where they are not (s.23(2))."""


class Signature(Value):
    """Who signed an entry, on which day, and why."""

    by: str
    on: date
    reason: str


class GapKind(StrEnum):
    """Why an entry needs a signature."""

    COUNSEL = "counsel"
    PROPOSED = "proposed"


class Gap(Value):
    """What the DPO must sign before this policy may be used in production.

    `code` is the place of the entry, as "units.U06.retention"; `digest` is what a signature names; `why` is `proposed`
    (the published policy does not say it) or `counsel` (an open question of law); `signed` by whom and when.
    """

    code: str
    why: GapKind
    digest: str
    signed: Signature | None = None


class Policy(Value):
    """Everything that differs between companies, and between years.

    Holidays after `holidays_announced_to` are projected: nobody has announced them yet. `notice_days` and `erase_days`
    are how a tenant's contract ends (`domain.agreements`).
    """

    version: str
    company: Company
    deadlines: Mapping[Right, DeadlineRule]
    holds: Mapping[str, HoldRule]
    units: Mapping[str, Unit]
    recipients: Mapping[str, Recipient]
    grounds: Mapping[str, Ground]
    books: FiscalYear
    calendar: Calendar
    bases: Mapping[str, HoldBasis] = {}
    holidays_announced_to: date | None = None
    challenge_hours: float = 72
    challenge_attempts: int = 5
    delivery_days: int = 14
    backup_days: int = 35
    review_days: int = 90
    lift_notice_days: float = 7
    refusal_years: int = 10
    sweep_ceiling: int = 0
    notice_days: int = 14
    erase_days: int = 60
    floors: Mapping[CountsFrom, Floor] = {}
    ceilings: Mapping[Right, Floor] = {}
    at_once: Mapping[Right, AtOnce] = {}
    record: Record
    gaps: tuple[Gap, ...] = ()
    entries: Mapping[str, str] = {}
    """The version of each rule: a hash of its own entry, by its code, as "holds.H-ACC"."""

    @property
    def unsigned(self) -> tuple[str, ...]:
        """What the DPO has still to sign, by code."""
        return tuple(gap.code for gap in self.gaps if gap.signed is None)

    def terms(self, right: Right, received: datetime) -> Terms:
        """The terms of a case of that right received at that instant (`domain.deadlines`)."""
        return terms_for(self.deadlines[right], received, self.calendar, self.version)

    def hold_rules(self, unit: str, named: tuple[str, ...] = ()) -> tuple[HoldRule, ...]:
        """The rules that a record of the unit falls under, with those that its table names.

        Raises:
            BadInput: the policy has no such unit or rule; the data map and the policy do not fit.
        """
        if unit not in self.units:
            raise BadInput("unit-unknown", f"use one of {', '.join(self.units)}", unit=unit)
        ids = dict.fromkeys((*self.units[unit].holds, *named))
        for rule in ids:
            if rule not in self.holds:
                raise BadInput("hold-unknown", f"use one of {', '.join(self.holds)}", rule=rule)
        return tuple(self.holds[rule] for rule in ids)

    def units_for(self, use: Use) -> frozenset[str]:
        """The units whose use is of that kind."""
        return frozenset(code for code, unit in self.units.items() if use in unit.uses)

    def compelled(self) -> frozenset[str]:
        """The units of which an objection is refused on a compelling ground that stands in the policy."""
        return frozenset(code for code, unit in self.units.items() if unit.compelling is not None)

    def refusal(self, code: str, right: Right) -> Ground:
        """The ground on which that right may be refused.

        Raises:
            BadInput: no such code, or it refuses another right; the error lists those that do.
        """
        ground = self.grounds.get(code)
        if ground is None or right not in ground.refuses:
            allowed = ", ".join(g.code for g in self.grounds.values() if right in g.refuses)
            raise BadInput("ground-does-not-refuse", f"use one of {allowed}", right=right, field="ground")
        return ground

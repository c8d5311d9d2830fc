"""What each policy file may hold: one model a file, strict, with no key that nobody reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from domain.deadlines import Authority
from domain.errors import BadInput
from domain.evidence import Evidence
from domain.holds import CountsFrom
from domain.identifiers import IdentifierKind, identifier
from domain.item import Basis, Role
from domain.retention import Since
from domain.rights import Right
from domain.value import Value
from domain.wishes import Use
from policy.model import BasisKind

_COMMON_YEARS = range(1900, 2101)
_LONGEST_PERIOD = 366  # the books are closed at least once in twelve months (Accounting Act s.10)


def _in_common_era(day: date) -> date:
    if day.year not in _COMMON_YEARS:
        raise PydanticCustomError(
            "date-in-wrong-era", "policy files are in the Common Era, as 2026-11-22 for 22 พ.ย. 2569"
        )
    return day


def _month_and_day(text: str) -> str:
    try:
        date.fromisoformat(f"2000-{text}")  # a leap year: 02-29 is a year end too
    except ValueError:
        raise PydanticCustomError("no-such-day", "write month and day as 12-31") from None
    return text


def _of_kind(kind: IdentifierKind) -> Callable[[str], str]:
    def check(text: str) -> str:
        try:
            identifier(kind, text)
        except BadInput as error:
            raise PydanticCustomError("contact-malformed", "{mend}", {"mend": error.mend}) from None
        return text

    return check


Day = Annotated[date, AfterValidator(_in_common_era)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Words(Value):
    """Words for people: both languages, neither empty."""

    th: Text
    en: Text


class Source(Value):
    """Where a rule comes from, and how well that is known."""

    reference: Text
    evidence: Evidence


class DeadlineSource(Source):
    """A deadline's source also says whether it is law or the company's target."""

    authority: Authority


class OfficerEntry(Value):
    """The DPO: every way to reach them is demanded (s.23(5), s.41)."""

    name: Words
    email: Annotated[Text, AfterValidator(_of_kind(IdentifierKind.EMAIL))]
    phone: Annotated[Text, AfterValidator(_of_kind(IdentifierKind.PHONE))]
    address: Words


class CompanyEntry(Value):
    """The controller."""

    name: Words
    address: Words
    officer: OfficerEntry


class ChallengeEntry(Value):
    """How long an address may take to prove itself, and in how many tries."""

    hours: PositiveFloat
    attempts: PositiveInt


class BackupsEntry(Value):
    """How many days the last backup still holds what was erased (Notification B.E. 2567 cl.3 and 4)."""

    days: Annotated[int, Field(gt=0, le=3650)]


class RestrictionEntry(Value):
    """After how many days officers look again at use that is suspended, and how long before its end it is told (s.34)."""

    review_days: Annotated[int, Field(gt=0, le=3650)]
    lift_notice_days: Annotated[float, Field(gt=0, le=365)]


class RefusalsEntry(Value):
    """For how many years the record of a refusal is kept (s.39 ¶1(7))."""

    keep_years: Annotated[int, Field(gt=0, le=30)]


class SweepEntry(Value):
    """How many records one retention sweep may erase without the DPO's word (s.37(3))."""

    ceiling: Annotated[int, Field(ge=0, le=10_000_000)]


class AgreementEntry(Value):
    """How a tenant's contract ends (s.40 ¶3): told so many days before, all gone so many days after the end."""

    notice_days: Annotated[int, Field(gt=0, le=365)]
    erase_days: Annotated[int, Field(gt=0, le=3650)]


class DeliveryEntry(Value):
    """How long documents can be fetched through the link in an e-mail."""

    days: PositiveInt


class CompanyFile(Value):
    """company.yaml."""

    policy_version: Text
    jurisdiction: Literal["TH"]
    company: CompanyEntry
    challenge: ChallengeEntry
    delivery: DeliveryEntry
    backups: BackupsEntry
    restriction: RestrictionEntry
    refusals: RefusalsEntry
    sweep: SweepEntry
    agreement: AgreementEntry
    proposed: tuple[
        Literal["company.officer", "backups.days", "refusals.keep_years", "sweep.ceiling", "agreement"], ...
    ] = ()


class ExtensionEntry(Value):
    """What a law lets the company add to a deadline, once; the law must be named."""

    days: PositiveInt
    reference: Text


class DeadlineEntry(Value):
    """One right's deadline (`domain.deadlines.DeadlineRule`)."""

    days: PositiveInt
    source: DeadlineSource
    decision_days: PositiveInt | None = None
    verify_days_before: NonNegativeInt
    verify_days_least: NonNegativeFloat
    cooling_hours: NonNegativeFloat = 0
    sending_hours: NonNegativeFloat = 0
    reminder_days_before: tuple[PositiveInt, ...]
    extension: ExtensionEntry | None = None


class DeadlinesFile(Value):
    """deadlines.yaml."""

    deadlines: Mapping[Right, DeadlineEntry]


class PeriodEntry(Value):
    """One real accounting period."""

    start: Day
    end: Day

    def is_whole(self) -> bool:
        """Whether it runs forward, and not longer than the books may stay open."""
        return 0 <= (self.end - self.start).days < _LONGEST_PERIOD


class AccountingEntry(Value):
    """When the books are closed."""

    fiscal_year_ends: Annotated[str, AfterValidator(_month_and_day)]
    periods: tuple[PeriodEntry, ...]


class BasisEntry(Value):
    """The registered reason for the years above a floor."""

    kind: BasisKind
    ground: Text
    registered_on: Day
    wording: Words
    proposed: bool


class HoldEntry(Value):
    """One hold (`domain.holds.HoldRule`)."""

    years: PositiveInt | None = None
    days: PositiveInt | None = None
    floor_years: NonNegativeInt = 0
    counts_from: CountsFrom
    basis: str = ""
    ground: Text
    rolled: bool = True
    source: Source
    law: Words


class HoldsFile(Value):
    """holds.yaml."""

    accounting: AccountingEntry
    bases: Mapping[str, BasisEntry]
    holds: Mapping[str, HoldEntry]


class RecipientEntry(Value):
    """To whom data goes."""

    name: Text
    purpose: Words
    countries: Annotated[tuple[Country, ...], Field(min_length=1)]
    instructed: bool = False


class RecipientsFile(Value):
    """recipients.yaml."""

    recipients: Mapping[str, RecipientEntry]


class PeriodOf(Value):
    """A period of time: years, months or days, one of them; `days: 0` is "at once"."""

    years: PositiveInt | None = None
    months: PositiveInt | None = None
    days: NonNegativeInt | None = None


class LimitEntry(PeriodOf):
    """How long data may be kept from one event; `disputed` instead while it is in dispute."""

    since: Since
    disputed: PeriodOf | None = None


class RetentionEntry(Words):
    """A retention period as people read it and as the engine counts it (s.23(3), s.39 ¶1(4))."""

    limits: tuple[LimitEntry, ...]
    source: Source


class UnitEntry(Value):
    """One data unit; the retention period is demanded (s.23(3), s.39 ¶1(4))."""

    name: Words
    data: Words
    purpose: Words
    role: Role = Role.CONTROLLER
    bases: tuple[Basis, ...]
    retention: RetentionEntry
    recipients: tuple[str, ...]
    holds: tuple[str, ...] = ()
    uses: tuple[Literal[Use.MARKETING, Use.RESEARCH], ...] = ()
    compelling: Words | None = None
    proposed: tuple[Literal["data", "bases", "compelling", "retention"], ...] = ()


class UnitsFile(Value):
    """units.yaml."""

    units: Mapping[str, UnitEntry]


def _of_every_basis(told: Mapping[Basis, Words]) -> Mapping[Basis, Words]:
    if missing := sorted(set(Basis) - told.keys()):
        raise PydanticCustomError("basis-missing", f"say it of {', '.join(missing)} too")
    return told


class RecordEntry(Value):
    """What the record of processing says once for all data (s.39 ¶1(5)-(8)), and notices with it (s.23(2))."""

    proposed: tuple[Literal["rights", "access", "disclosure", "refusals", "security", "must_give"], ...] = ()
    rights: Words
    access: Words
    disclosure: Words
    refusals: Words
    security: Words
    must_give: Annotated[Mapping[Basis, Words], AfterValidator(_of_every_basis)]


class RecordFile(Value):
    """record.yaml."""

    record: RecordEntry


class GroundEntry(Value):
    """One ground (`domain.grounds.Ground`)."""

    section: Text
    wording: Words
    refuses: tuple[Right, ...] = ()
    recorded: bool = False
    needs_both_limbs: bool = False
    evidence: Evidence


class GroundsFile(Value):
    """grounds.yaml."""

    grounds: Mapping[str, GroundEntry]


class CalendarFile(Value):
    """calendar.yaml."""

    version: Text
    source: Source
    announced_to: Day
    first_year: PositiveInt
    last_year: PositiveInt
    holidays: Mapping[Day, Words]

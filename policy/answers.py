"""The law asked a question: which date, on which rule, known how well, and reckoned how. Pure; no register, no clock.

Deadlines and holds of cases are computed by `domain`; here the same functions answer anybody who asks "until when, and
why?", with every step of the arithmetic. Words for the steps stand in the catalogue (`law.why`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.calendar import day_in_bangkok, in_thai, last_day_of_days
from domain.deadlines import Authority
from domain.errors import BadInput
from domain.evidence import Evidence
from domain.holds import CountsFrom, FiscalYear, Hold, HoldRule, hold_of
from domain.retention import Period, Since
from domain.rights import RULES, Right
from domain.value import Value
from policy.model import AtOnce, HoldBasis, Policy

_DAYS = "Civil and Commercial Code s.193/3 ¶2"
_YEARS = "Civil and Commercial Code s.193/3 ¶2 and s.193/5"
_ROLL = "Civil and Commercial Code s.193/8"
_ORDERS = "PDPA ss.74-76; the number of days is the order's own"


class StepCode(StrEnum):
    """What one step of the arithmetic does; each has its words in the catalogue."""

    RECEIVED = "received"  # an instant became a Bangkok day
    ASKED = "asked"  # a period that was asked about and is not the policy's
    EVENT = "event"  # the day that the rule counts from
    CLOSING = "closing"  # the end of the accounting period that a document falls in
    DAYS = "days"  # calendar days, the first one not counted
    YEARS = "years"  # years by the calendar
    MONTHS = "months"  # months by the calendar
    ROLLED = "rolled"  # a last day on a holiday
    UNROLLED = "unrolled"  # a last day on a working day
    STANDS = "stands"  # a last day that stands by its rule, holiday or not
    TARGET = "target"  # the working day to plan for
    FREE = "free"  # the day after the rolled last day
    FLOOR = "floor"  # where the law's own years end and the basis begins to carry
    PROJECTED = "projected"  # beyond the holidays that were announced


class Step(Value):
    """One step: from which day, by how many days or years, to which, under which provision."""

    code: StepCode
    to: date
    since: date | None = None
    count: int = 0
    reference: str = ""


class Answer(Value):
    """What every answer carries: the rule, its source and mark, the versions it stands on, and the arithmetic.

    `last_day` and `strict` are the last day without moving it over holidays; `be` writes it in the Buddhist Era.
    """

    rule: str
    section: str
    reference: str
    evidence: Evidence
    policy: str
    version: str
    calendar: str
    last_day: date
    strict: date
    be: str
    statutory_due: date | None = None
    internal_target: date | None = None
    earliest_erasure: date | None = None
    earliest_erasure_unrolled: date | None = None
    projected: bool = False
    why: tuple[Step, ...] = ()


class Due(Answer):
    """Until when a right must be answered (`domain.deadlines.Terms` for the meaning of the dates)."""

    right: Right
    authority: Authority
    received_on: date
    days: int
    decide_by: date
    verify_by: datetime
    reminders: tuple[datetime, ...]
    at_once: AtOnce | None = None


class Held(Answer):
    """How long a rule forbids erasing a record (`domain.holds.Hold`).

    Through `floor_last_day` the law itself carries the hold; what lies beyond it, or all of it where there is no
    such day, stands on `basis`. A hold counted in days is the law's own and needs none.
    """

    ground: str
    counts_from: CountsFrom
    event: date
    years: int
    days: int
    floor_last_day: date | None = None
    basis: HoldBasis | None = None
    founded: bool = True
    """Whether law or basis carry all of it; else what lies beyond `floor_last_day` holds nothing: people decide."""


class Kept(Answer):
    """Until when data of a unit is kept at all; `earliest_erasure` is the day on which it must go."""

    since: Since
    event: date
    prevailing: tuple[str, ...] = ()
    """Holds of the unit: what one of them binds stays until it is released."""


def due(policy: Policy, right: Right, received: datetime) -> Due:
    """The dates of a request of that right, received at that instant.

    Raises:
        BadInput: the instant has no time zone.
    """
    rule, terms = policy.deadlines[right], policy.terms(right, received)
    day, last = terms.received_on, terms.strict
    why = (
        Step(code=StepCode.RECEIVED, to=day),
        Step(code=StepCode.DAYS, since=day, to=last, count=rule.days, reference=_DAYS),
        _rolled(last, terms.rolled),
        Step(code=StepCode.TARGET, since=last, to=terms.target),
        *_projected(policy, terms.rolled),
    )
    return Due(
        rule=f"deadlines.{right}",
        section=RULES[right].section,
        reference=rule.reference,
        evidence=rule.evidence,
        policy=policy.version,
        version=policy.entries.get(f"deadlines.{right}", ""),
        calendar=terms.calendar,
        last_day=last,
        strict=last,
        be=in_thai(last, era=True),
        statutory_due=terms.rolled,
        internal_target=terms.target,
        projected=_is_projected(policy, terms.rolled),
        why=why,
        right=right,
        authority=rule.authority,
        received_on=day_in_bangkok(received),
        days=rule.days,
        decide_by=terms.decide_by,
        verify_by=terms.verify_by,
        reminders=terms.reminders,
        at_once=policy.at_once.get(right),
    )


def ordered(policy: Policy, served: datetime, days: int) -> Answer:
    """The dates of an order that asks for something within so many days of the day on which it was served.

    The number is the order's own: those of the Expert Committee known by 2025 said 30 days of receipt (ss.74-76).

    Raises:
        BadInput: the instant has no time zone.
    """
    day = day_in_bangkok(served)
    last = last_day_of_days(day, days)
    rolled, target = policy.calendar.rolled(last), policy.calendar.working_day_by(last)
    return Answer(
        rule="order",
        section=_ORDERS,
        reference=_ORDERS,
        evidence=Evidence.FOUND,
        policy=policy.version,
        version="",
        calendar=policy.calendar.version,
        last_day=last,
        strict=last,
        be=in_thai(last, era=True),
        statutory_due=rolled,
        internal_target=target,
        projected=_is_projected(policy, rolled),
        why=(
            Step(code=StepCode.RECEIVED, to=day),
            Step(code=StepCode.DAYS, since=day, to=last, count=days, reference=_DAYS),
            _rolled(last, rolled),
            Step(code=StepCode.TARGET, since=last, to=target),
            *_projected(policy, rolled),
        ),
    )


def hold(
    policy: Policy,
    code: str,
    *,
    document: date | None = None,
    event: date | None = None,
    books: FiscalYear | None = None,
    years: int = 0,
) -> Held:
    """How long the rule holds a record with that date.

    A rule that counts from the closing date takes a `document` date, of which it finds the period in `books` (the
    policy's unless given), or the closing date itself as its `event`. `years` asks what another period would give.

    Raises:
        BadInput: no such rule, its date is missing or contradicts another, or the years are fewer than the law's.
    """
    rule = policy.holds.get(code)
    if rule is None:
        raise BadInput("hold-unknown", f"use one of {', '.join(policy.holds)}", field="rule")
    asked = _for_years(rule, years) if years else rule
    day, first = _event(asked, document, event, books or policy.books)
    found = hold_of(asked, day, policy.calendar)
    _not_below(policy, asked, day, found.last_day)
    floor = found.floor_last_day
    above = floor is None or floor < found.last_day
    return Held(
        rule=code,
        section=rule.reference,
        reference=rule.reference,
        evidence=rule.evidence,
        policy=policy.version,
        version=policy.entries.get(f"holds.{code}", ""),
        calendar=policy.calendar.version,
        last_day=found.last_day,
        strict=found.last_day,
        be=in_thai(found.last_day, era=True),
        earliest_erasure=found.release_on,
        earliest_erasure_unrolled=found.last_day + timedelta(days=1),
        projected=rule.rolled and _is_projected(policy, found.release_on),
        why=(*first, *_why_held(policy, asked, day, found, asked_for=years)),
        ground=rule.ground,
        counts_from=rule.counts_from,
        event=day,
        years=asked.years,
        days=asked.days,
        floor_last_day=floor,
        basis=policy.bases.get(asked.basis) if above else None,
        founded=asked.founded,
    )


def _why_held(policy: Policy, rule: HoldRule, event: date, found: Hold, *, asked_for: int) -> Iterator[Step]:
    """From the event to the day on which the record is free."""
    if asked_for:
        yield Step(code=StepCode.ASKED, to=event, count=asked_for)
    yield _counted(Period(years=rule.years, days=rule.days), event, found.last_day)
    floor, rolled = found.floor_last_day, found.release_on - timedelta(days=1)
    if floor is not None and floor < found.last_day:
        yield Step(code=StepCode.FLOOR, to=floor, reference=rule.basis)
    if rule.rolled:
        yield _rolled(found.last_day, rolled)
    else:
        yield Step(code=StepCode.STANDS, to=found.last_day)
    yield Step(code=StepCode.FREE, since=rolled, to=found.release_on)
    if rule.rolled:
        yield from _projected(policy, found.release_on)


def kept(
    policy: Policy, unit: str, event: date, since: Since | None = None, *, disputed: bool = False
) -> Kept:
    """Until when data of that unit is kept after that event. A limit is no duty to keep: no holiday makes it longer.

    Raises:
        BadInput: no such unit, or not one that counts from that event; `since` may be left out where there is one only.
    """
    if unit not in policy.units:
        raise BadInput("unit-unknown", f"use one of {', '.join(policy.units)}", field="rule")
    found = policy.units[unit]
    limits = {limit.since: limit for limit in found.kept.limits}
    if since is None and len(limits) == 1:
        (since,) = limits
    if since not in limits:
        named = ", ".join(limits) or "none: its controller decides"
        raise BadInput("event-unclear", f"use one of {named}", field="since")
    limit = limits[since]
    period = limit.disputed if disputed and limit.disputed else limit.period
    last = period.last_day(event)
    free = last + timedelta(days=1)
    return Kept(
        rule=unit,
        section="s.37(3)",
        reference=found.kept.reference,
        evidence=found.kept.evidence,
        policy=policy.version,
        version=policy.entries.get(f"units.{unit}", ""),
        calendar=policy.calendar.version,
        last_day=last,
        strict=last,
        be=in_thai(last, era=True),
        earliest_erasure=free,
        earliest_erasure_unrolled=free,
        why=(
            Step(code=StepCode.EVENT, to=event, reference=since.value),
            _counted(period, event, last),
            Step(code=StepCode.FREE, since=last, to=free),
        ),
        since=since,
        event=event,
        prevailing=found.holds,
    )


def _counted(period: Period, since: date, last: date) -> Step:
    if period.years:
        return Step(code=StepCode.YEARS, since=since, to=last, count=period.years, reference=_YEARS)
    if period.months:
        return Step(code=StepCode.MONTHS, since=since, to=last, count=period.months, reference=_YEARS)
    return Step(code=StepCode.DAYS, since=since, to=last, count=period.days, reference=_DAYS)


def _for_years(rule: HoldRule, years: int) -> HoldRule:
    """The rule with another period; what the law demands stays visible in it as its floor."""
    return rule.model_copy(update={"years": years, "days": 0, "floor_years": min(rule.floor_years, years)})


def _event(
    rule: HoldRule, document: date | None, event: date | None, books: FiscalYear
) -> tuple[date, tuple[Step, ...]]:
    """The day that the rule counts from, and how it was found."""
    if rule.counts_from is CountsFrom.CLOSING_DATE and document is not None:
        closing = books.closing_date(document)
        if event not in {None, closing}:
            mend = f"the period of the document closes on {closing}; give one of the two"
            raise BadInput("dates-contradict", mend, field="event-date")
        return closing, (Step(code=StepCode.CLOSING, since=document, to=closing, reference=rule.reference),)
    if event is None and rule.counts_from is CountsFrom.DOCUMENT_DATE:
        event = document
    if event is None:
        field = "document-date" if rule.counts_from is CountsFrom.CLOSING_DATE else "event-date"
        raise BadInput("hold-without-date", f"the rule counts from {rule.counts_from}", field=field)
    return event, (Step(code=StepCode.EVENT, to=event, reference=rule.counts_from.value),)


def _not_below(policy: Policy, rule: HoldRule, event: date, last: date) -> None:
    """No answer lets a record go before the law does."""
    floor = policy.floors.get(rule.counts_from)
    if floor is not None and last < floor.last_day(event):
        raise BadInput("below-the-law", f"at least {floor.period} ({floor.reference})", field="years")


def _rolled(last: date, rolled: date) -> Step:
    code = StepCode.UNROLLED if rolled == last else StepCode.ROLLED
    return Step(code=code, since=last, to=rolled, reference=_ROLL)


def _is_projected(policy: Policy, day: date) -> bool:
    return policy.holidays_announced_to is not None and day > policy.holidays_announced_to


def _projected(policy: Policy, day: date) -> tuple[Step, ...]:
    known = policy.holidays_announced_to
    return (Step(code=StepCode.PROJECTED, to=known),) if known and day > known else ()

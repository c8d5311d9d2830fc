"""Legal holds: what forbids erasing a record, until when, and why (s.33 ¶2; s.37(3)).

A hold covers a record, not a person: an invoice of 2022 and not the account. It is computed from the
record's own dates under the policy in force, at the plan and again by every batch.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import MAXYEAR, date, timedelta
from enum import StrEnum

from domain.calendar import Calendar, last_day_of_days, last_day_of_years
from domain.errors import BadInput
from domain.evidence import Evidence
from domain.item import Label
from domain.value import Value


class CountsFrom(StrEnum):
    """The event from which a hold is counted; every one but the closing date is a date of the record."""

    CLOSING_DATE = "closing_date"
    DOCUMENT_DATE = "document_date"
    FILED_ON = "filed_on"
    ENTERED_ON = "entered_on"
    SERVICE_ENDED_ON = "service_ended_on"


OF_PROVIDERS = frozenset({CountsFrom.ENTERED_ON, CountsFrom.SERVICE_ENDED_ON})
"""Events of the Computer Crime Act s.26, which binds whoever provides a service, whoever the controller of the data is."""


class OrderKind(StrEnum):
    """Why an order keeps records beyond what the rules compute; each binds until it is released."""

    ORDER = "order"  # of a court or an authority (H-ORDER)
    LITIGATION = "litigation"  # a dispute, open or to be expected (H-LIT; s.33 ¶2)
    COMPLAINT = "complaint"  # the person complained to สคส. (s.73): what is in dispute stays as it is


class Bound(Value):
    """An order in force: why, and which data units it names; none means all that there is of the person."""

    kind: OrderKind
    units: tuple[str, ...] = ()

    def covers(self, unit: str) -> bool:
        """Whether records of the unit stay as they are."""
        return not self.units or unit in self.units


class InForce(Value):
    """An order in force. `case` is one of the person whom it is meant for; empty where it binds everybody's records."""

    id: str
    case: str
    bound: Bound


class AccountingPeriod(Value):
    """One period of the books; `end` is the closing date (วันปิดบัญชี, Accounting Act s.14)."""

    start: date
    end: date


class FiscalYear(Value):
    """The company's books: real periods where known, else the usual year end, day and month."""

    ends: str  # "12-31"
    periods: tuple[AccountingPeriod, ...] = ()

    def closing_date(self, document: date) -> date:
        """The end of the period that the document falls in.

        Raises:
            BadInput: it ends beyond the year 9999.
        """
        for period in self.periods:
            if period.start <= document <= period.end:
                return period.end
        this_year = self._end_in(document.year)
        return this_year if document <= this_year else self._end_in(document.year + 1)

    def _end_in(self, year: int) -> date:
        if year > MAXYEAR:
            raise BadInput("date-out-of-reach", "look at the document's date")
        month, day = (int(part) for part in self.ends.split("-"))
        return date(year, month, min(day, monthrange(year, month)[1]))


class HoldRule(Value):
    """One rule of law or policy; `years` or `days`, counted from `counts_from`.

    `floor_years` is the part of `years` that the law itself demands; what lies above it stands on
    `basis` (an order, a tax matter, a necessity assessment), never on the law's name. `basis` is the id of
    its record in the policy; `law` is how letters name what the hold stands on. Years above the floor without
    a basis hold nothing: a published period alone is none, and the record goes to people (scenario S04). `rolled`: a last
    day that is a holiday moves to the next working day; a company that counts plainly from the document says no.
    """

    id: str
    reference: str
    law: Label | None = None
    evidence: Evidence = Evidence.CHOICE
    counts_from: CountsFrom
    years: int = 0
    days: int = 0
    floor_years: int = 0
    basis: str = ""
    ground: str = "EX-LAW"
    rolled: bool = True

    @property
    def founded(self) -> bool:
        """Whether all its years are the law's or stand on a basis."""
        return bool(self.basis) or self.floor_years >= self.years

    def carried(self) -> HoldRule | None:
        """As much of the rule as the law or a basis carries; None where nothing does."""
        if self.founded:
            return self
        return self.model_copy(update={"years": self.floor_years}) if self.floor_years else None


class Hold(Value):
    """A rule applied to one record: held through `last_day`, free from `release_on`; `since` is the event it counts from."""

    rule: str
    reference: str
    ground: str
    last_day: date
    release_on: date
    floor_last_day: date | None = None
    since: date | None = None

    def binds(self, day: date) -> bool:
        """Whether the record must be kept on that day."""
        return day < self.release_on


def announced(
    rules: Iterable[HoldRule],
    dates: Mapping[str, date | None],
    books: FiscalYear,
    calendar: Calendar,
    today: date,
) -> tuple[Hold, ...]:
    """The periods without a basis that a record with these dates is in today: people decide, nothing binds.

    Raises:
        BadInput: as `holds_on`.
    """
    unfounded = [rule for rule in rules if not rule.founded]
    return tuple(hold for hold in holds_on(unfounded, dates, books, calendar, today) if hold.binds(today))


def hold_of(rule: HoldRule, event: date, calendar: Calendar) -> Hold:
    """The hold that one rule puts on a record, counted from the event.

    The release is the day after the rolled last day (s.193/8): later than the law needs under one
    reading, and never too early under any (pdpa-rules 7.1 no. 7).
    """
    last = last_day_of_years(event, rule.years) if rule.years else last_day_of_days(event, rule.days)
    floor = last_day_of_years(event, rule.floor_years) if rule.floor_years else None
    return Hold(
        rule=rule.id,
        reference=rule.reference,
        ground=rule.ground,
        last_day=last,
        release_on=(calendar.rolled(last) if rule.rolled else last) + timedelta(days=1),
        floor_last_day=floor,
        since=event,
    )


def holds_on(
    rules: Iterable[HoldRule],
    dates: Mapping[str, date | None],
    books: FiscalYear,
    calendar: Calendar,
    today: date | None = None,
) -> tuple[Hold, ...]:
    """Every hold that the rules put on a record with these dates, the latest release first.

    A rule whose date is not there yet (a VAT return that is not filed) is left out while another binds `today`: the
    record is kept whatever that date will be.

    Raises:
        BadInput: a rule's event has no date, or one that no period can be counted from (9999-12-31). Such
            a record fails closed: nobody can say that it is free, so it is not.
    """
    found, undated = [], ""
    for rule in rules:
        closing = rule.counts_from is CountsFrom.CLOSING_DATE
        event = dates.get(CountsFrom.DOCUMENT_DATE if closing else rule.counts_from)
        try:
            if event is not None:
                found.append(hold_of(rule, books.closing_date(event) if closing else event, calendar))
        except BadInput:
            event = None
        if event is None:
            undated = undated or rule.id
    if undated and not (today and any(hold.binds(today) for hold in found)):
        raise BadInput("hold-without-date", "give the record its date or review it", rule=undated)
    return tuple(sorted(found, key=lambda hold: hold.release_on, reverse=True))

"""Retention: how long data of a kind is kept at all (s.37(3)), as opposed to what the law forbids to erase before.

A period counts from an event of the record. Several limits on one kind of data are read as the policy writes them:
whichever ends first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum

from domain.calendar import last_day_of_days, last_day_of_months
from domain.evidence import Evidence
from domain.value import Value


class Since(StrEnum):
    """The event that a retention period counts from; every one but the closing date is a date of the record."""

    CLOSING_DATE = "closing_date"
    ENTERED_ON = "entered_on"
    ACCOUNT_EXPIRED_ON = "account_expired_on"
    TICKET_CLOSED_ON = "ticket_closed_on"
    CONSENT_WITHDRAWN_ON = "consent_withdrawn_on"
    OBJECTED_ON = "objected_on"
    BACKED_UP_ON = "backed_up_on"
    VERIFIED_ON = "verified_on"
    CASE_CLOSED_ON = "case_closed_on"
    CONTRACT_ENDED_ON = "contract_ended_on"  # a tenant's: what is held for it as processor


class Period(Value):
    """So many years, months or days, one of them; all zero is "at once"."""

    years: int = 0
    months: int = 0
    days: int = 0

    def last_day(self, event: date) -> date:
        """The last day of the period; the day of the event is not counted (s.193/3, s.193/5).

        Raises:
            BadInput: it ends beyond the year 9999.
        """
        months = 12 * self.years + self.months
        return last_day_of_months(event, months) if months else last_day_of_days(event, self.days)

    def __str__(self) -> str:
        for unit in ("years", "months", "days"):
            if count := getattr(self, unit):
                return f"{count} {unit if count > 1 else unit[:-1]}"
        return "at once"


def last_event(period_over: Callable[[date], bool], today: date) -> date | None:
    """The last day, up to today, after which an event's period is over; None where there is none.

    `period_over` must hold for every day before one for which it holds.
    """
    days = range(date.min.toordinal(), today.toordinal() + 1)
    over = bisect_left(days, x=True, key=lambda day: not period_over(date.fromordinal(day)))
    return date.fromordinal(days[over - 1]) if over else None


class Limit(Value):
    """One limit: a period from an event; `disputed` is how long instead while the data is disputed."""

    since: Since
    period: Period
    disputed: Period | None = None


class Retention(Value):
    """How long one kind of data is kept: its limits, where they come from and how well that is known.

    Without limits somebody else decides (a tenant, of what we process for them).
    """

    limits: tuple[Limit, ...] = ()
    reference: str = ""
    evidence: Evidence = Evidence.CHOICE

    def ends(self, dates: Mapping[str, date | None], *, disputed: bool = False) -> tuple[date, Limit] | None:
        """The last day on which a record with these dates is kept, and the limit that says so.

        None where none of its events has happened yet: then its time has not begun to run out.
        """
        found = [
            ((limit.disputed if disputed and limit.disputed else limit.period).last_day(event), limit)
            for limit in self.limits
            if (event := dates.get(limit.since)) is not None
        ]
        return min(found, key=lambda each: each[0], default=None)


class Floor(Value):
    """What a law itself demands, whatever a policy says: a period, and the provision."""

    period: Period
    reference: str
    evidence: Evidence

    def last_day(self, event: date) -> date:
        """The last day on which the law demands the record."""
        return self.period.last_day(event)

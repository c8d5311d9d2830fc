"""Clocks: from the day of receipt to the dates that a case lives by.

The clock starts when the request is received (s.30 ¶4; Notification B.E. 2567 cl.3) and nothing stops it:
the Act knows no pause for checking identity. Two numbers are law, 30 days for access and 90 for erasure;
the others are the company's targets and say so.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.calendar import Calendar, day_in_bangkok, end_of_day, last_day_of_days
from domain.errors import Conflict
from domain.evidence import Evidence
from domain.rights import Right
from domain.value import Value


class Authority(StrEnum):
    """Where a deadline comes from."""

    STATUTE = "statute"
    NOTIFICATION = "notification"
    POLICY = "policy"


class DeadlineRule(Value):
    """How long one right may take, in calendar days counted from receipt.

    `decision_days`: by when the person hears what will be done; `verify_days_before`: how long before
    `decide_by` an identity not shown closes the case with a letter (L12), never in silence;
    `verify_days_least`: what somebody whose letter was entered late has for it all the same;
    `cooling_hours`: how long an approved erasure waits for the person to call it off;
    `sending_hours`: how long a package is offered to another controller that can't be reached (s.31 ¶1(1));
    `reminder_days_before`: when the officer is warned, counted back from the strict date.
    """

    right: Right
    days: int
    authority: Authority
    reference: str
    evidence: Evidence = Evidence.CHOICE
    decision_days: int | None = None
    verify_days_before: int = 2
    verify_days_least: float = 3
    cooling_hours: float = 0
    sending_hours: float = 0
    reminder_days_before: tuple[int, ...] = (7, 2)
    extension_days: int = 0  # what a law lets the company add, once; the Act itself lets it add nothing
    extension_reference: str = ""


class Terms(Value):
    """What was promised the day the case opened: pinned, superseded only by a later version.

    `strict` is the promise shown to the person; `target` is the working day to plan for; `rolled` is the
    outer wall under s.193/8 and never shown as the promise.
    """

    version: int = 1
    received_on: date
    strict: date
    rolled: date
    target: date
    decide_by: date
    verify_by: datetime
    verify_days_least: float = 0
    due: datetime
    reminders: tuple[datetime, ...] = ()
    cooling_hours: float = 0
    sending_hours: float = 0
    authority: Authority
    reference: str
    policy: str
    calendar: str


def extended(rule: DeadlineRule, terms: Terms, days: int, calendar: Calendar) -> Terms:
    """The next version of terms, so many calendar days later, under the law that the rule names.

    Raises:
        Conflict: no law lets the company extend this right, or not by so much, or not twice.
    """
    limit = last_day_of_days(terms.received_on, rule.days + rule.extension_days)
    strict = last_day_of_days(terms.strict, days)
    if days < 1 or strict > limit or not rule.extension_reference:
        raise Conflict(
            "no-power-to-extend",
            "answer in time, or send a progress letter (L3)",
            right=rule.right,
            days=days,
        )
    return terms.model_copy(
        update={
            "version": terms.version + 1,
            "strict": strict,
            "rolled": calendar.rolled(strict),
            "target": calendar.working_day_by(strict),
            "due": end_of_day(strict),
            "reminders": tuple(end_of_day(strict - timedelta(days=d)) for d in rule.reminder_days_before),
            "reference": f"{terms.reference}; {rule.extension_reference}",
            "calendar": calendar.version,
        }
    )


def renewed(terms: Terms, calendar: Calendar) -> Terms | None:
    """The next version of terms under another calendar; None where nothing moves.

    The strict date is counted in calendar days and stays; the outer wall may move out, and the day to plan for moves
    only if a holiday now stands on it (scenario S53).
    """
    target = calendar.working_day_by(terms.strict)
    rolled = max(terms.rolled, calendar.rolled(terms.strict))
    decide_by = calendar.working_day_by(terms.decide_by)
    if (target, rolled, decide_by) == (terms.target, terms.rolled, terms.decide_by):
        return None
    moved = {"target": target, "rolled": rolled, "decide_by": decide_by, "calendar": calendar.version}
    return terms.model_copy(update={"version": terms.version + 1, **moved})


def cooling_ends(terms: Terms, told: datetime) -> datetime:
    """Until when a person who was told of an approved erasure at that instant may call it off.

    Inside the promised days, with one left to carry it out; never before they were told.
    """
    ends = min(told + timedelta(hours=terms.cooling_hours), terms.due - timedelta(days=1))
    return max(told, ends)


_SENT_IN = timedelta(seconds=10)
"""What is sent late is offered for a moment all the same."""


def sending_time(terms: Terms, now: datetime) -> timedelta:
    """How long a package is offered to another controller from now on.

    A day of the time to answer is left, for the person hears then what became of it.
    """
    left = end_of_day(terms.target) - timedelta(days=1) - now
    return max(min(timedelta(hours=terms.sending_hours), left), _SENT_IN)


def terms_for(rule: DeadlineRule, received: datetime, calendar: Calendar, policy: str) -> Terms:
    """The terms of a case received at that instant, under that rule and calendar.

    Raises:
        BadInput: the instant has no time zone.
    """
    received_on = day_in_bangkok(received)
    strict = last_day_of_days(received_on, rule.days)
    target = calendar.working_day_by(strict)
    decision = last_day_of_days(received_on, rule.decision_days or rule.days)
    decide_by = calendar.working_day_by(decision)
    return Terms(
        received_on=received_on,
        strict=strict,
        rolled=calendar.rolled(strict),
        target=target,
        decide_by=decide_by,
        # The letter to somebody who stayed unknown (L12) must leave before the first date promised.
        verify_by=end_of_day(calendar.working_day_by(decide_by - timedelta(days=rule.verify_days_before))),
        verify_days_least=rule.verify_days_least,
        due=end_of_day(strict),
        reminders=tuple(end_of_day(strict - timedelta(days=days)) for days in rule.reminder_days_before),
        cooling_hours=rule.cooling_hours,
        sending_hours=rule.sending_hours,
        authority=rule.authority,
        reference=rule.reference,
        policy=policy,
        calendar=calendar.version,
    )

"""How pressing a case is on a day: what the board puts first."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from domain.deadlines import Terms

NEAR_DAYS = 7
"""Calendar days before the promised day from which a case is near it."""


class Urgency(StrEnum):
    """From the worst to the best."""

    LATE = "late"  # the promised day is over
    AT_RISK = "at-risk"  # the working day that was planned for is here
    NEAR = "near"
    CALM = "calm"
    OVER = "over"  # closed


def urgency(terms: Terms, today: date, *, closed: bool) -> Urgency:
    """How pressing it is today, a Bangkok day."""
    if closed:
        return Urgency.OVER
    if today > terms.strict:
        return Urgency.LATE
    if today >= terms.target:
        return Urgency.AT_RISK
    return Urgency.NEAR if today >= terms.strict - timedelta(days=NEAR_DAYS) else Urgency.CALM

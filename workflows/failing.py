"""Why a step failed, as a code that may be told: one of our own error tree, or what kind of time ran out."""

from __future__ import annotations

from temporalio import exceptions
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, TimeoutType

_OURS = frozenset(
    {
        "SitthiError",
        "BadInput",
        "PolicyInvalid",
        "DataMapInvalid",
        "NotFound",
        "NotAllowed",
        "Conflict",
        "StalePlan",
        "TooLate",
        "Unavailable",
        "RateLimited",
        "Refused",
        "CapabilityMissing",
        "Drift",
        "HoldConflict",
        "Integrity",
        "ChainBroken",
        "SealBroken",
        "KeyShredded",
    }
)
_AWAY = frozenset({"Unavailable", "RateLimited"})
_NOBODY_TOOK_IT = frozenset({TimeoutType.SCHEDULE_TO_START, TimeoutType.SCHEDULE_TO_CLOSE})


def code_of(error: ActivityError) -> str:
    """The code that our own error tree gave it, or what kind of time ran out."""
    cause = error.cause
    if isinstance(cause, ApplicationError):
        # Only errors of our own tree carry a code as message; of a foreign one only the type is safe.
        return cause.message if cause.type in _OURS else "unexpected-error"
    return "no-answer-in-time"


def unanswered(error: ActivityError) -> bool:
    """Whether nothing more is known than that the other side cannot be reached now.

    A worker that took the step and died of it has answered in its way: the next step may fare better.
    """
    cause = error.cause
    if isinstance(cause, exceptions.TimeoutError) and cause.type in _NOBODY_TOOK_IT:
        last = cause.cause
        return not isinstance(last, FailureError) or _is_away(last)
    return _is_away(cause)


def _is_away(cause: BaseException | None) -> bool:
    return isinstance(cause, ApplicationError) and cause.type in _AWAY

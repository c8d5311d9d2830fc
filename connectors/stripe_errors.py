"""Stripe's exceptions become the engine's own, by kind and code; their messages may quote data and go nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

import stripe

from domain.errors import RateLimited, Refused, SitthiError, Unavailable

MISSING = "resource_missing"
REPLAYED = "Idempotent-Replayed"
"""The header with which Stripe says that an answer was stored under the idempotency key, an error included."""
_PATIENCE = 5.0
"""Seconds to wait where Stripe limits the rate and does not say for how long."""
_TRY_AGAIN = "it is tried again by itself"


@contextmanager
def translated(system: str) -> Iterator[None]:
    """Let nothing of the SDK's out.

    Raises:
        Unavailable: Stripe cannot be reached, or failed by itself.
        RateLimited: it said to come back later.
        Refused: it answered, and will not do it.
    """
    try:
        yield
    except stripe.StripeError as error:
        raise translate(error, system) from None


def is_missing(error: stripe.StripeError) -> bool:
    """Whether Stripe says that there is no such object."""
    return isinstance(error, stripe.InvalidRequestError) and error.code == MISSING


def is_stored(error: Unavailable) -> bool:
    """Whether Stripe stored the failure under an idempotency key, and would repeat it for a day."""
    return error.facts.get("replayed") == "true"


def translate(error: stripe.StripeError, system: str) -> SitthiError:
    """The engine's error for the SDK's, with Stripe's code and request id, which tell nothing of a person."""
    facts, status = _facts(error, system), error.http_status or 0
    if isinstance(error, stripe.APIConnectionError):
        return Unavailable("system-unreachable", _TRY_AGAIN, **facts)
    if status == HTTPStatus.TOO_MANY_REQUESTS or isinstance(error, stripe.RateLimitError):
        wait = _seconds(error.headers or {})
        return RateLimited("system-rate-limited", _TRY_AGAIN, retry_after=wait, **facts)
    if status == HTTPStatus.CONFLICT:
        return Unavailable("system-busy", _TRY_AGAIN, **facts)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or not status:
        if (error.headers or {}).get(REPLAYED) == "true":
            facts["replayed"] = "true"
        return Unavailable("system-failing", _TRY_AGAIN, **facts)
    return _refusal(error, facts)


def _refusal(error: stripe.StripeError, facts: dict[str, str]) -> Refused:
    match error:
        case stripe.AuthenticationError():
            return Refused("credentials-refused", "give the connector a key that Stripe takes", **facts)
        case stripe.PermissionError():
            return Refused(
                "permission-missing", "let the restricted key read and write what it needs", **facts
            )
        case stripe.IdempotencyError():
            return Refused("stripe-key-reused", "plan again", **facts)
        case _:
            return Refused("stripe-refuses", "look at the request in Stripe's dashboard", **facts)


def _facts(error: stripe.StripeError, system: str) -> dict[str, str]:
    # `code` and `request_id` are Stripe's own words; `param` names a field, `message` may hold its content.
    told = {"system": system, "stripe_code": error.code, "request": error.request_id}
    return {fact: value for fact, value in told.items() if value}


def _seconds(headers: Mapping[str, str]) -> float:
    try:
        return max(float(headers.get("Retry-After", "")), 0.0)
    except ValueError:
        return _PATIENCE

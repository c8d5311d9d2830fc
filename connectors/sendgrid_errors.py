"""SendGrid's errors become the engine's own, by status alone: their bodies quote what was sent, and go nowhere."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException
from socket import gaierror
from urllib.error import URLError

from python_http_client.exceptions import HTTPError

from domain.errors import RateLimited, Refused, SitthiError, Unavailable

CUT_OFF = "system-cut-off"
"""The code where the connection ended before an answer came: what was asked may have been done."""
_TRY_AGAIN = "it is tried again by itself"
_PATIENCE = 5.0
"""Seconds to wait where SendGrid limits the rate and does not say until when."""
_LONGEST = 900.0
"""Seconds; a clock that is wrong on either side must not park a system for days."""


@contextmanager
def translated(system: str) -> Iterator[None]:
    """Let nothing of the SDK's, nor of the connection's, out.

    Raises:
        Unavailable: SendGrid cannot be reached, was cut off, or failed by itself.
        RateLimited: it said to come back later.
        Refused: it answered, and will not do it.
    """
    try:
        yield
    except HTTPError as error:
        raise translate(int(error.status_code or 0), error.headers or {}, system) from None
    except URLError as error:
        if isinstance(error.reason, ConnectionRefusedError | gaierror):
            raise Unavailable("system-unreachable", _TRY_AGAIN, system=system) from None
        raise Unavailable("system-cut-off", _TRY_AGAIN, system=system) from None
    except (OSError, HTTPException):  # a time-out is an OSError; an answer cut off is an HTTPException
        raise Unavailable("system-cut-off", _TRY_AGAIN, system=system) from None
    except ValueError:
        raise Unavailable("system-answer-unreadable", _TRY_AGAIN, system=system) from None


def is_missing(error: HTTPError) -> bool:
    """Whether SendGrid says that there is no such thing."""
    return bool(error.status_code == HTTPStatus.NOT_FOUND)


def translate(status: int, headers: Mapping[str, str], system: str) -> SitthiError:
    """The engine's error for an HTTP status."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = _seconds(headers)
        return RateLimited("system-rate-limited", _TRY_AGAIN, retry_after=wait, system=system)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Unavailable("system-failing", _TRY_AGAIN, system=system, status=status)
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return Refused(
                "credentials-refused", "give the connector a key that SendGrid takes", system=system
            )
        case HTTPStatus.FORBIDDEN:
            return Refused("permission-missing", "give the key the scopes that it needs", system=system)
        case _:
            return Refused("sendgrid-refuses", "look at the account's activity", system=system, status=status)


def _seconds(headers: Mapping[str, str]) -> float:
    """How long to wait: `Retry-After` in seconds, else `X-RateLimit-Reset`, an instant in seconds since 1970."""
    for name, since in (("Retry-After", 0.0), ("X-RateLimit-Reset", time.time())):
        try:
            told = float(headers.get(name) or "")
        except ValueError:
            continue
        return min(max(told - since, 1.0), _LONGEST)
    return _PATIENCE

"""Foreign exceptions become the engine's own, by class and code; their text may quote a key and goes nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore import exceptions as exc
from urllib3.exceptions import HTTPError

from domain.errors import RateLimited, Refused, SitthiError, Unavailable

_TRY_AGAIN = "it is tried again by itself"
PAUSE_SECONDS = 5.0
"""How long to stay away from a store that is too busy and does not say how long."""

_SLOW = frozenset(
    {"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests", "429", "503"}
)
_PASSING = frozenset(
    {"InternalError", "ServiceUnavailable", "RequestTimeout", "OperationAborted", "500", "502"}
)
_REFUSALS: Mapping[str, tuple[str, str]] = {
    code: told
    for codes, told in (
        (
            (
                "InvalidAccessKeyId",
                "SignatureDoesNotMatch",
                "ExpiredToken",
                "InvalidToken",
                "TokenRefreshRequired",
            ),
            ("credentials-refused", "give the connector keys that hold"),
        ),
        (
            ("AccessDenied", "AllAccessDisabled", "403", "Forbidden", "UnauthorizedOperation"),
            ("permission-missing", "grant the connector's identity what it needs"),
        ),
        (("NoSuchBucket",), ("bucket-missing", "check the bucket's name")),
        (
            (
                "PermanentRedirect",
                "AuthorizationHeaderMalformed",
                "IllegalLocationConstraintException",
                "301",
            ),
            ("region-differs", "give the bucket its own region in the object map"),
        ),
        (("RequestTimeTooSkewed",), ("clock-differs", "set the machine's clock")),
    )
    for code in codes
}
GONE = frozenset({"NoSuchKey", "NoSuchVersion", "NoSuchUpload", "404", "NotFound", "MethodNotAllowed", "405"})
"""What S3 says of a key, a version or an upload that is no more; 405 of a delete marker."""

_NOT_NOW = 500  # an answer from here up says nothing about the request itself


@contextmanager
def translated(system: str) -> Iterator[None]:
    """Let nothing of botocore's out.

    Raises:
        Unavailable: the store cannot be reached or is too busy now.
        Refused: it answered, and will not do it.
    """
    try:
        yield
    except exc.ClientError as error:
        raise translate(error, system) from None
    except (exc.NoCredentialsError, exc.PartialCredentialsError, exc.CredentialRetrievalError):
        raise Refused("credentials-refused", "give the connector keys", system=system) from None
    except (exc.ConnectionError, exc.HTTPClientError, exc.IncompleteReadError, HTTPError):
        raise Unavailable("storage-unreachable", _TRY_AGAIN, system=system) from None
    except exc.BotoCoreError as error:
        raise Refused(
            "storage-refuses",
            "hold the object map against the store",
            system=system,
            kind=type(error).__name__,
        ) from None


def translate(error: exc.ClientError, system: str) -> SitthiError:
    """The engine's error for an answer of S3, with its code and the name of the call; never a key."""
    told: Mapping[str, Any] = error.response
    code = str(told.get("Error", {}).get("Code", ""))
    answer: Mapping[str, Any] = told.get("ResponseMetadata", {})
    status = int(answer.get("HTTPStatusCode", 0))
    wait = _seconds(answer.get("HTTPHeaders", {}).get("retry-after"))
    call = error.operation_name
    if code in _SLOW or status in {429, 503}:
        return RateLimited(
            "storage-too-busy", _TRY_AGAIN, retry_after=wait or PAUSE_SECONDS, system=system, call=call
        )
    if code in _PASSING or status >= _NOT_NOW:
        return Unavailable("storage-fails", _TRY_AGAIN, system=system, call=call)
    return refusal(code or str(status), system, call)


def refusal(code: str, system: str, call: str, **facts: str | int) -> Refused:
    """What S3 will not do, by its code."""
    if code.startswith("KMS."):
        return Refused(
            "key-service-refuses", "let the identity use the key", system=system, call=call, **facts
        )
    ours, mend = _REFUSALS.get(code, ("storage-refuses", "see the store's own log"))
    return Refused(ours, mend, system=system, call=call, kind=code, **facts)


def is_gone(error: exc.ClientError) -> bool:
    """Whether S3 says that there is no such key, version or upload."""
    return str(error.response.get("Error", {}).get("Code", "")) in GONE


def passes(code: str) -> bool:
    """Whether the same request may well do another time."""
    return code in _SLOW | _PASSING


def _seconds(text: str | None) -> float:
    return float(text) if text and text.isdecimal() else 0.0

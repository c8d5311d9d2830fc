"""POST /api/suppressions/check: an import asks whom not to load. JSON both ways, by a token of that scope.

Nothing of the entries is kept or logged; of a malformed one the answer names its number and a code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.errors import BadInput, NotAllowed, SitthiError, Unavailable
from domain.identifiers import Identifier
from domain.suppression import Verdict, known_by
from portal.safety import Throttle, place_of

PATH = "/api/suppressions/check"
BODY_LIMIT = 256 * 1024
MOST = 1_000
"""Entries of one request."""

_RETRY_AFTER = 30.0
_BEARER = "Bearer "


class PortalSuppressions(Protocol):
    """What the answer comes from."""

    async def admit(self, secret: str) -> str:
        """The id of a token. Raises `NotAllowed`, `Unavailable`."""
        ...

    async def check(self, token: str, persons: Sequence[Sequence[Identifier]]) -> tuple[Verdict, ...]:
        """What stands against each. Raises `Unavailable`."""
        ...


@dataclass(frozen=True)
class SuppressionCheck:
    """The end point. `places` bounds who asks without a good token, `tokens` each token."""

    register: PortalSuppressions
    places: Throttle
    tokens: Throttle

    async def post(self, request: Request) -> Response:
        """`{"entries": [{"email": ..., "phone": ...}, ...]}` -> `{"results": [{"line", "answer", ...}, ...]}`."""
        if wait := self.places.wait(place_of(request)):
            return limited(wait)
        try:
            token = await self.register.admit(secret_of(request))
            if wait := self.tokens.wait(token):
                return limited(wait)
            read = [_read(entry) for entry in _entries(await request.body())]
            good = [one for one in read if not isinstance(one, BadInput)]
            verdicts = iter(await self.register.check(token, good))
        except NotAllowed as refused:
            return shut_out(refused)
        except BadInput as wrong:
            return failed(400, wrong)
        except Unavailable as away:
            return failed(503, away, {"Retry-After": str(math.ceil(_RETRY_AFTER))})
        results = [
            _told(number, one if isinstance(one, BadInput) else next(verdicts))
            for number, one in enumerate(read, 1)
        ]
        return JSONResponse({"results": results})


def limited(wait: float) -> Response:
    """429, and when to come back."""
    error = {"error": "too-many-requests", "mend": "come back after `Retry-After` seconds"}
    return JSONResponse(error, 429, {"Retry-After": str(math.ceil(wait))})


def failed(status: int, error: SitthiError, headers: dict[str, str] | None = None) -> Response:
    """An error of ours as JSON: its code and the way out, nothing of what was sent."""
    return JSONResponse({"error": error.code, "mend": error.mend}, status, headers)


def shut_out(refused: NotAllowed) -> Response:
    """401 for who brings no good token, 403 for whose token is not for this."""
    if refused.code == "scope-missing":
        return failed(403, refused)
    return failed(401, refused, {"WWW-Authenticate": 'Bearer realm="sitthi"'})


def secret_of(request: Request) -> str:
    """The token that a program brings. Raises `NotAllowed` where it brings none."""
    given = request.headers.get("authorization", "")
    if not given.startswith(_BEARER):
        raise NotAllowed("token-missing", "send `Authorization: Bearer` with a token; `token add` makes one")
    return given.removeprefix(_BEARER).strip()


def _entries(body: bytes) -> list[Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise BadInput("body-not-json", "send JSON in UTF-8") from None
    entries = told.get("entries") if isinstance(told, dict) and told.keys() == {"entries"} else None
    if not isinstance(entries, list):
        raise BadInput("entries-missing", 'send {"entries": [{"email": ...}, ...]}')
    if len(entries) > MOST:
        raise BadInput("too-many-entries", f"send at most {MOST} at once")
    return entries


def _read(entry: Any) -> tuple[Identifier, ...] | BadInput:
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        return BadInput("entry-malformed", "give `email`, `phone` or both, as text")
    try:
        return known_by(entry)
    except BadInput as error:
        return error


def _told(number: int, found: Verdict | BadInput) -> dict[str, Any]:
    if isinstance(found, BadInput):
        return {"line": number, "answer": "malformed", "objected": [], "error": found.code}
    return {"line": number, "answer": found.answer, "objected": list(found.objected), "error": ""}

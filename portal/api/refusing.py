"""How programs are refused: one shape, a code that keeps its meaning, the way out; nothing of what was sent."""

from __future__ import annotations

import math
from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from domain.errors import NotAllowed, SitthiError
from portal.api.operations import NO_SCOPE, NO_TOKEN, TOO_OFTEN

_FIELDS = {"--set": "changes"}
"""Fields as the domain names them, and as they are called here."""


def failed(status: int, error: SitthiError, headers: Mapping[str, str] | None = None) -> Response:
    """An error of ours as JSON: its code, the way out and the field."""
    field = str(error.facts.get("field", ""))
    told = {"error": error.code, "mend": error.mend, "field": _FIELDS.get(field, field)}
    return JSONResponse(told, status, headers)


def limited(wait: float) -> Response:
    """429, and when to come back."""
    error = SitthiError("too-many-requests", "come back after `Retry-After` seconds")
    return failed(TOO_OFTEN, error, {"Retry-After": str(math.ceil(wait))})


def shut_out(refused: NotAllowed) -> Response:
    """401 for who brings no good token, 403 for whose token is not for this."""
    if refused.code == "scope-missing":
        return failed(NO_SCOPE, refused)
    return failed(NO_TOKEN, refused, {"WWW-Authenticate": 'Bearer realm="sitthi"'})

"""The one door of the operations: who asks, whether they may, whether what they sent is of the shape; then it is done."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.errors import BadInput, Conflict, Malformed, NotAllowed, NotFound, SitthiError, Unavailable
from portal.api import shapes
from portal.api.operations import AWAY, CONFLICT, MALFORMED, UNKNOWN, Asked, Operation
from portal.api.refusing import failed, limited, shut_out
from portal.safety import Throttle, place_of

_RETRY_AFTER = 30.0
_ONCE = "idempotency-key"
_BEARER = "Bearer "


class PortalGate(Protocol):
    """What knows programs by their tokens."""

    async def admit(self, secret: str, *scopes: str) -> str:
        """The id of a token that opens one of these. Raises `NotAllowed`, `Unavailable`."""
        ...


@dataclass(frozen=True)
class Door:
    """`places` bounds who asks without a good token, `tokens` each token."""

    gate: PortalGate
    places: Throttle
    tokens: Throttle

    async def serve(self, operation: Operation, request: Request) -> Response:
        """What a call is answered."""
        if wait := self.places.wait(place_of(request)):
            return limited(wait)
        try:
            # Who asks is asked first: nobody learns what is known here by guessing. The token is counted before it is
            # looked up, so that one that was revoked cannot be tried at will.
            secret = _secret_of(request)
            if wait := self.tokens.wait(secret):
                return limited(wait)
            token = await self.gate.admit(secret, *operation.scopes)
            asked = await _read(operation, request, token)
            if operation.besides and (wanted := operation.besides(asked.body)):
                await self.gate.admit(secret, *wanted)
            answer = await operation.call(asked)
        except NotAllowed as refused:
            return shut_out(refused)
        except SitthiError as error:
            return _refused(operation, error)
        if answer.body is None:
            return Response(status_code=operation.status)
        headers = {"Location": answer.location} if answer.location else None
        return JSONResponse(answer.body.model_dump(mode="json"), operation.status, headers)


def _secret_of(request: Request) -> str:
    given = request.headers.get("authorization", "")
    if not given.startswith(_BEARER):
        raise NotAllowed("token-missing", "send `Authorization: Bearer` with a token; `token add` makes one")
    return given.removeprefix(_BEARER).strip()


async def _read(operation: Operation, request: Request, token: str) -> Asked:
    named = request.path_params
    for part in operation.named:
        if not re.fullmatch(part.pattern, named[part.name]):
            raise NotFound("reference-unknown", f"it is written as {part.example}", field=part.name)
    key = request.headers.get(_ONCE, "")
    if operation.keyed and _ONCE in request.headers and not re.fullmatch(shapes.KEY, key):
        raise Malformed("key-malformed", "1 to 128 visible ASCII characters", field="Idempotency-Key")
    try:
        query = operation.query.model_validate(_once(request)) if operation.query else None
        raw = await request.body() if operation.body else b""
        body = operation.body.model_validate_json(raw, strict=True) if operation.body else None
    except ValidationError as invalid:
        raise _malformed(operation, invalid) from None
    return Asked(token=token, named=named, body=body, query=query, key=key)


def _once(request: Request) -> Mapping[str, str]:
    told = request.query_params.multi_items()
    if len({name for name, _ in told}) != len(told):
        raise Malformed("given-twice", "give each parameter once", field="query")
    return dict(told)


def _malformed(operation: Operation, invalid: ValidationError) -> BadInput:
    """Where it is wrong, in names that are ours: what the caller made up as a name may say anything."""
    [first, *_] = invalid.errors(include_input=False, include_url=False, include_context=False)
    if first["type"] == "json_invalid":
        return Malformed("body-not-json", "send JSON in UTF-8")
    known = shapes.names(operation.body, operation.query)
    named = [str(part) for part in first["loc"] if isinstance(part, int) or part in known]
    code = "field-unknown" if first["type"] == "extra_forbidden" else "field-malformed"
    return Malformed(code, "send what /api/openapi.json tells", field=".".join(named))


def _refused(operation: Operation, error: SitthiError) -> Response:
    match error:
        case Malformed():
            return failed(MALFORMED, error)
        case BadInput():
            return failed(operation.unfit, error)
        case NotFound():
            return failed(UNKNOWN, error)
        case Conflict():
            return failed(CONFLICT, error)
        case Unavailable():
            return failed(AWAY, error, {"Retry-After": str(math.ceil(_RETRY_AFTER))})
        case _:
            raise error

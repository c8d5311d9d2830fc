"""POST /api/links: a program of the company's own asks for a link for a customer it knows. JSON both ways.

What is sent is sealed for the link and told back to nobody; of a malformed part the answer names its field and a code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.errors import BadInput, NotAllowed, NotFound, SitthiError, Unavailable
from domain.identifiers import IdentifierKind, identifier
from domain.rights import Right, right_named
from domain.self_links import About, Minted, Wanted
from portal.safety import Throttle, place_of
from portal.suppressions import limited, secret_of, shut_out
from portal.words import LANGUAGES

PATH = "/api/links"

_FIELDS = {"rights", "person", "language", "expires_in", "second_factor_at"}
_PERSON = {"email": IdentifierKind.EMAIL, "phone": IdentifierKind.PHONE}
_NAME_LENGTH = 200
_RETRY_AFTER = 30
_DAY = 24 * 3600


class PortalMint(Protocol):
    """What makes links."""

    @property
    def portal_url(self) -> str:
        """Where the portal is reached from outside."""
        ...

    async def admit(self, secret: str, *, vouching: bool) -> str:
        """The id of a token. Raises `NotAllowed`, `Unavailable`."""
        ...

    async def mint(self, token: str, wanted: Wanted) -> Minted:
        """A link. Raises `BadInput`, `Unavailable`."""
        ...

    async def revoke(self, token: str, link: str) -> None:
        """Take back a link that the token made. Raises `NotFound`, `Unavailable`."""
        ...


@dataclass(frozen=True)
class LinksApi:
    """The end points. `places` bounds who asks without a good token, `tokens` each token."""

    mint: PortalMint
    places: Throttle
    tokens: Throttle

    async def post(self, request: Request) -> Response:
        """`{"rights": ["access"], "person": {"email": ...}, ...}` -> 201 `{"id", "url", "expires", ...}`."""
        if wait := self.places.wait(place_of(request)):
            return limited(wait)
        try:
            # Who may ask is asked first: nobody learns the shape of this by guessing.
            token = await self.mint.admit(secret := secret_of(request), vouching=False)
            told = _object(await request.body())
            if "second_factor_at" in told:
                token = await self.mint.admit(secret, vouching=True)
            if wait := self.tokens.wait(token):
                return limited(wait)
            wanted = _wanted(told)
            made = await self.mint.mint(token, wanted)
        except SitthiError as error:
            return _refused(error)
        return JSONResponse(_answer(self.mint.portal_url, made, wanted), 201)

    async def delete(self, request: Request) -> Response:
        """204: the link of that id opens nothing any more; 404 for one that this token did not make."""
        if wait := self.places.wait(place_of(request)):
            return limited(wait)
        try:
            token = await self.mint.admit(secret_of(request), vouching=False)
            if wait := self.tokens.wait(token):
                return limited(wait)
            await self.mint.revoke(token, request.path_params["link"])
        except SitthiError as error:
            return _refused(error)
        return Response(status_code=204)


def _answer(portal_url: str, made: Minted, wanted: Wanted) -> dict[str, Any]:
    return {
        "id": made.id,
        "url": f"{portal_url}/s/{made.token}?lang={wanted.language}",
        "expires": made.expires.astimezone(UTC).isoformat(),
        "assurance": "session" if made.fresh_until else "none",
        "session_until": made.fresh_until.astimezone(UTC).isoformat() if made.fresh_until else None,
    }


_STATUS: Mapping[type[SitthiError], int] = {NotFound: 404, BadInput: 400, Unavailable: 503}


def _refused(error: SitthiError) -> Response:
    """An error of ours as JSON: its code, the way out and the field, nothing of what was sent."""
    if isinstance(error, NotAllowed):
        return shut_out(error)
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    headers = {503: {"Retry-After": str(math.ceil(_RETRY_AFTER))}}
    told = {"error": error.code, "mend": error.mend, "field": str(error.facts.get("field", ""))}
    return JSONResponse(told, status, headers.get(status))


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise BadInput("body-not-json", "send JSON in UTF-8") from None
    if not isinstance(told, dict):
        raise BadInput("body-not-json", "send one JSON object")
    return told


def _wanted(told: Mapping[str, Any]) -> Wanted:
    if unknown := told.keys() - _FIELDS:
        raise BadInput(
            "field-unknown", f"send {', '.join(sorted(_FIELDS))}", field="body", count=len(unknown)
        )
    language = told.get("language", LANGUAGES[0])
    if language not in LANGUAGES:
        raise BadInput("unknown-word", f"use one of {', '.join(LANGUAGES)}", field="language")
    seconds = told.get("expires_in", _DAY)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds <= 60 * _DAY:
        raise BadInput("number-malformed", "give whole seconds", field="expires_in")
    return Wanted(
        rights=_rights(told.get("rights")),
        about=_about(told.get("person")),
        language=language,
        life=timedelta(seconds=seconds),
        vouched=_instant(told["second_factor_at"]) if "second_factor_at" in told else None,
    )


def _rights(told: object) -> tuple[Right, ...]:
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told) or len(told) > len(Right):
        raise BadInput("rights-malformed", 'send them as ["access", ...]', field="rights")
    return tuple(right_named(one) for one in told)


def _about(told: object) -> About:
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise BadInput(
            "person-malformed", "send `email`, `phone` or both, and `name`, as text", field="person"
        )
    if told.keys() - {*_PERSON, "name"}:
        raise BadInput("field-unknown", "a person has email, phone and name", field="person")
    name = " ".join(told.get("name", "").split())
    if len(name) > _NAME_LENGTH:
        raise BadInput("text-too-long", f"at most {_NAME_LENGTH} characters", field="person.name")
    found = (
        identifier(kind, told[field], field=f"person.{field}")
        for field, kind in _PERSON.items()
        if field in told
    )
    return About(identifiers=tuple(found), name=name)


def _instant(told: object) -> datetime:
    try:
        instant = datetime.fromisoformat(told if isinstance(told, str) else "")
    except ValueError:
        raise BadInput(
            "malformed-date", "write it as 2026-11-22T17:00:00Z", field="second_factor_at"
        ) from None
    if instant.tzinfo is None:
        raise BadInput("time-without-zone", "write it as 2026-11-22T17:00:00Z", field="second_factor_at")
    return instant

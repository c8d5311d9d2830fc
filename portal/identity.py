"""The page on which a person sends a masked copy of an identity document; it says what to cover before anything else."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Protocol

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import BadInput, Conflict, NotAllowed, TooLate, Unavailable
from domain.identity_documents import Asked
from portal import uploads
from portal.forms import barred, remembered
from portal.pages import Pages
from portal.safety import SESSION, Throttle, form_proof, proves

PATH = "/status/identity"
BODY_LIMIT = 13 << 20
"""Bytes: one picture, and what is written beside it."""

_STATUS = "/status"
_FORM = "status-identity"
_RETRY_AFTER = 30.0
_WRONG = frozenset({"no-picture", "picture-too-large", "documents-wait"})
_log = logging.getLogger("sitthi.portal")


class PortalIdentity(Protocol):
    """What the page asks; a session that is not good raises `NotAllowed`."""

    async def asked(self, session: str) -> Asked:
        """Whether a copy is asked for, and what was sent."""
        ...

    async def send(self, session: str, picture: bytes) -> None:
        """Keep a copy. Raises `BadInput`, `TooLate`, `Conflict`, `Unavailable`."""
        ...


@dataclass(frozen=True)
class IdentityPage:
    """The page under /status/identity."""

    identity: PortalIdentity
    pages: Pages
    throttle: Throttle
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(uploads.AT_ONCE))
    drawing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """One picture at a time is drawn anew: each takes hundreds of megabytes, whoever sends it."""

    async def page(self, request: Request) -> Response:
        """GET and POST /status/identity."""
        session = remembered(self.pages, request, SESSION)
        try:
            asked = await self.identity.asked(session) if session else None
            if asked is None:
                return RedirectResponse(_STATUS, 303)
            if request.method != "POST":
                return self._show(request, asked)
            return await self._take(request, session, asked)
        except (NotAllowed, TooLate):
            return RedirectResponse(_STATUS, 303)
        except Unavailable as away:
            _log.warning("a copy could not be taken: %s", away.code)
            return self.pages.notice(request, "away", 503, wait=_RETRY_AFTER, back=PATH)

    async def _take(self, request: Request, session: str, asked: Asked) -> Response:
        if bar := barred(self.pages, request, self.throttle, back=PATH):
            return bar
        form = await uploads.read_form(request, self.turn)
        try:
            return await self._judge(request, session, asked, form)
        finally:
            await form.close()

    async def _judge(self, request: Request, session: str, asked: Asked, form: FormData) -> Response:
        if not proves(str(form.get("proof", "")), session, _FORM):
            return self.pages.notice(request, "unsaid", 403)
        sent = uploads.uploads(form, "document")
        if not sent:
            return self._show(request, asked, wrong="no-file")
        if form.get("covered") != "1":
            return self._show(request, asked, wrong="not-covered")
        try:
            async with self.drawing:
                await self.identity.send(session, sent[0].content.read())
        except (BadInput, Conflict) as error:
            return self._show(request, asked, wrong=error.code if error.code in _WRONG else "no-picture")
        return RedirectResponse(f"{PATH}?sent=1", 303)

    def _show(self, request: Request, asked: Asked, *, wrong: str = "") -> Response:
        session = remembered(self.pages, request, SESSION)
        return self.pages.page(
            request,
            "identity.html",
            status=422 if wrong else 200,
            asked=asked,
            wrong=wrong,
            sent=request.query_params.get("sent", "") == "1" and bool(asked.sent),
            proof=form_proof(session, _FORM),
        )

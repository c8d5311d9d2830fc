"""A second channel: a code by text message, for who already had the code to their mailbox.

Whether a number is on file changes nothing that can be seen here: not the page, its status, its time, or its refusals.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import NotAllowed, RateLimited, Unavailable
from portal.forms import CODE_DIGITS, barred, digits, posted, remembered
from portal.pages import Pages
from portal.safety import SESSION, Throttle, form_proof, proves

PATH = "/status/phone"
ASK, ANSWER = "phone/ask", "phone/answer"
"""Our forms."""

PROVED = "phone"
"""What the status page says was done."""

_CODE = f"{PATH}/code"
_STATUS = "/status"
_RETRY_AFTER = 30.0
_log = logging.getLogger("sitthi.portal")


class PortalPhone(Protocol):
    """What the pages ask; a session that is not good raises `NotAllowed`."""

    async def offered(self, session: str) -> bool:
        """Whether two channels are what the session's request asks for."""
        ...

    async def reference(self, session: str) -> str:
        """The reference of such a request; of any other nothing."""
        ...

    async def ask(self, session: str) -> Callable[[], Awaitable[None]]:
        """Make a code; what is returned sends it. Raises `RateLimited`, `Unavailable`."""
        ...

    async def answer(self, session: str, code: str) -> None:
        """Take a code. `NotAllowed` has code `code-wrong`, `code-void`, or another when nothing will help."""
        ...


@dataclass(frozen=True)
class PhonePages:
    """The pages under /status/phone."""

    phone: PortalPhone
    pages: Pages
    throttle: Throttle

    async def page(self, request: Request) -> Response:
        """GET: the button that asks for a code; POST: the press."""
        try:
            return await (self._ask(request) if request.method == "POST" else self._offer(request))
        except NotAllowed:
            return RedirectResponse(_STATUS, 303)
        except RateLimited as limited:
            wait = limited.retry_after
            return self.pages.notice(request, "phone_limited", 429, wait=wait, back=_CODE)
        except Unavailable as away:
            return self._away(request, away)

    async def code(self, request: Request) -> Response:
        """GET and POST /status/phone/code: the code."""
        try:
            return await (self._answer(request) if request.method == "POST" else self._form(request))
        except NotAllowed:
            return RedirectResponse(_STATUS, 303)
        except Unavailable as away:
            return self._away(request, away)

    async def _offer(self, request: Request) -> Response:
        session, reference = await self._entered(request)
        return self.pages.page(
            request, "phone.html", reference=reference, proof=form_proof(session, ASK), asked=False
        )

    async def _ask(self, request: Request) -> Response:
        if bar := barred(self.pages, request, self.throttle, back=PATH):
            return bar
        session, _ = await self._entered(request)
        form = await posted(request)
        if not proves(form.proof, session, ASK):
            return self.pages.notice(request, "unsaid", 403)
        send = await self.phone.ask(session)
        # After the answer has left: neither its time nor an error then tells whether there was a number.
        return RedirectResponse(_CODE, 303, background=BackgroundTask(send))

    async def _form(self, request: Request, error: str = "", typed: str = "") -> Response:
        session, reference = await self._entered(request)
        return self.pages.page(
            request,
            "phone.html",
            status=422 if error else 200,
            reference=reference,
            asked=True,
            proof=form_proof(session, ANSWER),
            proof_ask=form_proof(session, ASK),
            error=error,
            typed=typed,
        )

    async def _answer(self, request: Request) -> Response:
        if bar := barred(self.pages, request, self.throttle, back=_CODE):
            return bar
        session, _ = await self._entered(request)
        form = await posted(request)
        if not proves(form.proof, session, ANSWER):
            return self.pages.notice(request, "unsaid", 403)
        code = digits(form.code)
        if len(code) != CODE_DIGITS:
            return await self._form(request, "malformed" if form.code.strip() else "empty", form.code)
        try:
            await self.phone.answer(session, code)
        except NotAllowed as refused:
            mistakes = {"code-wrong": "wrong", "code-void": "void"}
            if refused.code not in mistakes:
                raise
            return await self._form(request, mistakes[refused.code], form.code)
        return RedirectResponse(f"{_STATUS}?said={PROVED}", 303)

    async def _entered(self, request: Request) -> tuple[str, str]:
        """The session and its request. Raises `NotAllowed` where the request asks for no second channel."""
        session = remembered(self.pages, request, SESSION)
        reference = await self.phone.reference(session) if session else ""
        if not reference:
            raise NotAllowed("not-asked-for", "see where the request is")
        return session, reference

    def _away(self, request: Request, away: Unavailable) -> Response:
        _log.warning("a code by text message could not be seen to: %s", away.code)
        return self.pages.notice(request, "away", 503, wait=_RETRY_AFTER, back=PATH)

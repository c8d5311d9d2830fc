"""Proving an address: the link in the message, the code beside it, a press. Reading a page consumes nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import NotAllowed, Unavailable
from portal.forms import CODE_DIGITS, barred, digits, posted, remembered, swapped
from portal.pages import Pages
from portal.safety import DONE, LINK, Throttle, form_proof, proves

FORM = "verify"
DONE_LIFE = 10 * 60
"""Seconds for which the cookie remembers."""

_RETRY_AFTER = 30.0
_log = logging.getLogger("sitthi.portal")


class PortalDesk(Protocol):
    """What the pages ask of the desk."""

    async def answer_challenge(self, token: str, code: str) -> str:
        """The case whose challenge the link's token and its code answer; counts wrong codes.

        Raises:
            NotAllowed: code `code-wrong` while another try may succeed; any other code when none can.
            Unavailable: a part is away.
        """
        ...


@dataclass(frozen=True)
class Verify:
    """The pages under /v/ and /verify."""

    desk: PortalDesk
    pages: Pages
    throttle: Throttle

    async def link(self, request: Request) -> Response:
        """GET /v/{token}: the token goes into a cookie, the reader to an address without it."""
        return swapped(self.pages, request, LINK, to="/verify", forget=DONE)

    async def page(self, request: Request) -> Response:
        """GET and POST /verify."""
        return await (self.answer(request) if request.method == "POST" else self.ask(request))

    async def ask(self, request: Request) -> Response:
        """GET /verify: the form."""
        token = self._token(request)
        return self._form(request, token) if token else self._without(request)

    async def answer(self, request: Request) -> Response:
        """POST /verify: the code."""
        if bar := barred(self.pages, request, self.throttle, back="/verify"):
            return bar
        form, token = await posted(request), self._token(request)
        if not token:
            return self._without(request)
        if not proves(form.proof, token, FORM):
            return self.pages.notice(request, "stale", 403)
        return await self._try(request, token, form.code)

    async def done(self, request: Request) -> Response:
        """GET /verify/done, for who has just confirmed."""
        if not self.pages.cookies.read(request, DONE):
            return RedirectResponse("/", 303)
        return self.pages.page(request, "done.html")

    async def _try(self, request: Request, token: str, typed: str) -> Response:
        code = digits(typed)
        if len(code) != CODE_DIGITS:
            return self._form(request, token, "malformed" if typed.strip() else "empty", typed)
        try:
            await self.desk.answer_challenge(token, code)
        except NotAllowed as refused:
            if refused.code == "code-wrong":
                return self._form(request, token, "wrong", typed)
            return self._dead(request)
        except Unavailable as away:
            _log.warning("a confirmation could not be taken: %s", away.code)
            return self.pages.notice(request, "away", 503, wait=_RETRY_AFTER, back="/verify")
        return self._proved()

    def _token(self, request: Request) -> str:
        return remembered(self.pages, request, LINK)

    def _without(self, request: Request) -> Response:
        """No link is remembered: it was answered in this browser (a second press, a step back), or never opened."""
        if self.pages.cookies.read(request, DONE):
            return RedirectResponse("/verify/done", 303)
        return self._dead(request)

    def _form(self, request: Request, token: str, error: str = "", typed: str = "") -> Response:
        proof = form_proof(token, FORM)
        status = 422 if error else 200
        return self.pages.page(request, "verify.html", status=status, proof=proof, error=error, typed=typed)

    def _dead(self, request: Request) -> Response:
        """One page for every link that can't be answered: forged, expired, used, tried too often, cut short."""
        response = self.pages.notice(request, "dead", 410)
        if self.pages.cookies.read(request, LINK):
            self.pages.cookies.forget(response, LINK)
        return response

    def _proved(self) -> Response:
        response = RedirectResponse("/verify/done", 303)
        self.pages.cookies.forget(response, LINK)
        self.pages.cookies.keep(response, DONE, "1", DONE_LIFE)
        return response

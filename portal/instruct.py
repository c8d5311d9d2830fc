"""A tenant's instruction: the link that its contact was sent, the code beside it, a choice and a press (s.40 ¶1(1)).

Reading a page consumes nothing, and none of them says anything of the person whom the request is about.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import NotAllowed, Unavailable
from domain.instructions import Invited, Told
from portal.forms import CODE_DIGITS, Posted, barred, digits, posted, remembered, swapped
from portal.pages import Pages
from portal.safety import INSTRUCT, INSTRUCTED, Throttle, form_proof, proves

FORM = "instruct"
_DONE_LIFE = 10 * 60
_RETRY_AFTER = 30.0
_AT = "/instruct"
_log = logging.getLogger("sitthi.portal")


class PortalTenants(Protocol):
    """What the pages ask of the desk."""

    async def invited(self, token: str) -> Invited:
        """What a link is about. Raises `NotAllowed`."""
        ...

    async def answer_instruction(self, token: str, code: str, told: Told) -> Invited:
        """The contact's word; the same again is once.

        Raises:
            NotAllowed: code `code-wrong` while another try may succeed; any other code when none can.
            Unavailable: a part is away; what was said may be said again.
        """
        ...


@dataclass(frozen=True)
class Instruct:
    """The pages under /i/ and /instruct."""

    tenants: PortalTenants
    pages: Pages
    throttle: Throttle

    async def link(self, request: Request) -> Response:
        """GET /i/{token}: the token goes into a cookie, the reader to an address without it."""
        return swapped(self.pages, request, INSTRUCT, to=_AT, forget=INSTRUCTED)

    async def page(self, request: Request) -> Response:
        """GET and POST /instruct."""
        token = remembered(self.pages, request, INSTRUCT)
        if request.method != "POST":
            return await self._form(request, token) if token else self._without(request)
        if bar := barred(self.pages, request, self.throttle, back=_AT):
            return bar
        form = await posted(request)
        if not token:
            return self._without(request)
        if not proves(form.proof, token, FORM):
            return self.pages.notice(request, "stale", 403)
        return await self._try(request, token, form)

    async def done(self, request: Request) -> Response:
        """GET /instruct/done, for who has just instructed."""
        if not self.pages.cookies.read(request, INSTRUCTED):
            return RedirectResponse("/", 303)
        return self.pages.page(request, "instructed.html")

    async def _try(self, request: Request, token: str, form: Posted) -> Response:
        code = digits(form.code)
        if form.told not in set(Told):
            return await self._form(request, token, "choice", form)
        if len(code) != CODE_DIGITS:
            return await self._form(request, token, "malformed" if form.code.strip() else "empty", form)
        try:
            await self.tenants.answer_instruction(token, code, Told(form.told))
        except NotAllowed as refused:
            if refused.code == "code-wrong":
                return await self._form(request, token, "wrong", form)
            return self._dead(request)
        except Unavailable as away:
            _log.warning("an instruction could not be taken: %s", away.code)
            return self.pages.notice(request, "away", 503, wait=_RETRY_AFTER, back=_AT)
        response = RedirectResponse(f"{_AT}/done", 303)
        self.pages.cookies.forget(response, INSTRUCT)
        self.pages.cookies.keep(response, INSTRUCTED, "1", _DONE_LIFE)
        return response

    async def _form(
        self, request: Request, token: str, error: str = "", form: Posted | None = None
    ) -> Response:
        try:
            about = await self.tenants.invited(token)
        except NotAllowed:
            return self._dead(request)
        except Unavailable:
            return self.pages.notice(request, "away", 503, wait=_RETRY_AFTER, back=_AT)
        return self.pages.page(
            request,
            "instruct.html",
            status=422 if error else 200,
            about=about,
            choices=tuple(Told),
            proof=form_proof(token, FORM),
            error=error,
            typed=form.code if form else "",
            told=form.told if form else "",
        )

    def _without(self, request: Request) -> Response:
        if self.pages.cookies.read(request, INSTRUCTED):
            return RedirectResponse(f"{_AT}/done", 303)
        return self._dead(request)

    def _dead(self, request: Request) -> Response:
        """One page for every link that can't be answered."""
        response = self.pages.notice(request, "dead", 410)
        if self.pages.cookies.read(request, INSTRUCT):
            self.pages.cookies.forget(response, INSTRUCT)
        return response

"""The request page behind a link that the company handed out: prefilled, kept as it is typed, used up by a press alone."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.calendar import BANGKOK
from domain.case import Case
from domain.errors import BadInput, NotAllowed, Unavailable
from domain.ports import Intake
from domain.rights import Right
from domain.self_links import Draft, Offered
from portal import law
from portal.asking import FIELDS, Choices, Judged, Typed, intake_of, judge
from portal.drafts import keep_draft, scripted
from portal.forms import SPEAK, remembered, swapped
from portal.pages import Pages
from portal.request import keep_receipt, promised, receipt
from portal.request_form import Sheet, show
from portal.safety import PERSONAL, RECEIPT, Throttle, foreign, form_proof, place_of, proves

PATHS = tuple(f"/self/{right.value}" for right in Right)
LIFE = 2 * 3600
"""Seconds for which the cookie remembers a link: time to type, and little enough on a shared telephone."""

_HOME, _DONE = "/self", "/self/done"
_RETRY_AFTER = 30.0
_log = logging.getLogger("sitthi.portal")


class PortalLinks(Protocol):
    """What the pages ask of links; one that opens nothing raises `NotAllowed`."""

    async def offered(self, token: str) -> Offered:
        """What a link opens; looking changes nothing."""
        ...

    async def keep(self, token: str, typed: Draft) -> None:
        """Keep what was typed."""
        ...

    async def ask(self, token: str, intake: Intake) -> tuple[Case, ...]:
        """The press. Raises `BadInput`, `Unavailable`."""
        ...

    def correctable(self) -> tuple[str, ...]:
        """The fields that may be corrected."""
        ...


@dataclass(frozen=True)
class Linked:
    """The pages under /s/ and /self."""

    links: PortalLinks
    pages: Pages
    throttle: Throttle
    drafts: Throttle

    async def link(self, request: Request) -> Response:
        """GET /s/{token}: a button, the same for every link. What this browser remembers of another stays as it is."""
        return self.pages.page(request, "open.html", token=request.path_params["token"])

    async def open(self, request: Request) -> Response:
        """POST /s: the token goes into a cookie, the reader to an address without it."""
        # No secret of this browser proves this form, as it has none yet: that no other site sent it must do.
        if foreign(request):
            return self.pages.notice(request, "unsent", 403)
        async with request.form(max_files=0, max_fields=2) as form:
            token = str(form.get("token", ""))
        return swapped(self.pages, request, PERSONAL, to=_HOME, forget=RECEIPT, life=LIFE, token=token)

    async def choose(self, request: Request) -> Response:
        """GET /self: the rights of the link, or the form where it is for one."""
        offered = await self._offered(request)
        if isinstance(offered, Response):
            return offered
        if len(offered.rights) == 1:
            return RedirectResponse(f"{_HOME}/{offered.rights[0]}", 303)
        return self.pages.page(request, "linked.html", offered=offered.rights)

    async def page(self, request: Request) -> Response:
        """GET and POST /self/{door}."""
        offered = await self._offered(request)
        if isinstance(offered, Response):
            return offered
        door = request.path_params["door"]
        if door not in offered.rights:
            raise HTTPException(404)
        if request.method != "POST":
            saved = request.query_params.get("kept") == "1"
            banner = "kept" if saved and offered.draft else ""
            return self._form(request, offered, door, Typed(offered.draft), banner=banner)
        return await self._take(request, offered, door)

    async def draft(self, request: Request) -> Response:
        """POST /self/{door}/draft, from the script of the page: what was typed so far."""
        door = request.path_params["door"]
        return await keep_draft(request, self.drafts, self._token(request), _bound(door), self._keep)

    async def done(self, request: Request) -> Response:
        """GET /self/done, for who has just asked."""
        return receipt(self.pages, request, otherwise=_HOME)

    async def _keep(self, token: str, form: FormData) -> None:
        await self.links.keep(token, Typed.of(form).kept())

    async def _take(self, request: Request, offered: Offered, door: str) -> Response:
        if foreign(request):
            return self.pages.notice(request, "unsent", 403)
        async with request.form(max_files=0, max_fields=FIELDS) as form:
            typed, proof, save = Typed.of(form), str(form.get("proof", "")), bool(form.get("save"))
            speak = bool(form.get(SPEAK))
        if speak:
            return self._form(request, offered, door, typed)
        if not proves(proof, self._token(request), _bound(door)):
            return self._form(request, offered, door, typed, banner="stale")
        if wait := self.throttle.wait(place_of(request)):
            return self._form(request, offered, door, typed, banner="limited", wait=wait)
        return await self._press(request, offered, door, typed, save=save)

    async def _press(
        self, request: Request, offered: Offered, door: str, typed: Typed, *, save: bool
    ) -> Response:
        try:
            # Before anything else: whatever breaks from here on, nothing typed is lost.
            await self.links.keep(self._token(request), typed.kept())
            if save:
                return RedirectResponse(f"{_HOME}/{door}?kept=1", 303)
            return await self._send(request, offered, door, typed)
        except NotAllowed:
            return self._gone(request)
        except BadInput as wrong:
            _log.warning("a request by a link was refused after its form was judged: %s", wrong.code)
            return self.pages.notice(request, "unreadable", 400)
        except Unavailable as away:
            _log.warning("a request by a link could not be kept: %s", away.code)
            return self._form(request, offered, door, typed, banner="away", wait=_RETRY_AFTER)

    async def _send(self, request: Request, offered: Offered, door: str, typed: Typed) -> Response:
        judged = judge(door, typed, self._choices(), offered.about.identifiers)
        if judged.errors:
            return self._form(request, offered, door, typed, judged=judged)
        language = self.pages.language(request)
        intake = intake_of(door, typed, judged, language, lambda code: law.label(language, "fields", code))
        cases = await self.links.ask(self._token(request), intake)
        response = RedirectResponse(_DONE, 303)
        self.pages.cookies.forget(response, PERSONAL)
        keep_receipt(self.pages, response, cases)
        return response

    def _form(
        self,
        request: Request,
        offered: Offered,
        door: str,
        typed: Typed,
        *,
        judged: Judged | None = None,
        banner: str = "",
        wait: float = 0,
    ) -> Response:
        fresh = f"{offered.fresh_until.astimezone(BANGKOK):%H:%M}" if offered.fresh_until else ""
        sheet = Sheet(
            door=door,
            action=f"{_HOME}/{door}",
            key="",
            proof=form_proof(self._token(request), _bound(door)),
            typed=typed,
            errors=judged.errors if judged else {},
            banner=banner,
            minutes=ceil(wait / 60),
            known=offered.about.identifiers,
            linked=True,
            fresh=fresh,
        )
        return scripted(show(self.pages, request, sheet, self._choices()))

    async def _offered(self, request: Request) -> Offered | Response:
        """What the remembered link opens, or the page for one that opens nothing."""
        try:
            return await self.links.offered(self._token(request))
        except NotAllowed:
            if promised(self.pages, request):
                return RedirectResponse(_DONE, 303)  # pressed in this browser: a second press, a step back
            return self._gone(request)
        except Unavailable as away:
            _log.warning("a link could not be looked up: %s", away.code)
            return self.pages.notice(request, "away", 503, wait=_RETRY_AFTER, back=_HOME)

    def _choices(self) -> Choices:
        return Choices(fields=self.links.correctable(), purposes=law.purposes())

    def _token(self, request: Request) -> str:
        return remembered(self.pages, request, PERSONAL)

    def _gone(self, request: Request) -> Response:
        """One page for every link that opens nothing: forged, expired, used, revoked, cut short."""
        response = self.pages.notice(request, "unlinked", 410)
        if self.pages.cookies.read(request, PERSONAL):
            self.pages.cookies.forget(response, PERSONAL)
        return response


def _bound(door: str) -> str:
    return f"self/{door}"

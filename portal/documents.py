"""Fetching what was sent: the link in the e-mail, a code to the same mailbox, a short session with downloads."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from domain.errors import NotAllowed, NotFound, RateLimited, Unavailable
from portal.forms import CODE_DIGITS, Posted, barred, digits, posted, remembered, swapped
from portal.pages import Pages
from portal.safety import DELIVERY, SESSION, Throttle, form_proof, proves
from workflows.letterbox import Fetched, Listed

ASK, OPEN, LEAVE = "documents/ask", "documents/open", "documents/leave"
"""Our forms."""

SESSION_LIFE = 30 * 60
"""Seconds for which the cookie remembers; how long a session is good the register says."""

_RETRY_AFTER = 30.0
_HOME, _CODE = "/documents", "/documents/code"
_log = logging.getLogger("sitthi.portal")


class PortalLetterbox(Protocol):
    """What the pages ask of the letterbox; a link, code or session that is not good raises `NotAllowed`."""

    async def reference(self, token: str) -> str:
        """The request that a link is about; looking consumes nothing."""
        ...

    async def request_code(self, token: str) -> None:
        """Send a fresh code to the address that the link was sent to. Raises `RateLimited`, `Unavailable`."""
        ...

    async def open_documents(self, token: str, code: str) -> str:
        """A new session. `NotAllowed` has code `code-wrong`, `code-void`, or another when nothing will help."""
        ...

    async def documents(self, session: str) -> Listed:
        """What the session may read."""
        ...

    async def fetch(self, session: str, name: str) -> Fetched:
        """One document, streamed; counted and told. Raises `NotFound`."""
        ...

    async def leave(self, session: str) -> None:
        """End a session."""
        ...


@dataclass(frozen=True)
class Documents:
    """The pages under /d/ and /documents."""

    letterbox: PortalLetterbox
    pages: Pages
    throttle: Throttle
    followed: bool = False
    """Whether there is a page that shows where a request is."""

    async def link(self, request: Request) -> Response:
        """GET /d/{token}: the token goes into a cookie, the reader to an address without it; nothing is sent."""
        return swapped(self.pages, request, DELIVERY, to=_HOME, forget=SESSION)

    async def page(self, request: Request) -> Response:
        """GET /documents: what was sent, to who opened it; else the button that asks for a code, which POSTs here."""
        try:
            return await (self._ask(request) if request.method == "POST" else self._show(request))
        except Unavailable as away:
            return self._away(request, away)

    async def code(self, request: Request) -> Response:
        """GET and POST /documents/code: the code, and with it a session."""
        try:
            return await (self._open(request) if request.method == "POST" else self._code_form(request))
        except Unavailable as away:
            return self._away(request, away)

    async def fetch(self, request: Request) -> Response:
        """GET /documents/file/{name}: the file itself, streamed."""
        if request.method != "GET":
            # A look at the headers alone would be counted as a download.
            raise HTTPException(405, headers={"Allow": "GET"})
        try:
            fetched = await self.letterbox.fetch(self._session(request), request.path_params["name"])
        except NotAllowed:
            return RedirectResponse(_HOME, 303)
        except NotFound:
            raise HTTPException(404) from None
        except Unavailable as away:
            return self._away(request, away)
        headers = {
            "Content-Length": str(fetched.size),
            "Content-Disposition": f'attachment; filename="{fetched.file_name}"',
            "Accept-Ranges": "none",
        }
        return StreamingResponse(fetched.content, media_type=fetched.media, headers=headers)

    async def leave(self, request: Request) -> Response:
        """POST /documents/leave: the session ends here and now."""
        if bar := barred(self.pages, request, self.throttle, back=_HOME):
            return bar
        session, form = self._session(request), await posted(request)
        response = RedirectResponse("/", 303)
        if not session:
            return response
        if not proves(form.proof, session, LEAVE):
            return self.pages.notice(request, "stale", 403)
        try:
            await self.letterbox.leave(session)
        except Unavailable as away:
            return self._away(request, away)
        for cookie in (SESSION, DELIVERY):
            self.pages.cookies.forget(response, cookie)
        return response

    async def _show(self, request: Request) -> Response:
        if session := self._session(request):
            try:
                listed = await self.letterbox.documents(session)
            except NotAllowed:
                pass  # it ended; the link may open another
            else:
                proof = form_proof(session, LEAVE)
                return self.pages.page(
                    request, "documents.html", listed=listed, proof=proof, followed=self.followed
                )
        try:
            reference = await self.letterbox.reference(self._token(request))
        except NotAllowed:
            return self._gone(request)
        proof = form_proof(self._token(request), ASK)
        return self.pages.page(
            request, "letterbox.html", reference=reference, proof=proof, followed=self.followed
        )

    async def _ask(self, request: Request) -> Response:
        form = await self._posted(request, ASK, back=_HOME)
        if isinstance(form, Response):
            return form
        try:
            await self.letterbox.request_code(self._token(request))
        except NotAllowed:
            return self._gone(request)
        except RateLimited as limited:
            wait = limited.retry_after
            return self.pages.notice(request, "codes_limited", 429, wait=wait, back=_CODE)
        return RedirectResponse(_CODE, 303)

    async def _code_form(self, request: Request, error: str = "", typed: str = "") -> Response:
        token = self._token(request)
        try:
            reference = await self.letterbox.reference(token)
        except NotAllowed:
            return self._gone(request)
        return self.pages.page(
            request,
            "code.html",
            status=422 if error else 200,
            reference=reference,
            proof=form_proof(token, OPEN),
            proof_ask=form_proof(token, ASK),
            error=error,
            typed=typed,
        )

    async def _open(self, request: Request) -> Response:
        form = await self._posted(request, OPEN, back=_CODE)
        if isinstance(form, Response):
            return form
        code = digits(form.code)
        if len(code) != CODE_DIGITS:
            return await self._code_form(request, "malformed" if form.code.strip() else "empty", form.code)
        try:
            session = await self.letterbox.open_documents(self._token(request), code)
        except NotAllowed as refused:
            mistakes = {"code-wrong": "wrong", "code-void": "void"}
            if refused.code in mistakes:
                return await self._code_form(request, mistakes[refused.code], form.code)
            return self._gone(request)
        response = RedirectResponse(_HOME, 303)
        self.pages.cookies.keep(response, SESSION, session, SESSION_LIFE)
        return response

    async def _posted(self, request: Request, form: str, *, back: str) -> Posted | Response:
        """The form, if it is ours and comes with a link."""
        if bar := barred(self.pages, request, self.throttle, back=back):
            return bar
        read, token = await posted(request), self._token(request)
        if not token:
            return self._gone(request)
        return read if proves(read.proof, token, form) else self.pages.notice(request, "stale", 403)

    def _token(self, request: Request) -> str:
        return remembered(self.pages, request, DELIVERY)

    def _session(self, request: Request) -> str:
        return remembered(self.pages, request, SESSION)

    def _gone(self, request: Request) -> Response:
        """One page for every link that opens nothing: forged, expired, revoked, used up, cut short."""
        response = self.pages.notice(request, "gone", 410)
        for cookie in (DELIVERY, SESSION):
            if self.pages.cookies.read(request, cookie):
                self.pages.cookies.forget(response, cookie)
        return response

    def _away(self, request: Request, away: Unavailable) -> Response:
        _log.warning("documents could not be reached: %s", away.code)
        return self.pages.notice(request, "away", 503, wait=_RETRY_AFTER, back=_HOME)

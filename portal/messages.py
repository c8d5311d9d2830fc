"""Messages on the status page: writing takes the link of an e-mail, reading its code as well.

What is typed stays where something is wrong; the same form sent twice makes one message.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Protocol

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from domain.errors import BadInput, Conflict, NotAllowed, NotFound, RateLimited, Unavailable
from domain.messages import LONGEST
from portal.documents import ASK
from portal.forms import is_token, remembered
from portal.pages import Pages
from portal.safety import DELIVERY, SESSION, Throttle, foreign, form_proof, place_of, proves
from portal.uploads import AT_ONCE, read_form, uploads
from security.tokens import new_link_token
from workflows.correspondence import Draft, Held, Talk
from workflows.letterbox import Fetched

PATH = "/status/messages"

_STATUS = {"": 200, "stale": 403, "limited": 429, "away": 503}
_RETRY_AFTER = 30.0
_log = logging.getLogger("sitthi.portal")


class PortalMessages(Protocol):
    """What the pages ask; a link or session that is not good raises `NotAllowed`."""

    async def talk(self, held: Held) -> Talk:
        """What was exchanged, where the holder may read it."""
        ...

    async def write(self, held: Held, draft: Draft) -> str:
        """Keep a message. Raises `BadInput`, `RateLimited`, `Conflict`, `Unavailable`."""
        ...

    async def file(self, session: str, no: int, index: int) -> Fetched:
        """A file of a message, streamed. Raises `NotFound`."""
        ...


@dataclass(frozen=True)
class Shown:
    """The form as it is shown: what was typed, what is wrong with it, and what is the matter above it (`banner`)."""

    key: str = ""
    text: str = ""
    error: str = ""
    banner: str = ""
    wait: float = 0
    again: bool = False
    """Files were chosen, and a browser does not give them back."""


@dataclass(frozen=True)
class MessagePages:
    """The pages under /status/messages."""

    messages: PortalMessages
    pages: Pages
    throttle: Throttle
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def page(self, request: Request) -> Response:
        """GET and POST /status/messages."""
        held = self._held(request)
        try:
            talk = await self.messages.talk(held)  # who has no good link sends us no files
            if request.method != "POST":
                return self._show(request, held, talk, Shown())
            return await self._take(request, held, talk)
        except NotAllowed:
            return self.pages.notice(request, "gone", 410)
        except Unavailable as away:
            _log.warning("messages could not be reached: %s", away.code)
            return self.pages.notice(request, "away", 503, wait=_RETRY_AFTER, back=PATH)

    async def file(self, request: Request) -> Response:
        """GET /status/messages/{no}/{index}: a file of the thread, streamed."""
        if request.method != "GET":
            raise HTTPException(
                405, headers={"Allow": "GET"}
            )  # a look at the headers would be told as a download
        no, index = request.path_params["no"], request.path_params["index"]
        try:
            fetched = await self.messages.file(self._held(request).session, no, index)
        except NotAllowed:
            return RedirectResponse(PATH, 303)
        except NotFound:
            raise HTTPException(404) from None
        except Unavailable:
            return self.pages.notice(request, "away", 503, wait=_RETRY_AFTER, back=PATH)
        return attachment(fetched)

    async def _take(self, request: Request, held: Held, talk: Talk) -> Response:
        if foreign(request):
            return self.pages.notice(request, "unsaid", 403)
        wait = self.throttle.wait(place_of(request))
        form = await read_form(request, self.turn)
        try:
            return await self._written(request, held, talk, form, wait)
        finally:
            await form.close()

    async def _written(
        self, request: Request, held: Held, talk: Talk, form: FormData, wait: float
    ) -> Response:
        key, text, files = _word(form, "key"), _word(form, "text")[: LONGEST + 1], uploads(form, "files")
        typed = Shown(key=key if is_token(key) else "", text=text, again=bool(files))
        if not is_token(key) or not self._proved(held, key, _word(form, "proof")):
            return self._show(request, held, talk, Shown(text=text, banner="stale", again=bool(files)))
        if wait:
            return self._show(request, held, talk, replace(typed, banner="limited", wait=wait))
        try:
            await self.messages.write(held, Draft(text, files, key))
        except (BadInput, Conflict) as wrong:
            return self._show(request, held, talk, replace(typed, error=wrong.code))
        except RateLimited as limited:
            return self._show(request, held, talk, replace(typed, banner="limited", wait=limited.retry_after))
        except Unavailable as away:
            _log.warning("a message could not be kept: %s", away.code)
            return self._show(request, held, talk, replace(typed, banner="away", wait=_RETRY_AFTER))
        return RedirectResponse(f"{PATH}?said=sent", 303)

    def _show(self, request: Request, held: Held, talk: Talk, shown: Shown) -> Response:
        key = shown.key or new_link_token()
        response = self.pages.page(
            request,
            "messages.html",
            status=422 if shown.error else _STATUS[shown.banner],
            talk=talk,
            shown=shown,
            minutes=ceil(shown.wait / 60),
            key=key,
            proof=form_proof(held.token or held.session, _bound(key)),
            proof_ask=form_proof(held.token, ASK) if held.token else "",
            sent=request.method == "GET" and request.query_params.get("said") == "sent",
        )
        if shown.wait:
            response.headers["Retry-After"] = str(ceil(shown.wait))
        return response

    @staticmethod
    def _proved(held: Held, key: str, proof: str) -> bool:
        """By link or session: one of them may have ended since the form was shown."""
        return any(secret and proves(proof, secret, _bound(key)) for secret in (held.token, held.session))

    def _held(self, request: Request) -> Held:
        return Held(
            token=remembered(self.pages, request, DELIVERY), session=remembered(self.pages, request, SESSION)
        )


def attachment(fetched: Fetched) -> StreamingResponse:
    """A file on its way out, never shown in the page: it came from outside."""
    headers = {
        "Content-Length": str(fetched.size),
        "Content-Disposition": f'attachment; filename="{fetched.file_name}"',
        "Accept-Ranges": "none",
    }
    return StreamingResponse(fetched.content, media_type=fetched.media, headers=headers)


def _word(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def _bound(key: str) -> str:
    return f"messages/{key}"

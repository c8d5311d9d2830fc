"""Corrections field by field, beside what is held (ss.35-36): on the status page, once identity is shown."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Protocol

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import BadInput, Conflict, NotAllowed, RateLimited, Unavailable
from domain.messages import LONGEST as LONGEST_MESSAGE
from portal import law
from portal.forms import is_token, remembered
from portal.pages import Pages
from portal.safety import SESSION, Throttle, foreign, form_proof, place_of, proves
from portal.uploads import AT_ONCE, read_form, uploads
from security.tokens import new_link_token
from workflows.details import LONGEST, Details, Proposal

PATH = "/status/details"
CORRECTED = "details"
"""What the status page says was done."""

_STATUS = {"": 200, "stale": 403, "limited": 429, "away": 503}
_NEW = "new."
_RETRY_AFTER = 30.0
_log = logging.getLogger("sitthi.portal")


class PortalDetails(Protocol):
    """What the pages ask; a session that is not good raises `NotAllowed`."""

    async def offered(self, session: str) -> bool:
        """Whether the session's request is one to correct, and can still be changed."""
        ...

    async def details(self, session: str) -> Details:
        """What may be corrected, and what is held of it where identity is shown."""
        ...

    async def propose(self, session: str, proposal: Proposal) -> None:
        """Put corrections into the request. Raises `BadInput`, `Conflict`, `RateLimited`, `Unavailable`."""
        ...


@dataclass(frozen=True)
class Typed:
    """The form as it came back: values by field, why, what is wrong by field, and what is the matter (`banner`)."""

    values: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    key: str = ""
    error: str = ""
    place: str = ""
    banner: str = ""
    wait: float = 0
    again: bool = False


@dataclass(frozen=True)
class DetailPages:
    """The page /status/details."""

    details: PortalDetails
    pages: Pages
    throttle: Throttle
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def page(self, request: Request) -> Response:
        """GET and POST /status/details."""
        session = remembered(self.pages, request, SESSION)
        if not session:
            return RedirectResponse("/status", 303)
        try:
            if request.method != "POST":
                return self._show(request, session, await self.details.details(session), Typed())
            return await self._take(request, session)
        except (NotAllowed, Conflict):
            return RedirectResponse("/status", 303)  # it moved on meanwhile: the page says where it is
        except Unavailable as away:
            _log.warning("details could not be reached: %s", away.code)
            return self.pages.notice(request, "away", 503, wait=_RETRY_AFTER, back=PATH)

    async def _take(self, request: Request, session: str) -> Response:
        if foreign(request):
            return self.pages.notice(request, "unsaid", 403)
        wait = self.throttle.wait(place_of(request))
        # Told once more: a form that is shown again shows the values again.
        details = await self.details.details(session)
        form = await read_form(request, self.turn)
        try:
            typed = await self._typed(session, form, wait)
        finally:
            await form.close()
        if typed.error or typed.banner:
            return self._show(request, session, details, typed)
        return RedirectResponse(f"/status?said={CORRECTED}", 303)

    async def _typed(self, session: str, form: FormData, wait: float) -> Typed:
        """What was typed, with what is wrong with it; with nothing wrong it is done."""
        files, key = uploads(form, "files"), _word(form, "key")
        values = {
            name.removeprefix(_NEW): _word(form, name)[: LONGEST + 1]
            for name in form
            if name.startswith(_NEW)
        }
        why = _word(form, "why")[: LONGEST_MESSAGE + 1]
        typed = Typed(values, why, key if is_token(key) else "", again=bool(files))
        if not is_token(key) or not proves(_word(form, "proof"), session, _bound(key)):
            return replace(typed, key="", banner="stale")
        if wait:
            return replace(typed, banner="limited", wait=wait)
        try:
            await self.details.propose(session, Proposal(values, why, files, key))
        except BadInput as wrong:
            return replace(typed, error=wrong.code, place=str(wrong.facts.get("field", "")))
        except RateLimited as limited:
            return replace(typed, banner="limited", wait=limited.retry_after)
        except Unavailable as away:
            _log.warning("corrections could not be kept: %s", away.code)
            return replace(typed, banner="away", wait=_RETRY_AFTER)
        return typed

    def _show(self, request: Request, session: str, details: Details, typed: Typed) -> Response:
        key, language = typed.key or new_link_token(), self.pages.language(request)
        response = self.pages.page(
            request,
            "details.html",
            status=422 if typed.error else _STATUS[typed.banner],
            details=details,
            typed=typed,
            minutes=ceil(typed.wait / 60),
            key=key,
            proof=form_proof(session, _bound(key)),
            label=lambda name: law.label(language, "fields", name),
        )
        if typed.wait:
            response.headers["Retry-After"] = str(ceil(typed.wait))
        return response


def _word(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def _bound(key: str) -> str:
    return f"details/{key}"

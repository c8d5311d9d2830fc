"""Answering by a link what somebody was asked to do: an errand, or what a recipient was told (L11). No account.

Opening the link shows no person: whom it is about is shown by a press, each such look is told to the audit chain first,
and only the answer uses the link up.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.answer_links import About, Job, Reply
from domain.errors import BadInput, NotAllowed, Unavailable
from domain.recipients import Said
from domain.self_links import Draft
from portal.answer_forms import Typed, form_of, kept_of
from portal.drafts import keep_draft, scripted
from portal.forms import SPEAK, posted, remembered, swapped
from portal.pages import Pages
from portal.safety import ANSWER, ANSWERED, Throttle, foreign, form_proof, place_of, proves
from portal.uploads import AT_ONCE, read_form

OPEN, SEND = "answer/open", "answer/send"
"""Our forms."""

PATH = "/answer"
SEND_PATH = f"{PATH}/send"
DRAFT_PATH = f"{PATH}/draft"
_DONE = f"{PATH}/done"
_DONE_LIFE = 10 * 60
_RETRY_AFTER = 30.0
_log = logging.getLogger("sitthi.portal")


class PortalAnswers(Protocol):
    """What the pages ask. A link that is not good raises `NotAllowed`; without the register `Unavailable`."""

    async def about(self, token: str) -> About:
        """What a link is about, and no person; looking changes nothing."""
        ...

    async def open(self, token: str) -> Job:
        """What is to be done and for whom; told first."""
        ...

    async def keep(self, token: str, typed: Draft) -> None:
        """Keep what was typed. Raises `BadInput`: more than a form holds."""
        ...

    async def kept(self, token: str) -> Draft:
        """What was typed so far."""
        ...

    async def answer(self, token: str, reply: Reply) -> About:
        """Take an answer down; the link is used up with it. Raises `BadInput`: it is none, and the link stays good."""
        ...


@dataclass(frozen=True)
class Answers:
    """The pages under /e/, /r/ and /answer."""

    answers: PortalAnswers
    pages: Pages
    throttle: Throttle
    drafts: Throttle
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def link(self, request: Request) -> Response:
        """GET /e/{token}, /r/{token}: the token goes into a cookie, the reader to an address without it."""
        return swapped(self.pages, request, ANSWER, to=PATH, forget=ANSWERED)

    async def page(self, request: Request) -> Response:
        """GET /answer: what it is about, without the person. POST: what is to be done, for whom."""
        token = self._token(request)
        try:
            if request.method != "POST":
                return await self._about(request, token)
            if bar := self._barred(request):
                return bar
            form = await posted(request)
            if token and not proves(form.proof, token, OPEN):
                return self.pages.notice(request, "answer_stale", 403)
            return await self._job(request, token)
        except NotAllowed:
            return self._dead(request)
        except Unavailable as away:
            return self._away(request, away)

    async def send(self, request: Request) -> Response:
        """POST /answer/send: the answer."""
        if bar := self._barred(request):
            return bar
        token = self._token(request)
        try:
            await self._look(token)  # who has no good link sends us no files
            return await self._take(request, token)
        except NotAllowed:
            return self._dead(request)
        except Unavailable as away:
            return self._away(request, away)

    async def draft(self, request: Request) -> Response:
        """POST /answer/draft, from the script of the page: what was typed so far."""
        return await keep_draft(request, self.drafts, self._token(request), SEND, self._keep)

    async def done(self, request: Request) -> Response:
        """GET /answer/done, for who has just answered."""
        if not self.pages.cookies.read(request, ANSWERED):
            return RedirectResponse("/", 303)
        return self.pages.page(request, "answered.html")

    async def _take(self, request: Request, token: str) -> Response:
        form = await read_form(request, self.turn)
        try:
            proof = form.get("proof", "")
            if not (isinstance(proof, str) and proves(proof, token, SEND)):
                return self.pages.notice(request, "answer_stale", 403)
            # Told once more: a form that is shown again shows the person again.
            job = await self.answers.open(token)
            typed = Typed.of(form, job)
            unkept = "draft-too-large"
            with suppress(BadInput):  # more than is kept is no reason to refuse the answer itself
                await self._keep(token, form)
                unkept = ""
            if form.get("save"):
                banner = "" if unkept else "kept"
                return self._shown(request, token, job, typed, unkept, banner=banner)
            if form.get("more") or form.get(SPEAK):
                return self._shown(request, token, job, typed)
            try:
                await self.answers.answer(token, typed.reply(form, job))
            except BadInput as refused:
                return self._shown(request, token, job, typed, refused.code)
        finally:
            await form.close()
        response = RedirectResponse(_DONE, 303)
        self.pages.cookies.forget(response, ANSWER)
        self.pages.cookies.keep(response, ANSWERED, "1", _DONE_LIFE)
        return response

    async def _look(self, token: str) -> About:
        if not token:
            raise NotAllowed("link-not-good")
        return await self.answers.about(token)

    async def _about(self, request: Request, token: str) -> Response:
        about = await self._look(token)
        return self.pages.page(request, "answer.html", about=about, proof=form_proof(token, OPEN))

    async def _job(self, request: Request, token: str) -> Response:
        await self._look(token)
        job, kept = await self.answers.open(token), await self.answers.kept(token)
        typed = Typed.of(form_of(kept), job) if kept else Typed()
        return self._shown(request, token, job, typed, banner="kept" if kept else "")

    async def _keep(self, token: str, form: FormData) -> None:
        await self.answers.keep(token, kept_of(form))

    def _token(self, request: Request) -> str:
        return remembered(self.pages, request, ANSWER)

    def _shown(
        self, request: Request, token: str, job: Job, typed: Typed, error: str = "", *, banner: str = ""
    ) -> Response:
        response = self.pages.page(
            request,
            "job.html",
            status=422 if error else 200,
            job=job,
            typed=typed,
            said=tuple(Said),
            proof=form_proof(token, SEND),
            error=error,
            banner=banner,
        )
        return scripted(response)

    def _barred(self, request: Request) -> Response | None:
        """The page for a form that is not even read: sent from elsewhere, or one of too many."""
        if foreign(request):
            return self.pages.notice(request, "answer_stale", 403)
        wait = self.throttle.wait(place_of(request))
        return self.pages.notice(request, "answer_limited", 429, wait=wait, back=PATH) if wait else None

    def _away(self, request: Request, away: Unavailable) -> Response:
        _log.warning("an answer could not be taken: %s", away.code)
        return self.pages.notice(request, "answer_away", 503, wait=_RETRY_AFTER, back=PATH)

    def _dead(self, request: Request) -> Response:
        """One page for every link that can't be used: forged, over, used, revoked. Who has just answered is told so."""
        if self.pages.cookies.read(request, ANSWERED):
            return RedirectResponse(_DONE, 303)
        response = self.pages.notice(request, "answer_dead", 410)
        if self.pages.cookies.read(request, ANSWER):
            self.pages.cookies.forget(response, ANSWER)
        return response

"""The status page: where a request is, what comes next, by when and by which law; and the person's own word on it.

A link shows it; whatever changes something asks for the code to the same mailbox as well (ADR 9), then for a press.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import Conflict, NotAllowed, TooLate, Unavailable
from domain.following import Act, Whereabouts
from domain.identity_documents import Asked
from domain.states import State
from portal import law
from portal.documents import ASK
from portal.forms import barred, remembered
from portal.identity import PortalIdentity
from portal.pages import Pages
from portal.safety import DELIVERY, SESSION, Throttle, form_proof, proves

_AT = "/status"
_RETRY_AFTER = 30.0
_log = logging.getLogger("sitthi.portal")

STAGES: dict[State, str] = {
    State.RECEIVED: "received",
    State.RESOLVING: "searching",
    State.CHOOSING: "searching",
    State.VERIFYING: "verifying",
    State.WAITING: "waiting",
    State.LOCATING: "searching",
    State.PLANNING: "considering",
    State.SUSPENDING: "considering",
    State.DECIDING: "considering",
    State.COOLING: "cooling",
    State.FULFILLING: "doing",
    State.PROVING: "doing",
    State.ANSWERING: "answering",
    State.CLOSED: "closed",
}
"""Steps of a case as a person is told of them."""


class PortalStatus(Protocol):
    """What the pages ask; a link or session that is not good raises `NotAllowed`."""

    async def by_link(self, token: str) -> Whereabouts:
        """Where a request is, to who holds a link."""
        ...

    async def by_session(self, session: str) -> Whereabouts:
        """The same to who had the code, with what they may do."""
        ...

    async def act(self, session: str, act: Act) -> None:
        """The person's word. Raises `TooLate`, `Conflict`, `Unavailable`."""
        ...


@dataclass(frozen=True)
class Status:
    """The pages under /status."""

    status: PortalStatus
    pages: Pages
    throttle: Throttle
    identity: PortalIdentity | None = None
    messages: bool = False
    """Whether there is a page on which the person writes to the office."""
    offers: Mapping[str, Callable[[str], Awaitable[bool]]] = field(default_factory=dict)
    """Pages under /status/ for who had the code, by name, each with whether it is for their session's request."""

    async def page(self, request: Request) -> Response:
        """GET /status."""
        try:
            where = await self._by_session(request)
            acting = where is not None
            offered = await self._offered(request) if acting else []
            asked = None
            if where is None:
                where = await self.status.by_link(remembered(self.pages, request, DELIVERY))
            elif self.identity:
                asked = await self.identity.asked(remembered(self.pages, request, SESSION))
        except NotAllowed:
            return self.pages.notice(request, "gone", 410)
        except Unavailable as away:
            return self._away(request, away)
        return self._show(request, where, offered if acting else None, asked)

    async def act(self, request: Request) -> Response:
        """GET and POST /status/{act}: what it means, and the press."""
        try:
            act = Act(request.path_params["act"])
        except ValueError:
            raise HTTPException(404) from None
        try:
            where = await self._by_session(request)
            if where is None or act not in where.acts:
                return RedirectResponse(_AT, 303)
            if request.method != "POST":
                return self._ask(request, where, act)
            return await self._press(request, where, act)
        except (NotAllowed, TooLate, Conflict):
            return RedirectResponse(_AT, 303)  # it moved on meanwhile: the page says where it is
        except Unavailable as away:
            return self._away(request, away)

    async def _press(self, request: Request, where: Whereabouts, act: Act) -> Response:
        if bar := barred(self.pages, request, self.throttle, back=_AT):
            return bar
        async with request.form(max_files=0, max_fields=8) as form:
            proof, sure = str(form.get("proof", "")), bool(form.get("sure"))
        session = remembered(self.pages, request, SESSION)
        if not proves(proof, session, _bound(act)):
            return self.pages.notice(request, "unsaid", 403)
        if act is Act.PROCEED and not sure:
            return self._ask(request, where, act, error="sure")
        await self.status.act(session, act)
        return RedirectResponse(f"{_AT}?said={act}", 303)

    def _ask(self, request: Request, where: Whereabouts, act: Act, error: str = "") -> Response:
        session = remembered(self.pages, request, SESSION)
        return self.pages.page(
            request,
            "act.html",
            status=422 if error else 200,
            where=where,
            act=act,
            proof=form_proof(session, _bound(act)),
            error=error,
        )

    def _show(
        self, request: Request, where: Whereabouts, offered: list[str] | None, asked: Asked | None = None
    ) -> Response:
        acting = offered is not None
        language, token = self.pages.language(request), remembered(self.pages, request, DELIVERY)
        promise = law.Promise.of(where.case)
        said = request.query_params.get("said", "")
        return self.pages.page(
            request,
            "status.html",
            where=where,
            stage=STAGES[where.state],
            promise=promise,
            by_law=law.by_law(language, promise),
            decide_by=where.case.terms.decide_by.isoformat(),
            ending=law.label(language, "endings", where.ending) if where.ending else "",
            acting=acting,
            messages=self.messages,
            offered=offered or (),
            asked=asked,
            proof_ask=form_proof(token, ASK) if token else "",
            said=said if acting and self._was_said(said, where) else "",
        )

    def _was_said(self, said: str, where: Whereabouts) -> bool:
        return said in self.offers or (said in set(Act) and said not in where.acts)

    async def _by_session(self, request: Request) -> Whereabouts | None:
        session = remembered(self.pages, request, SESSION)
        if not session:
            return None
        try:
            return await self.status.by_session(session)
        except NotAllowed:
            return None  # it ended; the link may still show where the request is

    async def _offered(self, request: Request) -> list[str]:
        """What else there is for who had the code, by name."""
        session = remembered(self.pages, request, SESSION)
        return [name for name, asked in self.offers.items() if session and await asked(session)]

    def _away(self, request: Request, away: Unavailable) -> Response:
        _log.warning("a request could not be followed: %s", away.code)
        return self.pages.notice(request, "away", 503, wait=_RETRY_AFTER, back=_AT)


def _bound(act: Act) -> str:
    return f"status/{act}"

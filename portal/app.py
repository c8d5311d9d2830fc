"""The portal as one ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from domain.errors import BadInput, Integrity
from policy.model import Company
from portal import assets, drafts, safety, uploads
from portal import persons as asking
from portal.answers import DRAFT_PATH, SEND_PATH, Answers, PortalAnswers
from portal.answers import PATH as ANSWER_PATH
from portal.api import routes as programs
from portal.api.calls import PortalCounter
from portal.api.imports import PortalSuppressions
from portal.api.refusing import failed
from portal.check import Check, PortalCertificates
from portal.desk.parts import Parts
from portal.desk.routes import desk_routes
from portal.documents import Documents, PortalLetterbox
from portal.hooks import BODY_LIMIT, PATH, Hook, PortalHook
from portal.instruct import Instruct, PortalTenants
from portal.pages import Pages
from portal.persons import Persons
from portal.safety import Bounded, Cookies, Headed, Throttle
from portal.verify import PortalDesk, Verify

_CHECKS = (60, 600)
"""Certificates that one place may check, in so many seconds."""


class Letterbox(PortalLetterbox, PortalCertificates, Protocol):
    """Where documents are fetched, and certificates checked."""


__all__ = ["PortalDesk", "PortalLetterbox", "create_app"]

_REFUSED = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}
_NOTICES = {404: "missing", 405: "missing", 413: "too_large"}


_DESK_LIMIT = 256 * 1024
"""Of a form of the desk: reasons and messages are Thai text, nine bytes a letter on the way."""

_LARGER = {
    PATH: BODY_LIMIT,
    SEND_PATH: uploads.BODY_LIMIT,
    DRAFT_PATH: drafts.BODY_LIMIT,
    "/desk/": _DESK_LIMIT,
    "/desk/new": uploads.BODY_LIMIT,
    **asking.LARGER,
    **programs.LARGER,
}


async def _health(_request: Request) -> Response:
    return PlainTextResponse("ok")


def _of_vendors(hook: PortalHook | None) -> list[Route]:
    """What the mail provider calls, where it is heard."""
    return [Route(PATH, Hook(hook).sendgrid, methods=["POST"])] if hook else []


def _of_persons(
    pages: Pages, verify: Verify, documents: Documents, check: Check, persons: Persons | None
) -> list[Route]:
    """The pages of data subjects, and of whoever holds a certificate."""

    async def home(request: Request) -> Response:
        cookies = persons is not None and persons.devices is not None
        return pages.page(request, "home.html", asking=persons is not None, cookies=cookies)

    return [
        Route("/", home),
        Route("/v/{token:path}", verify.link),
        Route("/verify", verify.page, methods=["GET", "POST"]),
        Route("/verify/done", verify.done),
        Route("/d/{token:path}", documents.link),
        Route("/documents", documents.page, methods=["GET", "POST"]),
        Route("/documents/code", documents.code, methods=["GET", "POST"]),
        Route("/documents/leave", documents.leave, methods=["POST"]),
        Route("/documents/file/{name}", documents.fetch),
        Route("/check/{proof}", check.page),
    ]


def _of_tenants(tenants: PortalTenants | None, pages: Pages, throttle: Throttle) -> list[Route]:
    """The pages on which tenants instruct; none where nobody takes their word."""
    if tenants is None:
        return []
    instruct = Instruct(tenants, pages, throttle)
    return [
        Route("/i/{token:path}", instruct.link),
        Route("/instruct", instruct.page, methods=["GET", "POST"]),
        Route("/instruct/done", instruct.done),
    ]


def _of_people(answers: PortalAnswers | None, pages: Pages, throttle: Throttle) -> list[Route]:
    """The pages on which whoever was asked to do something answers; none where nobody takes it."""
    if answers is None:
        return []
    shown = Answers(answers, pages, throttle, Throttle(*drafts.EVERY))
    return [
        Route("/e/{token:path}", shown.link),
        Route("/r/{token:path}", shown.link),
        Route(ANSWER_PATH, shown.page, methods=["GET", "POST"]),
        Route(SEND_PATH, shown.send, methods=["POST"]),
        Route(DRAFT_PATH, shown.draft, methods=["POST"]),
        Route(f"{ANSWER_PATH}/done", shown.done),
    ]


def _refusing(pages: Pages) -> Callable[[Request, Exception], Awaitable[Response]]:
    """What is answered where no page is: to people a page, to programs JSON."""

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        if request.url.path.startswith("/api/"):
            response = failed(status, BadInput(_REFUSED.get(status, "request-unreadable")))
        else:
            response = pages.notice(request, _NOTICES.get(status, "unreadable"), status)
        response.headers.update((error.headers or {}) if isinstance(error, HTTPException) else {})
        return response

    return refused


def _breaking(pages: Pages, *, https: bool) -> Callable[[Request, Exception], Awaitable[Response]]:
    """What is answered where the fault is ours."""

    async def broken(request: Request, _error: Exception) -> Response:
        if request.url.path.startswith("/api/"):
            response = failed(500, Integrity("broken", "it is in the log; say it again later"))
        else:
            response = pages.notice(request, "broken", 500)
        # It is made outside the middleware that puts the headers on all others.
        response.headers.update({**safety.headers(https=https), "Cache-Control": "no-store"})
        return response

    return broken


def create_app(  # noqa: PLR0913 - each part of the portal is given by name, or left out
    desk: PortalDesk,
    letterbox: Letterbox,
    *,
    company: Company,
    https: bool,
    throttle: Throttle | None = None,
    tenants: PortalTenants | None = None,
    hook: PortalHook | None = None,
    suppressions: PortalSuppressions | None = None,
    answers: PortalAnswers | None = None,
    staff: Parts | None = None,
    persons: Persons | None = None,
    counter: PortalCounter | None = None,
) -> Starlette:
    """The pages, working through that desk and that letterbox.

    `https` says whether people reach it over TLS, which makes cookies Secure and bound to the host.
    `throttle` bounds the codes sent from one address: 30 in ten minutes unless given, since a mobile
    operator puts many people behind one address; the register bounds the tries of one link. `hook` takes what the
    mail provider tells; without one there is no such address. `suppressions` answers imports, where it is given;
    `answers` takes what people answer by a link that they were sent.
    `staff` is what the pages of the desk work with; without it there are none.
    `persons` is where persons ask for themselves; without it there is no page to ask on. `counter` is where programs
    bring requests and ask after them.
    """
    pages = Pages.of(company, Cookies(https=https))
    throttle = throttle or Throttle(30, 600)
    verify, documents = (
        Verify(desk, pages, throttle),
        Documents(letterbox, pages, throttle, followed=bool(persons and persons.status)),
    )
    check = Check(letterbox, pages, Throttle(*_CHECKS))

    app = Starlette(
        routes=[
            *_of_tenants(tenants, pages, throttle),
            *_of_people(answers, pages, throttle),
            *_of_vendors(hook),
            *programs.routes(counter, suppressions, persons.mint if persons else None),
            *(desk_routes(staff, pages) if staff else []),
            *asking.routes(persons, pages, throttle),
            *_of_persons(pages, verify, documents, check, persons),
            Route("/healthz", _health),
            Route("/static/{name}", assets.serve),
        ],
        middleware=[Middleware(Headed, https=https), Middleware(Bounded, larger=_LARGER)],
        exception_handlers={HTTPException: _refusing(pages), Exception: _breaking(pages, https=https)},
    )
    # Its redirects are absolute, made of whatever `Host` the client claims.
    app.router.redirect_slashes = False
    return app

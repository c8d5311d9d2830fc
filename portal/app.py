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

from domain.errors import BadInput
from policy.model import Company
from portal import assets, safety
from portal import suppressions as imports
from portal.check import Check, PortalCertificates
from portal.documents import Documents, PortalLetterbox
from portal.pages import Pages
from portal.safety import Bounded, Cookies, Headed, Throttle
from portal.suppressions import PortalSuppressions, SuppressionCheck
from portal.verify import PortalDesk, Verify

_CHECKS = (60, 600)
"""Certificates that one place may check, in so many seconds."""


class Letterbox(PortalLetterbox, PortalCertificates, Protocol):
    """Where documents are fetched, and certificates checked."""


__all__ = ["PortalDesk", "PortalLetterbox", "create_app"]

_REFUSED = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}
_NOTICES = {404: "missing", 405: "missing"}


_LARGER = {imports.PATH: imports.BODY_LIMIT}
_PLACE_ASKS, _TOKEN_ASKS = (600, 60), (120, 60)
"""Questions of imports: from one place, and with one token, in so many seconds."""


def _answering(suppressions: PortalSuppressions) -> Callable[[Request], Awaitable[Response]]:
    return SuppressionCheck(suppressions, Throttle(*_PLACE_ASKS), Throttle(*_TOKEN_ASKS)).post


def _refusing(pages: Pages) -> Callable[[Request, Exception], Awaitable[Response]]:
    """What is answered where no page is: to people a page, to programs JSON."""

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        if request.url.path.startswith("/api/"):
            response = imports.failed(status, BadInput(_REFUSED.get(status, "request-unreadable")))
        else:
            response = pages.notice(request, _NOTICES.get(status, "unreadable"), status)
        response.headers.update((error.headers or {}) if isinstance(error, HTTPException) else {})
        return response

    return refused


def create_app(
    desk: PortalDesk,
    letterbox: Letterbox,
    *,
    company: Company,
    https: bool,
    throttle: Throttle | None = None,
    suppressions: PortalSuppressions | None = None,
) -> Starlette:
    """The pages, working through that desk and that letterbox.

    `https` says whether people reach it over TLS, which makes cookies Secure and bound to the host.
    `throttle` bounds the codes sent from one address: 30 in ten minutes unless given, since a mobile
    operator puts many people behind one address; the register bounds the tries of one link.
    `suppressions` answers imports, where it is given.
    """
    pages = Pages.of(company, Cookies(https=https))
    throttle = throttle or Throttle(30, 600)
    verify, documents = Verify(desk, pages, throttle), Documents(letterbox, pages, throttle)
    check = Check(letterbox, pages, Throttle(*_CHECKS))

    async def home(request: Request) -> Response:
        return pages.page(request, "home.html")

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def broken(request: Request, _error: Exception) -> Response:
        response = pages.notice(request, "broken", 500)
        # This page is made outside the middleware that puts the headers on all others.
        response.headers.update({**safety.headers(https=https), "Cache-Control": "no-store"})
        return response

    api = [Route(imports.PATH, _answering(suppressions), methods=["POST"])] if suppressions else []
    app = Starlette(
        routes=[
            *api,
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
            Route("/healthz", health),
            Route("/static/{name}", assets.serve),
        ],
        middleware=[Middleware(Headed, https=https), Middleware(Bounded, larger=_LARGER)],
        exception_handlers={HTTPException: _refusing(pages), Exception: broken},
    )
    # Its redirects are absolute, made of whatever `Host` the client claims.
    app.router.redirect_slashes = False
    return app

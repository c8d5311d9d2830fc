"""The portal as one ASGI application."""

from __future__ import annotations

from typing import Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from policy.model import Company
from portal import assets, safety
from portal.check import Check, PortalCertificates
from portal.documents import Documents, PortalLetterbox
from portal.hooks import BODY_LIMIT, PATH, Hook, PortalHook
from portal.pages import Pages
from portal.safety import Bounded, Cookies, Headed, Throttle
from portal.verify import PortalDesk, Verify

_CHECKS = (60, 600)
"""Certificates that one place may check, in so many seconds."""


class Letterbox(PortalLetterbox, PortalCertificates, Protocol):
    """Where documents are fetched, and certificates checked."""


__all__ = ["PortalDesk", "PortalLetterbox", "create_app"]

_NOTICES = {404: "missing", 405: "missing"}


def create_app(
    desk: PortalDesk,
    letterbox: Letterbox,
    *,
    company: Company,
    https: bool,
    throttle: Throttle | None = None,
    hook: PortalHook | None = None,
) -> Starlette:
    """The pages, working through that desk and that letterbox.

    `https` says whether people reach it over TLS, which makes cookies Secure and bound to the host. `throttle` bounds
    the codes sent from one address: 30 in ten minutes unless given, since a mobile operator puts many people behind
    one address; the register bounds the tries of one link. `hook` takes the mail provider's word, where it is given.
    """
    pages = Pages.of(company, Cookies(https=https))
    throttle = throttle or Throttle(30, 600)
    verify, documents = Verify(desk, pages, throttle), Documents(letterbox, pages, throttle)
    check = Check(letterbox, pages, Throttle(*_CHECKS))

    async def home(request: Request) -> Response:
        return pages.page(request, "home.html")

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        response = pages.notice(request, _NOTICES.get(status, "unreadable"), status)
        response.headers.update((error.headers or {}) if isinstance(error, HTTPException) else {})
        return response

    async def broken(request: Request, _error: Exception) -> Response:
        response = pages.notice(request, "broken", 500)
        # This page is made outside the middleware that puts the headers on all others.
        response.headers.update({**safety.headers(https=https), "Cache-Control": "no-store"})
        return response

    app = Starlette(
        routes=[
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
            *([Route(PATH, Hook(hook).sendgrid, methods=["POST"])] if hook else []),
        ],
        middleware=[Middleware(Headed, https=https), Middleware(Bounded, larger={PATH: BODY_LIMIT})],
        exception_handlers={HTTPException: refused, Exception: broken},
    )
    # Its redirects are absolute, made of whatever `Host` the client claims.
    app.router.redirect_slashes = False
    return app

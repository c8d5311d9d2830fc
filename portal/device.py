"""Cookies on this device: a visitor without an account withdraws them, or gives them again, by one press each (s.19 ¶5).

The page and what the site is told are made of what was said here alone. Whether anything is kept under the device's
number nothing here tells: that is looked for by the case.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from domain.devices import OWN, Choice, Cookie, Statement, is_device
from domain.errors import Unavailable
from portal.forms import is_token
from portal.pages import Pages
from portal.safety import CHOICE, REQUEST, Throttle, foreign, form_proof, place_of, proves
from security.tokens import new_link_token

PATH = "/cookies"
CHOICE_PATH, KEY_PATH = f"{PATH}/choice", f"{PATH}/key"
_LIFE = 365 * 24 * 3600
_FORM_LIFE = 24 * 3600
_RETRY_AFTER = 30.0
_FORM = "cookies"
_log = logging.getLogger("sitthi.portal")


class PortalDevices(Protocol):
    """What the pages ask; see `workflows.devices.Devices`. Everything may raise `Unavailable`."""

    async def said(self, device: str) -> Choice:
        """What a device said."""
        ...

    async def say(self, device: str, cookie: Cookie, *, given: bool, language: str) -> Choice:
        """Note a choice, and do what follows from it."""
        ...

    async def stated(self, device: str, choice: Choice) -> Statement:
        """A choice as the site reads it, signed."""
        ...

    async def key(self) -> str:
        """The public key of such signatures, hex."""
        ...

    async def remembered(self, cookie: str) -> str:
        """The device of a statement that a browser kept; nothing where we never signed it."""
        ...

    def as_cookie(self, statement: Statement) -> str:
        """A statement as a browser keeps it."""
        ...


@dataclass(frozen=True)
class Site:
    """The company's site: `cookie` is the name of its cookie with the device's number, `origins` who may read choices."""

    cookie: str = ""
    origins: tuple[str, ...] = ()


@dataclass(frozen=True)
class DevicePages:
    """The pages under /cookies."""

    devices: PortalDevices
    site: Site
    pages: Pages
    throttle: Throttle

    async def page(self, request: Request) -> Response:
        """GET and POST /cookies."""
        try:
            return await (self._press(request) if request.method == "POST" else self._show(request))
        except Unavailable as away:
            _log.warning("a choice of cookies could not be taken: %s", away.code)
            return self.pages.notice(request, "away", 503, wait=_RETRY_AFTER, back=PATH)

    async def choice(self, request: Request) -> Response:
        """GET /cookies/choice: for the company's site, what this browser's device said, signed."""
        try:
            device = await self._device(request)
            statement = await self.devices.stated(device, await self.devices.said(device) if device else {})
        except Unavailable as away:
            _log.warning("a choice of cookies could not be told: %s", away.code)
            again = {"Retry-After": str(int(_RETRY_AFTER))}
            return JSONResponse({"error": away.code}, 503, {**again, **self._shared(request)})
        told = {"content": statement.content, "signature": statement.signature}
        return JSONResponse(told, headers=self._shared(request))

    async def key(self, request: Request) -> Response:
        """GET /cookies/key: by which whoever reads a statement knows that it is ours."""
        try:
            told = {"algorithm": "Ed25519", "key": await self.devices.key()}
        except Unavailable as away:
            return JSONResponse({"error": away.code}, 503, {"Retry-After": str(int(_RETRY_AFTER))})
        return JSONResponse(told, headers=self._shared(request))

    async def _show(self, request: Request, banner: str = "") -> Response:
        secret = self._secret(request) or new_link_token()
        device = await self._device(request)
        choice = await self.devices.said(device) if device else {}
        response = self.pages.page(
            request,
            "cookies.html",
            status=403 if banner else 200,
            cookies=tuple(Cookie),
            choice=choice,
            proof=form_proof(secret, _FORM),
            banner=banner,
        )
        self.pages.cookies.keep(response, REQUEST, secret, _FORM_LIFE)
        return response

    async def _press(self, request: Request) -> Response:
        if foreign(request):
            return self.pages.notice(request, "unsent", 403)
        if wait := self.throttle.wait(place_of(request)):
            return self.pages.notice(request, "limited", 429, wait=wait, back=PATH)
        async with request.form(max_files=0, max_fields=4) as form:
            cookie, said, proof = (str(form.get(name, "")) for name in ("cookie", "say", "proof"))
        secret = self._secret(request)
        known = cookie in set(Cookie) and said in {"give", "withdraw"}
        if not known or not secret or not proves(proof, secret, _FORM):
            return await self._show(request, "stale")
        device = await self._device(request) or f"{OWN}{secrets.token_hex(16)}"
        choice = await self.devices.say(
            device, Cookie(cookie), given=said == "give", language=self.pages.language(request)
        )
        response = RedirectResponse(f"{PATH}#{cookie}", 303)
        kept = self.devices.as_cookie(await self.devices.stated(device, choice))
        self.pages.cookies.keep(response, CHOICE, kept, _LIFE)
        return response

    async def _device(self, request: Request) -> str:
        """By the site's own cookie, else by what was said here before: a site may take its cookie away by then."""
        given = request.cookies.get(self.site.cookie, "") if self.site.cookie else ""
        if is_device(given) and not given.startswith(OWN):
            return given
        kept = self.pages.cookies.read(request, CHOICE)
        return await self.devices.remembered(kept) if kept else ""

    def _shared(self, request: Request) -> dict[str, str]:
        """Read by pages of the named origins alone, with the cookies of this browser."""
        origin = request.headers.get("origin", "")
        if origin not in self.site.origins:
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
        }

    def _secret(self, request: Request) -> str:
        kept = self.pages.cookies.read(request, REQUEST)
        return kept if is_token(kept) else ""

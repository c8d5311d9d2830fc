"""What keeps the pages safe: headers, cookies, proof that a form is ours, a bound on what is read and how often."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 16 * 1024
"""Bytes of a request that are read; the pages here send a few hundred."""

LINK, DONE, DELIVERY, SESSION, LANGUAGE = "link", "done", "delivery", "session", "language"
INSTRUCT, INSTRUCTED = "instruct", "instructed"
ANSWER, ANSWERED = "answer", "answered"
STAFF, REFRESH, ENROL, COMEBACK = "staff", "refresh", "enrol", "comeback"
REQUEST, RECEIPT, PERSONAL = "request", "receipt", "personal"
CHOICE = "choice"
"""Our cookies, by what they remember."""

POLICY = "Content-Security-Policy"
_STRICT = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SCRIPTED = f"{_STRICT}; script-src 'self'; connect-src 'self'"
"""For a page that renews itself, or keeps what is typed: files of ours may run, and speak to nobody else; nothing inline does."""

_COMMON = {
    # Pages need no script; what must not run can't be made to.
    POLICY: _STRICT,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_TRANSPORT = {"Strict-Transport-Security": "max-age=31536000"}


def headers(*, https: bool) -> Mapping[str, str]:
    """The headers of every response; `Cache-Control` besides, where a response brings none."""
    return {**_COMMON, **_TRANSPORT} if https else _COMMON


class Headed:
    """ASGI middleware that puts the headers on whatever leaves."""

    def __init__(self, app: ASGIApp, https: bool) -> None:  # noqa: FBT001 - Starlette passes options by name
        self._app = app
        self._headers = headers(https=https)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with headers."""

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                scripted = found.get(POLICY) == SCRIPTED
                found.update(self._headers)
                if scripted:
                    found[POLICY] = SCRIPTED
                found.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, headed)


class Bounded:
    """ASGI middleware that reads no more of a request than its limit in bytes; 413 to who sends more.

    `larger` are the limits of addresses that have one of their own; one that ends in `/` is of all below it.
    """

    def __init__(
        self, app: ASGIApp, limit: int = BODY_LIMIT, larger: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._limit = limit
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with a counted `receive`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        limit = self._limit_of(scope["path"])
        # Raised inside `receive`, where the page for it can still be shown; and before a byte is awaited.
        seen = limit + 1 if _more_than(declared, limit) else 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive() if seen <= limit else None
            seen += len(message.get("body", b"")) if message else 0
            if message is None or seen > limit:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)

    def _limit_of(self, path: str) -> int:
        below = (
            limit for place, limit in self._larger.items() if place.endswith("/") and path.startswith(place)
        )
        return self._larger.get(path) or max(below, default=self._limit)


def _more_than(declared: str, limit: int) -> bool:
    return declared.isdecimal() and (len(declared) > len(str(limit)) or int(declared) > limit)


@dataclass(frozen=True)
class Cookies:
    """Cookies that scripts can't read; over https also bound to this very host.

    SameSite is Lax, not Strict: who opens the link in a web mailer starts on another site, and browsers
    withhold a Strict cookie on the redirect that follows (seen in Chromium), so the link would seem dead. A
    POST from elsewhere carries neither; that is what matters.
    """

    https: bool

    def read(self, request: Request, cookie: str) -> str:
        """What was remembered, or nothing."""
        return request.cookies.get(self._name(cookie), "")

    def keep(self, response: Response, cookie: str, value: str, seconds: int) -> None:
        """Remember for so long."""
        response.set_cookie(
            self._name(cookie), value, max_age=seconds, secure=self.https, httponly=True, samesite="lax"
        )

    def forget(self, response: Response, cookie: str) -> None:
        """Remember no longer."""
        response.delete_cookie(self._name(cookie), secure=self.https, httponly=True, samesite="lax")

    def _name(self, cookie: str) -> str:
        return f"__Host-sitthi-{cookie}" if self.https else f"sitthi-{cookie}"


def form_proof(secret: str, form: str) -> str:
    """What a form must bring back: only who holds the secret, here a 256-bit link token, can make it."""
    return hmac.new(secret.encode(), b"form\x00" + form.encode(), hashlib.sha256).hexdigest()


def proves(proof: str, secret: str, form: str) -> bool:
    """Whether a form came back with its proof."""
    return hmac.compare_digest(proof.encode(), form_proof(secret, form).encode())


def foreign(request: Request) -> bool:
    """Whether a browser says that another site sent this."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    # Browsers of before 2023 say nothing, and rights are exercised on old telephones too: silence is not refused. What
    # holds there is the proof that each form brings back, which another site cannot make, and `Origin` where it names
    # a site. `null` names none: under `Referrer-Policy: no-referrer` our own forms send just that.
    origin = request.headers.get("origin", "null")
    try:
        named = urlsplit(origin).netloc
    except ValueError:
        return True  # no browser writes an address that is none
    return origin != "null" and named != request.headers.get("host", "")


class Throttle:
    """At most `burst` at once from one place, made good evenly over `window` seconds.

    Kept in this process, for at most `places` places, the one unseen longest forgotten first.
    """

    def __init__(
        self, burst: int, window: float, *, places: int = 10_000, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._step = window / burst
        self._window = window
        self._places = places
        self._now = now
        self._salt = secrets.token_bytes(16)
        self._free_at: OrderedDict[bytes, float] = OrderedDict()

    def wait(self, place: str) -> float:
        """Seconds until that place may come again; 0 when it may now, which is then counted."""
        now = self._now()
        key = hashlib.blake2b(place.encode(), key=self._salt, digest_size=16).digest()
        free_at = max(self._free_at.pop(key, now), now)
        wait = free_at + self._step - self._window - now
        self._free_at[key] = free_at if wait > 0 else free_at + self._step
        while len(self._free_at) > self._places:
            self._free_at.popitem(last=False)
        return max(wait, 0.0)


def place_of(request: Request) -> str:
    """Where a request comes from: the client's address, of IPv6 the /64 that one household has."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((address.packed[:8] + bytes(8), 64)))

"""A stand-in for SendGrid, spoken to over HTTP by SendGrid's own SDK: nobody ships one.

`python -m demo.sendgrid_standin --port 8025 --key SG.demo` serves an empty account on the loopback address.
"""

from __future__ import annotations

import argparse
import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo import kept
from demo.sendgrid_account import Account
from demo.sendgrid_kept import Kept
from demo.sendgrid_marketing import Marketing, wrong
from demo.sendgrid_post import post_to
from demo.sendgrid_sending import Sending

SCOPES = frozenset({"marketing", "asm", "suppression", "messages", "recipients", "mail", "scopes"})
"""What a key may be good for: the first part of the path."""
_LIMIT = 600
_WRITES = frozenset({"PUT", "DELETE", "POST"})
_READ_BY_POST = "/search/"


@dataclass
class Faults:
    """How the next requests go wrong: `every` one of them, or each write after `writes` more.

    Kinds: `limited` (429), `broken` (500), `slow` (an answer after `seconds`), `lost` (done, and not answered), `cut`
    (neither).
    """

    every: str = ""
    writes: int | None = None
    seconds: float = 2.0

    def of(self, method: str, path: str) -> str:
        """What happens to this request; counts it."""
        if self.every:
            return self.every
        if self.writes is None or method not in _WRITES or _READ_BY_POST in path:
            return ""
        self.writes -= 1
        return "cut" if self.writes < 0 else ""


class _Gate:
    """Keys, scopes, limits and faults, before anything is asked of the account."""

    def __init__(self, app: ASGIApp, account: Account, faults: Faults) -> None:
        self._app, self._account, self._faults = app, account, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        answer = self._refusal(request)
        fault = self._faults.of(request.method, request.url.path)
        match fault:
            case "limited":
                answer = wrong(None, "too many requests", 429)
            case "broken":
                answer = wrong(None, "internal server error", 500)
            case "slow":
                await asyncio.sleep(self._faults.seconds)
            case "cut":
                await _half_an_answer(send)
                return
            case "lost":
                with self._account.lock:
                    await self._app(scope, receive, _nothing)
                await _half_an_answer(send)
                return
        with self._account.lock:
            self._account.settle()
            await (answer or self._app)(scope, receive, _limited(send, exhausted=fault == "limited"))

    def _refusal(self, request: Request) -> Response | None:
        if request.url.path.startswith("/exports/"):
            # Whoever knows such an address may fetch what lies there; a key sent along would be a key given away.
            return wrong(None, "no key here", 400) if "authorization" in request.headers else None
        scopes = self._account.keys.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if scopes is None:
            return wrong(None, "authorization required", 401)
        service = request.url.path.removeprefix("/v3/").partition("/")[0]
        return None if service in scopes else wrong(None, "access forbidden", 403)


async def _half_an_answer(send: Send) -> None:
    """Begin an answer and not end it: the server then closes the connection."""
    headers = [(b"content-length", b"1000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})


async def _nothing(_message: Message) -> None:
    """What is said, and never heard."""


def _limited(send: Send, *, exhausted: bool) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            left = 0 if exhausted else _LIMIT - 1
            told = {
                "X-RateLimit-Limit": _LIMIT,
                "X-RateLimit-Remaining": left,
                "X-RateLimit-Reset": int(time.time()) + 2,
            }
            headers = [(name.encode(), str(value).encode()) for name, value in told.items()]
            message = {**message, "headers": [*message.get("headers", ()), *headers]}
        await send(message)

    return with_headers


def standin_app(account: Account, faults: Faults) -> Starlette:
    """The stand-in as an application."""

    async def unknown(_request: Request, _error: Exception) -> Response:
        return JSONResponse({"errors": [{"field": None, "message": "not found"}]}, 404)

    app = Starlette(
        routes=[*Marketing(account).routes(), *Sending(account).routes()], exception_handlers={404: unknown}
    )
    app.add_middleware(_Gate, account=account, faults=faults)
    return app


@dataclass
class StandIn:
    """A stand-in that runs in a thread of this process; `url` is where. `around` may listen to what is said."""

    account: Account = field(default_factory=Account)
    faults: Faults = field(default_factory=Faults)
    port: int = 0
    url: str = ""
    around: Callable[[ASGIApp], ASGIApp] = lambda app: app
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    def start(self) -> StandIn:
        """Listen on the loopback address, on a free port unless one was said."""
        config = uvicorn.Config(
            self.around(standin_app(self.account, self.faults)),
            host="127.0.0.1",
            port=self.port,
            log_config=None,
            access_log=False,
            http="h11",
            lifespan="off",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        [socket] = [one for server in self._server.servers for one in server.sockets]
        self.url = f"http://127.0.0.1:{socket.getsockname()[1]}"
        return self

    def stop(self) -> None:
        """Stop listening."""
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join()


def serve(
    port: int, keys: Mapping[str, frozenset[str]], account: Account, around: Callable[[ASGIApp], ASGIApp]
) -> None:
    """Serve until the process is told to end."""
    account.keys.update(keys)
    app = around(standin_app(account, Faults()))
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="warning")


def main(argv: list[str] | None = None) -> None:
    """Serve an empty account, or the one that is kept in a file."""
    parser = argparse.ArgumentParser(description="a stand-in for SendGrid")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", required=True, help="the API key that it takes")
    parser.add_argument("--mailbox", type=Path, help="a directory in which what was sent can be read")
    parser.add_argument("--state", type=Path, help="a file with the account, which is kept there")
    given = parser.parse_args(argv)
    account = Account(delay=2.0, lag=1.0)
    if given.mailbox:
        account.deliver = post_to(given.mailbox)
    if given.state:
        account.take_up(kept.read(given.state))
    serve(
        given.port,
        {given.key: SCOPES},
        account,
        lambda app: Kept(app, account, given.state) if given.state else app,
    )


if __name__ == "__main__":
    main()

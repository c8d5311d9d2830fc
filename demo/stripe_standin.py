"""A stand-in for Stripe: one test account with state, over real HTTP, for the official SDK with another base address.

What Stripe does and documents, it does for the addresses that the connector uses: bracketed forms, cursors, search
that lags, `deleted: true`, idempotency keys and stored failures, request ids, versions, refusals in Stripe's words,
events, redaction jobs. Faults are switched on in `Standin.faults`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from demo.stripe_faults import Fault, Faults, Trouble
from demo.stripe_redaction_jobs import Jobs
from demo.stripe_routes import VERSION, Asked, Router
from demo.stripe_shapes import Object
from demo.stripe_store import Store, Stored
from demo.stripe_wire import ApiError, decode, invalid

TEST_KEY = "sk_test_standin"
READING_KEY = "rk_test_standin_reads"
_STORED = "Idempotent-Replayed"


@dataclass(frozen=True)
class Exchange:
    """What was asked and answered, for whoever checks both against Stripe's own description."""

    method: str
    path: str
    params: Object
    key: str | None
    version: str
    status: int
    body: Object


@dataclass
class Standin:
    """The account, its faults, and who is told of every exchange. While its keys are `revoked`, it takes none."""

    store: Store = field(default_factory=Store)
    faults: Faults = field(default_factory=Faults)
    watchers: list[Callable[[Exchange], None]] = field(default_factory=list)
    revoked: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.store)
        self._router = Router(self.store, self.jobs)
        self._requests = 0
        methods = ["GET", "POST", "DELETE"]
        self.app = Starlette(routes=[Route("/{path:path}", self._serve, methods=methods)])

    async def _serve(self, request: Request) -> Response:
        self._requests += 1
        method, path = request.method, request.url.path
        sent = (await request.body()).decode() if method == "POST" else request.url.query
        trouble = self.faults.strike(method, path)
        if trouble and trouble.fault is Fault.TIMEOUT:
            await asyncio.sleep(trouble.seconds)
        if trouble and trouble.fault is Fault.DROPPED:
            return StreamingResponse(_broken(), headers={"Content-Length": "9"})
        version = request.headers.get("Stripe-Version", "")
        key = request.headers.get("Idempotency-Key") if method == "POST" else None
        asked = Asked(decode(parse_qsl(sent, keep_blank_values=True)), key, version)
        try:
            self._admit(request, trouble)
            status, body, headers = self._answered(method, path, sent, asked, trouble)
        except ApiError as error:
            status, body, headers = error.status, error.body, error.headers
        for watcher in self.watchers:
            watcher(Exchange(method, path, asked.params, key, version, status, body))
        if trouble and trouble.fault is Fault.LOST:
            return StreamingResponse(_broken(), headers={"Content-Length": "9"})
        told = {"Request-Id": f"req_standin{self._requests:06d}", "Stripe-Version": version, **headers}
        return JSONResponse(body, status, headers=told)

    def _admit(self, request: Request, trouble: Trouble | None) -> None:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if key not in {TEST_KEY, READING_KEY} or self.revoked():
            raise ApiError(
                HTTPStatus.UNAUTHORIZED, "invalid_request_error", f"Invalid API Key provided: {key[:7]}****"
            )
        if trouble and trouble.fault is Fault.RATE_LIMIT:
            raise _too_many(trouble.seconds)
        if self.faults.too_many(self.store.now()):
            raise _too_many(1)
        if key == READING_KEY and request.method != "GET":
            message = "The provided key does not have the required permissions for this endpoint."
            raise ApiError(HTTPStatus.FORBIDDEN, "invalid_request_error", message)
        version = request.headers.get("Stripe-Version", "")
        if version != VERSION and not version.endswith(".preview"):
            raise invalid(f"Invalid Stripe API version: {version}")

    def _answered(
        self, method: str, path: str, sent: str, asked: Asked, trouble: Trouble | None
    ) -> tuple[int, Object, dict[str, str]]:
        """The answer, from under its idempotency key where it was given before; a failure is kept there too."""
        what = f"{method} {path} {sent}"
        stored = self.store.answers.get(asked.key) if asked.key else None
        if stored is not None:
            if stored.asked != what:
                message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
                raise ApiError(HTTPStatus.BAD_REQUEST, "idempotency_error", message)
            return stored.status, stored.body, {_STORED: "true"}
        if trouble and trouble.fault is Fault.ERROR:
            status, body = HTTPStatus.INTERNAL_SERVER_ERROR, _FAILED
        else:
            status, body = HTTPStatus.OK, self._router.answer(method, path, asked)
        body = json.loads(json.dumps(body))
        if asked.key:
            self.store.answers[asked.key] = Stored(what, status, body)
        return status, body, {}


_FAILED: Object = {"error": {"type": "api_error", "message": "An unknown error occurred."}}


def _too_many(seconds: float) -> ApiError:
    return ApiError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "invalid_request_error",
        "Request rate limit exceeded.",
        code="rate_limit",
        headers={"Retry-After": f"{seconds:g}"},
    )


async def _broken() -> AsyncIterator[bytes]:
    """Less than was promised, and then the connection is gone."""
    yield b"{"


@contextmanager
def serve(standin: Standin, port: int = 0) -> Iterator[str]:
    """Run it on 127.0.0.1 while the block lasts; gives its address. `port` 0: any that is free."""
    # Named as TCP, or asyncio leaves Nagle's algorithm on and every answer waits for 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    config = uvicorn.Config(standin.app, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from portal import uploads
from portal.safety import BODY_LIMIT, Throttle, foreign, place_of
from portal.server import configuration
from tests.portal.conftest import RIGHT_CODE, WRONG_CODE, Browser, Challenges
from tests.portal.reading import Page, open_form, send_code

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
    "cache-control": "no-store",
}

ROUTES = [
    ("GET", "/", 200),
    ("HEAD", "/", 200),
    ("POST", "/", 405),
    ("GET", "/healthz", 200),
    ("GET", "/v/slk_cut", 303),
    ("HEAD", "/v/slk_cut", 303),
    ("POST", "/v/slk_cut", 405),
    ("GET", "/verify", 410),
    ("POST", "/verify", 410),
    ("PUT", "/verify", 405),
    ("DELETE", "/verify", 405),
    ("OPTIONS", "/verify", 405),
    ("GET", "/verify/", 404),
    ("GET", "/verify/done", 303),
    ("POST", "/verify/done", 405),
    ("GET", "/d/slk_cut", 303),
    ("HEAD", "/d/slk_cut", 303),
    ("POST", "/d/slk_cut", 405),
    ("GET", "/documents", 410),
    ("POST", "/documents", 410),
    ("PUT", "/documents", 405),
    ("GET", "/documents/", 404),
    ("GET", "/documents/code", 410),
    ("POST", "/documents/code", 410),
    ("GET", "/documents/leave", 405),
    ("POST", "/documents/leave", 303),
    ("GET", "/documents/file/L4.pdf", 303),
    ("POST", "/documents/file/L4.pdf", 405),
    ("GET", "/documents/file/../../secret", 404),
    ("GET", "/nowhere", 404),
    ("GET", "/static/../app.py", 404),
    ("GET", "/static/%2e%2e%2fapp.py", 404),
    ("GET", "/static/portal.py", 404),
    ("TRACE", "/", 405),
]


@pytest.mark.parametrize(("method", "path", "status"), ROUTES)
async def test_every_answer_has_the_headers(browser: Browser, method: str, path: str, status: int) -> None:
    async with browser() as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    if status == 405:
        assert answer.headers["allow"]
    if status in {404, 405}:
        assert Page(answer).texts["h1"]


async def test_a_crash_tells_nothing_and_is_as_safe(browser: Browser, desk: Challenges) -> None:
    desk.failure = RuntimeError("somchai@example.com is not unique")
    async with browser() as client:
        crashed = await send_code(client, await open_form(client, desk.token), RIGHT_CODE)
    assert crashed.status_code == 500
    assert {name: crashed.headers.get(name) for name in HEADERS} == HEADERS
    assert "somchai" not in crashed.text
    assert "Error" not in crashed.text
    assert Page(crashed).texts["h1"]


async def test_plain_http_promises_no_tls(browser: Browser) -> None:
    async with browser(https=False) as client:
        assert "strict-transport-security" not in (await client.get("/")).headers


@pytest.mark.parametrize("chunked", [False, True])
async def test_no_more_is_read_than_a_form_needs(browser: Browser, desk: Challenges, chunked: bool) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(BODY_LIMIT // 1024 + 1):
            yield b"code=" + b"1" * 1019
        raise AssertionError("read on past the limit")

    kind = {"content-type": "application/x-www-form-urlencoded"}
    async with browser() as client:
        await open_form(client, desk.token)
        body = endless() if chunked else b"x" * (BODY_LIMIT + 1)
        answer = await client.post("/verify", content=body, headers=kind)
    assert answer.status_code == 413
    assert desk.asked == 0


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"code":"012345"}'),
        ("multipart/form-data", b"no boundary"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="code"; filename="c"',
        ),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(50))),
        ("application/x-www-form-urlencoded", b"\xff\xfe=%zz&code=%ff"),
        ("", b""),
    ],
)
async def test_malformed_bodies_reach_no_desk(
    browser: Browser, desk: Challenges, kind: str, body: bytes
) -> None:
    async with browser() as client:
        await open_form(client, desk.token)
        answer = await client.post("/verify", content=body, headers={"content-type": kind} if kind else {})
    assert answer.status_code in {400, 403}
    assert desk.asked == 0


async def test_tries_from_one_address_are_bounded(browser: Browser, desk: Challenges) -> None:
    throttle = Throttle(3, 60, now=lambda: 0.0)
    async with browser(throttle=throttle) as client:
        form = await open_form(client, desk.token)
        statuses = [(await send_code(client, form, WRONG_CODE)).status_code for _ in range(4)]
        limited = await send_code(client, form, RIGHT_CODE)
        assert statuses == [422, 422, 422, 429]
        assert limited.headers["retry-after"] == "20"
        assert Page(limited).texts["h1"]
        assert (await client.get("/verify")).status_code == 200  # reading goes on
    async with browser(throttle=throttle, address="203.0.113.8") as other:
        assert (await send_code(other, await open_form(other, desk.token), RIGHT_CODE)).status_code == 303


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


def test_a_throttle_lets_in_again_in_time(clock: list[float]) -> None:
    throttle = Throttle(2, 60, now=lambda: clock[0])
    assert [throttle.wait("a"), throttle.wait("a"), throttle.wait("a")] == [0, 0, 30]
    clock[0] = 29.0
    assert throttle.wait("a") == pytest.approx(1)
    clock[0] = 30.0
    assert [throttle.wait("a"), throttle.wait("a")] == [0, 30]
    clock[0] = 1000.0
    assert [throttle.wait("a"), throttle.wait("a"), throttle.wait("a")] == [0, 0, 30]


def test_a_throttle_forgets_the_longest_unseen_place(clock: list[float]) -> None:
    throttle = Throttle(1, 60, places=2, now=lambda: clock[0])
    assert [throttle.wait(place) for place in "abab"] == [0, 0, 60, 60]
    assert throttle.wait("c") == 0  # a is forgotten
    assert [throttle.wait("b"), throttle.wait("a")] == [60, 0]


@pytest.mark.parametrize(
    ("client", "place"),
    [
        (("203.0.113.7", 1), "203.0.113.7"),
        (("::ffff:203.0.113.7", 1), "203.0.113.7"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("testclient", 1), "testclient"),
        (None, ""),
    ],
)
def test_a_place_is_an_address_or_a_household(client: tuple[str, int] | None, place: str) -> None:
    assert place_of(Request({"type": "http", "client": client, "headers": []})) == place


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


@asynccontextmanager
async def _served(app: Starlette) -> AsyncIterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(configuration(app, host="127.0.0.1", port=port))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - a flag is all that uvicorn gives
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


async def test_a_real_server_writes_no_link_down(
    app: Starlette, desk: Challenges, heard: pytest.LogCaptureFixture
) -> None:
    async with _served(app) as address, httpx.AsyncClient() as client:
        # The test's own client logs its requests; a server's log is what is looked at.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        logging.getLogger("httpcore").setLevel(logging.WARNING)
        swapped = await client.get(f"{address}/v/{desk.token}")
        assert swapped.headers["location"] == "/verify"
        assert "server" not in swapped.headers
        spoofed = await client.get(f"{address}/verify/", headers={"Host": "evil.example"})
        assert "evil" not in spoofed.text
        head = await client.head(f"{address}/nowhere")
        assert (head.status_code, head.content) == (404, b"")
    assert heard.records
    assert desk.token not in heard.text
    assert "/v/" not in heard.text


@pytest.mark.parametrize(
    "origin", ["http://[", "https://evil.example", "https://portal.example.evil.example"]
)
def test_an_address_that_is_none_is_not_ours(origin: str) -> None:
    headers = [(b"host", b"portal.example"), (b"origin", origin.encode())]
    assert foreign(Request({"type": "http", "headers": headers}))


async def test_who_sends_a_byte_now_and_then_gives_up_the_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "WITHIN", 0.01)
    turn = asyncio.Semaphore(1)

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    headers = [(b"content-type", b"multipart/form-data; boundary=x")]
    slow = Request({"type": "http", "headers": headers}, never)
    with pytest.raises(HTTPException) as refused:
        await uploads.read_form(slow, turn)
    assert (refused.value.status_code, turn.locked()) == (408, False)

"""A proxy before a real S3 server that can be told to fail as vendors fail: what no healthy server does on request."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: str

    @property
    def deletes(self) -> bool:
        """Whether it would delete something."""
        return self.method == "DELETE" or (self.method == "POST" and self.query.startswith("delete"))


@dataclass(frozen=True)
class Answer:
    """What is said instead of the server; without a status the connection is cut, `late` after the work is done."""

    status: int = 0
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    late: bool = False


Fault = Callable[[Asked], Answer | None]

LOST = Answer()
LOST_AFTER = Answer(late=True)


def error(status: int, code: str, **headers: str) -> Answer:
    """An answer of S3 that says no."""
    body = f"<Error><Code>{code}</Code><Message>secret-name.pdf</Message></Error>".encode()
    return Answer(status, body, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


def on_deletes(answer: Answer, *, after: int = 0, times: int | None = None) -> Fault:
    """The answer for requests that delete: from the one after so many on, so many times."""
    lock = threading.Lock()
    seen = 0

    def fault(asked: Asked) -> Answer | None:
        nonlocal seen
        if not asked.deletes:
            return None
        with lock:
            seen += 1
            return answer if seen > after and (times is None or seen <= after + times) else None

    return fault


@dataclass
class Proxy:
    """Passes everything on to `target` (host:port), but for what `fault` answers; `asked` is what came."""

    target: str
    fault: Fault | None = None
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        outer = self

        class Handler(_Handler):
            proxy = outer

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        """While it lasts, requests meet this fault."""
        self.fault = fault
        try:
            yield
        finally:
            self.fault = None

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: ClassVar[Proxy]

    def log_message(self, *_: Any) -> None:
        return

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        asked = Asked(self.command, unquote(parts.path), parts.query)
        self.proxy.asked.append(asked)
        body = self._body()
        answer = self.proxy.fault(asked) if self.proxy.fault else None
        if answer is None or answer.late:
            self._pass_on(body, cut=answer is not None)
        elif answer.status:
            self._say(answer.status, answer.headers, answer.body)
        else:
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815 - the server's names

    def _body(self) -> bytes:
        # A client that waits for leave to send its body gets it.
        if self.headers.get("Transfer-Encoding") == "chunked":
            raise NotImplementedError
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _pass_on(self, body: bytes, *, cut: bool) -> None:
        onward = http.client.HTTPConnection(self.proxy.target, timeout=60)
        try:
            onward.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():  # with its Host: the signature covers it
                if name.lower() not in {"connection", "expect"}:
                    onward.putheader(name, value)
            onward.endheaders(body)
            told = onward.getresponse()
            content = told.read()
        finally:
            onward.close()
        if cut:
            self.close_connection = True
            return
        kept = tuple(
            (name, value)
            for name, value in told.getheaders()
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}
        )
        length = told.getheader("Content-Length") if self.command == "HEAD" else None
        self._say(told.status, kept, content, length=length)

    def _say(
        self, status: int, headers: tuple[tuple[str, str], ...], body: bytes, *, length: str | None = None
    ) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

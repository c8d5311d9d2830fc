"""A program that is told what happens, over HTTP: what it was sent, and what it answers."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread


@dataclass
class Program:
    """Where it listens; `answers` are its next statuses, 204 when there are none left."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    asleep: Event = field(default_factory=Event)
    """While this is set it answers nothing."""
    awake: Event = field(default_factory=Event)


@contextmanager
def listening(certificate: Path | None = None) -> Iterator[Program]:
    """A program on loopback, for as long as the block lasts; over TLS with that certificate."""
    program = Program()

    class Listening(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            program.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            if program.asleep.is_set():
                program.awake.wait(30)
            status = program.answers.pop(0) if program.answers else 204
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{program.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            program.got.append(({"method": "GET"}, b""))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(ConnectionError):  # whoever waited has gone
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    program.url = f"http://127.0.0.1:{server.server_port}/told"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield program
    finally:
        program.awake.set()
        server.shutdown()
        thread.join()
        server.server_close()

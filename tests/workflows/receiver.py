"""Another controller, who takes packages over HTTP and remembers what came how often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Receiver:
    """Where it listens, and what it was sent: every delivery of a key, in order. `/full` and `/closed` take nothing."""

    url: str = ""
    kept: dict[str, list[bytes]] = field(default_factory=dict)
    asked: dict[str, list[int]] = field(
        default_factory=dict
    )  # answers of those who take nothing, by their path


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A controller on loopback, for as long as the block lasts."""
    receiver = Receiver()

    class Taking(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            name = self.path.strip("/")
            status = {"full": 503, "closed": 403}.get(name, 201)
            if status == 201:
                receiver.kept.setdefault(self.headers["Idempotency-Key"], []).append(body)
            else:
                receiver.asked.setdefault(name, []).append(status)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    receiver.url = f"http://127.0.0.1:{server.server_port}/packages"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

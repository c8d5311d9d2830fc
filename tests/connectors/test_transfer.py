"""Packages go to other controllers once, streamed, over TLS, and nowhere that the systems file does not name."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from connectors.transfer import HttpTransfers, open_transfers
from domain.case import Bundle
from domain.errors import DataMapInvalid, NotFound, Refused, Unavailable

CONTENT = b"PK" + bytes(range(256)) * 4096


class Taking(BaseHTTPRequestHandler):
    """A controller that keeps what it is sent, by key; `/busy`, `/full` and `/away` will not take it."""

    kept: dict[str, bytes]
    seen: list[dict[str, str]]

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        status = {"/busy": 503, "/full": 429, "/no": 403, "/away": 307}.get(self.path, 201)
        if status == 201:
            self.kept[self.headers["Idempotency-Key"]] = body
        self.send_response(status)
        if status == 307:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def other() -> Iterator[tuple[str, type[Taking]]]:
    handler = type("Handler", (Taking,), {"kept": {}, "seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    thread.join()
    server.server_close()


def transfers(tmp_path: Path, url: str) -> HttpTransfers:
    file = tmp_path / "systems.yaml"
    file.write_text(
        f"systems: []\ncontrollers:\n  - {{name: othercrm, url: '{url}', token_env: OTHER_TOKEN}}\n", "utf-8"
    )
    return open_transfers(file, {"OTHER_TOKEN": "known"})


def bundle() -> Bundle:
    return Bundle(ref="bundle.zip", sha256=hashlib.sha256(CONTENT).hexdigest(), size=len(CONTENT))


def test_a_package_arrives_whole_under_its_key(tmp_path: Path, other: tuple[str, type[Taking]]) -> None:
    url, taking = other
    sending = transfers(tmp_path, f"{url}/packages")
    assert (sending.knows("othercrm"), sending.knows("stranger")) == (True, False)
    for _ in range(2):  # said again after a crash, it is the same package under the same key
        sending.send("othercrm", "case:fulfilling:to-othercrm:copy", bundle(), io.BytesIO(CONTENT))
    assert taking.kept == {"case:fulfilling:to-othercrm:copy": CONTENT}
    assert taking.seen[0]["digest"] == f"sha-256={bundle().sha256}"
    assert taking.seen[0]["authorization"] == "Bearer known"


@pytest.mark.parametrize(
    ("path", "raised"), [("/busy", Unavailable), ("/full", Unavailable), ("/no", Refused), ("/away", Refused)]
)
def test_what_the_other_side_says(
    tmp_path: Path, other: tuple[str, type[Taking]], path: str, raised: type[Exception]
) -> None:
    with pytest.raises(raised):
        transfers(tmp_path, other[0] + path).send("othercrm", "key", bundle(), io.BytesIO(CONTENT))
    assert not other[1].kept


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="unreachable"):
        transfers(tmp_path, "http://127.0.0.1:9/x").send("othercrm", "key", bundle(), io.BytesIO(CONTENT))
    with pytest.raises(NotFound):
        transfers(tmp_path, "http://127.0.0.1:9/x").send("stranger", "key", bundle(), io.BytesIO(CONTENT))


def test_personal_data_travels_under_tls_only(tmp_path: Path) -> None:
    with pytest.raises(DataMapInvalid, match="https"):
        transfers(tmp_path, "http://othercrm.example/packages")
    assert transfers(tmp_path, "https://othercrm.example/packages").knows("othercrm")

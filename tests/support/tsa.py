"""A time stamping authority of our own (RFC 3161) on loopback: pyHanko makes the tokens, a small server gives them away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from asn1crypto import keys, tsp  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

AT = datetime(2026, 11, 23, 2, 30, 15, tzinfo=UTC)
"""The time that it tells."""

REJECTION = bytes.fromhex("3005 3003 0201 02")
"""A TimeStampResp with that status and no token, which asn1crypto can't make."""


def _certificate(key: rsa.RSAPrivateKey, use: x509.ObjectIdentifier, serial: int) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Time of Siam")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(AT - timedelta(days=365))
        .not_valid_after(AT + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([use]), critical=True)
        .sign(key, hashes.SHA256())
    )


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


class Tsa:
    """The authority; `mood` says how it answers, `asked` holds the Authorization header of each request."""

    def __init__(
        self, use: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING, serial: int = 11
    ) -> None:
        key = _key()
        self.certificate = _certificate(key, use, serial)
        self.pem = self.certificate.public_bytes(Encoding.PEM)
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        self._stamper = DummyTimeStamper(
            asn1.Certificate.load(self.certificate.public_bytes(Encoding.DER)),
            keys.PrivateKeyInfo.load(der),
            fixed_dt=AT,
        )
        self.mood = "honest"
        self.asked: list[str | None] = []
        self.url = ""

    @property
    def name(self) -> str:
        return "127.0.0.1"

    def stamp(self, digest: bytes) -> bytes:
        """A token without asking: it can be over whatever one likes, as a forger's."""
        request = self._stamper.request_cms(digest, "sha256")[1]  # type: ignore[no-untyped-call]
        return bytes(self._stamper.request_tsa_response(request)["time_stamp_token"].dump())

    def answer(self, body: bytes) -> tuple[int, bytes]:
        request = tsp.TimeStampReq.load(body)
        if self.mood == "over another":
            request["message_imprint"]["hashed_message"] = bytes(32)
        elif self.mood == "another nonce":
            request["nonce"] = request["nonce"].native ^ 1
        elif self.mood == "refuses":
            return 200, REJECTION
        elif self.mood in {"busy", "forbids"}:
            return {"busy": 503, "forbids": 401}[self.mood], b""
        whole = self._stamper.request_tsa_response(request).dump()
        return 200, {"cut short": whole[:-9], "endless": bytes(1 << 20), "a page": b"<html>"}.get(
            self.mood, whole
        )


@contextmanager
def running() -> Iterator[Tsa]:
    """The authority on a port of its own."""
    tsa = Tsa()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            tsa.asked.append(self.headers["Authorization"])
            assert self.headers["Content-Type"] == "application/timestamp-query"
            code, reply = tsa.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(code)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    tsa.url = f"http://127.0.0.1:{server.server_port}/tsa"
    try:
        yield tsa
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

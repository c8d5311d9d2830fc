"""Over TLS the connection goes to the address that was looked at, and the certificate is held against the name."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters import SystemClock
from connectors.webhook_post import HttpPost
from domain.errors import Unavailable
from domain.webhooks import Outgoing
from security.webhooks import new_webhook_secret
from tests.support.told import Program, listening

NAME = "hook.example"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for that name, and its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "hook.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@pytest.fixture
def program(certificate: Path) -> Iterator[Program]:
    with listening(certificate) as found:
        yield found


def sent(program: Program, name: str, certificate: Path, patch: pytest.MonkeyPatch) -> None:
    port = int(program.url.rsplit(":", 1)[1].split("/")[0])
    address = str(ipaddress.IPv4Address("127.0.0.1"))
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]
    patch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    trusted = ssl.create_default_context(cafile=certificate)
    patch.setattr(httpx, "AsyncClient", partial(httpx.AsyncClient, verify=trusted))
    url = f"https://{name}:{port}/told"
    message = Outgoing(id="m-1", webhook="W-a", url=url, secret=new_webhook_secret(), body=b"{}")
    HttpPost(SystemClock(), loopback=True).send(message)


def test_who_has_the_name_s_certificate_is_told(
    program: Program, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(program, NAME, certificate, monkeypatch)
    [(headers, body)] = program.got
    assert headers["host"].startswith(f"{NAME}:")
    assert body == b"{}"


def test_who_has_another_s_is_not(
    program: Program, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unavailable, match="webhook away"):
        sent(program, "other.example", certificate, monkeypatch)
    assert program.got == []

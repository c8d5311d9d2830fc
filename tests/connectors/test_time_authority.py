"""Tokens from an authority on loopback, held against the request, and checked by OpenSSL, which is not ours."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.time_authority import HttpTimeAuthority
from domain.errors import Refused, SitthiError, Unavailable
from tests.support.tsa import Tsa, running

CONTENT = "ลายมือชื่อ".encode()
DIGEST = hashlib.sha256(CONTENT).digest()


@pytest.fixture
def tsa() -> Iterator[Tsa]:
    with running() as made:
        yield made


def openssl(tsa: Tsa, token: bytes, content: bytes, home: Path) -> tuple[int, str]:
    """Exit code and words of `openssl ts -verify`."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed")
    for name, data in (("token", token), ("content", content), ("ca.pem", tsa.pem)):
        (home / name).write_bytes(data)
    command = [program, "ts", "-verify", "-token_in", "-in", "token", "-data", "content", "-CAfile", "ca.pem"]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_openssl_accepts_the_token_over_what_it_is_over(tsa: Tsa, tmp_path: Path) -> None:
    token = HttpTimeAuthority(tsa.url).stamp(DIGEST)
    code, told = openssl(tsa, token, CONTENT, tmp_path)
    assert (code, "Verification: OK" in told) == (0, True), told
    assert openssl(tsa, token, b"another", tmp_path)[0] == 1


def test_it_is_asked_by_name_where_it_wants_one(tsa: Tsa) -> None:
    HttpTimeAuthority(tsa.url).stamp(DIGEST)
    HttpTimeAuthority(tsa.url, ("siam", "secret")).stamp(DIGEST)
    assert tsa.asked == [None, "Basic c2lhbTpzZWNyZXQ="]


@pytest.mark.parametrize(
    ("mood", "kind", "code"),
    [
        ("over another", Refused, "tsa-answer-to-another"),
        ("another nonce", Refused, "tsa-answer-to-another"),
        ("refuses", Refused, "tsa-refuses"),
        ("forbids", Refused, "tsa-refuses"),
        ("busy", Unavailable, "tsa-away"),
        ("cut short", Refused, "tsa-answer-unreadable"),
        ("endless", Refused, "tsa-answer-unreadable"),
        ("a page", Refused, "tsa-answer-unreadable"),
    ],
)
def test_an_answer_that_is_none_is_refused(tsa: Tsa, mood: str, kind: type[SitthiError], code: str) -> None:
    tsa.mood = mood
    with pytest.raises(kind) as told:
        HttpTimeAuthority(tsa.url).stamp(DIGEST)
    assert (told.value.code, told.value.facts["host"]) == (code, "127.0.0.1")


def test_an_answer_that_takes_too_long_is_not_waited_for(tsa: Tsa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.time_authority._LONGEST", -1.0)
    with pytest.raises(Unavailable, match="too slow"):
        HttpTimeAuthority(tsa.url).stamp(DIGEST)


def test_an_authority_that_is_away() -> None:
    with running() as tsa:
        authority = HttpTimeAuthority(tsa.url)
    with pytest.raises(Unavailable, match="tsa away"):
        authority.stamp(DIGEST)

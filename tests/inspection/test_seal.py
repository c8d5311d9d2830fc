"""The timestamp over a package's signature: made, told where it is missing, and looked at by the verifier."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from connectors.time_authority import HttpTimeAuthority
from domain.inspection import NO_AUTHORITY, STAMPED
from exports.inspection.seal import SIGNATURE, TIMESTAMP, Seal
from exports.verifier import sitthi_verify
from tests.support.tsa import Tsa, running

AT = "2026-11-23T02:30:15Z"


class Key:
    """Signs nothing: what is shown here is the timestamp over the signature's file."""

    def public(self) -> str:
        return "ab" * 32

    def sign(self, use: str, content: bytes) -> str:
        return hashlib.sha512(use.encode() + content).hexdigest()


@pytest.fixture
def tsa() -> Iterator[Tsa]:
    with running() as made:
        yield made


def package(files: dict[str, bytes]) -> zipfile.ZipFile:
    made = zipfile.ZipFile(io.BytesIO(), "w")
    for name, content in files.items():
        made.writestr(name, content)
    return made


def test_the_verifier_reads_the_time_over_the_signature(tsa: Tsa) -> None:
    seal = Seal(Key(), HttpTimeAuthority(tsa.url))
    files = seal.over(b"{}")
    assert (seal.timestamp, set(files)) == (STAMPED, {SIGNATURE, TIMESTAMP})
    assert sitthi_verify.stamped(package(files)) == f"{AT}, CN=Time of Siam"


def test_without_an_authority_there_is_none_and_it_says_so() -> None:
    seal = Seal(Key(), None)
    assert (set(seal.over(b"{}")), seal.timestamp) == ({SIGNATURE}, NO_AUTHORITY)


@pytest.mark.parametrize(
    ("mood", "why"),
    [("busy", "tsa-away"), ("refuses", "tsa-refuses"), ("over another", "tsa-answer-to-another")],
)
def test_an_authority_that_gives_none_leaves_the_signature_and_its_reason(
    tsa: Tsa, mood: str, why: str
) -> None:
    tsa.mood = mood
    seal = Seal(Key(), HttpTimeAuthority(tsa.url))
    files = seal.over(b"{}")
    assert (set(files), seal.timestamp) == ({SIGNATURE}, why)
    assert json.loads(files[SIGNATURE])["key"] == "ab" * 32


def test_a_token_over_something_else_is_caught(tsa: Tsa) -> None:
    files = Seal(Key(), HttpTimeAuthority(tsa.url)).over(b"{}")
    later = Seal(Key(), HttpTimeAuthority(tsa.url)).over(b"{ }")
    with pytest.raises(sitthi_verify.Broken, match="over something else"):
        sitthi_verify.stamped(package({**files, TIMESTAMP: later[TIMESTAMP]}))


def test_a_time_that_was_not_signed_is_caught(tsa: Tsa) -> None:
    files = Seal(Key(), HttpTimeAuthority(tsa.url)).over(b"{}")
    told, later = b"20261123023015Z", b"20271123023015Z"
    assert told in files[TIMESTAMP]
    forged = files[TIMESTAMP].replace(told, later)
    with pytest.raises(sitthi_verify.Broken, match="not the one that was signed"):
        sitthi_verify.stamped(package({**files, TIMESTAMP: forged}))
    honest, lie = (hashlib.sha256(_told(token)).digest() for token in (files[TIMESTAMP], forged))
    with pytest.raises(sitthi_verify.Broken, match="no certificate inside it signed it"):
        sitthi_verify.stamped(package({**files, TIMESTAMP: forged.replace(honest, lie)}))


def _told(token: bytes) -> bytes:
    der, bare = sitthi_verify.der, sitthi_verify.bare
    return bare(der(der(token, 1, 0)[2], 1)[0])


def test_a_certificate_that_is_for_something_else_is_caught(tsa: Tsa) -> None:
    files = Seal(Key(), HttpTimeAuthority(tsa.url)).over(b"{}")
    signed = Tsa(ExtendedKeyUsageOID.CODE_SIGNING).stamp(hashlib.sha256(files[SIGNATURE]).digest())
    with pytest.raises(sitthi_verify.Broken, match="not for time stamps"):
        sitthi_verify.stamped(package({**files, TIMESTAMP: signed}))


def test_an_authority_that_was_named_is_the_only_one(tsa: Tsa) -> None:
    files = package(Seal(Key(), HttpTimeAuthority(tsa.url)).over(b"{}"))
    assert sitthi_verify.stamped(files, tsa.certificate).startswith(AT)
    with pytest.raises(sitthi_verify.Broken, match="not of the authority that you named"):
        sitthi_verify.stamped(files, Tsa(serial=12).certificate)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_a_token_of_any_bytes_never_makes_it_fall_over(tsa: Tsa) -> None:
    """Every byte changed, every end cut off: an answer each time, and what its signature is over never holds."""
    files = Seal(Key(), HttpTimeAuthority(tsa.url)).over(b"{}")
    token, report = files[TIMESTAMP], sitthi_verify.Report()
    for place in range(len(token)):
        changed = token[:place] + bytes([token[place] ^ 0x85]) + token[place + 1 :]
        for each in (changed, token[:place]):
            report.check("timestamp", sitthi_verify.stamped, package({**files, TIMESTAMP: each}))
    assert len(report.held) + len(report.broken) == 2 * len(token)
    assert len(report.broken) > 1.9 * len(token), (
        "no token that was cut holds, and hardly one that was changed"
    )

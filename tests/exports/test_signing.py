from __future__ import annotations

import io
import shutil
import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from connectors.time_authority import HttpTimeAuthority
from domain.errors import BadInput, SealBroken
from exports.signing import DEVELOPMENT, Signer, verify
from tests.exports.conformance import faults
from tests.exports.samples import case_file, documents
from tests.support.tsa import AT, Tsa, running

PASSPHRASE = "กุญแจ-ของ-บริษัท"


def company() -> tuple[bytes, x509.Certificate]:
    key, now = rsa.generate_private_key(65537, 2048), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Siam CRM")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    sealed = BestAvailableEncryption(PASSPHRASE.encode())
    return pkcs12.serialize_key_and_certificates(b"c", key, built, None, sealed), built


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "deep" / "development.p12"


@pytest.fixture(scope="module")
def signed(keys: Path) -> bytes:
    made = documents(signer=Signer.for_development(keys)).letter("L1", case_file())
    return made.pdf


def test_the_development_certificate_says_so(signed: bytes) -> None:
    found = verify(signed)

    assert found.signer == DEVELOPMENT
    assert "DEVELOPMENT" in DEVELOPMENT
    assert not found.trusted


def test_it_is_made_once_and_read_by_its_owner_only(keys: Path, signed: bytes) -> None:
    assert signed
    before = keys.read_bytes()
    Signer.for_development(keys)

    assert keys.read_bytes() == before
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert list(keys.parent.iterdir()) == [keys]


def test_a_configured_certificate_signs_and_its_root_vouches(tmp_path: Path) -> None:
    content, certificate = company()
    (tmp_path / "company.p12").write_bytes(content)
    signer = Signer.open(tmp_path / "company.p12", PASSPHRASE)
    made = documents(signer=signer).letter("L1", case_file()).pdf

    assert verify(made, [certificate])[:2] == ("Siam CRM", True)
    assert verify(made) == ("Siam CRM", False, None, False)


@pytest.mark.parametrize("what", ["missing", "wrong passphrase", "no pkcs12"])
def test_a_certificate_that_cannot_be_used_is_refused(what: str, tmp_path: Path) -> None:
    file = tmp_path / "company.p12"
    if what != "missing":
        file.write_bytes(company()[0] if what == "wrong passphrase" else b"nothing")

    with pytest.raises(BadInput, match="signing certificate unreadable") as refused:
        Signer.open(file, "wrong")
    assert str(tmp_path) not in str(refused.value.facts)


def appended(pdf: bytes) -> bytes:
    return pdf + b"%anything\n"


def flipped(pdf: bytes) -> bytes:
    place = pdf.index(b"stream\n") + 100  # in the text of the first page
    return pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]


def updated(pdf: bytes) -> bytes:
    """A later revision, as a program that fills a form would write it."""
    writer, out = IncrementalPdfFileWriter(io.BytesIO(pdf)), io.BytesIO()
    writer.root["/PageMode"] = writer.root["/Lang"]
    writer.update_root()  # type: ignore[no-untyped-call]
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


@pytest.mark.parametrize("change", [appended, flipped, updated])
def test_a_changed_document_is_refused(change: Callable[[bytes], bytes], signed: bytes) -> None:
    with pytest.raises(SealBroken, match="signature not good"):
        verify(change(signed))


def test_an_unsigned_document_is_refused() -> None:
    with pytest.raises(SealBroken, match="signature missing"):
        verify(documents().letter("L1", case_file()).pdf)


def test_poppler_says_the_same(signed: bytes, tmp_path: Path) -> None:
    program = shutil.which("pdfsig")
    if program is None:
        pytest.skip("poppler-utils is not installed")
    (tmp_path / "signed.pdf").write_bytes(signed)
    done = subprocess.run(
        [program, "-nocert", str(tmp_path / "signed.pdf")], capture_output=True, check=False
    )
    told = done.stdout.decode()

    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told


def test_an_authority_puts_its_time_on_the_signature(keys: Path) -> None:
    with running() as tsa:
        signer = Signer.for_development(keys, HttpTimeAuthority(tsa.url))
        first, second = (documents(signer=signer).letter("L1", case_file()).pdf for _ in range(2))
        assert len(tsa.asked) == 3, "one more to learn how large tokens are"

    for made in (first, second):
        found = verify(made, [tsa.certificate])
        assert (found.stamped, found.stamp_trusted, found.trusted) == (AT, True, False)
    assert not verify(first).stamp_trusted
    assert faults(first) == []


@pytest.mark.parametrize("mood", ["busy", "refuses", "over another", "a page"])
def test_what_no_authority_stamps_is_signed_and_the_log_says_so(
    mood: str, keys: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running() as tsa:
        tsa.mood = mood
        signer = Signer.for_development(keys, HttpTimeAuthority(tsa.url))
        made = documents(signer=signer).letter("L1", case_file()).pdf

    assert verify(made) == (DEVELOPMENT, False, None, False)
    assert "a PDF was signed without a timestamp: tsa-" in caplog.text


def test_a_timestamp_over_another_signature_is_refused(keys: Path) -> None:
    class Liar(Tsa):
        def stamp(self, digest: bytes) -> bytes:
            return super().stamp(bytes(32))

    made = documents(signer=Signer.for_development(keys, Liar())).letter("L1", case_file()).pdf
    with pytest.raises(SealBroken, match="timestamp"):
        verify(made)

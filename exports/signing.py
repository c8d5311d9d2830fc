"""Signatures in PDFs: PAdES baseline B-B, with a time authority B-T (ETSI EN 319 142-1); made and verified by pyHanko.

The signature is an invisible field outside the page: PDF/A forbids hidden annotations and PDF/UA untagged visible
ones. Whoever opens the file reads the signer's name in the program's own signature panel.
"""

from __future__ import annotations

import io
import logging
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

from domain.errors import BadInput, Refused, SealBroken, Unavailable
from domain.timestamps import TimeAuthority

_log = logging.getLogger(__name__)

FIELD = "Sitthi"
DEVELOPMENT = "DEVELOPMENT ONLY, NOT A SIGNATURE OF ANYBODY"
"""The name in the certificate that nobody vouches for."""
_IN_THAI = "เพื่อการพัฒนาเท่านั้น"

_NO_SECRET = b"development"
_TEN_YEARS = timedelta(days=3650)


class Signature(NamedTuple):
    """A signature that holds: who signed, and whether one of the given roots vouches for them.

    `stamped` is the time that an authority put on it, if one did; `stamp_trusted`, whether a root vouches for that one.
    """

    signer: str
    trusted: bool
    stamped: datetime | None = None
    stamp_trusted: bool = False


class Signer:
    """Signs with one certificate and its key; an `authority` stamps the time of each signature."""

    def __init__(self, signer: Any, authority: TimeAuthority | None = None) -> None:
        self._signer = signer
        self._stamper = _stamper(authority) if authority else None

    @classmethod
    def open(cls, file: Path, passphrase: str, authority: TimeAuthority | None = None) -> Signer:
        """The certificate, key and chain of a PKCS#12 file.

        Raises:
            BadInput: it cannot be read, or not with that passphrase.
        """
        from pyhanko.sign.signers import SimpleSigner

        try:
            loaded = SimpleSigner.load_pkcs12_data(file.read_bytes(), (), passphrase.encode())
            return cls(loaded, authority)
        except (OSError, ValueError):
            mend = "name a PKCS#12 file that holds a key and its certificate, and give its passphrase"
            raise BadInput("signing-certificate-unreadable", mend, file=file.name) from None

    @classmethod
    def for_development(cls, file: Path, authority: TimeAuthority | None = None) -> Signer:
        """A certificate that says that it proves nothing; made once, in `file`, where there is none."""
        if not file.is_file():
            _make_once(file)
        return cls.open(file, _NO_SECRET.decode(), authority)

    def sign(self, pdf: bytes) -> bytes:
        """The document with a signature over all of it, as an incremental update.

        While the time authority is away it is signed without a timestamp, and the log says so: what the law gives a
        day for does not wait for somebody else's server.
        """
        try:
            return self._signed(pdf, self._stamper)
        except (Unavailable, Refused) as missing:
            _log.warning("a PDF was signed without a timestamp: %s", missing.code)
            return self._signed(pdf, None)

    def _signed(self, pdf: bytes, stamper: Any) -> bytes:
        from pyhanko.sign import PdfSignatureMetadata, PdfSigner
        from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter

        metadata = PdfSignatureMetadata(
            field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        field = SigFieldSpec(
            FIELD,
            invis_sig_settings=InvisSigSettings(box_out_of_bounds=True),
            readable_field_name=FIELD,
        )
        out = io.BytesIO()
        signer = PdfSigner(metadata, self._signer, timestamper=stamper, new_field_spec=field)
        signer.sign_pdf(_writer(pdf), output=out)
        return out.getvalue()


def verify(pdf: bytes, roots: Sequence[x509.Certificate] = ()) -> Signature:
    """The one signature of a document: intact, over the entire file, with nothing changed since.

    Raises:
        SealBroken: it is not signed, or not so; `signature-missing`, `signature-not-good`.
    """
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    try:
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    except (PdfError, ValueError):
        raise SealBroken("signature-not-good", why="unreadable") from None
    if not signatures:
        raise SealBroken("signature-missing")
    trust = ValidationContext(trust_roots=[_asn1(root) for root in roots], allow_fetching=False)
    status = validate_pdf_signature(signatures[-1], trust)
    _demand(status, alone=len(signatures) == 1)
    signer, stamp = _name(status.signing_cert.subject), status.timestamp_validity
    if stamp is None:
        return Signature(signer, status.trusted)
    return Signature(signer, status.trusted, stamp.timestamp, stamp.trusted)


def _stamper(authority: TimeAuthority) -> Any:
    """An authority as pyHanko asks it; once more in its first signature, to learn how large tokens are."""
    from asn1crypto import cms  # type: ignore[import-untyped]
    from pyhanko.sign.timestamps import TimeStamper

    class Stamper(TimeStamper):  # type: ignore[misc,unused-ignore]
        async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:  # noqa: ARG002 - ours is SHA-256
            return cms.ContentInfo.load(authority.stamp(message_digest))

        async def async_dummy_response(self, md_algorithm: str) -> Any:
            """Kept without reading its certificates, which pyHanko can't do of every authority's tokens."""
            if not samples:
                samples.append(await self.async_timestamp(bytes(32), md_algorithm))
            return samples[0]

    samples: list[Any] = []
    return Stamper()  # type: ignore[no-untyped-call]


def _name(subject: Any) -> str:
    return str(subject.native.get("common_name") or subject.human_friendly)


def _writer(pdf: bytes) -> Any:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    class KeepsMetadata(IncrementalPdfFileWriter):  # type: ignore[misc,unused-ignore]
        def _update_meta(self) -> None:
            """Not even the date: pyHanko's XMP loses the description of schemas, which PDF/A asks for."""

    return KeepsMetadata(io.BytesIO(pdf))


def _demand(status: Any, *, alone: bool) -> None:
    """`bottom_line` stays true when something was appended, so coverage and modification are asked as well."""
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import SignatureCoverageLevel

    stamp = status.timestamp_validity
    demands = {
        "more-than-one": alone,
        "changed": status.intact and status.valid,
        "timestamp": stamp is None or (stamp.intact and stamp.valid),
        "not-the-entire-file": status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        "changed-since": status.modification_level == ModificationLevel.NONE,
    }
    for why, met in demands.items():
        if not met:
            raise SealBroken("signature-not-good", why=why)


def _asn1(certificate: x509.Certificate) -> Any:
    from asn1crypto import x509 as asn1

    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))


def _make_once(file: Path) -> None:
    """Made whole beside its place and linked into it, so that of two processes one wins and both read the same."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(_development())
        with suppress(FileExistsError):
            os.link(part, file)
    finally:
        part.unlink(missing_ok=True)


def _development() -> bytes:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, DEVELOPMENT),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _IN_THAI),
        ]
    )
    usage = dict.fromkeys(
        (
            *("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"),
            *("encipher_only", "decipher_only"),
        ),
        False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _TEN_YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .sign(key, hashes.SHA256())
    )
    return pkcs12.serialize_key_and_certificates(
        b"sitthi", key, certificate, None, BestAvailableEncryption(_NO_SECRET)
    )

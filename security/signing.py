"""The engine's signature over what leaves it for the regulator: Ed25519 (RFC 8032).

The private key is derived from a data key of the ring, so that it rests wrapped in the key store, is re-wrapped when
keys are rotated, and is never written anywhere else. A signature is bound to its use: one over a published head is
none over an export.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from security.keyring import ENGINE_OWNER, KeyRing
from security.ports import KeyPurpose


class EngineSigning:
    """Implements `domain.inspection.Signing`; the key is made at the first signature."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def public(self) -> str:
        """The public key, hex (32 bytes): given away beforehand, it shows later who signed."""
        return self._key().public_key().public_bytes_raw().hex()

    def sign(self, use: str, content: bytes) -> str:
        """The signature over `sitthi/<use>/1`, a zero byte and the content, hex (64 bytes)."""
        return self._key().sign(_bound(use, content)).hex()

    def _key(self) -> Ed25519PrivateKey:
        key = self._ring.ensure(KeyPurpose.SIGNING, ENGINE_OWNER)
        return Ed25519PrivateKey.from_private_bytes(key.derive(b"sign/ed25519/1"))


def is_signed(key: str, use: str, content: bytes, signature: str) -> bool:
    """Whether that public key (hex) signed the content for that use."""
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(signature), _bound(use, content))
    except (ValueError, InvalidSignature):
        return False
    return True


def _bound(use: str, content: bytes) -> bytes:
    return f"sitthi/{use}/1\0".encode() + content

"""What stands after the manifest: the engine's signature over it, and the timestamp over that signature."""

from __future__ import annotations

import hashlib
import json

from domain.errors import Refused, Unavailable
from domain.inspection import NO_AUTHORITY, STAMPED, Signing
from domain.timestamps import TimeAuthority

SIGNATURE, TIMESTAMP = "manifest.sig.json", "manifest.sig.tst"


class Seal:
    """Seals one package; `timestamp` tells afterwards what became of it (`domain.inspection.Made`)."""

    def __init__(self, signing: Signing, authority: TimeAuthority | None) -> None:
        self._signing, self._authority = signing, authority
        self.timestamp = NO_AUTHORITY

    def over(self, manifest: bytes) -> dict[str, bytes]:
        """The files by name. The timestamp (DER) is over the signature's file, so that `openssl ts` can check it."""
        told = {
            "format": "sitthi-audit-signature",
            "version": 1,
            "algorithm": "Ed25519",
            "key": self._signing.public(),
            "signature": self._signing.sign("audit-manifest", manifest),
        }
        files = {SIGNATURE: json.dumps(told, indent=2).encode()}
        if self._authority is not None:
            try:
                files[TIMESTAMP] = self._authority.stamp(hashlib.sha256(files[SIGNATURE]).digest())
                self.timestamp = STAMPED
            except (Unavailable, Refused) as missing:
                # An order of the regulator is not held up by somebody else's server; the manifest names the authority.
                self.timestamp = missing.code
        return files

"""Finding a person's rows without keeping their identifiers: a keyed hash of the normalised value."""

from __future__ import annotations

import hashlib
import hmac

from domain.value import Value
from security.keyring import DataKey


class Lookup(Value):
    """What stands in the look-up column.

    `key_id` and `normaliser` tell which key and which version of the normaliser made `digest` (hex),
    so that a later key or a better normaliser can be brought in beside the old.
    """

    key_id: str
    kind: str
    normaliser: int
    digest: str


def lookup(key: DataKey, kind: str, normalised: str, normaliser: int) -> Lookup:
    """Hash an identifier, already normalised by `domain.identifiers`, by HMAC-SHA256 under the look-up key.

    The kind (`email`, `phone`) is part of what is hashed: equal texts of two kinds do not meet.
    """
    message = f"{kind}\x00{normaliser}\x00{normalised}".encode()
    digest = hmac.new(key.derive(b"lookup/1"), message, hashlib.sha256).hexdigest()
    return Lookup(key_id=key.key_id, kind=kind, normaliser=normaliser, digest=digest)

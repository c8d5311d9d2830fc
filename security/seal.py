"""Small sealed values: a column of the vault, a locator, a Temporal payload.

Layout: version (1 byte), key id (16), nonce (12), AES-256-GCM ciphertext and tag. The version, the
key id and the place are authenticated, so a value moved to another row does not open.
"""

from __future__ import annotations

import secrets
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from pydantic import BaseModel, ValidationError

from domain.errors import SealBroken
from security.keyring import DataKey, KeyRing

_VERSION = b"\x01"
_ID, _NONCE, _TAG = 16, 12, 16
_HEADER = len(_VERSION) + _ID
_MODEL = TypeVar("_MODEL", bound=BaseModel)


def seal(key: DataKey, plaintext: bytes, place: str) -> bytes:
    """Seal bytes for one place, named as `table.column:row id`."""
    header = _VERSION + bytes.fromhex(key.key_id)
    nonce = secrets.token_bytes(_NONCE)
    return header + nonce + key.sealer.encrypt(nonce, plaintext, header + place.encode())


def unseal(ring: KeyRing, sealed: bytes, place: str) -> bytes:
    """Open what was sealed for that place.

    Raises `SealBroken` if it was altered or belongs elsewhere, `KeyShredded` if its key was
    destroyed, `NotFound` if its key never was.
    """
    return unseal_with(ring.get(key_id_of(sealed)), sealed, place)


def unseal_with(key: DataKey, sealed: bytes, place: str) -> bytes:
    """Open with a key already at hand; raises `SealBroken`."""
    if key_id_of(sealed) != key.key_id:
        raise SealBroken("sealed-by-another-key", key_id=key.key_id)
    header, nonce, body = sealed[:_HEADER], sealed[_HEADER : _HEADER + _NONCE], sealed[_HEADER + _NONCE :]
    try:
        return key.sealer.decrypt(nonce, body, header + place.encode())
    except InvalidTag:
        raise SealBroken("seal-broken", key_id=key.key_id) from None


def key_id_of(sealed: bytes) -> str:
    """Read which key sealed it; raises `SealBroken` if it is no sealed value."""
    if len(sealed) < _HEADER + _NONCE + _TAG or not sealed.startswith(_VERSION):
        raise SealBroken("not-a-sealed-value")
    return sealed[len(_VERSION) : _HEADER].hex()


def seal_model(key: DataKey, value: BaseModel, place: str) -> bytes:
    """Seal a pydantic value as JSON."""
    return seal(key, value.model_dump_json().encode(), place)


def unseal_model(ring: KeyRing, sealed: bytes, place: str, model: type[_MODEL]) -> _MODEL:
    """Open a pydantic value; raises as `unseal`, and `SealBroken` if its shape is another."""
    plaintext = unseal(ring, sealed, place)
    try:
        return model.model_validate_json(plaintext)
    except ValidationError:
        raise SealBroken("sealed-shape-unknown", shape=model.__name__) from None

"""What the security room asks of others: where wrapped keys rest, what wraps them, who is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class KeyPurpose(StrEnum):
    """What a data key is for; a purpose and an owner have one key, ever."""

    CASE = "case"
    OBLIGATION = "obligation"
    RECORD = "record"  # the record of requests refused or done that s.39 makes the controller keep
    SWEEP = "sweep"  # where the records of a retention sweep stand
    ENGINE = "engine"
    LOOKUP = "lookup"
    LINK = "link"  # whom a link is about, and what they typed so far
    SIGNING = "signing"  # what is given to the regulator, and published heads


@dataclass(frozen=True)
class Wrapped:
    """A data key under the key-encryption key named `kek_id`."""

    kek_id: str
    data: bytes


@dataclass(frozen=True)
class KeyRecord:
    """A data key as it rests. `wrapped` is None once it was shredded; the marker stays for ever.

    `key_id` is 32 lowercase hex digits; `owner` is an opaque id (a case, an obligation), never a person.
    """

    key_id: str
    purpose: KeyPurpose
    owner: str
    wrapped: Wrapped | None


class KeyStore(Protocol):
    """Where wrapped keys rest: a database of its own, backed up apart from what the keys seal.

    Calls are blocking, thread-safe and committed when they return; an unreachable store raises
    `domain.errors.Unavailable`.
    """

    def add(self, record: KeyRecord) -> bool:
        """Keep a new record; False, changing nothing, if the key id or (purpose, owner) stands, even shredded."""
        ...

    def get(self, key_id: str) -> KeyRecord | None:
        """Give the record, shredded ones included."""
        ...

    def find(self, purpose: KeyPurpose, owner: str) -> KeyRecord | None:
        """Give the one record of that purpose and owner, shredded ones included."""
        ...

    def among(self, purpose: KeyPurpose, owners: Collection[str]) -> Sequence[KeyRecord]:
        """Give the records of that purpose of these owners, in one reading; one who has none is left out."""
        ...

    def stale(self, kek_id: str, after: str, limit: int) -> Sequence[KeyRecord]:
        """Give unshredded records wrapped by any KEK but `kek_id`, key id above `after`, in order of key id."""
        ...

    def replace(self, key_id: str, old: Wrapped, new: Wrapped) -> bool:
        """Swap the wrapped bytes if they are still `old`; False if they changed or were shredded."""
        ...

    def shred(self, key_id: str, reason: str) -> bool:
        """Overwrite the wrapped bytes, leaving marker, `reason` (a code) and time; False if none stood."""
        ...


class KeyEncryption(Protocol):
    """What wraps data keys: a local key file in development, a key management service in production."""

    @property
    def current(self) -> str:
        """Id of the key-encryption key that `wrap` uses now."""
        ...

    def wrap(self, plaintext: bytes, aad: bytes) -> Wrapped:
        """Encrypt a data key, bound to `aad`."""
        ...

    def unwrap(self, wrapped: Wrapped, aad: bytes) -> bytes:
        """Decrypt a data key; raises `SealBroken` if it or `aad` is not what was wrapped."""
        ...


class AuditSink(Protocol):
    """Who is told. Raises when it could not keep the note; then what was asked is not done."""

    def note(self, event: str, facts: Mapping[str, str | int]) -> None:
        """Keep an event with facts that are never personal data."""
        ...

"""The ring of data keys: made, found, opened, re-wrapped and shredded here only.

A key is never made on the way to decrypt, and never made again once shredded.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from domain.errors import Conflict, KeyShredded, NotFound, SealBroken
from security.ports import KeyEncryption, KeyPurpose, KeyRecord, KeyStore

KEY_BYTES = 32
ENGINE_OWNER = "engine"
LOOKUP_OWNER = "lookup"
_PAGE = 200


@dataclass(frozen=True)
class DataKey:
    """An opened data key. Its material is never used itself: each use derives a key of its own."""

    key_id: str
    purpose: KeyPurpose
    owner: str
    material: bytes = field(repr=False)

    def derive(self, use: bytes) -> bytes:
        """Give the 32-byte key of one use, by HKDF-Expand with SHA-256 (RFC 5869)."""
        return HKDFExpand(SHA256(), KEY_BYTES, b"sitthi/" + use).derive(self.material)

    @cached_property
    def sealer(self) -> AESGCM:
        """The cipher of small sealed values (see `security.seal`)."""
        return AESGCM(self.derive(b"seal/1"))


@dataclass(frozen=True)
class Rotation:
    """What a rotation did: keys now under `kek_id`, and the ids of those that would not open."""

    kek_id: str
    rewrapped: int
    broken: tuple[str, ...]


def aad_of(key_id: str, purpose: KeyPurpose, owner: str) -> bytes:
    """Bind a wrapped key to its row, so that bytes copied into another row do not open."""
    return f"sitthi-key/1\x00{key_id}\x00{purpose.value}\x00{owner}".encode()


class KeyRing:
    """Data keys, opened on demand and remembered for at most `ttl` seconds, at most `size` of them.

    Thread-safe. A key shredded by another process stops opening here within `ttl`; one shredded
    through this ring stops at once. Opening raises `NotFound` for a key that never was,
    `KeyShredded`, `SealBroken` when the wrapped bytes are not the row's own, and what the store raises.
    """

    def __init__(
        self,
        store: KeyStore,
        encryption: KeyEncryption,
        *,
        ttl: float = 60.0,
        size: int = 1024,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._encryption = encryption
        self._cache = _Cache(ttl, size, clock)

    def create(self, purpose: KeyPurpose, owner: str) -> DataKey:
        """Make and keep a new key; raises `Conflict` if that purpose and owner ever had one."""
        moment, key_id, material = self._cache.moment(), secrets.token_hex(16), secrets.token_bytes(KEY_BYTES)
        wrapped = self._encryption.wrap(material, aad_of(key_id, purpose, owner))
        if not self._store.add(KeyRecord(key_id, purpose, owner, wrapped)):
            raise Conflict("key-exists", purpose=purpose.value, owner=owner)
        key = DataKey(key_id, purpose, owner, material)
        self._cache.put(key, moment)
        return key

    def ensure(self, purpose: KeyPurpose, owner: str) -> DataKey:
        """Give the key, made if it never was: for the engine's and the look-up key, once at start."""
        if (known := self.cached_for(purpose, owner)) is not None:
            return known
        if self._store.find(purpose, owner) is None:
            try:
                return self.create(purpose, owner)
            except Conflict:  # another process starts at the same moment
                pass
        return self.for_owner(purpose, owner)

    def get(self, key_id: str) -> DataKey:
        """Open the key of that id."""
        return self.cached(key_id) or self._open(lambda: self._store.get(key_id), key_id=key_id)

    def for_owner(self, purpose: KeyPurpose, owner: str) -> DataKey:
        """Open the key of that purpose and owner."""
        return self.cached_for(purpose, owner) or self._open(
            lambda: self._store.find(purpose, owner), purpose=purpose.value, owner=owner
        )

    def warm(self, purpose: KeyPurpose, owners: Iterable[str]) -> None:
        """Open the keys of these owners in one reading of the store, for a list that needs them all.

        What does not open is told to who asks for it.
        """
        cold = [owner for owner in owners if self.cached_for(purpose, owner) is None]
        moment = self._cache.moment()
        for record in self._store.among(purpose, cold) if cold else ():
            with suppress(SealBroken, KeyShredded):
                self._cache.put(self._opened(record), moment)

    def cached(self, key_id: str) -> DataKey | None:
        """Give the key only if it is remembered: never blocks, so an event loop may ask."""
        return self._cache.get(key_id)

    def cached_for(self, purpose: KeyPurpose, owner: str) -> DataKey | None:
        """Give the key only if it is remembered: never blocks, so an event loop may ask."""
        return self._cache.get((purpose, owner))

    def shred(self, key_id: str, reason: str) -> bool:
        """Destroy the key and with it all that it sealed; False if it was already shredded.

        `reason` is a code, kept with the marker. Raises `NotFound` for a key that never was.
        """
        if self._store.get(key_id) is None:
            raise NotFound("key-unknown", key_id=key_id)
        try:
            return self._store.shred(key_id, reason)
        finally:
            self._cache.evict(key_id)

    def rotate(self) -> Rotation:
        """Re-wrap every key under the current key-encryption key; no payload is rewritten.

        Safe beside running engines and safe to repeat. Retire the old key-encryption key only
        when `broken` is empty; from then on old backups of the key store open nothing.
        """
        target, after, done, broken = self._encryption.current, "", 0, []
        while page := self._store.stale(target, after, _PAGE):
            for record in page:
                try:
                    done += self._rewrap(record)
                except SealBroken:
                    broken.append(record.key_id)
            after = page[-1].key_id
        return Rotation(target, done, tuple(broken))

    def _rewrap(self, record: KeyRecord) -> bool:
        if record.wrapped is None:
            return False
        aad = aad_of(record.key_id, record.purpose, record.owner)
        fresh = self._encryption.wrap(self._encryption.unwrap(record.wrapped, aad), aad)
        return self._store.replace(record.key_id, record.wrapped, fresh)

    def _open(self, fetch: Callable[[], KeyRecord | None], **facts: str) -> DataKey:
        moment = self._cache.moment()
        record = fetch()
        if record is None:
            raise NotFound("key-unknown", **facts)
        key = self._opened(record)
        self._cache.put(key, moment)
        return key

    def _opened(self, record: KeyRecord) -> DataKey:
        if record.wrapped is None:
            raise KeyShredded("key-shredded", key_id=record.key_id)
        aad = aad_of(record.key_id, record.purpose, record.owner)
        material = self._encryption.unwrap(record.wrapped, aad)
        return DataKey(record.key_id, record.purpose, record.owner, material)


@dataclass(frozen=True)
class _Moment:
    """When a read of the store began, and how many keys had been shredded here by then."""

    at: float
    evictions: int


class _Cache:
    """Opened keys by id and by (purpose, owner), least recently used first."""

    def __init__(self, ttl: float, size: int, clock: Callable[[], float]) -> None:
        self._ttl, self._size, self._clock = ttl, size, clock
        self._lock = threading.Lock()
        self._keys: OrderedDict[str, tuple[float, DataKey]] = OrderedDict()
        self._ids: dict[tuple[KeyPurpose, str], str] = {}
        self._evictions = 0

    def moment(self) -> _Moment:
        with self._lock:
            return _Moment(self._clock(), self._evictions)

    def get(self, name: str | tuple[KeyPurpose, str]) -> DataKey | None:
        with self._lock:
            key_id = name if isinstance(name, str) else self._ids.get(name, "")
            opened, key = self._keys.get(key_id, (0.0, None))
            if key is None:
                return None
            if self._clock() - opened >= self._ttl:
                self._forget(key_id)
                return None
            self._keys.move_to_end(key_id)
            return key

    def put(self, key: DataKey, read: _Moment) -> None:
        with self._lock:
            if read.evictions != self._evictions:
                return  # read before a shredding here: remembering it would bring the key back
            self._keys[key.key_id] = (read.at, key)
            self._ids[key.purpose, key.owner] = key.key_id
            while len(self._keys) > self._size:
                self._forget(next(iter(self._keys)))

    def evict(self, key_id: str) -> None:
        with self._lock:
            self._evictions += 1
            self._forget(key_id)

    def _forget(self, key_id: str) -> None:
        _, key = self._keys.pop(key_id, (0.0, None))
        if key is not None:
            self._ids.pop((key.purpose, key.owner), None)

"""A key store in memory that enforces what the port promises."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from security.ports import KeyPurpose, KeyRecord, Wrapped


@dataclass
class MemoryKeyStore:
    """Implements `KeyStore`; `reads` counts look-ups, `reasons` keeps the shredding markers."""

    records: dict[str, KeyRecord] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    reads: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, record: KeyRecord) -> bool:
        with self.lock:
            taken = any(
                (it.purpose, it.owner) == (record.purpose, record.owner) for it in self.records.values()
            )
            if taken or record.key_id in self.records:
                return False
            self.records[record.key_id] = record
            return True

    def get(self, key_id: str) -> KeyRecord | None:
        with self.lock:
            self.reads += 1
            return self.records.get(key_id)

    def find(self, purpose: KeyPurpose, owner: str) -> KeyRecord | None:
        with self.lock:
            self.reads += 1
            return next(
                (it for it in self.records.values() if (it.purpose, it.owner) == (purpose, owner)), None
            )

    def among(self, purpose: KeyPurpose, owners: Collection[str]) -> Sequence[KeyRecord]:
        found = (self.find(purpose, owner) for owner in owners)
        return [record for record in found if record is not None]

    def stale(self, kek_id: str, after: str, limit: int) -> Sequence[KeyRecord]:
        with self.lock:
            live = sorted(self.records.values(), key=lambda it: it.key_id)
            found = [it for it in live if it.wrapped and it.wrapped.kek_id != kek_id and it.key_id > after]
            return found[:limit]

    def replace(self, key_id: str, old: Wrapped, new: Wrapped) -> bool:
        with self.lock:
            record = self.records[key_id]
            if record.wrapped != old:
                return False
            self.records[key_id] = replace(record, wrapped=new)
            return True

    def shred(self, key_id: str, reason: str) -> bool:
        with self.lock:
            record = self.records[key_id]
            if record.wrapped is None:
                return False
            self.records[key_id] = replace(record, wrapped=None)
            self.reasons[key_id] = reason
            return True

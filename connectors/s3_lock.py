"""Locking what a hold keeps: until its last day has passed, the store itself lets nobody delete it (S3 Object Lock)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from connectors.s3_map import BucketMap, StoreMap
from connectors.s3_store import Entry, Store
from domain.calendar import BANGKOK
from domain.connector import Kept


class Keeper:
    """Places retention; it never shortens one, and lifts none."""

    def __init__(self, store: Store, map_: StoreMap) -> None:
        self._store = store
        self._map = map_

    def lock(self, kept: Sequence[Kept]) -> int:
        """Lock every version of what is kept, where the map has its bucket lock; how many objects that were."""
        lockable = [one for one in kept if self._bucket(one).lock_held and "upload" not in one.locator]
        return sum(done for _, done in self._store.side_by_side(self._lock, lockable))

    def _lock(self, one: Kept) -> bool:
        bucket, key = self._bucket(one), str(one.locator["key"])
        # Both ends of a hold count: it is free when the day after its last one begins in Bangkok.
        until = datetime.combine(one.until + timedelta(days=1), time(), BANGKOK)
        found = False
        for name, entry in self._store.entries(bucket, key):
            if name != key:
                break
            if not entry.marker:
                found = True
                self._retain(bucket, key, entry, until)
        return found

    def _retain(self, bucket: BucketMap, key: str, entry: Entry, until: datetime) -> None:
        head = self._store.head(bucket, key, entry.version)
        if head is None:
            return
        already = head.get("ObjectLockRetainUntilDate")
        if already is not None and already >= until:
            return
        mode: Any = head.get("ObjectLockMode") or bucket.lock_held.upper()
        with self._store.at(bucket) as client:
            client.put_object_retention(
                Bucket=bucket.bucket,
                Key=key,
                VersionId=entry.version,
                Retention={"Mode": mode, "RetainUntilDate": until},
            )

    def _bucket(self, one: Kept) -> BucketMap:
        return self._map.buckets[str(one.locator["bucket"])]

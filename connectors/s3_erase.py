"""Erasing: every version and delete marker of a key, the newest last.

The newest entry is what an object is told by: while it stands, a retry finds the object as it was planned and goes
on; and no earlier version comes into view again under a marker that went before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from connectors.s3_errors import PAUSE_SECONDS, is_gone, passes, refusal
from connectors.s3_map import BucketMap, StoreMap
from connectors.s3_store import Entry, Store, Stored, Upload
from domain.connector import ABSENT, Batch, Effect, EffectKind, Foreseen, Order
from domain.errors import RateLimited, Refused

AT_ONCE = 1_000
"""The most that S3 deletes in one request."""

_TRY_AGAIN = "it is tried again by itself"

Standing = Stored | Upload | None


@dataclass
class _Going:
    """Deletions of one bucket, sent a thousand at a time; which keys and codes failed."""

    store: Store
    bucket: BucketMap
    waiting: list[dict[str, str]] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    codes: Counter[str] = field(default_factory=Counter)

    def add(self, key: str, entry: Entry) -> None:
        self.waiting.append({"Key": key, "VersionId": entry.version})
        if len(self.waiting) == AT_ONCE:
            self.send()

    def send(self) -> None:
        if not self.waiting:
            return
        told: Any = {"Objects": self.waiting, "Quiet": True}
        with self.store.at(self.bucket) as client:
            answer = client.delete_objects(Bucket=self.bucket.bucket, Delete=told)
        self.waiting = []
        for error in answer.get("Errors", ()):
            self.failed.add(error.get("Key", ""))
            self.codes[error.get("Code", "")] += 1


class Eraser:
    """Carries out orders to erase."""

    def __init__(self, store: Store, map_: StoreMap) -> None:
        self._store = store
        self._map = map_

    def foresee(self, batch: Batch) -> tuple[Foreseen, ...]:
        """Nothing is left of any; that the buckets are there and answer is seen now."""
        for bucket in {self._bucket(order).name: self._bucket(order) for order in batch.orders}.values():
            with self._store.at(bucket) as client:
                client.get_bucket_versioning(Bucket=bucket.bucket)
        return tuple(Foreseen(no=order.no, hash_after=ABSENT) for order in batch.orders)

    def observe(self, batch: Batch) -> tuple[Foreseen, ...]:
        """What stands at every order's key."""
        return tuple(
            Foreseen(no=order.no, hash_after=found.hash if found else ABSENT)
            for order, found in self._standing(batch.orders)
        )

    def apply(self, batch: Batch) -> tuple[Effect, ...]:
        """Erase what stands as it was planned.

        Raises:
            Refused: S3 keeps some of it (a lock, a right that is missing); the rest is gone, and found so later.
            Unavailable: the same, for now.
        """
        effects: list[Effect] = []
        keys: dict[str, list[Stored]] = {}
        for order, found in self._standing(batch.orders):
            kind = _kind(order, found)
            effects.append(
                Effect(
                    no=order.no,
                    kind=kind,
                    achieved=None if kind is EffectKind.DRIFTED else order.outcome,
                )
            )
            if kind is not EffectKind.DONE:
                continue
            if isinstance(found, Upload):
                self._abort(self._bucket(order), found)
            elif found is not None:
                keys.setdefault(self._bucket(order).name, []).append(found)
        for name, doomed in keys.items():
            self._erase(self._map.buckets[name], doomed)
        return tuple(effects)

    def _erase(self, bucket: BucketMap, doomed: Sequence[Stored]) -> None:
        going = _Going(self._store, bucket)
        for stored in doomed:
            for entry in self._entries(bucket, stored):
                if stored.newest is None or entry.version != stored.newest.version:
                    going.add(stored.key, entry)
        going.send()
        for stored in doomed:
            if stored.newest is not None and stored.key not in going.failed:
                going.add(stored.key, stored.newest)
        going.send()
        if going.codes:
            raise self._why(going)

    def _why(self, going: _Going) -> Refused | RateLimited:
        """The error for keys that were not deleted: to be tried again only where that may help all of them."""
        count = going.codes.total()
        refused = [code for code in going.codes if not passes(code)]
        if refused:
            return refusal(refused[0], self._store.system, "DeleteObjects", count=count)
        return RateLimited(
            "storage-too-busy",
            _TRY_AGAIN,
            retry_after=PAUSE_SECONDS,
            system=self._store.system,
            call="DeleteObjects",
            count=count,
        )

    def _entries(self, bucket: BucketMap, stored: Stored) -> Iterator[Entry]:
        """Everything at a key; of one with more than can be held, as it is listed again."""
        if stored.few is not None:
            yield from stored.few
            return
        for key, entry in self._store.entries(bucket, stored.key):
            if key != stored.key:
                return
            yield entry

    def _abort(self, bucket: BucketMap, upload: Upload) -> None:
        with self._store.at(bucket) as client:
            try:
                client.abort_multipart_upload(Bucket=bucket.bucket, Key=upload.key, UploadId=upload.id)
            except ClientError as error:
                if not is_gone(error):
                    raise

    def _standing(self, orders: Sequence[Order]) -> Iterator[tuple[Order, Standing]]:
        return self._store.side_by_side(self._find, orders)

    def _find(self, order: Order) -> Standing:
        bucket, key = self._bucket(order), str(order.locator["key"])
        if "upload" in order.locator:
            return self._store.upload(bucket, key, str(order.locator["upload"]))
        return self._store.key(bucket, key)

    def _bucket(self, order: Order) -> BucketMap:
        name = order.locator.get("bucket")
        found = self._map.buckets.get(name) if isinstance(name, str) else None
        if found is None or not isinstance(order.locator.get("key"), str):
            raise Refused("locator-malformed", "plan again", system=self._store.system, table=order.table)
        return found


def _kind(order: Order, found: Standing) -> EffectKind:
    if found is None:
        return EffectKind.ALREADY
    # A marker whose content is gone is what an erasure that was cut short leaves, or a life-cycle rule.
    cut_short = isinstance(found, Stored) and found.content is None
    as_planned = {found.hash} | (
        {found.hash_if(content=True)} if cut_short and isinstance(found, Stored) else set()
    )
    return EffectKind.DONE if order.hash_before in as_planned else EffectKind.DRIFTED

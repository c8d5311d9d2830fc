"""Locating: every key that a person's ids lead to, with what may be said of it, and unfinished uploads; in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from connectors.s3_cursor import Cursors, Mark, malformed
from connectors.s3_map import LAST_MODIFIED, BucketMap, ObjectMap, StoreMap
from connectors.s3_map import Mark as Sign
from connectors.s3_store import Entry, Store, Stored, Upload
from connectors.s3_targets import Target, fingerprint, targets_of
from domain.calendar import day_in_bangkok
from domain.connector import Page
from domain.item import Found, Item, Subject
from domain.outcomes import Outcome

PAGE = 1_000
"""Items a page; about what one listing brings."""

HELD_BY_HAND = "object-legal-hold"
LOCKED = "object-locked-until-{day}"
"""Obstacles: what the store itself keeps from everybody, and to which day."""

_UNLOCKED = frozenset(
    {"ObjectLockConfigurationNotFoundError", "ObjectLockConfigurationNotFound", "NotImplemented"}
)

Signs = Mapping[str, Mapping[str, str]]
"""Tags and metadata of a version, by kind."""


class Locator:
    """Pages through a person's targets: objects of the first, its unfinished uploads, objects of the second, ..."""

    def __init__(
        self, store: Store, map_: StoreMap, cursors: Cursors, *, page: int, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._map = map_
        self._cursors = cursors
        self._page = page
        self._now = now
        self._locking: dict[str, bool] = {}
        self._asking = Lock()

    def page(self, subject: Subject, cursor: str) -> Page:
        """The items behind the cursor."""
        targets = targets_of(self._map, subject, self._store.system)
        whose = fingerprint(targets)
        start = (
            self._cursors.read(cursor) if cursor else Mark(whose=whose, step=0, key="", upload="", number=1)
        )
        if start.whose != whose or start.step >= 2 * len(targets):
            if cursor:
                raise malformed()
            return Page(items=())
        items: list[Item] = []
        number = start.number
        for step in range(start.step, 2 * len(targets)):
            after = (start.key, start.upload) if step == start.step else ("", "")
            for place, found in self._step(targets, step, after):
                items.append(_numbered(found, number))
                number += 1
                if len(items) == self._page:
                    mark = Mark(whose=whose, step=step, key=place[0], upload=place[1], number=number)
                    return Page(items=tuple(items), cursor=self._cursors.write(mark))
        return Page(items=tuple(items))

    def _step(
        self, targets: tuple[Target, ...], step: int, after: tuple[str, str]
    ) -> Iterator[tuple[tuple[str, str], Item]]:
        target, earlier = targets[step // 2], targets[: step // 2]
        if step % 2:
            for upload in self._store.uploads(target.bucket, target.text, after if after[0] else None):
                if not target.wanted and _first(target, earlier, upload.key):
                    yield (upload.key, upload.id), self._unfinished(target, upload)
            return
        stream = (stored for stored in self._keys(target, after[0]) if _first(target, earlier, stored.key))
        for stored, item in self._store.side_by_side(lambda one: self._item(target, one), stream):
            if item is not None:
                yield (stored.key, ""), item

    def _keys(self, target: Target, after: str) -> Iterator[Stored]:
        if target.is_prefix:
            yield from self._store.keys(target.bucket, target.text, after)
        elif not after:
            found = self._store.key(target.bucket, target.text)
            yield from (found,) if found else ()

    def _item(self, target: Target, stored: Stored) -> Item | None:
        """What is located at a key; None where its marks say that it is not the person's."""
        one, bucket = target.of, target.bucket
        if stored.content is None:
            return None if target.wanted else self._left_marker(target, stored)
        theirs, obstacle = self._looked_through(target, stored)
        if not any(theirs):
            return None
        signs = self._signs(bucket, stored.key, stored.content, one.marks)
        found = Found(
            no=0,
            system=self._store.system,
            table=one.name,
            unit=one.unit,
            role=one.role,
            basis=one.basis,
            on_erase=one.on_erase,
            dates={event: _day(sign, signs, stored.content) for event, sign in one.dates.items()},
            holds=one.holds,
            contract_open=_runs(one, signs),
            # Versions of several owners under one key: whose it is, people must say.
            unsure=not all(theirs),
            obstacle=obstacle,
        )
        return Item(found=found, locator={"bucket": bucket.name, "key": stored.key}, content_hash=stored.hash)

    def _looked_through(self, target: Target, stored: Stored) -> tuple[set[bool], str]:
        """Over all versions: whether they bear the person's marks, and what the store keeps from being deleted."""
        locking = self._locks(target.bucket)
        if not target.wanted and not locking:
            return {True}, ""
        kinds = {one.condition.mark.kind for one in target.wanted}
        theirs: set[bool] = set()
        free_on: datetime | None = None
        held = False
        for entry in self._versions(target.bucket, stored):
            head = self._head(target.bucket, stored.key, entry) if locking or "metadata" in kinds else {}
            signs = self._of(target.bucket, stored.key, entry, kinds, head)
            theirs.add(all(one.holds(signs[one.condition.mark.kind]) for one in target.wanted))
            held |= head.get("ObjectLockLegalHoldStatus") == "ON"
            until = head.get("ObjectLockRetainUntilDate")
            if until is not None and until > self._now():
                free_on = max(free_on or until, until)
        if held:
            return theirs, HELD_BY_HAND
        return theirs, LOCKED.format(day=day_in_bangkok(free_on).isoformat()) if free_on else ""

    def _versions(self, bucket: BucketMap, stored: Stored) -> Iterator[Entry]:
        if stored.few is not None:
            yield from (entry for entry in stored.few if not entry.marker)
            return
        for key, entry in self._store.entries(bucket, stored.key):
            if key != stored.key:
                return
            if not entry.marker:
                yield entry

    def _signs(self, bucket: BucketMap, key: str, entry: Entry, kinds: frozenset[str]) -> Signs:
        head = self._head(bucket, key, entry) if "metadata" in kinds else {}
        return self._of(bucket, key, entry, kinds, head)

    def _of(
        self,
        bucket: BucketMap,
        key: str,
        entry: Entry,
        kinds: set[str] | frozenset[str],
        head: Mapping[str, Any],
    ) -> Signs:
        tags = self._store.tags(bucket, key, entry.version) if "tag" in kinds else {}
        return {"tag": tags, "metadata": head.get("Metadata", {})}

    def _head(self, bucket: BucketMap, key: str, entry: Entry) -> Mapping[str, Any]:
        return self._store.head(bucket, key, entry.version) or {}

    def _left_marker(self, target: Target, stored: Stored) -> Item:
        """Delete markers with nothing beneath: the file is gone, its name is not."""
        newest = stored.newest
        on = day_in_bangkok(newest.modified) if newest else None
        return self._remnant(target, {"key": stored.key}, stored.hash, on)

    def _unfinished(self, target: Target, upload: Upload) -> Item:
        locator = {"key": upload.key, "upload": upload.id}
        return self._remnant(target, locator, upload.hash, day_in_bangkok(upload.begun))

    def _remnant(self, target: Target, locator: Mapping[str, str], content: str, on: date | None) -> Item:
        kind = self._map.remnants
        found = Found(
            no=0,
            system=self._store.system,
            table=kind.name,
            unit=kind.unit,
            role=target.of.role,
            basis=kind.basis,
            on_erase=Outcome.ERASE,
            dates={"entered_on": on, "document_date": on},
        )
        return Item(found=found, locator={"bucket": target.bucket.name, **locator}, content_hash=content)

    def _locks(self, bucket: BucketMap) -> bool:
        """Whether objects of a bucket can be locked at all; asked once."""
        with self._asking:
            if bucket.name not in self._locking:
                self._locking[bucket.name] = can_lock(self._store, bucket)
            return self._locking[bucket.name]


def can_lock(store: Store, bucket: BucketMap) -> bool:
    """Whether a bucket was made for Object Lock."""
    with store.at(bucket) as client:
        try:
            told = client.get_object_lock_configuration(Bucket=bucket.bucket)
        except ClientError as error:
            if str(error.response.get("Error", {}).get("Code", "")) in _UNLOCKED:
                return False
            raise
    return told.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled"


def _numbered(item: Item, number: int) -> Item:
    return item.model_copy(update={"found": item.found.model_copy(update={"no": number})})


def _first(target: Target, earlier: tuple[Target, ...], key: str) -> bool:
    """Whether this target is the first that comes to a key; one with conditions leaves to others what lacks them."""
    here = target.covers(key)
    return here and not any(
        one.bucket is target.bucket and not one.wanted and one.covers(key) for one in earlier
    )


def _day(sign: Sign, signs: Signs, content: Entry) -> date | None:
    """The day that a mark tells; None where it tells none, which a hold then fails closed on."""
    if sign.kind == LAST_MODIFIED:
        return day_in_bangkok(content.modified)
    text = signs[sign.kind].get(sign.name, "").strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return day_in_bangkok(moment) if moment.tzinfo else moment.date()


def _runs(one: ObjectMap, signs: Signs) -> bool:
    rule = one.contract
    if rule.mark is None:
        return rule.always
    return signs[rule.mark.kind].get(rule.mark.name, "") in rule.states

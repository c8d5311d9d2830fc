"""A store's buckets behind one set of keys: clients by region, and what stands under a prefix, streamed.

One record is one key with all its versions and delete markers: they are the history of one document. It is told
from its newest entry, as S3 never changes an older one: a new version or marker makes another newest entry, and
older ones going (by a life-cycle rule, or by an erasure that was cut short) is no change of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.client import Config
from botocore.exceptions import ClientError

from connectors.content import content_hash
from connectors.s3_errors import is_gone, translated
from connectors.s3_map import BucketMap

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

AT_ONCE = 8
"""Requests in flight: they are small, and most of each is waiting."""

FEW = 1_000
"""How many entries of one key are held in memory; of a key with more they are listed again."""

_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a store: its address (none: that of the region), its region, and keys (none: the machine's role)."""

    endpoint: str = ""
    region: str = ""
    access_key: str = ""
    secret_key: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One version or delete marker of a key."""

    version: str
    newest: bool
    marker: bool
    modified: datetime
    tag: str = ""
    size: int = 0


@dataclass(slots=True)
class Stored:
    """One key and what is known of it from listings: counts, its newest entry, its newest content.

    `few` are all of its entries while they are few enough to hold, else none of them.
    """

    key: str
    newest: Entry | None = None
    content: Entry | None = None
    versions: int = 0
    markers: int = 0
    few: list[Entry] | None = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Count an entry in."""
        if self.newest is None or (entry.newest, entry.modified) > (self.newest.newest, self.newest.modified):
            self.newest = entry
        if entry.marker:
            self.markers += 1
        else:
            self.versions += 1
            if self.content is None:  # versions of a key come newest first
                self.content = entry
        if self.few is not None:
            self.few.append(entry)
            if len(self.few) > FEW:
                self.few = None

    @property
    def hash(self) -> str:
        """What it holds: told by its newest entry, and by whether any content is left beneath a marker."""
        return self.hash_if(content=self.content is not None)

    def hash_if(self, *, content: bool) -> str:
        """The same, were there content or none."""
        newest = self.newest
        told = (newest.version, newest.tag, newest.marker) if newest else ("", "", False)
        return content_hash((*told, content))


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload in parts that was begun and neither completed nor aborted."""

    key: str
    id: str
    begun: datetime

    @property
    def hash(self) -> str:
        """An upload is the same while it is there."""
        return content_hash((self.id,))


class Store:
    """The buckets of a map. Every method raises the engine's errors only."""

    def __init__(self, system: str, access: Access) -> None:
        self.system = system
        self._access = access
        self._clients: dict[str, S3Client] = {}
        self._lock = Lock()

    @cached_property
    def pool(self) -> ThreadPoolExecutor:
        """For requests at once."""
        return ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"s3-{self.system}")

    @contextmanager
    def at(self, bucket: BucketMap) -> Iterator[S3Client]:
        """The client of a bucket's region; what it raises becomes the engine's own."""
        with translated(self.system):
            yield self._client(bucket.region or self._access.region)

    def entries(self, bucket: BucketMap, prefix: str, after: str = "") -> Iterator[tuple[str, Entry]]:
        """Every version and delete marker under a prefix, key by key, a listing page at a time."""
        place: dict[str, Any] = {"KeyMarker": after} if after else {}
        while True:
            with self.at(bucket) as client:
                page: Mapping[str, Any] = client.list_object_versions(
                    Bucket=bucket.bucket, Prefix=prefix, **place
                )
            yield from _in_order(page)
            if not page.get("IsTruncated"):
                return
            place = {"KeyMarker": page["NextKeyMarker"]}
            if page.get("NextVersionIdMarker"):
                place["VersionIdMarker"] = page["NextVersionIdMarker"]

    def keys(self, bucket: BucketMap, prefix: str, after: str = "") -> Iterator[Stored]:
        """Every key under a prefix, behind the key `after`, each once."""
        current: Stored | None = None
        for key, entry in self.entries(bucket, prefix, after):
            if current is None or current.key != key:
                if current is not None:
                    yield current
                current = Stored(key)
            current.add(entry)
        if current is not None:
            yield current

    def key(self, bucket: BucketMap, key: str) -> Stored | None:
        """What stands at one key; None for nothing."""
        found = next(self.keys(bucket, key), None)  # of all that begin so, the key itself sorts first
        return found if found is not None and found.key == key else None

    def uploads(
        self, bucket: BucketMap, prefix: str, after: tuple[str, str] | None = None
    ) -> Iterator[Upload]:
        """Unfinished uploads under a prefix."""
        place: dict[str, Any] = {"KeyMarker": after[0], "UploadIdMarker": after[1]} if after else {}
        while True:
            with self.at(bucket) as client:
                page: Mapping[str, Any] = client.list_multipart_uploads(
                    Bucket=bucket.bucket, Prefix=prefix, **place
                )
            for one in page.get("Uploads", ()):
                yield Upload(one["Key"], one["UploadId"], one["Initiated"])
            if not page.get("IsTruncated"):
                return
            place = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    def upload(self, bucket: BucketMap, key: str, upload: str) -> Upload | None:
        """One unfinished upload; None when it is no more."""
        return next((one for one in self.uploads(bucket, key) if (one.key, one.id) == (key, upload)), None)

    def head(self, bucket: BucketMap, key: str, version: str) -> Mapping[str, Any] | None:
        """The headers of a version; None when it is no more."""
        with self.at(bucket) as client:
            try:
                found: Mapping[str, Any] = client.head_object(
                    Bucket=bucket.bucket, Key=key, VersionId=version
                )
            except ClientError as error:
                if is_gone(error):
                    return None
                raise
        return found

    def tags(self, bucket: BucketMap, key: str, version: str) -> dict[str, str]:
        """The tags of a version; none of one that is no more."""
        with self.at(bucket) as client:
            try:
                found = client.get_object_tagging(Bucket=bucket.bucket, Key=key, VersionId=version)
            except ClientError as error:
                if is_gone(error):
                    return {}
                raise
        return {one["Key"]: one["Value"] for one in found["TagSet"]}

    def side_by_side(self, work: Callable[[_T], _R], on: Iterable[_T]) -> Iterator[tuple[_T, _R]]:
        """Each thing with what the work made of it, in order, a few at once: never all of them in memory."""
        stream = iter(on)
        while some := list(islice(stream, 2 * AT_ONCE)):
            yield from zip(some, self.pool.map(work, some), strict=True)

    def close(self) -> None:
        """Let go of connections and threads."""
        if "pool" in self.__dict__:
            self.pool.shutdown()
        for client in self._clients.values():
            client.close()

    def _client(self, region: str) -> S3Client:
        with self._lock:  # making a client is not safe among threads, using one is
            if region not in self._clients:
                self._clients[region] = self._open(region)
            return self._clients[region]

    def _open(self, region: str) -> S3Client:
        access = self._access
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"} if access.endpoint else {},
            connect_timeout=5,
            read_timeout=60,
            max_pool_connections=2 * AT_ONCE,
            retries={"mode": "standard", "total_max_attempts": 2},  # the engine itself waits and tries again
        )
        client: S3Client = boto3.session.Session().client(
            "s3",
            endpoint_url=access.endpoint or None,
            region_name=region or None,
            aws_access_key_id=access.access_key or None,
            aws_secret_access_key=access.secret_key or None,
            config=config,
        )
        return client


def _in_order(page: Mapping[str, Any]) -> Iterator[tuple[str, Entry]]:
    """A page's versions and markers, which S3 gives apart, together by key; the key that goes on comes last."""
    found: dict[str, list[Entry]] = {}
    for part, marker in (("Versions", False), ("DeleteMarkers", True)):
        for one in page.get(part, ()):
            entry = Entry(
                version=one["VersionId"],
                newest=one["IsLatest"],
                marker=marker,
                modified=one["LastModified"],
                tag=one.get("ETag", ""),
                size=one.get("Size", 0),
            )
            found.setdefault(one["Key"], []).append(entry)
    last = page.get("NextKeyMarker") if page.get("IsTruncated") else None
    for key in sorted(found, key=lambda key: (key == last, key.encode("utf-8", "surrogatepass"))):
        for entry in found[key]:
            yield key, entry

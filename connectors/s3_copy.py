"""Copying: what is known of each object, and its newest content as a file for the package.

Earlier versions are told by day and size: they are the history of the document that is given, and the person may
ask for one. Of a file that was deleted from view its newest content is given, for the company still holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from pydantic import JsonValue

from connectors.content import plain
from connectors.datamap_columns import read_label
from connectors.datamap_yaml import read_yaml
from connectors.s3_errors import is_gone
from connectors.s3_map import BucketMap, Mark, ObjectMap, StoreMap
from connectors.s3_store import Entry, Store, Stored
from domain.errors import Drift
from domain.item import Attached, Column, Item, Label, Record, Role, Table, packed_name

OLDER = 100
"""How many earlier versions a record lists; how many there are, it always says."""

CHUNK = 1 << 20
_ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})
_REMNANT = ("key", "name", "modified")


def _labels() -> dict[str, Label]:
    words = read_yaml(Path(__file__).with_name("s3_labels.yaml"))
    return {name: read_label(node) for name, node in words.pairs()}


class Copier:
    """Makes records of items, and opens their files."""

    def __init__(self, store: Store, map_: StoreMap) -> None:
        self._store = store
        self._map = map_

    def describe(self) -> tuple[Table, ...]:
        """The classes in the map's order, and what is left of files at the end."""
        labels, kind = _labels(), self._map.remnants
        classes = tuple(self._table(one, labels) for one in self._map.objects.values())
        rest = Table(
            system=self._store.system,
            name=kind.name,
            label=kind.label,
            unit=kind.unit,
            role=Role.CONTROLLER,
            basis=kind.basis,
            source=kind.source,
            columns=tuple(Column(name=name, label=labels[name]) for name in _REMNANT),
        )
        return (*classes, rest)

    def _table(self, one: ObjectMap, labels: Mapping[str, Label]) -> Table:
        own = {_column(mark): label for mark, label in one.show.items()}
        return Table(
            system=self._store.system,
            name=one.name,
            label=one.label,
            unit=one.unit,
            role=one.role,
            basis=one.basis,
            source=one.source,
            columns=tuple(Column(name=name, label=label) for name, label in {**labels, **own}.items()),
        )

    def copy(self, items: Iterable[Item]) -> Iterator[Record]:
        """Records in the order of the items; what is gone since it was located is left out."""
        for _, record in self._store.side_by_side(self._record, items):
            if record is not None:
                yield record

    def open(self, file: Attached) -> Iterator[bytes]:
        """The bytes of a record's file, in pieces.

        Raises:
            Drift: it is no more, or another than was listed.
        """
        bucket = self._map.buckets[str(file.ref["bucket"])]
        key, version = str(file.ref["key"]), str(file.ref["version"])
        with self._store.at(bucket) as client:
            try:
                found = client.get_object(Bucket=bucket.bucket, Key=key, VersionId=version)
            except ClientError as error:
                if is_gone(error):
                    raise Drift("object-gone", "copy the system again", system=self._store.system) from None
                raise
            with closing(found["Body"]) as body:
                yield from body.iter_chunks(CHUNK)

    def _record(self, item: Item) -> Record | None:
        bucket = self._map.buckets[str(item.locator["bucket"])]
        key = str(item.locator["key"])
        if "upload" in item.locator:
            upload = self._store.upload(bucket, key, str(item.locator["upload"]))
            return self._told(item, {"modified": plain(upload.begun)}) if upload else None
        stored = self._store.key(bucket, key)
        if stored is None or stored.newest is None:
            return None
        if stored.content is None:
            return self._told(item, {"modified": plain(stored.newest.modified)})
        return self._whole(item, bucket, stored, stored.content)

    def _whole(self, item: Item, bucket: BucketMap, stored: Stored, content: Entry) -> Record | None:
        one = self._map.objects[item.found.table]
        head = self._store.head(bucket, stored.key, content.version)
        if head is None:
            return None
        values: dict[str, JsonValue] = {
            "type": str(head.get("ContentType", "")),
            "size": content.size,
            "modified": plain(content.modified),
            "deleted": bool(stored.newest and stored.newest.marker),
            "versions": stored.versions,
            "older": _older(stored, content),
            **self._shown(one, bucket, stored.key, content, head),
        }
        withheld = _withheld(one, bucket, head)
        if withheld:
            return self._told(item, values, withheld={"file": withheld})
        file = Attached(
            path=packed_name(self._store.system, item.found.no, _name(stored.key)),
            ref={"bucket": bucket.name, "key": stored.key, "version": content.version},
            size=content.size,
        )
        return self._told(item, values | {"file": file.path}, files=(file,))

    def _told(
        self,
        item: Item,
        values: Mapping[str, JsonValue],
        *,
        withheld: Mapping[str, str] | None = None,
        files: tuple[Attached, ...] = (),
    ) -> Record:
        key = str(item.locator["key"])
        return Record(
            system=self._store.system,
            table=item.found.table,
            unit=item.found.unit,
            no=item.found.no,
            values={"key": f"{item.locator['bucket']}/{key}", "name": _name(key), **values},
            withheld=withheld or {},
            files=files,
        )

    def _shown(
        self, one: ObjectMap, bucket: BucketMap, key: str, content: Entry, head: Mapping[str, Any]
    ) -> dict[str, JsonValue]:
        asks_tags = any(mark.kind == "tag" for mark in one.show)
        tags = self._store.tags(bucket, key, content.version) if asks_tags else {}
        signs = {"tag": tags, "metadata": head.get("Metadata", {})}
        return {_column(mark): signs[mark.kind].get(mark.name) for mark in one.show}


def _column(mark: Mark) -> str:
    return f"{mark.kind}.{mark.name}"


def _withheld(one: ObjectMap, bucket: BucketMap, head: Mapping[str, Any]) -> str:
    """The code why a file is not in the package; none where it is."""
    if bucket.replica_of:
        return "replica"  # the original is there
    if not one.given:
        return "attachment"
    archived = head.get("StorageClass") in _ARCHIVED and 'ongoing-request="false"' not in head.get(
        "Restore", ""
    )
    return "archived" if archived else ""


def _older(stored: Stored, content: Entry) -> list[JsonValue]:
    earlier = [one for one in stored.few or () if not one.marker and one.version != content.version]
    return [{"modified": plain(one.modified), "size": one.size} for one in earlier[:OLDER]]


def _name(key: str) -> str:
    return key.rstrip("/").rpartition("/")[2]

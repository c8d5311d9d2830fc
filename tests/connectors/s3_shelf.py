"""A store to try single things on: its map, its keys, and a proxy before it that can be told to fail."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.s3 import S3Connector
from connectors.s3_map_read import load_store_map
from connectors.s3_store import Access
from domain.connector import Batch, EffectKind, Order
from domain.item import Item, Subject
from domain.outcomes import Outcome
from domain.rights import Verb
from embedded.objects import OWNER, REGION, ObjectServer
from tests.contract.s3_world import BUCKETS, client_of, furnish
from tests.support.s3_proxy import Proxy

NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)
ACCOUNT = Subject(identifiers=(), anchors={"siamcrm": ({"$table": "users", "id": 101},)})

MAP = """
ids:
  account: {system: siamcrm, table: users, column: id}
sources:
  person: [จากเจ้าของข้อมูล, From the person]
buckets:
  documents: {bucket: world-documents}
  locked: {bucket: world-locked}
objects:
  papers:
    label: [เอกสาร, Papers]
    unit: U03
    basis: legal-obligation
    source: person
    bucket: documents
    keys: "ROOT/papers/{account}/"
    on_erase: erase
    dates: {document_date: metadata.document-date, filed_on: tag.filed, entered_on: last_modified}
    contract_open: {status: tag.status, open: [active]}
    show: {tag.filed: [วันที่ยื่น, Filed]}
  deeds:
    label: [สัญญา, Deeds]
    unit: U03
    basis: legal-obligation
    source: person
    bucket: locked
    keys: "ROOT/deeds/{account}/"
    on_erase: erase
  pool:
    label: [แฟ้มรวม, Shared folder]
    unit: U06
    basis: contract
    source: person
    bucket: documents
    keys: "ROOT/pool/"
    where: {tag: {owner: "{account}"}}
    on_erase: erase
remnants:
  label: [ร่องรอยของไฟล์, Traces of files]
  unit: U08
  basis: legitimate-interest
  source: person
"""
_numbers = itertools.count(1)


class Shelf:
    """One root of its own in the shared buckets."""

    def __init__(self, server: ObjectServer, home: Path, text: str = MAP) -> None:
        furnish(server)
        self.server = server
        self.client = client_of(server)
        self.root = f"s{next(_numbers)}"
        self.map_file = home / f"{self.root}.objects.yaml"
        self.map_file.write_text(text.replace("ROOT", self.root), "utf-8")
        self.proxy = Proxy(server.address.removeprefix("http://"))
        self._opened: list[S3Connector] = []
        self.connector = self.open()

    def open(self, identity: str = OWNER, *, page: int = 1_000, now: datetime = NOW) -> S3Connector:
        keys = self.server.keys(identity)
        access = Access(
            endpoint=self.proxy.address, region=REGION, access_key=keys.access, secret_key=keys.secret
        )
        opened = S3Connector("files", access, load_store_map(self.map_file), page=page, now=lambda: now)
        self._opened.append(opened)
        return opened

    def put(self, key: str, body: bytes = b"x", bucket: str = "documents", **more: Any) -> str:
        made = self.client.put_object(Bucket=BUCKETS[bucket], Key=f"{self.root}/{key}", Body=body, **more)
        return str(made.get("VersionId", "null"))

    def hide(self, key: str) -> None:
        self.client.delete_object(Bucket=BUCKETS["documents"], Key=f"{self.root}/{key}")

    def left(self, key: str = "", bucket: str = "documents") -> int:
        """How many versions and markers stand there."""
        found = 0
        place: dict[str, Any] = {}
        while True:
            page: Mapping[str, Any] = self.client.list_object_versions(
                Bucket=BUCKETS[bucket], Prefix=f"{self.root}/{key}", **place
            )
            found += len(page.get("Versions", ())) + len(page.get("DeleteMarkers", ()))
            if not page["IsTruncated"]:
                return found
            place = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    def items(self, connector: S3Connector | None = None, subject: Subject = ACCOUNT) -> list[Item]:
        found: list[Item] = []
        cursor = ""
        while True:
            page = (connector or self.connector).locate(subject, cursor)
            found += page.items
            cursor = page.cursor
            if not cursor:
                return found

    def erase(self, items: list[Item], connector: S3Connector | None = None) -> list[EffectKind]:
        by = connector or self.connector
        batch = erasing(items)
        return [effect.kind for effect in by.apply(batch, by.foresee(batch))]

    def close(self) -> None:
        for connector in self._opened:
            connector.close()
        self.proxy.close()
        self.client.close()


def erasing(items: list[Item]) -> Batch:
    orders = tuple(
        Order(
            no=item.found.no,
            table=item.found.table,
            locator=item.locator,
            outcome=Outcome.ERASE,
            hash_before=item.content_hash,
        )
        for item in items
    )
    return Batch(key="c1:fulfilling:files:erase:1", verb=Verb.ERASE, orders=orders)

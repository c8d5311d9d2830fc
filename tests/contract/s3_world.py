"""A person's files among others', on a real S3 server, as a world for the contract."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.client import Config
from pydantic import JsonValue
from types_boto3_s3.client import S3Client

from connectors.s3 import S3Connector
from connectors.s3_map_read import load_store_map
from connectors.s3_store import Access
from domain.connector import Ended
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Item, Subject
from embedded.objects import REGION, ObjectServer
from tests.contract.world import Fault
from tests.support.s3_proxy import LOST, LOST_AFTER, Answer, Proxy, error, on_deletes

SYSTEM = "files"
PERSON, NEIGHBOUR = 101, 1010
EMAIL = "thanakorn@baanmai.example"
NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)
BUCKETS = {"documents": "world-documents", "copies": "world-copies", "locked": "world-locked"}

_numbers = itertools.count(1)

MAP = """
ids:
  account: {{system: siamcrm, table: users, column: id}}
  customer: {{identifier: ref, pattern: "cus_[A-Za-z0-9]+"}}
  mail: {{identifier: email}}
sources:
  person: [จากเจ้าของข้อมูล, From the person]
buckets:
  documents: {{bucket: world-documents}}
  copies: {{bucket: world-copies, replica_of: documents}}
objects:
  consents:
    label: [แบบความยินยอม, Consent forms]
    unit: U01
    basis: contract
    source: person
    bucket: documents
    keys: "{root}/consents/{{account}}/"
    on_erase: erase
    dates: {{document_date: metadata.document-date, entered_on: last_modified}}
    show: {{metadata.document-date: [วันที่ในเอกสาร, Date of the document]}}
  login_events:
    label: [บันทึกการเข้าใช้, Log-in records]
    unit: U08
    basis: legitimate-interest
    source: person
    bucket: documents
    keys: ["{root}/logs/{{account}}/", "{root}/portraits/{{mail}}.png", "{root}/stripe/{{customer}}/"]
    give: false
    on_erase: erase
    dates: {{entered_on: last_modified}}
  uploads:
    label: [ไฟล์ที่ส่งเข้ามา, Uploaded files]
    unit: U06
    basis: contract
    source: person
    bucket: documents
    keys: "{root}/uploads/"
    where: {{tag: {{owner: "{{account}}"}}}}
    on_erase: erase
remnants:
  label: [ร่องรอยของไฟล์, Traces of files]
  unit: U08
  basis: legitimate-interest
  source: person
"""


def client_of(server: ObjectServer, identity: str = "owner") -> S3Client:
    keys = server.keys(identity)
    client: S3Client = boto3.session.Session().client(
        "s3",
        endpoint_url=server.address,
        region_name=REGION,
        aws_access_key_id=keys.access,
        aws_secret_access_key=keys.secret,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, max_pool_connections=20),
    )
    return client


def furnish(server: ObjectServer) -> None:
    """The buckets that all worlds share; each world has a root of its own in them."""
    client = client_of(server)
    known = {one["Name"] for one in client.list_buckets()["Buckets"]}
    for name in BUCKETS.values():
        if name not in known:
            client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=name == BUCKETS["locked"])
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


_FAULTS: dict[Fault, Answer] = {
    Fault.LIMITED: error(503, "SlowDown", Retry_After="3"),
    Fault.BROKEN: error(500, "InternalError"),
    Fault.SLOW: error(400, "RequestTimeout"),
    Fault.LOST: LOST_AFTER,
}


class S3World:
    """Person 101 between 10 and 1010, in two buckets: the second replicates the first."""

    transactional = False
    movable, many = "consents", "login_events"
    withholds = True
    faults = frozenset(Fault)

    def __init__(self, server: ObjectServer, home: Path, *, page: int = 7) -> None:
        furnish(server)
        self.server, self.page = server, page
        self.client = client_of(server)
        self.root = f"w{next(_numbers)}"
        self.proxy = Proxy(server.address.removeprefix("http://"))
        self._opened: list[S3Connector] = []
        self.map_file = home / "world.objects.yaml"
        self.map_file.write_text(MAP.format(root=self.root), "utf-8")
        self.connector = self.reopened()
        self.subject = Subject(
            identifiers=(
                identifier(IdentifierKind.EMAIL, EMAIL),
                identifier(IdentifierKind.REF, "cus_Baan1"),
                identifier(IdentifierKind.REF, "somebody-else's/ref"),
            ),
            anchors={"siamcrm": ({"$table": "users", "id": PERSON}, {"$table": "contacts", "id": NEIGHBOUR})},
        )
        self.stranger: Identifier = identifier(IdentifierKind.EMAIL, "nobody.here@example.net")
        self.corrections: Mapping[str, JsonValue] = {}
        self.ended: Ended = {}
        self.as_of = NOW.date()
        self._fill()

    def _fill(self) -> None:
        documents = BUCKETS["documents"]
        for person in (PERSON, 10, NEIGHBOUR):
            for name in ("ใบยินยอม 100%.pdf", "a b+c.pdf", "d/e.pdf", "ๆ.pdf"):
                for number, bucket in itertools.product(range(2), (documents, BUCKETS["copies"])):
                    self.put(bucket, f"consents/{person}/{name}", f"{person}{name}{number}")
            for number in range(8):
                self.put(documents, f"logs/{person}/{number}.log", f"{person} {number}")
            self.client.delete_object(Bucket=documents, Key=self.at(f"consents/{person}/d/e.pdf"))
            for number in range(3):
                self.put(documents, f"uploads/{person}-{number}", "x", owner=str(person))
            self.client.create_multipart_upload(Bucket=documents, Key=self.at(f"logs/{person}/big"))
        self.put(documents, f"portraits/{EMAIL}.png", "png")
        self.put(documents, f"portraits/{EMAIL}.png.bak", "of nobody's map")
        self.put(documents, "stripe/cus_Baan1/receipt", "r")
        self.put(documents, "stripe/cus_Baan10/receipt", "r")

    def at(self, key: str) -> str:
        return f"{self.root}/{key}"

    def put(self, bucket: str, key: str, body: str, **tags: str) -> str:
        made = self.client.put_object(
            Bucket=bucket,
            Key=self.at(key),
            Body=body.encode(),
            Metadata={"document-date": "2024-02-29"},
            Tagging="&".join(f"{name}={value}" for name, value in tags.items()),
        )
        return str(made["VersionId"])

    def suppressed(self) -> list[str]:
        return []

    def standing(self) -> Iterator[tuple[str, str, str, str, bool]]:
        """Everything under this world's root: bucket, key, version, tag, and whether it is the newest."""
        for bucket in BUCKETS.values():
            place: dict[str, Any] = {}
            while True:
                page: Mapping[str, Any] = self.client.list_object_versions(
                    Bucket=bucket, Prefix=f"{self.root}/", **place
                )
                for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                    yield bucket, one["Key"], one["VersionId"], one.get("ETag", ""), one["IsLatest"]
                if not page["IsTruncated"]:
                    break
                place = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
            for upload in self.client.list_multipart_uploads(Bucket=bucket, Prefix=f"{self.root}/").get(
                "Uploads", ()
            ):
                yield bucket, upload["Key"], upload["UploadId"], "upload", True

    def is_own(self, key: str) -> bool:
        own = (f"/{PERSON}/", f"/{PERSON}-", f"/{EMAIL}.png", "/cus_Baan1/")
        return any(part in key for part in own) and not key.endswith(".bak")

    def others(self) -> dict[str, str]:
        found: dict[str, list[tuple[str, str, str, str, bool]]] = {}
        for one in self.standing():
            if not self.is_own(one[1]):
                found.setdefault(one[0], []).append(one)
        return {
            bucket: hashlib.sha256(json.dumps(sorted(rows)).encode()).hexdigest()
            for bucket, rows in found.items()
        }

    def _open(self, secret_key: str) -> S3Connector:
        access = Access(
            endpoint=self.proxy.address,
            region=REGION,
            access_key=self.server.keys().access,
            secret_key=secret_key,
        )
        opened = S3Connector(
            SYSTEM, access, load_store_map(self.map_file), secret=b"s" * 32, page=self.page, now=lambda: NOW
        )
        self._opened.append(opened)
        return opened

    def reopened(self) -> S3Connector:
        return self._open(self.server.keys().secret)

    def refused(self) -> S3Connector:
        return self._open("not-its-password")

    def touch(self, item: Item) -> None:
        bucket, key = str(item.locator["bucket"]), str(item.locator["key"])
        self.put(BUCKETS[bucket], key.removeprefix(f"{self.root}/"), "written behind our back")

    @contextmanager
    def cut(self, after: int = 2) -> Iterator[None]:
        """The connection is lost once the earlier versions are gone: a request is up to a thousand writes."""
        with self.proxy.failing(on_deletes(LOST, after=after)):
            yield

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        with self.proxy.failing(lambda _: _FAULTS[fault]):
            yield

    def close(self) -> None:
        for connector in self._opened:
            connector.close()
        self.proxy.close()
        self.client.close()

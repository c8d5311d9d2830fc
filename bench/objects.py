"""Erasing a hundred thousand versions from an S3 store: in how long, and in how much memory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import boto3
import psutil
from botocore.client import Config
from types_boto3_s3.client import S3Client

from activities.batches import BATCH
from bench.place import Place
from bench.rows import Row, seconds_of
from connectors.s3 import S3Connector
from connectors.s3_map_read import load_store_map
from connectors.s3_store import Access
from domain.connector import Batch, EffectKind, Order
from domain.item import Item, Subject
from domain.outcomes import Outcome
from domain.rights import Verb
from embedded.objects import REGION, ObjectServer

LIMIT_MB = 50.0
VERSIONS, FEW = 100_000, 1_000
EACH = 10
"""Versions a key."""

_BUCKET = "bench"
_WRITERS = 16
_MAP = """
ids: {account: {system: siamcrm, table: users, column: id}}
buckets: {bench: {bucket: bench}}
objects:
  papers:
    label: [เอกสาร, Papers]
    unit: U03
    basis: legal-obligation
    source: [จากเจ้าของข้อมูล, From the person]
    bucket: bench
    keys: "papers/{account}/"
    on_erase: erase
    dates: {entered_on: last_modified}
remnants:
  label: [ร่องรอยของไฟล์, Traces of files]
  unit: U08
  basis: legitimate-interest
  source: [จากเจ้าของข้อมูล, From the person]
"""


def measure(_place: Place, *, times: int) -> list[Row]:
    """A look (`times` 1) erases a tenth."""
    versions = VERSIONS if times > 1 else VERSIONS // 10
    with _store() as (client, connector):
        _fill(client, 1, FEW)
        before = _erase(connector, 1, FEW)
        _fill(client, 2, versions)
        peaks: list[float] = []
        took = seconds_of(lambda: peaks.append(_erase(connector, 2, versions)))
        grown = max(peaks[0] - before, 0.0)
    return [
        Row(f"S3: erase {versions:,} versions, located, foreseen and applied", took, "s"),
        Row(
            f"S3: memory from {FEW:,} to {versions:,} versions", grown, "MB", None, LIMIT_MB, limit_on="ours"
        ),
    ]


@contextmanager
def _store() -> Iterator[tuple[S3Client, S3Connector]]:
    home = Path(tempfile.mkdtemp(prefix="sitthi-bench-s3-"))
    server = ObjectServer(home / "s3")
    try:
        server.start()
        keys = server.keys()
        client: S3Client = boto3.session.Session().client(
            "s3",
            endpoint_url=server.address,
            region_name=REGION,
            aws_access_key_id=keys.access,
            aws_secret_access_key=keys.secret,
            config=Config(max_pool_connections=_WRITERS, s3={"addressing_style": "path"}),
        )
        client.create_bucket(Bucket=_BUCKET)
        client.put_bucket_versioning(Bucket=_BUCKET, VersioningConfiguration={"Status": "Enabled"})
        map_file = home / "bench.objects.yaml"
        map_file.write_text(_MAP, "utf-8")
        access = Access(server.address, REGION, keys.access, keys.secret)
        connector = S3Connector("bench", access, load_store_map(map_file))
        try:
            yield client, connector
        finally:
            connector.close()
            client.close()
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


def _fill(client: S3Client, account: int, versions: int) -> None:
    def put(number: int) -> None:
        key = f"papers/{account}/{number % (versions // EACH):06}.txt"
        client.put_object(Bucket=_BUCKET, Key=key, Body=b"x")

    with ThreadPoolExecutor(_WRITERS) as writers:
        for start in range(0, versions, BATCH):
            list(writers.map(put, range(start, min(start + BATCH, versions))))


def _erase(connector: S3Connector, account: int, versions: int) -> float:
    """Erase all of an account's; the most memory that stood after a batch, in MB."""
    subject = Subject(identifiers=(), anchors={"siamcrm": ({"$table": "users", "id": account},)})
    done, peak = 0, 0.0
    # What goes is found again no more: the first page is always the next one.
    while items := connector.locate(subject).items[:BATCH]:
        batch = Batch(key=f"bench:{account}:{done}", verb=Verb.ERASE, orders=tuple(map(_order, items)))
        effects = connector.apply(batch, connector.foresee(batch))
        done += sum(effect.kind is EffectKind.DONE for effect in effects)
        peak = max(peak, _resident())
    if done != versions // EACH:
        raise AssertionError(f"{done} objects went, not {versions // EACH}")
    return peak


def _order(item: Item) -> Order:
    return Order(
        no=item.found.no,
        table=item.found.table,
        locator=item.locator,
        outcome=Outcome.ERASE,
        hash_before=item.content_hash,
    )


def _resident() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6

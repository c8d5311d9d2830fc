"""The demonstration company's files: slips and attachments of its people, in a bucket and in the replica of it.

They are those that stand in the database as well. Every third was uploaded twice, so that it has an earlier version,
and every fifth attachment was deleted from view: both are still there, and belong to the person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.client import Config
from sqlalchemy import Engine, text

from demo.elsewhere import FILES
from embedded.objects import REGION, ObjectServer

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client
    from types_boto3_s3.type_defs import ObjectIdentifierTypeDef

SYSTEM = FILES
MAP = Path(__file__).with_name("siamfiles.objects.yaml")
BUCKETS = ("siamcrm-documents", "siamcrm-documents-copy")

_TWICE, _HIDDEN = 3, 5

_SLIPS = text("""
    select s.id, i.billed_user_id as account, s.file_name, s.media_type, s.image as content,
           p.paid_on, i.vat_filed_on
    from transfer_slips s join payments p on p.id = s.payment_id join invoices i on i.id = p.invoice_id
    where i.billed_user_id is not null order by s.id""")
_ATTACHMENTS = text("""
    select a.id, t.user_id as account, a.file_name, a.media_type, a.content, u.status
    from ticket_attachments a join ticket_messages m on m.id = a.message_id
    join tickets t on t.id = m.ticket_id join users u on u.id = t.user_id order by a.id""")


@dataclass(frozen=True)
class File:
    """One file of a person: where it goes and what is said of it."""

    key: str
    content: bytes
    media_type: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: str = ""
    twice: bool = False
    hidden: bool = False


def client(server: ObjectServer) -> S3Client:
    """Its owner's way in."""
    keys = server.keys()
    made: S3Client = boto3.session.Session().client(
        "s3",
        endpoint_url=server.address,
        region_name=REGION,
        aws_access_key_id=keys.access,
        aws_secret_access_key=keys.secret,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    return made


def files(crm: Engine) -> Iterator[File]:
    """What the company's people sent, as its database has it."""
    with crm.connect() as connection:
        for row in connection.execute(_SLIPS):
            dates = {"paid-on": row.paid_on, "vat-filed-on": row.vat_filed_on}
            yield File(
                key=f"slips/{row.account}/{row.id}-{row.file_name}",
                content=bytes(row.content),
                media_type=row.media_type,
                metadata={name: f"{day}" for name, day in dates.items() if day is not None},
                twice=row.id % _TWICE == 0,
            )
        for row in connection.execute(_ATTACHMENTS):
            yield File(
                key=f"tickets/{row.account}/{row.id}-{row.file_name}",
                content=bytes(row.content),
                media_type=row.media_type,
                tags=f"account={row.status}",
                twice=row.id % _TWICE == 0,
                hidden=row.id % _HIDDEN == 0,
            )


def furnish(server: ObjectServer, crm: Engine, *, lockable: bool = False) -> int:
    """Make the buckets and put every file; how many there are. Buckets that are there already are left alone.

    `lockable` buckets can keep objects from everybody (Object Lock), by the server's own clock.
    """
    s3 = client(server)
    known = {one["Name"] for one in s3.list_buckets()["Buckets"]}
    if known & set(BUCKETS):
        return 0
    for bucket in BUCKETS:
        s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=lockable)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    count = 0
    for file in files(crm):
        for bucket in BUCKETS:  # SeaweedFS does not replicate by itself
            _put(s3, bucket, file)
        count += 1
    return count


def _put(s3: S3Client, bucket: str, file: File) -> None:
    for _ in range(1 + file.twice):
        s3.put_object(
            Bucket=bucket,
            Key=file.key,
            Body=file.content,
            ContentType=file.media_type,
            Metadata=file.metadata,
            Tagging=file.tags,
        )
    if file.hidden:
        s3.delete_object(Bucket=bucket, Key=file.key)


def empty(server: ObjectServer) -> None:
    """Take the buckets away, with every version in them."""
    s3 = client(server)
    known = {one["Name"] for one in s3.list_buckets()["Buckets"]}
    for bucket in known & set(BUCKETS):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            gone = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            named: list[ObjectIdentifierTypeDef] = [
                {"Key": one["Key"], "VersionId": one["VersionId"]} for one in gone
            ]
            if named:
                s3.delete_objects(Bucket=bucket, Delete={"Objects": named, "Quiet": True})
        s3.delete_bucket(Bucket=bucket)


def surroundings(server: ObjectServer) -> dict[str, str]:
    """What the systems file's variables stand for: the server's address and keys, so only its owner may read that."""
    keys = server.keys()
    return {
        "DEMO_S3_URL": server.address,
        "DEMO_S3_ACCESS_KEY": keys.access,
        "DEMO_S3_SECRET_KEY": keys.secret,
    }

"""Where heads of the audit chain are published: places that whoever rewrites the database does not reach.

A directory is the default (put it on another machine, or on a medium that is written once); a bucket under Object
Lock keeps each head for years, against its owner too; an e-mail to the data protection officer costs nothing.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from domain.documents import Mailer, Message
from domain.errors import BadInput, Unavailable
from domain.identifiers import Identifier
from domain.inspection import PublishedHead
from domain.ports import Clock

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

_MOST = 1 << 16


class DirectoryHeads:
    """A file a head, made once and readable only; implements `domain.inspection.HeadShelf`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def publish(self, head: PublishedHead) -> str:
        """Keep a head; the same again is kept once. Raises `Unavailable` when the directory cannot be written."""
        path = self._directory / name_of(head)
        part = self._directory / f".{path.name}.{secrets.token_hex(4)}.part"
        try:
            self._directory.mkdir(mode=0o755, parents=True, exist_ok=True)
            if path.is_file():
                return str(path)
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)
            with os.fdopen(handle, "wb") as out:
                out.write(text_of(head))
                out.flush()
                os.fsync(out.fileno())
            with suppress(FileExistsError):  # of two at once the first stands: a link never replaces
                os.link(part, path)
        except OSError:
            raise Unavailable("heads-not-writable", "check the rights and room of SITTHI_HEADS") from None
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return str(path)

    def heads(self) -> tuple[PublishedHead, ...]:
        """Every head kept there, the oldest first.

        Raises:
            BadInput: a file is no head; it is named.
        """
        found = []
        for path in sorted(self._directory.glob("head-*.json")):
            try:
                found.append(PublishedHead.model_validate_json(path.read_bytes()[:_MOST]))
            except (OSError, ValidationError):
                raise BadInput("published-head-unreadable", "restore the file", file=path.name) from None
        return tuple(sorted(found, key=lambda head: (head.count, head.at)))


class BucketHeads:
    """A bucket with Object Lock: each head is locked in compliance mode, so that nobody can remove it before its time.

    `client` is made when it is first needed, so that nothing waits for a store that is not used.
    """

    def __init__(self, bucket: str, days: int, clock: Clock, client: Callable[[], S3Client]) -> None:
        self._bucket, self._days, self._clock, self._client = bucket, days, clock, client

    def publish(self, head: PublishedHead) -> str:
        """Keep a head for so many days; the same again changes nothing. Raises `Unavailable`."""
        from botocore.exceptions import BotoCoreError, ClientError

        name = f"heads/{name_of(head)}"
        try:
            self._client().put_object(
                Bucket=self._bucket,
                Key=name,
                Body=text_of(head),
                ContentType="application/json",
                ChecksumAlgorithm="SHA256",
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=self._clock.now() + timedelta(days=self._days),
            )
        except (BotoCoreError, ClientError):
            mend = "check SITTHI_HEADS_BUCKET: it must stand, with Object Lock, and take our objects"
            raise Unavailable("heads-bucket-refused", mend) from None
        return f"s3://{self._bucket}/{name}"


class MailedHeads:
    """An e-mail with each head, to somebody who keeps it: the data protection officer."""

    def __init__(self, mailer: Mailer, to: Identifier, subject: str, text: str) -> None:
        self._mailer, self._to, self._subject, self._text = mailer, to, subject, text

    def publish(self, head: PublishedHead) -> str:
        """Send a head; the same again sends nothing. Raises `Unavailable`."""
        text = f"{self._text}\n\n{text_of(head).decode()}"
        message = Message(to=self._to, subject=self._subject, text=text, dedup=f"head:{name_of(head)}")
        return self._mailer.send(message)


class MailedAlarm:
    """An e-mail to the data protection officer on each day on which a head could not be published."""

    def __init__(self, mailer: Mailer, to: Identifier, subject: str, text: str) -> None:
        self._mailer, self._to, self._subject, self._text = mailer, to, subject, text

    def raise_for(self, day: date) -> None:
        """Send it, once that day. Raises `Unavailable`, `Refused`."""
        dedup = f"head-unpublished:{day.isoformat()}"
        self._mailer.send(Message(to=self._to, subject=self._subject, text=self._text, dedup=dedup))


def name_of(head: PublishedHead) -> str:
    """The name of a head's file: its count first, so that names sort as heads do."""
    return f"head-{head.count:012d}-{head.chain[:16]}.json"


def text_of(head: PublishedHead) -> bytes:
    """A head as it is published: JSON, in the form of `exports/schema/audit-head.schema.json`."""
    return head.model_dump_json(indent=1).encode() + b"\n"

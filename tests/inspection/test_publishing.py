"""Publishing a head: signed, in every place, though one of them is away."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from temporalio.testing import ActivityEnvironment

from cases.facts import checked_facts
from connectors.heads import BucketHeads, DirectoryHeads, MailedAlarm, MailedHeads, name_of
from connectors.mailbox import MailboxMailer
from domain.errors import Unavailable
from domain.events import Event
from domain.identifiers import IdentifierKind, identifier
from domain.inspection import PublishedHead
from exports.inspection.about import alarm_mail, heads_mail
from security.signing import is_signed
from tests.inspection.conftest import Packages

OFFICER = identifier(IdentifierKind.EMAIL, "dpo@siamcrm.example")


class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Trail:
    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, str | int]]] = []

    def note(self, event: str, facts: dict[str, str | int]) -> None:
        self.told.append((event, checked_facts(facts)))


class Away:
    """A place that cannot be reached."""

    def publish(self, head: PublishedHead) -> str:
        raise Unavailable("heads-not-writable", "mend it")


def test_a_head_is_signed_over_all_that_it_says(packages: Packages) -> None:
    [*_, head] = packages.site.shelf.heads()
    assert is_signed(head.key, "audit-head", head.signed_part(), head.signature)
    for changed in ({"count": 1}, {"exports": 9}, {"at": "2020-01-01T00:00:00Z"}, {"root": "00" * 32}):
        forged = head.model_copy(update=changed)
        assert not is_signed(head.key, "audit-head", forged.signed_part(), head.signature)
    assert not is_signed(head.key, "audit-manifest", head.signed_part(), head.signature)
    assert not is_signed("not a key", "audit-head", head.signed_part(), head.signature)


def test_a_place_that_is_away_keeps_it_from_no_other(packages: Packages, tmp_path: Path) -> None:
    site, there = packages.site, DirectoryHeads(tmp_path / "there")
    publish = replace(site.publish, places=(Away(), there))
    with pytest.raises(Unavailable, match="heads not writable"):
        publish.publish()
    assert len(there.heads()) == 1


def test_what_fails_twice_is_an_event_and_the_officer_hears_once_a_day(
    packages: Packages, tmp_path: Path
) -> None:
    site = packages.site
    alarm = MailedAlarm(MailboxMailer(tmp_path, site.house.clock), OFFICER, *alarm_mail())
    publish = replace(site.publish, places=(Away(),), alarm=alarm)
    trail, worker = Trail(), ActivityEnvironment()
    publish = replace(publish, trail=trail)
    for attempt, told in ((1, 0), (2, 1), (3, 1), (2, 2)):
        worker.info = replace(worker.info, attempt=attempt)
        with pytest.raises(Unavailable, match="heads not writable"):
            worker.run(publish.publish_head)
        assert len(trail.told) == told
    assert trail.told[0] == (Event.HEAD_UNPUBLISHED, {"code": "heads-not-writable", "attempts": 2})
    [file] = tmp_path.glob("*.eml")
    mail: Any = message_from_bytes(file.read_bytes(), policy=default)
    assert mail["To"] == OFFICER.value
    assert "audit publish-head" in mail.get_content()


def test_a_mail_that_is_away_too_hides_nothing(packages: Packages) -> None:
    class Mute:
        def raise_for(self, _day: date) -> None:
            raise Unavailable("mail-away")

    trail, worker = Trail(), ActivityEnvironment()
    worker.info = replace(worker.info, attempt=2)
    publish = replace(packages.site.publish, places=(Away(),), alarm=Mute(), trail=trail)
    with pytest.raises(Unavailable, match="heads not writable"):
        worker.run(publish.publish_head)
    assert len(trail.told) == 1


def test_a_directory_that_cannot_be_written_says_so(packages: Packages, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file", "utf-8")
    [head, *_] = packages.site.shelf.heads()
    with pytest.raises(Unavailable, match="heads not writable"):
        DirectoryHeads(blocked).publish(head)


def test_the_officer_gets_each_head_once_by_mail(packages: Packages, tmp_path: Path) -> None:
    clock = packages.site.house.clock
    place = MailedHeads(MailboxMailer(tmp_path, clock), OFFICER, *heads_mail())
    [*_, head] = packages.site.shelf.heads()
    assert place.publish(head) == place.publish(head)
    [file] = tmp_path.glob("*.eml")
    mail: Any = message_from_bytes(file.read_bytes(), policy=default)
    assert mail["To"] == OFFICER.value
    text = mail.get_content()
    assert "หัวสายโซ่เหตุการณ์" in text
    assert json.loads(text[text.index("{") :]) == json.loads(head.model_dump_json())


def test_a_bucket_keeps_a_head_against_its_owner(packages: Packages, tmp_path: Path) -> None:
    objects = pytest.importorskip("embedded.objects", reason="no S3 server is built in")
    server = objects.ObjectServer(tmp_path / "objects")
    server.start()
    try:
        keys = server.keys()
        client = boto3.client(
            "s3",
            endpoint_url=server.address,
            region_name=objects.REGION,
            aws_access_key_id=keys.access,
            aws_secret_access_key=keys.secret,
        )
        client.create_bucket(Bucket="heads", ObjectLockEnabledForBucket=True)
        [*_, head] = packages.site.shelf.heads()
        place = BucketHeads("heads", 30, _Now(), lambda: client)
        assert place.publish(head) == f"s3://heads/heads/{name_of(head)}"
        held = client.get_object(Bucket="heads", Key=f"heads/{name_of(head)}")
        assert PublishedHead.model_validate_json(held["Body"].read()) == head
        assert held["ObjectLockMode"] == "COMPLIANCE"
        with pytest.raises(ClientError):
            client.delete_object(
                Bucket="heads",
                Key=f"heads/{name_of(head)}",
                VersionId=held["VersionId"],
                BypassGovernanceRetention=True,
            )
        with pytest.raises(Unavailable, match="heads bucket refused"):
            BucketHeads("nowhere", 30, _Now(), lambda: client).publish(head)
        client.close()
    finally:
        server.stop()

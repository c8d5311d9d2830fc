from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.s3_copy import OLDER
from domain.connector import ABSENT, EffectKind, FileSource, Kept, Locker
from domain.errors import BadInput, Drift, RateLimited, Refused, SitthiError, Unavailable
from domain.item import Subject
from embedded.objects import ObjectServer
from tests.connectors.s3_shelf import ACCOUNT, Shelf, erasing
from tests.contract.s3_world import BUCKETS
from tests.support.s3_proxy import LOST, LOST_AFTER, Answer, Asked, error, on_deletes

pytestmark = pytest.mark.slow

DONE, ALREADY, DRIFTED = EffectKind.DONE, EffectKind.ALREADY, EffectKind.DRIFTED


@pytest.fixture
def shelf(objects: ObjectServer, tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(objects, tmp_path)
    yield made
    made.close()


def test_every_version_and_delete_marker_goes_and_is_proved_gone(shelf: Shelf) -> None:
    for number in range(3):
        shelf.put("papers/101/a.pdf", b"%d" % number)
    shelf.hide("papers/101/a.pdf")
    shelf.hide("papers/101/a.pdf")
    shelf.put("papers/1010/a.pdf")
    (item,) = shelf.items()
    assert shelf.left("papers/101/") == 5
    assert shelf.erase([item]) == [DONE]
    assert shelf.left("papers/101/") == 0
    assert shelf.items() == []
    assert shelf.connector.observe(erasing([item]))[0].hash_after == ABSENT
    assert shelf.left() == 1


def test_what_stands_without_versioning_goes_too(shelf: Shelf) -> None:
    shelf.client.put_bucket_versioning(
        Bucket=BUCKETS["documents"], VersioningConfiguration={"Status": "Suspended"}
    )
    try:
        shelf.put("papers/101/null.pdf")
        assert shelf.erase(shelf.items()) == [DONE]
    finally:
        shelf.client.put_bucket_versioning(
            Bucket=BUCKETS["documents"], VersioningConfiguration={"Status": "Enabled"}
        )
    assert shelf.left() == 0


def test_keys_in_thai_with_blanks_and_signs_come_and_go_whole(shelf: Shelf) -> None:
    names = ["ใบเสร็จ ๑.pdf", "100%25.pdf", "a+b&c=d?.pdf", "มีนำ้ำ/ช่อง ว่าง .txt", "quote'\".txt"]
    for name in names:
        shelf.put(f"papers/101/{name}", name.encode())
    items = shelf.items(shelf.open(page=1))
    prefix = f"{shelf.root}/papers/101/"
    assert sorted(str(item.locator["key"]).removeprefix(prefix) for item in items) == sorted(names)
    for item, record in zip(items, shelf.connector.copy(iter(items)), strict=True):
        body = b"".join(shelf.connector.open(record.files[0]))
        assert body.decode() == str(item.locator["key"]).removeprefix(prefix)
    assert set(shelf.erase(items)) == {DONE}
    assert shelf.left() == 0


def test_a_neighbour_s_prefix_is_nobody_s_but_theirs(shelf: Shelf) -> None:
    for key in ("papers/1010/a", "papers/101", "papers/10/1", "Papers/101/a", "papers/101-old/a"):
        shelf.put(key)
    assert shelf.items() == []


def test_dates_and_contract_come_from_metadata_tags_and_time(shelf: Shelf) -> None:
    shelf.put(
        "papers/101/a", Metadata={"Document-Date": "2018-05-17"}, Tagging="filed=2018-06-15&status=active"
    )
    shelf.put("papers/101/b", Metadata={"document-date": "17/05/2561"})
    first, second = (item.found for item in shelf.items())
    today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Bangkok")).date()
    assert first.dates["document_date"] == date(2018, 5, 17)
    assert first.dates["filed_on"] == date(2018, 6, 15)
    assert first.dates["entered_on"] in {today, today - timedelta(days=1)}
    assert first.contract_open
    assert second.dates["document_date"] is None  # a hold that counts from it fails closed
    assert not second.contract_open


def test_files_are_told_from_their_owner_s_mark_in_every_version(shelf: Shelf) -> None:
    shelf.put("pool/own", Tagging="owner=101")
    shelf.put("pool/other", Tagging="owner=1010")
    shelf.put("pool/none")
    for owner in (101, 102):
        shelf.put("pool/changed-hands", Tagging=f"owner={owner}")
    found = {str(item.locator["key"]).rpartition("/")[2]: item.found.unsure for item in shelf.items()}
    assert found == {"own": False, "changed-hands": True}


def test_unfinished_uploads_are_located_and_aborted(shelf: Shelf) -> None:
    begun = [
        shelf.client.create_multipart_upload(
            Bucket=BUCKETS["documents"], Key=f"{shelf.root}/papers/{who}/big"
        )
        for who in (101, 101, 1010)
    ]
    shelf.client.upload_part(
        Bucket=BUCKETS["documents"],
        Key=begun[0]["Key"],
        UploadId=begun[0]["UploadId"],
        PartNumber=1,
        Body=b"x" * 100,
    )
    items = shelf.items(shelf.open(page=1))
    assert [item.found.table for item in items] == ["remnants", "remnants"]
    assert [record.values["name"] for record in shelf.connector.copy(iter(items))] == ["big", "big"]
    assert shelf.erase(items) == [DONE, DONE]
    assert shelf.erase(items) == [ALREADY, ALREADY]
    left = shelf.client.list_multipart_uploads(Bucket=BUCKETS["documents"], Prefix=f"{shelf.root}/")[
        "Uploads"
    ]
    assert [one["UploadId"] for one in left] == [begun[2]["UploadId"]]


def test_a_delete_marker_with_nothing_beneath_is_a_trace_that_goes(shelf: Shelf) -> None:
    shelf.hide("papers/101/gone.pdf")
    (item,) = shelf.items()
    assert item.found.table == "remnants"
    assert shelf.erase([item]) == [DONE]
    assert shelf.left() == 0


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_locked_object_is_told_with_its_day_and_nothing_of_it_counts_as_erased(
    shelf: Shelf, mode: str
) -> None:
    until = datetime.now(UTC) + timedelta(days=3)
    shelf.put("deeds/101/a.pdf", bucket="locked")
    shelf.put("deeds/101/a.pdf", bucket="locked", ObjectLockMode=mode, ObjectLockRetainUntilDate=until)
    shelf.put("deeds/101/b.pdf", bucket="locked")
    locked, free = shelf.items(shelf.open(now=datetime.now(UTC)))
    day = until.astimezone(ZoneInfo("Asia/Bangkok")).date()
    assert locked.found.obstacle == f"object-locked-until-{day}"
    assert free.found.obstacle == ""
    with pytest.raises(Refused) as refused:
        shelf.erase([locked, free])
    assert refused.value.code == "permission-missing"
    assert refused.value.facts["count"] == 1
    assert "deeds" not in f"{refused.value} {refused.value.facts}"
    # What could go is gone, and found so on the next attempt; what is locked is as it was planned.
    assert [one.hash_after for one in shelf.connector.observe(erasing([locked, free]))] == [
        locked.content_hash,
        ABSENT,
    ]
    assert shelf.left("deeds/", "locked") == 1
    later = shelf.open(now=until + timedelta(seconds=1))
    assert [item.found.obstacle for item in shelf.items(later)] == [""]


def test_a_legal_hold_is_told_and_once_released_the_object_goes(shelf: Shelf) -> None:
    version = shelf.put("deeds/101/held.pdf", bucket="locked", ObjectLockLegalHoldStatus="ON")
    (item,) = shelf.items()
    assert item.found.obstacle == "object-legal-hold"
    with pytest.raises(Refused):
        shelf.erase([item])
    shelf.client.put_object_legal_hold(
        Bucket=BUCKETS["locked"],
        Key=f"{shelf.root}/deeds/101/held.pdf",
        VersionId=version,
        LegalHold={"Status": "OFF"},
    )
    (item,) = shelf.items()
    assert item.found.obstacle == ""
    assert shelf.erase([item]) == [DONE]


def test_what_a_hold_keeps_is_locked_until_its_last_day_has_passed_and_never_shorter(shelf: Shelf) -> None:
    text = shelf.map_file.read_text("utf-8")
    shelf.map_file.write_text(text.replace("world-locked}", "world-locked, lock_held: governance}"), "utf-8")
    locking = shelf.open()
    locking.check()
    assert isinstance(locking, Locker)
    for name in ("a", "a", "b"):
        shelf.put(f"deeds/101/{name}", bucket="locked")
    shelf.put("papers/101/unlocked")
    items = shelf.items(locking)
    for until in (date(2029, 12, 31), date(2027, 1, 1)):
        kept = [Kept(table=item.found.table, locator=item.locator, until=until) for item in items]
        assert locking.lock(kept) == 2
        assert [item.found.obstacle for item in shelf.items(locking)] == [
            "",
            *["object-locked-until-2030-01-01"] * 2,
        ]
    assert [item.content_hash for item in shelf.items(locking)] == [item.content_hash for item in items]
    day = datetime(2029, 12, 31, 17, tzinfo=UTC)  # midnight in Bangkok
    assert {item.found.obstacle for item in shelf.items(shelf.open(now=day))} == {""}


def test_a_version_that_came_since_the_plan_keeps_the_whole_object(shelf: Shelf) -> None:
    shelf.put("papers/101/a")
    items = shelf.items()
    shelf.put("papers/101/a", b"newer")
    assert shelf.erase(items) == [DRIFTED]
    assert shelf.left() == 2


def test_more_keys_and_versions_than_one_request_takes(shelf: Shelf) -> None:
    keys = [f"papers/101/{number:04}" for number in range(1_250)]
    list(shelf.connector._store.pool.map(shelf.put, keys * 2))
    items = shelf.items()
    assert len(items) == len({str(item.locator["key"]) for item in items}) == 1_250
    shelf.proxy.asked.clear()
    assert set(shelf.erase(items)) == {DONE}
    # 2,500 entries: the earlier versions in two requests, the newest in two.
    assert sum(asked.deletes for asked in shelf.proxy.asked) == 4
    assert shelf.left() == 0


def test_one_key_with_more_versions_than_are_held_in_memory(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.s3_store.FEW", 20)
    for number in range(30):
        shelf.put("papers/101/a", b"%d" % number)
    (item,) = shelf.items()
    (record,) = shelf.connector.copy(iter([item]))
    assert record.values["versions"] == 30
    assert shelf.erase([item]) == [DONE]
    assert shelf.left() == 0


def test_a_copy_is_the_newest_content_with_what_came_before_listed(shelf: Shelf) -> None:
    bodies = [b"first", b"second", bytes(range(256)) * 12_000]
    for body in bodies:
        shelf.put("papers/101/a.pdf", body, ContentType="application/pdf", Tagging="filed=2025-01-02")
    shelf.hide("papers/101/a.pdf")
    items = shelf.items()
    (record,) = shelf.connector.copy(iter(items))
    (file,) = record.files
    assert isinstance(shelf.connector, FileSource)
    pieces = list(shelf.connector.open(file))
    assert b"".join(pieces) == bodies[-1]
    assert max(map(len, pieces)) <= 1 << 20
    assert record.values["file"] == file.path == "files/files/000001-a.pdf"
    assert record.values["deleted"] is True
    assert record.values["type"] == "application/pdf"
    assert record.values["tag.filed"] == "2025-01-02"
    older = record.values["older"]
    assert isinstance(older, list)
    assert {one["size"] for one in older if isinstance(one, dict)} == {5, 6}
    assert len(older) < OLDER
    shelf.erase(items)
    with pytest.raises(Drift):
        list(shelf.connector.open(file))
    assert list(shelf.connector.copy(iter(items))) == []


def archived(asked: Asked) -> Answer | None:
    if asked.method != "HEAD":
        return None
    return Answer(200, b"", (("x-amz-storage-class", "DEEP_ARCHIVE"), ("Content-Type", "text/plain")))


def test_what_lies_in_an_archive_is_told_and_not_given(shelf: Shelf) -> None:
    shelf.put("papers/101/a")
    items = shelf.items()
    with shelf.proxy.failing(archived):
        (record,) = shelf.connector.copy(iter(items))
    assert record.withheld == {"file": "archived"}
    assert record.files == ()


def test_who_may_only_read_locates_and_copies_and_erases_nothing(shelf: Shelf) -> None:
    shelf.put("papers/101/a")
    reader = shelf.open("auditor")
    items = shelf.items(reader)
    (record,) = reader.copy(iter(items))
    assert b"".join(reader.open(record.files[0])) == b"x"
    with pytest.raises(Refused) as refused:
        shelf.erase(items, reader)
    assert refused.value.code == "permission-missing"
    assert shelf.left() == 1


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (error(503, "SlowDown", Retry_After="17"), RateLimited, "storage-too-busy"),
        (error(429, "TooManyRequests", Retry_After="17"), RateLimited, "storage-too-busy"),
        (error(500, "InternalError"), Unavailable, "storage-fails"),
        (error(502, "Nonsense"), Unavailable, "storage-fails"),
        (error(400, "RequestTimeout"), Unavailable, "storage-fails"),
        (LOST, Unavailable, "storage-unreachable"),
        (LOST_AFTER, Unavailable, "storage-unreachable"),
        (error(403, "AccessDenied"), Refused, "permission-missing"),
        (error(403, "InvalidAccessKeyId"), Refused, "credentials-refused"),
        (error(400, "ExpiredToken"), Refused, "credentials-refused"),
        (error(404, "NoSuchBucket"), Refused, "bucket-missing"),
        (error(400, "AuthorizationHeaderMalformed"), Refused, "region-differs"),
        (error(400, "KMS.DisabledException"), Refused, "key-service-refuses"),
        (error(418, "Teapot"), Refused, "storage-refuses"),
    ],
)
def test_what_the_store_says_becomes_an_error_that_quotes_nothing(
    shelf: Shelf, answer: Answer, kind: type[SitthiError], code: str
) -> None:
    shelf.put("papers/101/secret-name.pdf")
    items = shelf.items()
    with shelf.proxy.failing(on_deletes(answer)), pytest.raises(kind) as told:
        shelf.erase(items)
    assert type(told.value) is kind
    assert told.value.code == code
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__
    assert "secret-name" not in f"{told.value} {told.value.facts}"
    if isinstance(told.value, RateLimited):
        assert told.value.retry_after == 17
    # Whether the lost answer was to work that was done or not, the next attempt comes to the same end.
    assert shelf.erase(items) in ([DONE], [ALREADY])
    assert shelf.left() == 0


def test_a_store_that_cannot_be_reached_may_be_there_later(shelf: Shelf) -> None:
    shelf.put("papers/101/a")
    with shelf.proxy.failing(lambda _: LOST), pytest.raises(Unavailable, match="storage unreachable"):
        shelf.items()
    shelf.proxy.close()
    with pytest.raises(Unavailable, match="storage unreachable"):
        shelf.items(shelf.open())


def test_cut_short_between_the_versions_and_the_newest_it_goes_on_where_it_was(shelf: Shelf) -> None:
    for number in range(3):
        shelf.put("papers/101/a", b"%d" % number)
        shelf.put("papers/101/hidden", b"%d" % number)
    shelf.hide("papers/101/hidden")
    items = shelf.items()
    with shelf.proxy.failing(on_deletes(LOST, after=1)), pytest.raises(Unavailable):
        shelf.erase(items)
    assert shelf.left() == 2  # the newest of each: what is hidden stays hidden
    assert shelf.left("papers/101/hidden") == 1
    assert shelf.erase(items) == [DONE, DONE]
    assert shelf.left() == 0


def partly(asked: Asked) -> Answer | None:
    """The store is too busy for one key of the batch."""
    if not asked.deletes:
        return None
    body = b"<DeleteResult><Error><Key>k</Key><VersionId>v</VersionId><Code>SlowDown</Code></Error></DeleteResult>"
    return Answer(200, body)


def test_a_key_that_failed_for_now_is_tried_again(shelf: Shelf) -> None:
    shelf.put("papers/101/a")
    items = shelf.items()
    with shelf.proxy.failing(partly), pytest.raises(RateLimited) as told:
        shelf.erase(items)
    assert told.value.facts["count"] == 1
    assert shelf.erase(items) == [DONE]


def test_a_cursor_tells_nothing_and_serves_its_own_person_only(shelf: Shelf) -> None:
    for number in range(4):
        shelf.put(f"papers/101/somchai-{number}")
    pages = shelf.open(page=2)
    cursor = pages.locate(ACCOUNT).cursor
    assert "somchai" not in cursor
    assert len(pages.locate(ACCOUNT, cursor).items) == 2
    other = Subject(identifiers=(), anchors={"siamcrm": ({"$table": "users", "id": 102},)})
    with pytest.raises(BadInput, match="malformed cursor"):
        pages.locate(other, cursor)


def test_an_id_that_would_lead_elsewhere_is_refused_by_its_name(shelf: Shelf) -> None:
    sly = Subject(identifiers=(), anchors={"siamcrm": ({"$table": "users", "id": "../1010"},)})
    with pytest.raises(Refused) as refused:
        shelf.connector.locate(sly)
    assert refused.value.code == "id-unfit-for-key"
    assert refused.value.facts["id"] == "account"
    assert "1010" not in str(refused.value)


def test_a_case_of_a_tenant_comes_to_no_files_of_the_company_itself(shelf: Shelf) -> None:
    shelf.put("papers/101/a")
    assert shelf.items(subject=ACCOUNT.model_copy(update={"tenant": "11"})) == []

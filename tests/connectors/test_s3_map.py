from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.registry import open_connectors
from connectors.s3 import S3Connector
from connectors.s3_map_read import load_store_map
from domain.errors import DataMapInvalid, Refused
from domain.item import Role
from embedded.objects import ObjectServer
from tests.connectors.s3_shelf import MAP, Shelf
from tests.contract.s3_world import BUCKETS
from tests.support.s3_proxy import Answer, Asked, error

REPLICATED = """<ReplicationConfiguration><Role>r</Role>
<Rule><ID>1</ID><Status>Enabled</Status><Destination><Bucket>arn:aws:s3:::%s</Bucket></Destination></Rule>
</ReplicationConfiguration>"""
REPLICA = "  locked: {bucket: world-locked}\n"


@pytest.fixture
def shelf(objects: ObjectServer, tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(objects, tmp_path)
    yield made
    made.close()


def written(home: Path, text: str) -> Path:
    file = home / "objects.yaml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize(
    ("was", "becomes", "code"),
    [
        ("unit: U03", "unit: accounts", "malformed-unit"),
        ("on_erase: erase", "on_erase: anonymise", "unknown-word"),
        ("bucket: documents", "bucket: elsewhere", "unknown-word"),
        ('keys: "ROOT/papers/{account}/"', 'keys: "ROOT/papers/"', "key-without-id"),
        ('keys: "ROOT/papers/{account}/"', 'keys: "ROOT/papers/{who}/"', "unknown-id"),
        ('keys: "ROOT/papers/{account}/"', 'keys: "ROOT/papers/{account/"', "key-malformed"),
        ('keys: "ROOT/papers/{account}/"', 'keys: "/ROOT/papers/{account}/"', "key-malformed"),
        ('keys: "ROOT/papers/{account}/"', 'keys: "ROOT/{tenant}/{account}/"', "tenant-unclear"),
        ("document_date: metadata.document-date", "document_date: exif.taken", "mark-malformed"),
        ("document_date: metadata.document-date", "closing_date: last_modified", "unknown-key"),
        ("status: tag.status, open: [active]", "status: tag.status", "key-missing"),
        ('{tag: {owner: "{account}"}}', "{tag: {owner: everybody}}", "condition-without-id"),
        ('{tag: {owner: "{account}"}}', "{}", "condition-missing"),
        ("column: id}", "column: id, identifier: ref}", "id-unclear"),
        ("{system: siamcrm, table: users, column: id}", "{identifier: ref}", "pattern-missing"),
        (
            "{system: siamcrm, table: users, column: id}",
            '{identifier: ref, pattern: "("}',
            "pattern-malformed",
        ),
        (REPLICA, REPLICA + "  third: {bucket: third, replica_of: nowhere}\n", "replica-of-unknown"),
        (REPLICA, "  locked: {bucket: world-documents}\n", "bucket-twice"),
        ("[สัญญา, Deeds]", "[เอกสาร, Papers]", "label-twice"),
        ("  deeds:\n", "  remnants:\n", "name-taken"),
    ],
)
def test_a_map_that_breaks_its_rules_is_refused_where_it_does(
    tmp_path: Path, was: str, becomes: str, code: str
) -> None:
    assert was in MAP
    file = written(tmp_path, MAP.replace(was, becomes, 1))
    with pytest.raises(DataMapInvalid) as refused:
        load_store_map(file)
    assert refused.value.code == code
    assert refused.value.facts["file"] == str(file)
    assert int(refused.value.facts["line"]) >= 1


def test_the_line_is_the_one_that_is_wrong(tmp_path: Path) -> None:
    file = written(tmp_path, MAP.replace("on_erase: erase", "on_erase: anonymise", 1))
    with pytest.raises(DataMapInvalid) as refused:
        load_store_map(file)
    line = int(refused.value.facts["line"])
    assert "on_erase: anonymise" in file.read_text("utf-8").splitlines()[line - 1]
    assert refused.value.facts["table"] == "papers"


def test_what_is_held_for_a_tenant_is_found_under_its_name(tmp_path: Path) -> None:
    text = MAP.replace(
        'keys: "ROOT/papers/{account}/"', 'keys: "ROOT/{tenant}/{account}/"\n    role: processor', 1
    )
    assert load_store_map(written(tmp_path, text)).objects["papers"].role is Role.PROCESSOR


def replicates(into: str) -> Answer:
    return Answer(200, (REPLICATED % into).encode())


def test_a_bucket_that_is_replicated_nowhere_passes(shelf: Shelf) -> None:
    shelf.connector.check()


def test_a_replica_that_nobody_mapped_is_refused_by_name_and_line(shelf: Shelf) -> None:
    def elsewhere(asked: Asked) -> Answer | None:
        return replicates("far-away") if asked.query.startswith("replication") else None

    with shelf.proxy.failing(elsewhere), pytest.raises(DataMapInvalid) as refused:
        shelf.connector.check()
    assert refused.value.code == "replica-not-mapped"
    assert refused.value.facts["destination"] == "far-away"
    line = int(refused.value.facts["line"])
    assert "world-documents" in shelf.map_file.read_text("utf-8").splitlines()[line - 1]
    with shelf.proxy.failing(elsewhere), pytest.raises(DataMapInvalid):
        shelf.items()  # nor is anything searched or planned before that is settled
    assert shelf.items() == []


def test_a_destination_that_is_mapped_as_something_else_is_no_replica(shelf: Shelf) -> None:
    def into_locked(asked: Asked) -> Answer | None:
        own = asked.query.startswith("replication") and asked.path == f"/{BUCKETS['documents']}"
        return replicates(BUCKETS["locked"]) if own else None

    with shelf.proxy.failing(into_locked):
        with pytest.raises(DataMapInvalid):
            shelf.connector.check()
        mapped = shelf.map_file.read_text("utf-8").replace(
            REPLICA, "  locked: {bucket: world-locked, replica_of: documents}\n"
        )
        # What stands in the replica is located by its original's classes, so its own go.
        head, _, rest = mapped.partition("  deeds:\n")
        shelf.map_file.write_text(head + rest[rest.index("  pool:\n") :], "utf-8")
        replicated = shelf.open()
        replicated.check()
    shelf.put("papers/101/a")
    shelf.put("papers/101/a", bucket="locked")
    items = shelf.items(replicated)
    assert [item.locator["bucket"] for item in items] == ["documents", "locked"]
    first, second = replicated.copy(iter(items))
    assert first.files
    assert second.withheld == {"file": "replica"}
    shelf.erase(items, replicated)
    assert shelf.left() + shelf.left(bucket="locked") == 0


def test_a_bucket_that_is_to_lock_and_cannot_is_refused(shelf: Shelf) -> None:
    text = shelf.map_file.read_text("utf-8")
    shelf.map_file.write_text(
        text.replace("world-documents}", "world-documents, lock_held: compliance}"), "utf-8"
    )
    with pytest.raises(DataMapInvalid) as refused:
        shelf.open().check()
    assert refused.value.code == "bucket-cannot-lock"


def test_settings_that_may_not_be_read_are_no_settings_that_are_right(shelf: Shelf) -> None:
    def forbidden(asked: Asked) -> Answer | None:
        return error(403, "AccessDenied") if asked.query.startswith("replication") else None

    with shelf.proxy.failing(forbidden), pytest.raises(Refused) as refused:
        shelf.connector.check()
    assert refused.value.facts["call"] == "GetBucketReplication"


def test_a_bucket_that_deletes_with_a_second_factor_only_is_refused(shelf: Shelf) -> None:
    def guarded(asked: Asked) -> Answer | None:
        body = b"<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>"
        return Answer(200, body) if asked.query.startswith("versioning") else None

    with shelf.proxy.failing(guarded), pytest.raises(Refused) as refused:
        shelf.connector.check()
    assert refused.value.code == "deletes-with-second-factor"


def systems(home: Path, stanza: str) -> Path:
    written(home, MAP)
    file = home / "systems.yaml"
    file.write_text(f"systems:\n  - {{name: files, kind: s3, map: objects.yaml{stanza}}}\n", "utf-8")
    return file


def test_a_stanza_opens_a_connector_with_keys_from_the_surroundings(
    tmp_path: Path, objects: ObjectServer
) -> None:
    stanza = ", endpoint_env: S3_AT, region: us-east-1, access_key_env: S3_KEY, secret_key_env: S3_SECRET"
    keys = objects.keys()
    given = {"S3_AT": objects.address, "S3_KEY": keys.access, "S3_SECRET": keys.secret}
    opened = open_connectors(systems(tmp_path, stanza), given)["files"]
    assert isinstance(opened, S3Connector)
    assert [table.name for table in opened.describe()] == ["papers", "deeds", "pool", "remnants"]
    opened.close()
    with pytest.raises(DataMapInvalid, match="set S3_SECRET"):
        open_connectors(systems(tmp_path, stanza), {**given, "S3_SECRET": ""})


@pytest.mark.parametrize(
    ("stanza", "code"),
    [
        (", access_key_env: S3_KEY", "keys-unclear"),
        (", endpoint: 'http://127.0.0.1:1', endpoint_env: S3_AT", "address-unclear"),
        (", url: 'http://127.0.0.1:1'", "unknown-key"),
    ],
)
def test_a_stanza_that_is_unclear_is_refused(tmp_path: Path, stanza: str, code: str) -> None:
    with pytest.raises(DataMapInvalid) as refused:
        open_connectors(systems(tmp_path, stanza), {"S3_KEY": "x", "S3_AT": "x"})
    assert refused.value.code == code

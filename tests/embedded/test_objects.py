from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import boto3
import psutil
import pytest
from botocore.client import Config
from botocore.exceptions import ClientError
from types_boto3_s3.client import S3Client

from domain.errors import BadInput, Unavailable
from embedded.objects import OWNER, REGION, ObjectServer
from embedded.ports import LOOPBACK


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ObjectServer]:
    made = ObjectServer(tmp_path / "s3", readers=("auditor",))
    made.start()
    yield made
    made.stop()


def client(server: ObjectServer, identity: str = OWNER) -> S3Client:
    keys = server.keys(identity)
    made: S3Client = boto3.client(
        "s3",
        endpoint_url=server.address,
        region_name=REGION,
        aws_access_key_id=keys.access,
        aws_secret_access_key=keys.secret,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    return made


def code_of(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def test_versions_survive_kill_9_on_the_same_port(server: ObjectServer) -> None:
    s3 = client(server)
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"first", b"second"):
        s3.put_object(Bucket="kept", Key="ไฟล์", Body=body)
    port = server.port
    server.kill()
    assert not server.alive()
    server.start()
    assert server.port == port
    versions = s3.list_object_versions(Bucket="kept")["Versions"]
    bodies = [
        s3.get_object(Bucket="kept", Key="ไฟล์", VersionId=one["VersionId"])["Body"].read() for one in versions
    ]
    assert sorted(bodies) == [b"first", b"second"]


def test_a_package_without_a_program_for_this_machine_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = tmp_path / "weed"
    strange.write_bytes(b"not a program")
    strange.chmod(0o700)
    monkeypatch.setattr("embedded.objects._program", lambda: str(strange))
    with pytest.raises(Unavailable) as refused:
        ObjectServer(tmp_path / "s3").start()
    assert (refused.value.code, refused.value.facts) == ("s3-cannot-be-run", {"program": str(strange)})


def test_it_listens_on_loopback_only(server: ObjectServer) -> None:
    assert server.pid is not None
    heard = [c for c in psutil.Process(server.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert {c.laddr.ip for c in heard} == {LOOPBACK}
    assert server.port in {c.laddr.port for c in heard}


def test_nobody_gets_in_without_its_keys_and_a_reader_changes_nothing(server: ObjectServer) -> None:
    client(server).create_bucket(Bucket="kept")
    client(server).put_object(Bucket="kept", Key="one", Body=b"1")
    auditor = client(server, "auditor")
    assert auditor.get_object(Bucket="kept", Key="one")["Body"].read() == b"1"
    with pytest.raises(ClientError) as refused:
        auditor.delete_object(Bucket="kept", Key="one")
    assert code_of(refused.value) == "AccessDenied"
    stranger = boto3.client(
        "s3",
        endpoint_url=server.address,
        region_name=REGION,
        aws_access_key_id=server.keys().access,
        aws_secret_access_key="not-its-secret",
    )
    with pytest.raises(ClientError) as unknown:
        stranger.list_objects_v2(Bucket="kept")
    assert code_of(unknown.value) == "SignatureDoesNotMatch"
    with pytest.raises(BadInput):
        server.keys("nobody")


def test_its_keys_stay_and_are_for_its_owner_only(server: ObjectServer) -> None:
    before = server.keys()
    again = ObjectServer(server.home)
    assert again.keys() == before
    for name in ("keys.json", "identities.json"):
        assert stat.S_IMODE((server.home / name).stat().st_mode) == 0o600


def test_a_taken_port_is_replaced_and_no_socket_is_left_behind(server: ObjectServer) -> None:
    before = server.port
    server.stop()
    assert not list(Path("/tmp").glob(f"seaweedfs-*-{before}.sock"))
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind((LOOPBACK, before))
        squatter.listen()
        server.start()
        assert server.port != before

from __future__ import annotations

import csv
import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import BadInput, KeyShredded, NotFound, SealBroken
from security.files import CHUNK, SealedFile, SealedFiles
from security.keyring import DataKey, KeyRing
from security.ports import KeyPurpose

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
FRAME, HEADER = CHUNK + 16, 4 + 16 + 32
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7]


@pytest.fixture
def key(ring: KeyRing) -> DataKey:
    return ring.create(KeyPurpose.CASE, "case-1")


@pytest.fixture
def files(tmp_path: Path, ring: KeyRing) -> SealedFiles:
    return SealedFiles(tmp_path / "sealed", ring)


def body(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def put(files: SealedFiles, key: DataKey, ref: str, content: bytes) -> SealedFile:
    with files.writer(ref, key) as out:
        out.write(content)
    return out.sealed


def take(files: SealedFiles, ref: str) -> bytes:
    with files.reader(ref) as given:
        return given.read()


@pytest.mark.parametrize("size", SIZES)
def test_what_is_written_is_read(files: SealedFiles, key: DataKey, tmp_path: Path, size: int) -> None:
    content = body(size)
    facts = put(files, key, "case-1/bundle", content)
    assert facts == SealedFile("case-1/bundle", hashlib.sha256(content).hexdigest(), size)
    with files.reader("case-1/bundle") as given:
        assert given.read() == content
        assert given.sealed == facts
    path = tmp_path / "sealed" / "case-1" / "bundle"
    assert path.stat().st_size == HEADER + size + 16 * max(1, -(-size // CHUNK))
    assert path.stat().st_mode & 0o777 == 0o600


@SHARED
@given(pieces=st.lists(st.integers(0, CHUNK + 50), max_size=6), reads=st.integers(1, 100_000))
def test_how_it_is_cut_in_pieces_does_not_matter(
    files: SealedFiles, key: DataKey, pieces: list[int], reads: int
) -> None:
    with files.writer("r", key) as out:
        for size in pieces:
            out.write(body(size))
    with files.reader("r") as given:
        assert b"".join(iter(lambda: given.read(reads), b"")) == b"".join(body(size) for size in pieces)


@SHARED
@given(size=st.sampled_from(SIZES), data=st.data())
def test_any_tampering_is_seen_by_the_end(
    files: SealedFiles, key: DataKey, tmp_path: Path, size: int, data: st.DataObject
) -> None:
    put(files, key, "r", body(size))
    path = tmp_path / "sealed" / "r"
    sealed = path.read_bytes()
    match data.draw(st.sampled_from(["flip", "cut", "cut-at-chunk", "append", "drop", "swap", "repeat"])):
        case "flip":
            at = data.draw(st.integers(0, len(sealed) * 8 - 1))
            broken = bytearray(sealed)
            broken[at // 8] ^= 1 << at % 8
            tampered = bytes(broken)
        case "cut":
            tampered = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
        case "append":
            tampered = sealed + data.draw(st.binary(min_size=1, max_size=FRAME))
        case how:
            tampered = _rearranged(sealed, how, data)
    path.write_bytes(tampered)
    if tampered == sealed:
        return
    with pytest.raises((SealBroken, NotFound)):
        take(files, "r")


def _rearranged(sealed: bytes, how: str, data: st.DataObject) -> bytes:
    head, rest = sealed[:HEADER], sealed[HEADER:]
    frames = [rest[at : at + FRAME] for at in range(0, len(rest), FRAME)]
    first = data.draw(st.integers(0, len(frames) - 1))
    second = data.draw(st.integers(0, len(frames) - 1))
    match how:
        case "cut-at-chunk":
            frames = frames[:first]
        case "drop":
            del frames[first]
        case "swap":
            frames[first], frames[second] = frames[second], frames[first]
        case "repeat":
            frames.insert(second, frames[first])
    return head + b"".join(frames)


@pytest.mark.parametrize("tampering", ["flip the second chunk", "append", "cut the last chunk"])
def test_reading_on_after_a_break_gets_no_further(
    files: SealedFiles, key: DataKey, tmp_path: Path, tampering: str
) -> None:
    content = body(3 * CHUNK)
    put(files, key, "r", content)
    path = tmp_path / "sealed" / "r"
    sealed = bytearray(path.read_bytes())
    match tampering:
        case "flip the second chunk":
            sealed[HEADER + FRAME + 5] ^= 1
        case "append":
            sealed += b"more"
        case _:
            del sealed[-FRAME:]
    path.write_bytes(sealed)
    with files.reader("r") as given:
        assert given.read(CHUNK) == content[:CHUNK]
        for _ in range(5):
            with pytest.raises(SealBroken):
                given.read()
        with pytest.raises(ValueError, match="not read to its end"):
            _ = given.sealed


def test_a_killed_writer_leaves_no_file_and_no_plain_byte(tmp_path: Path) -> None:
    program = f"""
import os
from pathlib import Path
from security.files import SealedFiles
from security.keyfile import LocalKeyFile
from security.keyring import KeyRing
from security.ports import KeyPurpose
from tests.security.fake_store import MemoryKeyStore
root = Path({str(tmp_path)!r})
ring = KeyRing(MemoryKeyStore(), LocalKeyFile(root / "keys" / "keks.json"))
with SealedFiles(root / "sealed", ring).writer("r", ring.create(KeyPurpose.CASE, "c")) as out:
    out.write(b"CANARY" * 100_000)
    os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    [left] = (tmp_path / "sealed").iterdir()
    assert left.name.endswith(".part")
    assert b"CANARY" not in left.read_bytes()


def test_a_file_moved_to_another_reference_does_not_open(
    files: SealedFiles, key: DataKey, tmp_path: Path
) -> None:
    put(files, key, "case-1/a", b"mine")
    put(files, key, "case-1/b", b"yours")
    root = tmp_path / "sealed" / "case-1"
    (root / "a").rename(root / "b")
    with pytest.raises(SealBroken):
        take(files, "case-1/b")


def test_a_writer_that_fails_leaves_nothing_and_what_stood_stands(
    files: SealedFiles, key: DataKey, tmp_path: Path
) -> None:
    put(files, key, "r", b"before")
    with pytest.raises(RuntimeError), files.writer("r", key) as out:  # noqa: PT012 - the failing block is the point
        out.write(b"half of it" * CHUNK)
        raise RuntimeError
    assert take(files, "r") == b"before"
    assert [it.name for it in (tmp_path / "sealed").iterdir()] == ["r"]
    with pytest.raises(ValueError, match="not finished"):
        _ = out.sealed
    with pytest.raises(ValueError, match="closed"):
        out.write(b"late")


def test_no_plain_byte_touches_the_disk_and_the_file_appears_whole(
    files: SealedFiles, key: DataKey, tmp_path: Path
) -> None:
    root = tmp_path / "sealed"
    with files.writer("r", key) as out:
        out.write(b"CANARY-SOMCHAI" * 20_000)
        assert not (root / "r").exists()
        assert b"CANARY" not in b"".join(it.read_bytes() for it in root.iterdir())
    assert b"CANARY" not in (root / "r").read_bytes()


def test_csv_and_zip_stream_into_it(files: SealedFiles, key: DataKey, tmp_path: Path) -> None:
    with (
        files.writer("rows.csv", key) as out,
        io.TextIOWrapper(out, encoding="utf-8-sig", newline="") as text,
    ):
        csv.writer(text).writerows([["ชื่อ", n] for n in range(30_000)])
    with files.reader("rows.csv") as given, io.TextIOWrapper(given, encoding="utf-8-sig", newline="") as text:
        assert sum(1 for _ in csv.reader(text)) == 30_000
    with files.writer("b.zip", key) as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "สวัสดี")
    with zipfile.ZipFile(io.BytesIO(take(files, "b.zip"))) as archive:
        assert archive.read("a.txt").decode() == "สวัสดี"


@pytest.mark.parametrize(
    "ref",
    [
        "",
        ".",
        "..",
        "/etc/passwd",
        "a/../b",
        "../a",
        "a//b",
        "a/",
        ".hidden",
        "a/.b",
        "a\x00b",
        "a\n",
        "ก",
        "a b",
    ],
)
def test_a_reference_that_is_none_is_refused(files: SealedFiles, key: DataKey, ref: str) -> None:
    for use in (lambda: files.reader(ref), lambda: files.destroy(ref), lambda: put(files, key, ref, b"")):
        with pytest.raises(BadInput):
            use()


def test_a_link_inside_the_root_leads_nowhere(files: SealedFiles, key: DataKey, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "sealed" / "case-1").symlink_to(outside)
    with pytest.raises(BadInput):
        put(files, key, "case-1/x", b"")
    assert not list(outside.iterdir())


def test_destroying_is_told_once(files: SealedFiles, key: DataKey) -> None:
    put(files, key, "r", b"x")
    assert files.destroy("r")
    assert not files.destroy("r")
    with pytest.raises(NotFound):
        files.reader("r")


def test_a_shredded_key_opens_no_file(files: SealedFiles, ring: KeyRing, key: DataKey) -> None:
    put(files, key, "r", b"x")
    ring.shred(key.key_id, "case-done")
    with pytest.raises(KeyShredded):
        files.reader("r")


def test_the_sweep_takes_only_what_killed_writers_left(
    files: SealedFiles, key: DataKey, tmp_path: Path
) -> None:
    put(files, key, "case-1/r", b"x")
    left = tmp_path / "sealed" / "case-1" / ".r.0123456789ab.part"
    young = left.with_name(".r.ba9876543210.part")
    for part in (left, young):
        part.write_bytes(b"sealed")
    os.utime(left, (0, 0))
    assert files.sweep(older_than=3600) == 1
    assert not left.exists()
    assert young.exists()
    assert take(files, "case-1/r") == b"x"


def test_memory_does_not_grow_with_the_file(files: SealedFiles, key: DataKey) -> None:
    piece = body(1 << 20)
    tracemalloc.start()
    try:
        with files.writer("big", key) as out:
            for _ in range(48):
                out.write(piece)
        with files.reader("big") as given:
            while given.read(1 << 16):
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert out.sealed.size == 48 << 20
    assert peak < 3 << 20

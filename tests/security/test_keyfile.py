from __future__ import annotations

import json
import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.errors import Conflict, Integrity, NotFound, SealBroken
from security.keyfile import LocalKeyFile
from security.ports import Wrapped


def test_made_on_first_run_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keks.json"
    LocalKeyFile(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(it.name for it in path.parent.iterdir()) == ["keks.json", "keks.lock"]


def test_the_second_run_opens_what_the_first_wrapped(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keks.json"
    wrapped = LocalKeyFile(path).wrap(b"material", b"aad")
    assert LocalKeyFile(path).unwrap(wrapped, b"aad") == b"material"


def test_it_warns_loudly(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        LocalKeyFile(tmp_path / "keys" / "keks.json")
    assert "INSECURE DEVELOPMENT KEYS" in caplog.text


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_refuses_a_file_open_to_others(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys" / "keks.json"
    file = LocalKeyFile(path)
    path.chmod(mode)
    for use in (lambda: LocalKeyFile(path), lambda: file.wrap(b"m", b"a")):
        with pytest.raises(Integrity) as refused:
            use()
        assert refused.value.code == "key-file-open-to-others"


def test_refuses_a_directory_open_to_others_and_a_link(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keks.json"
    LocalKeyFile(path)
    path.parent.chmod(0o755)
    with pytest.raises(Integrity):
        LocalKeyFile(path)
    path.parent.chmod(0o700)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Integrity):
        LocalKeyFile(path)


@pytest.mark.parametrize("text", ["", "{}", '{"format":1,"current":"x","keys":{"x":{"key":"secret"}}}'])
def test_an_unreadable_file_is_refused_and_not_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys" / "keks.json"
    LocalKeyFile(path)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Integrity) as refused:
        LocalKeyFile(path)
    assert "secret" not in str(refused.value)
    assert path.read_text(encoding="utf-8") == text


def test_rotation_adds_a_key_and_reaches_running_processes(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keks.json"
    running, operator = LocalKeyFile(path), LocalKeyFile(path)
    before = running.wrap(b"old", b"a")
    assert operator.rotate() == "file-2"
    after = running.wrap(b"new", b"a")
    assert (before.kek_id, after.kek_id) == ("file-1", "file-2")
    assert operator.unwrap(before, b"a") == b"old"
    assert operator.unwrap(after, b"a") == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_rotations_at_once_lose_no_key(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keks.json"
    files = [LocalKeyFile(path) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(LocalKeyFile.rotate, files))
    assert made == {f"file-{n}" for n in range(2, 10)}
    assert len(json.loads(path.read_text(encoding="utf-8"))["keys"]) == 9


def test_first_runs_at_once_agree_on_one_key(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keks.json"
    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(LocalKeyFile, [path] * 8))
    wrapped = files[0].wrap(b"m", b"a")
    assert all(file.unwrap(wrapped, b"a") == b"m" for file in files)


def test_a_retired_key_opens_nothing(key_file: LocalKeyFile) -> None:
    wrapped = key_file.wrap(b"m", b"a")
    with pytest.raises(Conflict):
        key_file.retire("file-1")
    key_file.rotate()
    key_file.retire("file-1")
    with pytest.raises(SealBroken):
        key_file.unwrap(wrapped, b"a")
    with pytest.raises(NotFound):
        key_file.retire("file-1")


def test_a_retired_number_is_not_given_again_while_a_later_one_stands(key_file: LocalKeyFile) -> None:
    key_file.rotate()
    key_file.retire("file-1")
    assert key_file.rotate() == "file-3"


def test_wrapped_bytes_are_bound_to_their_row(key_file: LocalKeyFile) -> None:
    wrapped = key_file.wrap(b"m", b"row 1")
    flipped = Wrapped(wrapped.kek_id, wrapped.data[:-1] + bytes([wrapped.data[-1] ^ 1]))
    for given, aad in ((wrapped, b"row 2"), (flipped, b"row 1"), (Wrapped(wrapped.kek_id, b""), b"row 1")):
        with pytest.raises(SealBroken):
            key_file.unwrap(given, aad)


def test_a_lost_file_is_told_and_never_made_anew_under_a_running_engine(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keks.json"
    file = LocalKeyFile(path)
    path.unlink()
    with pytest.raises(Integrity) as lost:
        file.wrap(b"m", b"a")
    assert lost.value.code == "key-file-missing"
    assert not path.exists()

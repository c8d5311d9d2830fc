from __future__ import annotations

from pathlib import Path

import pytest

from security.keyfile import LocalKeyFile
from security.keyring import KeyRing
from tests.security.fake_store import MemoryKeyStore


@pytest.fixture
def store() -> MemoryKeyStore:
    return MemoryKeyStore()


@pytest.fixture
def key_file(tmp_path: Path) -> LocalKeyFile:
    return LocalKeyFile(tmp_path / "keys" / "keks.json")


@pytest.fixture
def ring(store: MemoryKeyStore, key_file: LocalKeyFile) -> KeyRing:
    return KeyRing(store, key_file)

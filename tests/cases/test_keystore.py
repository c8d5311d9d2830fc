"""The key store: one key a purpose and owner, ever; what was shredded stays shredded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from cases import SqlKeyStore, open_keystore, prepare_keystore
from domain.errors import Conflict, KeyShredded, Unavailable
from security.keyfile import LocalKeyFile
from security.keyring import KeyRing
from security.ports import KeyPurpose, KeyRecord, Wrapped
from tests.cases.conftest import APP
from tests.support.databases import Database


def record(number: int, owner: str, kek: str = "file-1") -> KeyRecord:
    return KeyRecord(f"{number:032x}", KeyPurpose.CASE, owner, Wrapped(kek, f"wrapped-{number}".encode()))


@pytest.fixture(scope="module")
def keys_owner(register_database: Callable[[], Database]) -> Iterator[Engine]:
    database = register_database()
    engine = create_engine(database.owner)
    yield engine
    engine.dispose()


@pytest.fixture
def own_store(keys_owner: Engine) -> Iterator[SqlKeyStore]:
    """A key store with nothing in it; its guards let nobody empty it, so it is made anew."""
    with keys_owner.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS data_keys"))
    owner = keys_owner.url.render_as_string(hide_password=False)
    for _ in range(2):  # preparing it twice is preparing it once
        prepare_keystore(owner, APP)
    store = open_keystore(owner)
    yield store
    store.close()


def test_a_record_comes_back_and_stands_alone(own_store: SqlKeyStore) -> None:
    store, first = own_store, record(1, "c-1")
    assert store.add(first)
    assert store.get(first.key_id) == store.find(KeyPurpose.CASE, "c-1") == first
    assert not store.add(record(1, "c-2"))
    assert not store.add(record(2, "c-1"))
    assert store.get(f"{2:032x}") is store.find(KeyPurpose.OBLIGATION, "c-1") is None


def test_of_many_keys_for_one_owner_one_stands(own_store: SqlKeyStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(lambda number: own_store.add(record(number, "c-1")), range(20)))
    assert sum(added) == 1


def test_shredding_leaves_the_marker_and_nothing_else(own_store: SqlKeyStore) -> None:
    store, first = own_store, record(1, "c-1")
    store.add(first)
    assert store.shred(first.key_id, "case-over")
    assert not store.shred(first.key_id, "again")
    marker = KeyRecord(first.key_id, KeyPurpose.CASE, "c-1", None)
    assert store.get(first.key_id) == store.find(KeyPurpose.CASE, "c-1") == marker
    assert not store.add(record(2, "c-1"))
    assert not store.replace(first.key_id, Wrapped("file-1", b"wrapped-1"), Wrapped("file-2", b"x"))
    with store._engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM data_keys")).one()
    assert (row.wrapped, row.reason) == (None, "case-over")
    assert row.shredded is not None


def test_a_key_is_wrapped_anew_only_over_what_was_read(own_store: SqlKeyStore) -> None:
    store, first = own_store, record(1, "c-1")
    store.add(first)
    fresh = Wrapped("file-2", b"fresh")
    assert not store.replace(first.key_id, Wrapped("file-1", b"other"), fresh)
    assert store.replace(first.key_id, Wrapped("file-1", b"wrapped-1"), fresh)
    found = store.get(first.key_id)
    assert found is not None
    assert found.wrapped == fresh


def test_stale_keys_come_in_pages_without_the_shredded(own_store: SqlKeyStore) -> None:
    store = own_store
    for number in range(1, 8):
        store.add(record(number, f"c-{number}", "file-2" if number == 3 else "file-1"))
    store.shred(f"{5:032x}", "case-over")
    first = store.stale("file-2", "", 3)
    assert [int(each.key_id, 16) for each in first] == [1, 2, 4]
    assert [int(each.key_id, 16) for each in store.stale("file-2", first[-1].key_id, 3)] == [6, 7]


def test_the_ring_stands_on_it(own_store: SqlKeyStore, tmp_path: Path) -> None:
    ring = KeyRing(own_store, LocalKeyFile(tmp_path / "keys.json"))
    key = ring.create(KeyPurpose.CASE, "c-9")
    assert ring.for_owner(KeyPurpose.CASE, "c-9") == key
    ring.shred(key.key_id, "case-over")
    with pytest.raises(KeyShredded):
        ring.get(key.key_id)
    with pytest.raises(Conflict, match="key exists"):
        ring.create(KeyPurpose.CASE, "c-9")
    assert ring.rotate().broken == ()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM data_keys",
        "TRUNCATE data_keys",
        "UPDATE data_keys SET wrapped = 'back' WHERE wrapped IS NULL",
        "UPDATE data_keys SET reason = 'never' WHERE wrapped IS NULL",
    ],
)
def test_not_even_the_owner_s_careless_hand_brings_a_key_back(
    own_store: SqlKeyStore, keys_owner: Engine, statement: str
) -> None:
    own_store.add(record(1, "c-1"))
    own_store.shred(record(1, "c-1").key_id, "case-over")
    with (
        pytest.raises(DBAPIError, match="neither removed nor brought back"),
        keys_owner.begin() as connection,
    ):
        connection.execute(text(statement))


def test_the_application_may_not_even_try(store: SqlKeyStore) -> None:
    for statement in (
        "DELETE FROM data_keys",
        "TRUNCATE data_keys",
        "UPDATE data_keys SET owner = 'c-2'",
        "DROP TRIGGER data_keys_stay ON data_keys",
    ):
        with pytest.raises(DBAPIError), store._engine.begin() as connection:
            connection.execute(text(statement))


def test_a_store_that_is_away_says_so() -> None:
    store = open_keystore("postgresql+psycopg://app:hunter2@127.0.0.1:1/keys")
    with pytest.raises(Unavailable) as told:
        store.get("0" * 32)
    assert "hunter2" not in f"{told.value!r}{told.value}"
    store.close()

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from domain.errors import Conflict, KeyShredded, NotFound, SealBroken
from security.keyfile import LocalKeyFile
from security.keyring import ENGINE_OWNER, KeyRing
from security.ports import KeyPurpose, KeyRecord, Wrapped
from security.seal import seal, unseal
from tests.security.fake_store import MemoryKeyStore


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_key_is_found_by_id_and_by_owner(ring: KeyRing) -> None:
    key = ring.create(KeyPurpose.CASE, "case-1")
    assert ring.get(key.key_id) == key == ring.for_owner(KeyPurpose.CASE, "case-1")
    assert ring.create(KeyPurpose.OBLIGATION, "case-1").material != key.material


def test_looking_never_makes_a_key(ring: KeyRing, store: MemoryKeyStore) -> None:
    with pytest.raises(NotFound):
        ring.get("0" * 32)
    with pytest.raises(NotFound):
        ring.for_owner(KeyPurpose.CASE, "case-1")
    assert not store.records


def test_an_owner_has_one_key_ever_even_when_shredded(ring: KeyRing) -> None:
    key = ring.create(KeyPurpose.CASE, "case-1")
    for _ in range(2):
        with pytest.raises(Conflict):
            ring.create(KeyPurpose.CASE, "case-1")
        ring.shred(key.key_id, "case-done")
    with pytest.raises(KeyShredded):
        ring.ensure(KeyPurpose.CASE, "case-1")


def test_shredding_through_the_ring_stops_at_once(ring: KeyRing, store: MemoryKeyStore) -> None:
    key = ring.create(KeyPurpose.CASE, "case-1")
    other = ring.create(KeyPurpose.OBLIGATION, "ob-1")
    assert ring.shred(key.key_id, "case-done")
    assert not ring.shred(key.key_id, "again")
    with pytest.raises(KeyShredded):
        ring.get(key.key_id)
    with pytest.raises(KeyShredded):
        ring.for_owner(KeyPurpose.CASE, "case-1")
    assert store.reasons == {key.key_id: "case-done"}
    assert ring.get(other.key_id) == other
    with pytest.raises(NotFound):
        ring.shred("0" * 32, "never was")


def test_a_key_shredded_elsewhere_stops_within_the_ttl(store: MemoryKeyStore, key_file: LocalKeyFile) -> None:
    clock = Clock()
    ring = KeyRing(store, key_file, ttl=60, clock=clock)
    key = ring.create(KeyPurpose.CASE, "case-1")
    clock.now = 30
    ring.get(key.key_id)
    store.shred(key.key_id, "elsewhere")
    clock.now = 59.9
    assert ring.get(key.key_id) == key
    clock.now = 60  # being used meanwhile does not lengthen it
    assert ring.cached(key.key_id) is None
    with pytest.raises(KeyShredded):
        ring.get(key.key_id)
    with pytest.raises(KeyShredded):
        ring.for_owner(KeyPurpose.CASE, "case-1")


def test_the_ttl_counts_from_before_the_store_was_read(store: MemoryKeyStore, key_file: LocalKeyFile) -> None:
    clock = Clock()

    class Slow(MemoryKeyStore):
        def get(self, key_id: str) -> KeyRecord | None:
            record = super().get(key_id)
            clock.now += 50
            return record

    slow = Slow()
    key = KeyRing(slow, key_file).create(KeyPurpose.CASE, "case-1")
    ring = KeyRing(slow, key_file, ttl=60, clock=clock)
    ring.get(key.key_id)
    clock.now += 10
    assert ring.cached(key.key_id) is None


def test_the_cache_spares_the_store_and_stays_small(store: MemoryKeyStore, key_file: LocalKeyFile) -> None:
    ring = KeyRing(store, key_file, size=3)
    keys = [ring.create(KeyPurpose.CASE, f"case-{n}") for n in range(5)]
    assert [ring.cached(key.key_id) is not None for key in keys] == [False, False, True, True, True]
    assert ring.cached_for(KeyPurpose.CASE, "case-0") is None
    store.reads = 0
    for _ in range(10):
        ring.get(keys[4].key_id)
        ring.for_owner(KeyPurpose.CASE, "case-3")
    assert store.reads == 0
    ring.get(keys[0].key_id)
    assert ring.cached(keys[2].key_id) is None
    assert ring.cached(keys[4].key_id) is not None


def test_a_read_under_way_while_the_key_is_shredded_is_not_remembered(
    store: MemoryKeyStore, key_file: LocalKeyFile
) -> None:
    reading, shredded = threading.Event(), threading.Event()

    class Slow(MemoryKeyStore):
        def get(self, key_id: str) -> KeyRecord | None:
            record = super().get(key_id)
            if threading.current_thread() is not threading.main_thread():
                reading.set()
                assert shredded.wait(10)
            return record

    slow = Slow()
    key = KeyRing(slow, key_file).create(KeyPurpose.CASE, "case-1")
    ring = KeyRing(slow, key_file)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(ring.get, key.key_id)
        assert reading.wait(10)
        ring.shred(key.key_id, "case-done")
        shredded.set()
        assert late.result(10) == key
    assert ring.cached(key.key_id) is None


def test_rotation_rewraps_keys_and_rewrites_no_payload(
    ring: KeyRing, store: MemoryKeyStore, key_file: LocalKeyFile
) -> None:
    keys = [ring.create(KeyPurpose.CASE, f"case-{n}") for n in range(450)]
    sealed = [seal(key, b"secret", "t.c:1") for key in keys]
    ring.shred(keys[7].key_id, "case-done")
    new = key_file.rotate()
    done = ring.rotate()
    assert (done.kek_id, done.rewrapped, done.broken) == (new, 449, ())
    assert ring.rotate().rewrapped == 0
    key_file.retire("file-1")
    fresh = KeyRing(store, key_file)
    for n, text in enumerate(sealed):
        if n != 7:
            assert unseal(fresh, text, "t.c:1") == b"secret"
    assert store.records[keys[7].key_id].wrapped is None


def test_rotation_names_the_keys_that_do_not_open_and_goes_on(
    ring: KeyRing, store: MemoryKeyStore, key_file: LocalKeyFile
) -> None:
    keys = [ring.create(KeyPurpose.CASE, f"case-{n}") for n in range(5)]
    store.records[keys[2].key_id] = replace(
        store.records[keys[2].key_id], wrapped=Wrapped("file-1", b"junk" * 20)
    )
    key_file.rotate()
    done = ring.rotate()
    assert (done.rewrapped, done.broken) == (4, (keys[2].key_id,))


def test_wrapped_bytes_moved_to_another_owner_do_not_open(
    ring: KeyRing, store: MemoryKeyStore, key_file: LocalKeyFile
) -> None:
    mine, theirs = ring.create(KeyPurpose.CASE, "case-1"), ring.create(KeyPurpose.CASE, "case-2")
    stolen = store.records[theirs.key_id].wrapped
    store.records[mine.key_id] = replace(store.records[mine.key_id], wrapped=stolen)
    with pytest.raises(SealBroken):
        KeyRing(store, key_file).get(mine.key_id)


def test_ensure_at_once_gives_one_key(store: MemoryKeyStore, key_file: LocalKeyFile) -> None:
    rings = [KeyRing(store, key_file) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda ring: ring.ensure(KeyPurpose.ENGINE, ENGINE_OWNER), rings))
    assert len({key.key_id for key in keys}) == len({key.material for key in keys}) == 1


def test_a_key_shows_no_material_and_each_use_has_its_own(ring: KeyRing) -> None:
    key = ring.create(KeyPurpose.CASE, "case-1")
    assert repr(key.material) not in repr(key)
    assert "material" not in repr(key)
    assert len({key.material, key.derive(b"a"), key.derive(b"b")}) == 3

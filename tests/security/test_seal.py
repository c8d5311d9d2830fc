from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import KeyShredded, NotFound, SealBroken
from domain.value import Personal
from security.keyring import DataKey, KeyRing
from security.ports import KeyPurpose
from security.seal import key_id_of, seal, seal_model, unseal, unseal_model, unseal_with

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


class Person(Personal):
    name: str


class Other(Personal):
    age: int


@pytest.fixture
def key(ring: KeyRing) -> DataKey:
    return ring.create(KeyPurpose.CASE, "case-1")


@SHARED
@given(plaintext=st.binary(max_size=300), place=st.text(max_size=40), other=st.text(max_size=40))
def test_it_opens_at_its_place_and_at_no_other(
    ring: KeyRing, key: DataKey, plaintext: bytes, place: str, other: str
) -> None:
    sealed = seal(key, plaintext, place)
    assert unseal(ring, sealed, place) == plaintext
    if other != place:
        with pytest.raises(SealBroken):
            unseal(ring, sealed, other)


@SHARED
@given(data=st.data())
def test_any_flipped_bit_or_lost_byte_is_seen(ring: KeyRing, key: DataKey, data: st.DataObject) -> None:
    sealed = seal(key, b"somchai", "vault.name:1")
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    flipped = bytearray(sealed)
    flipped[at // 8] ^= 1 << at % 8
    cut = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    for broken in (bytes(flipped), cut, sealed + b"\x00"):
        # A flip inside the key id names a key that never was; both are refusals.
        with pytest.raises((SealBroken, NotFound)):
            unseal(ring, broken, "vault.name:1")


def test_the_same_value_is_never_sealed_alike(key: DataKey) -> None:
    assert len({seal(key, b"same", "t.c:1") for _ in range(50)}) == 50


def test_another_key_does_not_open_it(ring: KeyRing, key: DataKey) -> None:
    other = ring.create(KeyPurpose.CASE, "case-2")
    sealed = seal(key, b"x", "t.c:1")
    renamed = sealed[:1] + bytes.fromhex(other.key_id) + sealed[17:]
    with pytest.raises(SealBroken):
        unseal(ring, renamed, "t.c:1")
    with pytest.raises(SealBroken):
        unseal_with(other, sealed, "t.c:1")


def test_what_a_shredded_key_sealed_stays_shut(ring: KeyRing, key: DataKey) -> None:
    sealed = seal(key, b"x", "t.c:1")
    ring.shred(key.key_id, "case-done")
    with pytest.raises(KeyShredded):
        unseal(ring, sealed, "t.c:1")
    assert key_id_of(sealed) == key.key_id


def test_models_come_back_and_a_wrong_shape_is_told_without_the_value(ring: KeyRing, key: DataKey) -> None:
    sealed = seal_model(key, Person(name="สมชาย"), "t.c:1")
    assert unseal_model(ring, sealed, "t.c:1", Person).name == "สมชาย"
    with pytest.raises(SealBroken) as wrong:
        unseal_model(ring, sealed, "t.c:1", Other)
    assert "สมชาย" not in str(wrong.value)
    assert wrong.value.__cause__ is None

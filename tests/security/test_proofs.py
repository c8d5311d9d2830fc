"""Keyed look-ups, tokens and credentials."""

from __future__ import annotations

import re

import pytest
from argon2 import PasswordHasher

from domain.errors import KeyShredded
from security.credentials import check_credential, hash_credential, new_credential
from security.keyring import ENGINE_OWNER, LOOKUP_OWNER, DataKey, KeyRing
from security.lookup import lookup
from security.ports import KeyPurpose
from security.tokens import TokenUse, hash_token, new_code, new_link_token, token_matches


@pytest.fixture
def key(ring: KeyRing) -> DataKey:
    return ring.ensure(KeyPurpose.LOOKUP, LOOKUP_OWNER)


def test_a_lookup_is_the_same_each_time_and_tells_how_it_was_made(key: DataKey) -> None:
    made = lookup(key, "email", "somchai@example.com", 1)
    assert made == lookup(key, "email", "somchai@example.com", 1)
    assert (made.key_id, made.kind, made.normaliser, len(made.digest)) == (key.key_id, "email", 1, 64)
    assert "somchai" not in repr(made)


def test_lookups_of_other_kinds_versions_and_keys_do_not_meet(ring: KeyRing, key: DataKey) -> None:
    other = ring.create(KeyPurpose.LOOKUP, "lookup-2")
    made = [
        lookup(key, "phone", "0812345678", 1),
        lookup(key, "ref", "0812345678", 1),
        lookup(key, "phone", "0812345678", 2),
        lookup(other, "phone", "0812345678", 1),
        lookup(key, "phone", "0812345679", 1),
    ]
    assert len({it.digest for it in made}) == len(made)


def test_link_tokens_are_long_and_codes_six_digits() -> None:
    tokens = {new_link_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"slk_[A-Za-z0-9_-]{43}", it) for it in tokens)
    codes = {new_code() for _ in range(500)}
    assert all(re.fullmatch(r"\d{6}", it) for it in codes)
    assert len(codes) > 450


def test_a_token_rests_hashed_and_matches_only_as_it_was_made(ring: KeyRing) -> None:
    key = ring.ensure(KeyPurpose.ENGINE, ENGINE_OWNER)
    resting = hash_token(key, TokenUse.CODE, "012345", "challenge-1")
    assert "012345" not in resting.rpartition(".")[0]
    assert resting == hash_token(key, TokenUse.CODE, "012345", "challenge-1")
    assert token_matches(ring, resting, TokenUse.CODE, "012345", "challenge-1")
    for use, token, bound_to in (
        (TokenUse.CODE, "012346", "challenge-1"),
        (TokenUse.CODE, "12345", "challenge-1"),
        (TokenUse.CODE, "012345", "challenge-2"),
        (TokenUse.LINK, "012345", "challenge-1"),
        (TokenUse.CODE, "", ""),
        (TokenUse.CODE, "๐๑๒๓๔๕", "challenge-1"),
    ):
        assert not token_matches(ring, resting, use, token, bound_to)


@pytest.mark.parametrize("resting", ["", "t1", "t1..", "012345", "t2." + "0" * 32 + "." + "0" * 64])
def test_what_is_no_resting_form_matches_nothing(ring: KeyRing, resting: str) -> None:
    assert not token_matches(ring, resting, TokenUse.CODE, "012345")


def test_tokens_die_with_their_key(ring: KeyRing) -> None:
    key = ring.create(KeyPurpose.ENGINE, "engine-2")
    resting = hash_token(key, TokenUse.LINK, new_link_token())
    ring.shred(key.key_id, "test")
    with pytest.raises(KeyShredded):
        token_matches(ring, resting, TokenUse.LINK, "x")


def test_credentials() -> None:
    credential = new_credential()
    resting = hash_credential(credential)
    assert re.fullmatch(r"sst_[A-Za-z0-9_-]{43}", credential)
    assert resting.startswith("$argon2id$")
    assert credential not in resting
    right = check_credential(resting, credential)
    assert (right.ok, right.rehash) == (True, False)
    for stored, given in (
        (resting, credential + "x"),
        (resting, ""),
        (None, credential),
        ("junk", credential),
    ):
        assert not check_credential(stored, given).ok


def test_an_old_hash_asks_to_be_made_anew() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("sst_x")
    checked = check_credential(weak, "sst_x")
    assert (checked.ok, checked.rehash) == (True, True)
    assert not check_credential(weak, "sst_y").rehash

"""Staff: a credential shown once, checked slowly, and of no use once it is disabled."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from domain.errors import BadInput, NotAllowed, NotFound
from tests.cases.conftest import House


def last_events(house: House, count: int) -> list[tuple[str, str, dict[str, object]]]:
    with house.app.connect() as connection:
        rows = connection.execute(
            text("SELECT event, actor, facts FROM events ORDER BY seq DESC LIMIT :n"), {"n": count}
        )
        return [(row.event, row.actor, row.facts) for row in reversed(rows.all())]


def refused(house: House, credential: str) -> str:
    with pytest.raises(NotAllowed) as why:
        house.room.staff.authenticate(credential)
    assert credential not in f"{why.value!r}{why.value}{why.value.facts}" or not credential
    return why.value.code


def test_a_credential_opens_until_it_is_disabled(own_house: House) -> None:
    staff = own_house.room.staff
    member, credential = staff.add("สมหญิง ตรวจดี", "officer")
    other, _ = staff.add("สมชาย ยืนยัน", "approver", actor=member)
    assert staff.authenticate(credential) == member
    assert staff.name(member) == "สมหญิง ตรวจดี"
    for _ in range(2):
        staff.disable(member, actor=other)
    assert refused(own_house, credential) == "credential-refused"
    assert [(each.id, each.role, each.disabled) for each in staff.members()] == sorted(
        [(member, "officer", True), (other, "approver", False)]
    )
    assert last_events(own_house, 9) == [
        ("staff:added", "engine", {"staff": member, "role": "officer"}),
        ("staff:added", member, {"staff": other, "role": "approver"}),
        ("staff:disabled", other, {"staff": member}),
        ("staff:refused", "engine", {"staff": member}),
    ]


def test_what_is_wrong_is_refused_alike(house: House) -> None:
    member, credential = house.room.staff.add("ก", "officer")
    another, other = house.room.staff.add("ข", "officer")
    secret = other.partition(".")[2]
    for wrong in ("", "x", member, f"{member}.", credential[:-1], f"{member}.{secret}", f"S-none.{secret}"):
        assert refused(house, wrong) == "credential-refused"
    assert house.room.staff.authenticate(other) == another


def test_a_credential_rests_as_argon2(house: House) -> None:
    member, credential = house.room.staff.add("ก", "officer")
    with house.app.connect() as connection:
        stored = connection.scalar(text("SELECT credential FROM staff WHERE id = :id"), {"id": member})
    assert stored.startswith("$argon2id$")
    assert credential.partition(".")[2] not in stored


def test_a_weaker_hash_is_made_anew(house: House) -> None:
    from argon2 import PasswordHasher

    member, credential = house.room.staff.add("ก", "officer")
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(credential.partition(".")[2])
    read = text("SELECT credential FROM staff WHERE id = :id")
    with house.app.begin() as connection:
        write = text("UPDATE staff SET credential = :weak WHERE id = :id")
        connection.execute(write, {"weak": weak, "id": member})
    assert house.room.staff.authenticate(credential) == member
    with house.app.connect() as connection:
        assert "m=65536,t=3" in (connection.scalar(read, {"id": member}) or "")
    assert house.room.staff.authenticate(credential) == member


def test_bad_words_add_and_disable_nobody(house: House) -> None:
    with pytest.raises(BadInput, match="role unknown"):
        house.room.staff.add("ก", "Big Boss")
    with pytest.raises(BadInput, match="actor malformed"):
        house.room.staff.disable("S-none", actor="boss")
    for ask in (
        lambda: house.room.staff.disable("S-none", actor="S-1"),
        lambda: house.room.staff.name("S-0"),
    ):
        with pytest.raises(NotFound):
            ask()

"""The vault: what a person is stands sealed, column by column, and opens with the case's key alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from domain.errors import BadInput, Conflict, KeyShredded, NotFound, SamePerson, SealBroken
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Candidate
from domain.rights import Right
from security.ports import KeyPurpose
from tests.cases.conftest import EMAIL, House
from tests.cases.test_register import events_of, names_of

MARKS = (EMAIL, "มาลี", "ใจดี", "ขอสำเนา", "0891112222", "66891112222", "ถนนสุขุมวิท", "M. Jaidee")


def email(value: str) -> Identifier:
    return identifier(IdentifierKind.EMAIL, value)


def candidate(system: str, number: int, *addresses: str, same_as: str = "") -> Candidate:
    return Candidate(
        system=system,
        locator={"user_id": number},
        shown={"name": "M. Jaidee"},
        addresses=tuple(email(address) for address in addresses),
        same_as=same_as,
    )


def test_a_subject_is_what_was_given_and_what_was_found(house: House) -> None:
    vault = house.room.vault
    [case] = house.open(
        Right.RECTIFICATION, controllers=("t-7",), language="en", changes={"address": "ถนนสุขุมวิท"}
    )
    subject = vault.subject(case.id)
    assert (subject.name, subject.tenant, subject.language) == ("มาลี ใจดี", "t-7", "en")
    assert subject.anchors == {}
    assert vault.message(case.id) == "ขอสำเนาข้อมูลของฉัน"
    assert vault.changes(case.id) == {"address": "ถนนสุขุมวิท"}
    phone = identifier(IdentifierKind.PHONE, "089-111-2222")
    assert vault.add_identifiers(case.id, [email(EMAIL), phone, phone]) == 1
    assert vault.add_identifiers(case.id, [phone]) == 0
    assert vault.subject(case.id).identifiers == (email(EMAIL), phone)
    assert vault.given(case.id) == (email(EMAIL),)
    with pytest.raises(NotFound):
        vault.given("c-none")


def test_many_finders_lose_no_identifier(house: House) -> None:
    case = house.case()
    found = [email(f"m{number}@example.com") for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        new = sum(pool.map(lambda one: house.room.vault.add_identifiers(case, [one]), found * 2))
    assert new == 12
    assert set(house.room.vault.subject(case).identifiers) == {email(EMAIL), *found}


def test_candidates_of_several_systems_may_be_one_person(house: House) -> None:
    vault, case = house.room.vault, house.case()
    rows = [candidate("crm", 1, EMAIL, same_as="a"), candidate("billing", 9, same_as="a")]
    assert vault.put_candidates(case, rows) == 1
    assert vault.chosen(case) == tuple(rows)
    assert vault.subject(case).anchors == {"crm": ({"user_id": 1},), "billing": ({"user_id": 9},)}


def test_among_many_an_officer_chooses_once(house: House) -> None:
    vault, case = house.room.vault, house.case()
    rows = [candidate("crm", 1), candidate("crm", 2, EMAIL), candidate("crm", 3)]
    assert vault.put_candidates(case, rows) == 3
    assert vault.chosen(case) == ()
    for number in (0, 4, -1):
        with pytest.raises(BadInput, match="no such candidate"):
            vault.choose(case, number, actor="S-1", reason="x")
    vault.choose(case, 2, actor="S-1", reason="เบอร์โทรตรงกัน")
    vault.choose(case, 2, actor="S-1", reason="เบอร์โทรตรงกัน")
    with pytest.raises(Conflict, match="already chosen"):
        vault.choose(case, None, actor="S-2", reason="x")
    assert vault.put_candidates(case, rows) == 3  # a retry does not undo the choice
    assert vault.chosen(case) == (rows[1],)
    assert vault.candidates(case) == tuple((row,) for row in rows)
    assert events_of(house, case)[2:] == [
        ("person:resolved", "engine", {"candidates": 3}),
        ("person:chosen", "S-1", {"candidates": 3, "chosen": 2}),
    ]
    vault.put_candidates(case, rows[:2])  # others than before: nobody has chosen among these
    assert vault.chosen(case) == ()


def test_an_officer_may_say_that_none_is_meant(house: House) -> None:
    vault, case = house.room.vault, house.case()
    vault.put_candidates(case, [candidate("crm", 1), candidate("crm", 2)])
    assert not vault.choose(case, None, actor="S-1", reason="ไม่ตรง")
    assert not vault.answered(case)
    with pytest.raises(SamePerson):
        vault.choose(case, None, actor="S-1", reason="ไม่ตรง")
    assert vault.choose(case, None, actor="S-2", reason="ไม่ตรงเช่นกัน")
    assert vault.answered(case)
    assert vault.choose(case, None, actor="S-1", reason="x")
    assert vault.chosen(case) == ()
    assert [name for name, _, _ in events_of(house, case)][3:] == [
        "person:nobody-proposed",
        "person:nobody-confirmed",
        "person:chosen",
    ]
    assert vault.put_candidates(house.case(), []) == 0


def test_that_it_is_nobody_is_said_of_the_people_who_were_found_then(house: House) -> None:
    vault, case = house.room.vault, house.case()
    vault.put_candidates(case, [candidate("crm", 1), candidate("crm", 2)])
    vault.choose(case, None, actor="S-1", reason="ไม่ตรง")
    vault.put_candidates(case, [candidate("crm", 1), candidate("crm", 3)])
    assert not vault.choose(case, None, actor="S-2", reason="ไม่ตรง")
    assert vault.choose(case, 1, actor="S-1", reason="เบอร์โทรตรงกัน")


def test_nothing_of_a_person_stands_in_the_clear(own_house: House) -> None:
    house = own_house
    phone = identifier(IdentifierKind.PHONE, "0891112222")
    [case] = house.open(Right.RECTIFICATION, changes={"address": "ถนนสุขุมวิท"}, dedup=EMAIL, actor="person")
    house.room.vault.add_identifiers(case.id, [phone])
    house.room.vault.put_candidates(case.id, [candidate("crm", 1, EMAIL), candidate("crm", 2)])
    house.room.vault.choose(case.id, 1, actor="S-1", reason="คุณมาลี ใจดี ยืนยันแล้ว")
    house.room.identity.challenge(case.id, email(EMAIL))
    house.room.staff.add("มาลี ใจดี", "officer")
    house.room.holds.place(case.id, "คดี มาลี ใจดี", actor="S-1", reason="ใจดี")
    with house.owner.connect() as connection:
        tables = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        ).all()
        for table in tables:
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                told = b"|".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
                for mark in MARKS:
                    assert mark.encode() not in told, (table, mark)


def test_a_sealed_column_opens_in_its_own_place_only(own_house: House) -> None:
    first, second = own_house.case(), own_house.case()
    with own_house.owner.begin() as connection:
        connection.execute(text("UPDATE vault SET message = name WHERE case_id = :c"), {"c": first})
        moved = "UPDATE vault SET name = (SELECT name FROM vault WHERE case_id = :a) WHERE case_id = :b"
        connection.execute(text(moved), {"a": first, "b": second})
    with pytest.raises(SealBroken):
        own_house.room.vault.message(first)
    with pytest.raises(SealBroken):
        own_house.room.vault.subject(second)


def test_a_shredded_case_tells_nothing_more(house: House) -> None:
    kept, case = house.case(), house.case()
    house.ring.shred(house.ring.for_owner(KeyPurpose.CASE, case).key_id, "case-over")
    for read in (house.room.vault.subject, house.room.vault.message, house.room.vault.changes):
        with pytest.raises(KeyShredded):
            read(case)
    assert house.room.vault.subject(kept).name
    assert house.room.register.view(case).case.id == case


def test_an_unknown_case_is_not_found(house: House) -> None:
    for read in (house.room.vault.subject, house.room.vault.candidates, house.room.vault.chosen):
        with pytest.raises(NotFound):
            read("c-none")
    assert names_of(house, "c-none") == []


def test_a_choice_is_among_those_who_were_seen(house: House) -> None:
    vault, case = house.room.vault, house.case()
    vault.put_candidates(case, [candidate("crm", 1), candidate("crm", 2)])
    seen = vault.mark_of(vault.candidates(case))
    vault.put_candidates(case, [candidate("crm", 2), candidate("crm", 1)])
    for number in (1, None):
        with pytest.raises(Conflict, match="shown is older"):
            vault.choose(case, number, actor="S-1", reason="x", seen=seen)
    assert vault.chosen(case) == ()
    assert vault.choose(case, 1, actor="S-1", reason="x", seen=vault.mark_of(vault.candidates(case)))

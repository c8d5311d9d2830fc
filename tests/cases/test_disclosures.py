"""The disclosure register: sealed for good, found for every later case of the person, silent in the case's own chain."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy import text

from activities.casefile import told_disclosures
from activities.tools import Tools
from domain.aftermath import Disclosure
from domain.errors import BadInput, NotFound
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Candidate
from domain.outcomes import Ending
from domain.rights import Right
from security.ports import KeyPurpose
from tests.cases.conftest import EMAIL, House
from tests.cases.test_register import names_of

WHY = "ตามหมายเรียกของพนักงานสอบสวน"
MALEE = identifier(IdentifierKind.EMAIL, EMAIL)
PHONE = identifier(IdentifierKind.PHONE, "081-234-5678")
STRANGER = identifier(IdentifierKind.EMAIL, "somchai@example.com")


def disclosure(day: int = 1, **changed: object) -> Disclosure:
    value = {
        "id": "",
        "recipient": "กองบังคับการปราบปราม",
        "power": "ประมวลกฎหมายวิธีพิจารณาความอาญา มาตรา 132",
        "order": "ตช 0026.21/4711-XYZ",
        "units": ("account", "billing"),
        "given_on": date(2026, 11, day),
        "by": "S-dpo",
        "what": "บัญชีผู้ใช้และใบแจ้งหนี้ของ มาลี ใจดี",
        **changed,
    }
    return Disclosure.model_validate(value)


def enter(house: House, entry: Disclosure, *identifiers: Identifier, case: str | None = None) -> Disclosure:
    return house.room.disclosures.enter(entry, identifiers, case, actor="S-1", reason=WHY)


def case_of(house: House, *identifiers: Identifier) -> str:
    [case] = house.open(Right.ACCESS, identifiers=identifiers)
    return case.id


def known(house: House, row: int, *own: Identifier, also_given: tuple[Identifier, ...] = ()) -> str:
    """A case whose person was found in the company's records, alone, with these addresses of hers on file."""
    case = case_of(house, *own, *also_given)
    found = Candidate(system="crm", locator={"id": row}, shown={}, addresses=own, same_as=f"user:{row}")
    house.room.vault.put_candidates(case, [found])
    return case


def test_an_entry_is_found_for_every_later_case_of_its_person(own_house: House) -> None:
    register = own_house.room.disclosures
    before = known(own_house, 7, MALEE)
    second = enter(own_house, disclosure(20), MALEE, PHONE)
    first = enter(own_house, disclosure(3, order="ตช 1"), MALEE)
    assert first.id != second.id
    assert second == disclosure(20).model_copy(update={"id": second.id})
    stranger = known(own_house, 8, STRANGER)
    by_phone = known(own_house, 7, identifier(IdentifierKind.EMAIL, "new@example.com"), PHONE)
    assert register.all() == (first, second)
    for case in (before, known(own_house, 7, MALEE)):
        assert register.concerning(case) == (first, second)
    assert register.concerning(by_phone) == (second,)
    assert register.concerning(stranger) == ()
    # The search finds that another address is hers: from then on it is found there too.
    own_house.room.vault.add_identifiers(stranger, [MALEE])
    assert register.concerning(stranger) == (first, second)


def test_an_address_that_was_proved_is_surely_hers(own_house: House) -> None:
    register, identity = own_house.room.disclosures, own_house.room.identity
    entered = enter(own_house, disclosure(), MALEE)
    case = case_of(own_house, MALEE)
    assert register.concerning(case) == ()
    assert register.perhaps(case) == (entered,)
    challenge = identity.challenge(case, MALEE)
    assert challenge is not None
    identity.answer(challenge.token, challenge.code)
    assert register.concerning(case) == (entered,)
    assert register.perhaps(case) == ()


def test_a_stranger_who_names_her_address_hears_of_nothing_of_hers(own_house: House) -> None:
    """Neither in the case that names it, nor in another that shares an address with that one."""
    register = own_house.room.disclosures
    hers = known(own_house, 7, MALEE)
    by_address, by_case = enter(own_house, disclosure(1), MALEE), enter(own_house, disclosure(2), case=hers)
    names_her = known(own_house, 8, STRANGER, also_given=(MALEE,))
    again = known(own_house, 8, STRANGER)
    unresolved = case_of(own_house, STRANGER, MALEE)
    for case in (names_her, again, unresolved):
        assert register.concerning(case) == ()
    assert register.concerning(hers) == (by_address, by_case)
    assert register.perhaps(hers) == ()
    assert register.perhaps(names_her) == register.perhaps(unresolved) == (by_address, by_case)
    # What was given of the stranger is not hers, though he named her address in that case.
    his = enter(own_house, disclosure(5), case=names_her)
    assert register.concerning(again) == (his,)
    assert register.concerning(hers) == (by_address, by_case)
    assert register.perhaps(hers) == (his,)


def test_an_entry_for_a_case_is_its_person_s(own_house: House) -> None:
    register = own_house.room.disclosures
    first, second = known(own_house, 7, MALEE), known(own_house, 7, MALEE)
    stranger = known(own_house, 8, STRANGER)
    own_house.room.register.close(first, Ending.WITHDRAWN)
    entered = enter(own_house, disclosure(), case=first)
    assert register.concerning(first) == register.concerning(second) == (entered,)
    assert register.concerning(stranger) == ()


def test_it_outlives_the_keys_of_cases_and_stands_sealed(own_house: House) -> None:
    case = case_of(own_house, MALEE)
    entered = enter(own_house, disclosure(), MALEE, case=case)
    with own_house.app.connect() as connection:
        row = connection.execute(text("SELECT * FROM disclosures")).one()
        hashes = connection.execute(text("SELECT * FROM disclosure_hashes")).all()
    stored = b"".join(value for value in row if isinstance(value, bytes)) + repr((row, hashes)).encode()
    for said in (EMAIL, "มาลี", "4711-XYZ", "มาตรา 132", WHY, "กองบังคับการ"):
        assert said.encode() not in stored
    own_house.ring.shred(own_house.ring.for_owner(KeyPurpose.CASE, case).key_id, "case-over")
    assert own_house.room.disclosures.concerning(case) == (entered,)


def test_what_is_secret_today_is_told_to_who_asks_and_to_no_chain_of_a_case(own_house: House) -> None:
    case = case_of(own_house, MALEE)
    entered = enter(own_house, disclosure(secret_until=date(2027, 11, 30)), MALEE, case=case)
    assert own_house.room.disclosures.concerning(case) == (entered,)
    assert "disclosure:entered" not in names_of(own_house, case)
    with own_house.app.connect() as connection:
        told = text("SELECT case_id, actor, facts FROM events WHERE event = 'disclosure:entered'")
        assert [tuple(row) for row in connection.execute(told)] == [
            (None, "S-1", {"disclosure": entered.id, "identifiers": 1})
        ]
        assert connection.scalar(text("SELECT secret_until FROM disclosures")) == date(2027, 11, 30)


def test_documents_are_handed_nothing_of_what_is_secret_today(own_house: House) -> None:
    tools = cast("Tools", SimpleNamespace(clock=own_house.clock, disclosures=own_house.room.disclosures))
    case = known(own_house, 7, MALEE)
    until = date(2026, 11, 22)  # the clock's own day: secret to its end
    enter(own_house, disclosure(secret_until=until, recipient="พนักงานสอบสวน"), MALEE)
    enter(own_house, disclosure(2), MALEE)
    [told] = cast("list[dict[str, object]]", told_disclosures(tools, case)["disclosures"])
    assert told["given_on"] == "2026-11-02"
    assert "secret_until" not in told
    own_house.clock.pass_by(days=1)
    assert len(cast("list[object]", told_disclosures(tools, case)["disclosures"])) == 2


def test_the_very_same_entry_is_one(own_house: House) -> None:
    with ThreadPoolExecutor(6) as pool:
        same = set(pool.map(lambda _: enter(own_house, disclosure(), MALEE, PHONE).id, range(6)))
    assert len(same) == 1
    assert enter(own_house, disclosure(), PHONE, MALEE, MALEE).id in same
    for other in (
        enter(own_house, disclosure(), MALEE),
        enter(own_house, disclosure(2), MALEE, PHONE),
        enter(own_house, disclosure(), MALEE, PHONE, case=case_of(own_house, MALEE)),
    ):
        assert other.id not in same
    assert len(own_house.room.disclosures.all()) == 4
    with own_house.app.connect() as connection:
        told = text("SELECT count(*) FROM events WHERE event = 'disclosure:entered'")
        assert connection.scalar(told) == 4


def test_an_entry_about_nobody_is_refused(own_house: House) -> None:
    with pytest.raises(BadInput, match="person missing"):
        enter(own_house, disclosure())
    with pytest.raises(NotFound, match="case unknown"):
        enter(own_house, disclosure(), MALEE, case="c-none")
    with pytest.raises(NotFound, match="case unknown"):
        own_house.room.disclosures.concerning("c-none")
    assert own_house.room.disclosures.all() == ()


def test_what_was_told_of_an_agent_is_not_told_as_the_persons(house: House) -> None:
    [case] = house.open(
        Right.ACCESS, identifiers=(MALEE,), agent="สมชาย", authority="ใบมอบอำนาจ", replies=(STRANGER,)
    )
    enter(house, disclosure(), STRANGER)
    challenge = house.room.identity.challenge(case.id, STRANGER)
    assert challenge is not None
    house.room.identity.answer(challenge.token, challenge.code)
    assert house.room.disclosures.concerning(case.id) == ()

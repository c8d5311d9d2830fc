"""Whose proofs of identity count: a case's own, and its siblings' where the same person is chosen."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cases.proofs import same_person
from domain.assurance import Assurance, Method
from domain.case import Moved
from domain.identifiers import IdentifierKind, identifier
from domain.item import Candidate
from domain.links import Amendment, Relation
from domain.outcomes import Ending
from domain.rights import Right
from security.ports import KeyPurpose
from tests.cases.conftest import EMAIL, TERMS, House
from tests.cases.test_identity import challenged, refused
from tests.cases.test_vault import candidate, email

OTHER = "new@example.com"
ME = candidate("crm", 1, EMAIL, same_as="a")


def choose(house: House, *cases: str, rows: Sequence[Candidate] = (ME,)) -> None:
    for case in cases:
        house.room.vault.put_candidates(case, rows)


def prove(house: House, case: str, address: str = EMAIL) -> None:
    challenge = challenged(house, case, address)
    house.room.identity.answer(challenge.token, challenge.code)


def level(house: House, case: str) -> Assurance:
    return house.room.identity.standing(case).level


def siblings(house: House) -> tuple[str, str]:
    access, erasure = house.open(Right.ACCESS, Right.ERASURE)
    return access.id, erasure.id


def linked(house: House, case: str, relation: Relation) -> str:
    house.clock.pass_by(minutes=1)
    right = Right.RESTRICTION if relation is Relation.REPLACES else Right.ERASURE
    opened = house.room.register.open_linked(case, relation, right, TERMS)
    choose(house, opened.id)
    return opened.id


def come_of_age(house: House, case: str) -> None:
    house.clock.pass_by(minutes=1)
    own = Amendment(moved=Moved.OF_AGE, address=email(EMAIL))
    house.room.register.amend(case, own, actor="S-1", reason="ครบ 20 ปี")
    house.room.register.apply_amendments(case)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ([("crm", 1)], [("crm", 1)], True),
        ([("crm", 1)], [("crm", 2)], False),
        ([("crm", 1)], [("billing", 1)], False),
        ([("crm", 1), ("billing", 7)], [("crm", 1)], True),  # a system that was away on that day
        ([("crm", 1), ("billing", 7)], [("crm", 1), ("billing", 8)], False),
        ([("crm", 1), ("crm", 2)], [("crm", 2), ("crm", 1)], True),
        ([("crm", 1), ("crm", 2)], [("crm", 1)], False),
        ([("crm", 1)], [], False),
        ([], [], False),
    ],
)
def test_two_choices_are_of_one_person(
    one: list[tuple[str, int]], other: list[tuple[str, int]], same: bool
) -> None:
    first, second = ([candidate(*row, same_as="a") for row in rows] for rows in (one, other))
    assert same_person(first, second) is same_person(second, first) is same


def test_a_sibling_s_proofs_count_for_the_same_person(house: House) -> None:
    access, erasure = siblings(house)
    choose(house, access)
    prove(house, access)
    house.room.identity.record(access, Method.IN_PERSON, actor="S-1", reason="มาที่สำนักงาน")
    assert level(house, access) is Assurance.IDENTITY
    assert level(house, erasure) is Assurance.NONE  # nobody is chosen there yet
    assert house.room.identity.proved(erasure) == ()
    choose(house, erasure)
    standing = house.room.identity.standing(erasure)
    assert (standing.level, standing.address_proved) == (Assurance.IDENTITY, True)
    assert house.room.identity.proved(erasure) == (email(EMAIL),)
    assert house.room.identity.reply_addresses(erasure) == (email(EMAIL),)


@pytest.mark.parametrize("rows", [(), (candidate("crm", 2, EMAIL),), (ME, candidate("crm", 2, EMAIL))])
def test_of_another_person_or_of_nobody_they_do_not(house: House, rows: tuple[Candidate, ...]) -> None:
    access, erasure = siblings(house)
    choose(house, access)
    prove(house, access)
    house.room.identity.record(access, Method.IN_PERSON, actor="S-1", reason="x")
    choose(house, erasure, rows=rows)
    standing = house.room.identity.standing(erasure)
    assert (standing.level, standing.address_proved) == (Assurance.NONE, False)
    assert house.room.identity.reply_addresses(erasure) == ()


def test_another_request_s_proofs_never_count(house: House) -> None:
    case, other = house.case(), house.case()
    choose(house, case, other)
    prove(house, other)
    assert level(house, case) is Assurance.NONE


def test_an_address_must_be_on_file_for_the_case_itself(house: House) -> None:
    access, erasure = siblings(house)
    choose(house, access, rows=[candidate("crm", 1, OTHER)])
    choose(house, erasure)
    prove(house, access, OTHER)
    standing = house.room.identity.standing(erasure)
    assert (standing.level, standing.address_proved) == (Assurance.NONE, True)
    assert house.room.identity.reply_addresses(erasure) == ()


def test_an_address_for_answers_may_be_proved_in_a_sibling(house: House) -> None:
    access, erasure = siblings(house)
    choose(house, access, erasure)
    prove(house, access, OTHER)
    assert house.room.identity.reply_addresses(erasure) == ()
    amendment = Amendment(moved=Moved.REPLY_TO, address=identifier(IdentifierKind.EMAIL, OTHER))
    house.room.register.amend(erasure, amendment, actor="S-1", reason="x")
    house.room.register.apply_amendments(erasure)
    assert house.room.identity.reply_addresses(erasure) == (email(OTHER),)
    assert house.room.identity.reply_addresses(access) == ()  # accepted there only


@pytest.mark.parametrize("relation", [Relation.FOLLOWS, Relation.REPLACES])
def test_a_case_that_goes_on_counts_what_was_shown_before(house: House, relation: Relation) -> None:
    case = house.case()
    choose(house, case)
    prove(house, case)
    assert level(house, linked(house, case, relation)) is Assurance.ADDRESS


@pytest.mark.parametrize("relation", [Relation.REOPENS, Relation.REVIEWS])
def test_a_case_that_is_looked_at_again_counts_only_what_is_shown_since(
    house: House, relation: Relation
) -> None:
    access, erasure = siblings(house)
    choose(house, access, erasure)
    prove(house, access)
    prove(house, erasure)
    house.room.identity.record(access, Method.IN_PERSON, actor="S-1", reason="x")
    house.room.register.close(erasure, Ending.REFUSED)
    again = linked(house, erasure, relation)
    standing = house.room.identity.standing(again)
    assert (standing.level, standing.address_proved) == (Assurance.NONE, False)
    assert house.room.identity.reply_addresses(again) == ()
    house.room.identity.record(access, Method.CALL_BACK, actor="S-1", reason="x")  # a sibling's, and since
    assert level(house, again) is Assurance.ADDRESS
    prove(house, again)
    assert level(house, again) is Assurance.CHANNELS
    assert house.room.identity.reply_addresses(again) == (email(EMAIL),)


def test_what_follows_a_reopened_case_is_no_older_than_it(house: House) -> None:
    first = house.case(right=Right.ERASURE)
    choose(house, first)
    prove(house, first)
    house.room.register.close(first, Ending.REFUSED)
    again = linked(house, first, Relation.REOPENS)
    assert level(house, linked(house, again, Relation.REPLACES)) is Assurance.NONE


def test_of_age_identity_is_shown_anew(house: House) -> None:
    identity, case = house.room.identity, house.case()
    choose(house, case)
    out = challenged(house, case, OTHER)
    identity.sent(out.id)
    prove(house, case)
    identity.record(case, Method.IN_PERSON, actor="S-1", reason="x")
    come_of_age(house, case)
    standing = identity.standing(case)
    assert (standing.level, standing.address_proved) == (Assurance.NONE, False)
    assert identity.proved(case) == identity.reply_addresses(case) == ()
    assert refused(house, out.token, out.code) == "challenge-expired"
    assert identity.challenge(case, email(OTHER)) is not None
    prove(house, case)  # the address that was proved before is challenged again
    assert level(house, case) is Assurance.ADDRESS
    identity.record(case, Method.IN_PERSON, actor="S-1", reason="x")
    assert level(house, case) is Assurance.IDENTITY


@pytest.mark.parametrize("which", [0, 1])
def test_of_age_a_sibling_s_proofs_from_before_count_no_more(house: House, which: int) -> None:
    access, erasure = siblings(house)
    choose(house, access, erasure)
    prove(house, access)
    come_of_age(house, (access, erasure)[which])
    assert level(house, erasure) is Assurance.NONE
    prove(house, access, OTHER)
    house.room.identity.record(access, Method.IN_PERSON, actor="S-1", reason="x")
    assert level(house, erasure) is Assurance.IDENTITY


def test_what_was_shown_after_the_word_and_before_it_was_taken_up_counts(house: House) -> None:
    case = house.case()
    choose(house, case)
    house.clock.pass_by(minutes=1)
    house.room.register.amend(case, Amendment(moved=Moved.OF_AGE), actor="S-1", reason="x")
    house.clock.pass_by(minutes=1)
    house.room.identity.record(case, Method.IN_PERSON, actor="S-1", reason="มาเอง")
    house.clock.pass_by(minutes=1)
    house.room.register.apply_amendments(case)
    assert level(house, case) is Assurance.IDENTITY


def test_a_sibling_whose_key_is_gone_says_nothing(house: House) -> None:
    access, erasure = siblings(house)
    choose(house, access, erasure)
    prove(house, access)
    house.ring.shred(house.ring.for_owner(KeyPurpose.CASE, access).key_id, "case-over")
    assert level(house, erasure) is Assurance.NONE
    prove(house, erasure)
    assert level(house, erasure) is Assurance.ADDRESS

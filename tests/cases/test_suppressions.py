"""Whom not to load again: kept as keyed hashes, asked by whoever names somebody, lifted with a reason."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from domain.errors import BadInput, NotAllowed, NotFound
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.suppression import MARKETING, Verdict, Why, known_by
from tests.cases.conftest import House
from tests.cases.test_register import events_of

HERS = identifier(IdentifierKind.EMAIL, "malee.jaidee@example.com")
HER_PHONE = identifier(IdentifierKind.PHONE, "081-234-5678")
NOBODY = identifier(IdentifierKind.EMAIL, "nobody@example.net")
FREE = Verdict()


def checked(house: House, *known: Identifier) -> Verdict:
    [verdict] = house.room.suppressions.check([known])
    return verdict


def test_who_objected_is_told_with_purposes_and_who_was_erased_before_all(own_house: House) -> None:
    register = own_house.room.suppressions
    objecting, erasing = own_house.case(), own_house.case()
    assert checked(own_house, HERS) == FREE
    assert register.enter(objecting, Why.OBJECTED, (HERS,), (MARKETING, "research")) == 2
    assert checked(own_house, HERS) == Verdict(objected=(MARKETING, "research"))
    assert checked(own_house, HERS).answer == "objected"
    assert register.enter(erasing, Why.ERASED, (HERS, HER_PHONE)) == 2
    assert [one.answer for one in register.check([(HERS,), (NOBODY,), (HER_PHONE, NOBODY)])] == [
        "erased",
        "free",
        "erased",
    ]
    assert register.check([]) == ()


def test_the_same_again_changes_nothing_and_tells_nothing(own_house: House) -> None:
    register, case = own_house.room.suppressions, own_house.case()
    assert register.enter(case, Why.ERASED, (HERS, HERS)) == 1
    assert register.enter(case, Why.ERASED, (HERS,)) == 0
    told = [facts for name, _, facts in events_of(own_house, case) if name == "suppression:entered"]
    assert told == [{"count": 1, "code": "erased"}]


def test_a_consent_that_a_system_names_in_words_is_entered_and_its_words_are_not_told(
    own_house: House,
) -> None:
    register, case = own_house.room.suppressions, own_house.case()
    assert register.enter(case, Why.OBJECTED, (HERS,), ("ข่าวสาร", "e-mail offers")) == 2
    assert checked(own_house, HERS).objected == ("e-mail offers", "ข่าวสาร")
    told = [facts for name, _, facts in events_of(own_house, case) if name == "suppression:entered"]
    assert told == [{"count": 2, "code": "objected"}]


def test_what_is_kept_is_no_identifier(own_house: House) -> None:
    own_house.room.suppressions.enter(own_house.case(), Why.ERASED, (HERS, HER_PHONE))
    with own_house.owner.connect() as connection:
        rows = [str(tuple(row)) for row in connection.execute(text("SELECT * FROM suppressions"))]
    assert len(rows) == 2
    for word in ("malee", "example", "812345678", "234-5678"):
        assert not any(word in row for row in rows)


def test_a_tenant_s_people_are_the_tenant_s(own_house: House) -> None:
    [case] = own_house.open(controllers=("t-1",))
    own_house.room.suppressions.enter(case.id, Why.ERASED, (HERS,))
    assert checked(own_house, HERS) == FREE
    assert own_house.room.suppressions.check([(HERS,)], "t-1") == (Verdict(erased=True),)


def test_who_asks_to_be_here_again_is_free_and_stays_so(own_house: House) -> None:
    register, case = own_house.room.suppressions, own_house.case()
    with pytest.raises(NotFound, match="nothing suppressed"):
        register.lift(case, actor="S-1", reason="คุณมาลี สมัครใหม่")
    register.enter(case, Why.ERASED, (HERS,))
    assert register.lift(case, actor="S-1", reason="คุณมาลี สมัครใหม่") == 1
    assert register.lift(case, actor="S-1", reason="again") == 0
    assert checked(own_house, HERS) == FREE
    register.enter(case, Why.ERASED, (HERS,))
    assert checked(own_house, HERS) == FREE


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"email": "x"}, "malformed-email"),
        ({"phone": "12"}, "malformed-phone"),
        ({"email": " ", "phone": ""}, "identifier-missing"),
        ({}, "identifier-missing"),
        ({"name": "มาลี"}, "field-unknown"),
    ],
)
def test_an_entry_that_knows_nobody_is_named_by_its_field(fields: dict[str, str], code: str) -> None:
    with pytest.raises(BadInput) as refused:
        known_by(fields)
    assert refused.value.code == code
    assert "มาลี" not in str(refused.value)


def test_a_token_is_known_with_its_scopes_until_it_is_revoked(own_house: House) -> None:
    tokens = own_house.room.service_tokens
    token, secret = tokens.add("suppressions:check", "crm-import", actor="S-1")
    other, second = tokens.add("suppressions:check", "shop-import", actor="S-1")
    program = tokens.known(secret)
    assert (program.token, program.scopes) == (token, frozenset({"suppressions:check"}))
    for wrong in (secret[:-1], ""):
        with pytest.raises(NotAllowed, match="token refused"):
            tokens.known(wrong)
    tokens.revoke(token, actor="S-2")
    tokens.revoke(token, actor="S-2")
    with pytest.raises(NotAllowed, match="token refused"):
        tokens.known(secret)
    assert tokens.known(second).token == other
    assert {(one.id, one.purpose, one.revoked) for one in tokens.all()} == {
        (token, "crm-import", True),
        (other, "shop-import", False),
    }
    with own_house.owner.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM service_tokens")).all())
        facts = str(connection.execute(text("SELECT facts FROM events")).all())
    assert secret not in kept + facts
    assert second not in kept + facts


def test_a_token_is_for_a_known_scope_and_a_named_program(own_house: House) -> None:
    tokens = own_house.room.service_tokens
    for scope, purpose in (
        ("everything", "crm"),
        ("suppressions:check everything", "crm"),
        ("", "crm"),
        ("suppressions:check", "มาลี ใจดี"),
        ("suppressions:check", ""),
    ):
        with pytest.raises(BadInput):
            tokens.add(scope, purpose, actor="S-1")
    with pytest.raises(NotFound):
        tokens.revoke("T-nothing", actor="S-1")

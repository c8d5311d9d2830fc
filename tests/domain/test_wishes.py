"""What may be said with each right, how it is read, and what is sent back to be said again."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from domain.assurance import Assurance
from domain.errors import BadInput
from domain.rights import RULES, Right
from domain.wishes import Because, Use, Wish, assurance_for, read_wish

ACCESS, PORTABILITY, OBJECTION, ERASURE, RESTRICTION, RECTIFICATION, WITHDRAWAL = (
    Right.ACCESS,
    Right.PORTABILITY,
    Right.OBJECTION,
    Right.ERASURE,
    Right.RESTRICTION,
    Right.RECTIFICATION,
    Right.WITHDRAWAL,
)
Given = dict[str, JsonValue]

READ: list[tuple[Right, Given, Wish]] = [
    (ACCESS, {}, Wish()),
    (ACCESS, {"units": "U01, U03,,U01 "}, Wish(units=("U01", "U03"))),
    (ERASURE, {}, Wish()),
    (ERASURE, {"units": "U10"}, Wish(units=("U10",))),
    (PORTABILITY, {}, Wish()),
    (
        PORTABILITY,
        {"units": "U01", "transfer-to": "other-crm"},
        Wish(units=("U01",), transfer_to="other-crm"),
    ),
    (OBJECTION, {"against": "marketing"}, Wish(against=(Use.MARKETING,))),
    (OBJECTION, {"against": "interest"}, Wish(against=(Use.INTEREST,))),
    (OBJECTION, {"against": " Research "}, Wish(against=(Use.RESEARCH,))),
    (OBJECTION, {"against": "research,marketing,research"}, Wish(against=(Use.MARKETING, Use.RESEARCH))),
    (OBJECTION, {"against": "interest", "units": "U07"}, Wish(against=(Use.INTEREST,), units=("U07",))),
    (RESTRICTION, {"because": "accuracy"}, Wish(because=Because.ACCURACY)),
    (RESTRICTION, {"because": " Unlawful "}, Wish(because=Because.UNLAWFUL)),
    (RESTRICTION, {"because": "claims"}, Wish(because=Because.CLAIMS)),
    (RESTRICTION, {"because": "objection", "units": "U07"}, Wish(because=Because.OBJECTION, units=("U07",))),
    (WITHDRAWAL, {}, Wish()),
    (WITHDRAWAL, {"purpose": "news, sms"}, Wish(purposes=("news", "sms"))),
    (WITHDRAWAL, {"purpose": "news", "units": "U10"}, Wish(purposes=("news",), units=("U10",))),
    (RECTIFICATION, {"name": "สมหญิง ใจดี"}, Wish(corrections={"name": "สมหญิง ใจดี"})),
    (
        RECTIFICATION,
        {"units": "U01", "phone": None, "branch": 3, "against": "x"},
        Wish(units=("U01",), corrections={"phone": None, "branch": 3, "against": "x"}),
    ),
]


@pytest.mark.parametrize(("right", "given", "wish"), READ)
def test_what_is_said_is_read(right: Right, given: Given, wish: Wish) -> None:
    before = dict(given)
    assert read_wish(right, given) == wish
    assert given == before


PRIVATE = "somying@example.com"  # no word of any field: it must not come back in an error

REFUSED: list[tuple[Right, Given, str, dict[str, str | int]]] = [
    (ACCESS, {"against": PRIVATE}, "wish-unknown", {"field": "--set", "count": 1}),
    (ERASURE, {"because": PRIVATE, "name": PRIVATE}, "wish-unknown", {"field": "--set", "count": 2}),
    (PORTABILITY, {"purpose": PRIVATE}, "wish-unknown", {"field": "--set", "count": 1}),
    (OBJECTION, {"against": "marketing", PRIVATE: ""}, "wish-unknown", {"field": "--set", "count": 1}),
    (RESTRICTION, {"because": "claims", "transfer-to": "x"}, "wish-unknown", {"field": "--set", "count": 1}),
    (WITHDRAWAL, {"purposes": PRIVATE}, "wish-unknown", {"field": "--set", "count": 1}),
    (OBJECTION, {}, "objection-unclear", {"field": "against"}),
    (OBJECTION, {"against": " , "}, "objection-unclear", {"field": "against"}),
    (OBJECTION, {"against": "profiling"}, "objection-unclear", {"field": "against"}),
    (OBJECTION, {"against": "marketing,profiling"}, "objection-unclear", {"field": "against"}),
    (OBJECTION, {"against": PRIVATE}, "malformed-code", {"field": "against"}),
    (RESTRICTION, {}, "restriction-unclear", {"field": "because"}),
    (RESTRICTION, {"because": PRIVATE}, "restriction-unclear", {"field": "because"}),
    (RESTRICTION, {"because": "accuracy,claims"}, "restriction-unclear", {"field": "because"}),
    (PORTABILITY, {"transfer-to": "one,other"}, "transfer-to-several", {"field": "transfer-to"}),
    (PORTABILITY, {"transfer-to": PRIVATE}, "malformed-code", {"field": "transfer-to"}),
    (WITHDRAWAL, {"purpose": "news for me"}, "malformed-code", {"field": "purpose"}),
    (WITHDRAWAL, {"purpose": "ข่าวสาร"}, "malformed-code", {"field": "purpose"}),
    (RECTIFICATION, {}, "correction-missing", {"field": "--set"}),
    (RECTIFICATION, {"units": "U01"}, "correction-missing", {"field": "--set"}),
]


@pytest.mark.parametrize(("right", "given", "code", "facts"), REFUSED)
def test_what_cannot_be_meant_is_sent_back(
    right: Right, given: Given, code: str, facts: dict[str, str | int]
) -> None:
    with pytest.raises(BadInput) as caught:
        read_wish(right, given)
    error = caught.value
    assert (error.code, error.facts) == (code, facts)
    assert error.mend
    assert PRIVATE not in str(error)
    assert error.__suppress_context__ or error.__context__ is None


UNITS: list[JsonValue] = ["U01;U02", "../U01", "-U01", "U" * 65, ["U01"], PRIVATE]


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("units", UNITS)
def test_what_is_no_code_of_a_unit_is_sent_back(right: Right, units: JsonValue) -> None:
    with pytest.raises(BadInput) as caught:
        read_wish(right, {"units": units})
    assert (caught.value.code, caught.value.facts) == ("malformed-code", {"field": "units"})
    assert PRIVATE not in str(caught.value)


@pytest.mark.parametrize(
    ("right", "known"),
    [
        (ACCESS, "access takes units"),
        (PORTABILITY, "portability takes units, transfer-to"),
        (OBJECTION, "objection takes units, against"),
        (ERASURE, "erasure takes units"),
        (RESTRICTION, "restriction takes units, because"),
        (WITHDRAWAL, "withdrawal takes units, purpose"),
    ],
)
def test_an_unknown_field_is_answered_with_those_of_the_right(right: Right, known: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_wish(right, {"colour": "red"})
    assert caught.value.mend == known


def test_unclear_words_are_answered_with_the_words_there_are() -> None:
    with pytest.raises(BadInput, match="marketing, interest, research"):
        read_wish(OBJECTION, {})
    with pytest.raises(BadInput, match="accuracy, unlawful, claims, objection"):
        read_wish(RESTRICTION, {})


def test_a_code_may_have_64_characters() -> None:
    assert read_wish(ACCESS, {"units": "U" * 64}).units == ("U" * 64,)


@pytest.mark.parametrize(
    ("against", "alone"),
    [
        ((Use.MARKETING,), True),
        ((Use.INTEREST,), False),
        ((Use.MARKETING, Use.INTEREST), False),
        ((Use.MARKETING, Use.INTEREST, Use.RESEARCH), False),
        ((), False),
    ],
)
def test_marketing_alone(against: tuple[Use, ...], alone: bool) -> None:
    assert Wish(against=against).marketing_only is alone


def test_a_wish_shows_nothing_of_itself() -> None:
    wish = Wish(corrections={"email": PRIVATE}, units=("U01",))
    assert PRIVATE not in repr(wish)
    assert PRIVATE not in str(wish)


ASSURANCE = [
    # right, wish, erased after a withdrawal, what must be shown
    (ACCESS, Wish(), False, Assurance.IDENTITY),
    (PORTABILITY, Wish(), False, Assurance.IDENTITY),
    (ERASURE, Wish(), False, Assurance.IDENTITY),
    (ERASURE, Wish(units=("U10",)), False, Assurance.IDENTITY),
    (ERASURE, Wish(), True, Assurance.ADDRESS),  # s.37(3): the company's own duty
    (RECTIFICATION, Wish(corrections={"name": "x"}), False, Assurance.IDENTITY),
    (RESTRICTION, Wish(because=Because.CLAIMS), False, Assurance.CHANNELS),
    (OBJECTION, Wish(against=(Use.MARKETING,)), False, Assurance.ADDRESS),  # to stop marketing asks no more
    (OBJECTION, Wish(against=(Use.INTEREST,)), False, Assurance.CHANNELS),
    (OBJECTION, Wish(against=(Use.MARKETING, Use.INTEREST)), False, Assurance.CHANNELS),
    (OBJECTION, Wish(against=(Use.RESEARCH,)), False, Assurance.CHANNELS),
    (WITHDRAWAL, Wish(), False, Assurance.ADDRESS),
]


@pytest.mark.parametrize(("right", "wish", "consent_only", "level"), ASSURANCE)
def test_how_sure_one_must_be(right: Right, wish: Wish, consent_only: bool, level: Assurance) -> None:
    assert assurance_for(right, wish, consent_only=consent_only) is level


def test_no_wish_asks_more_than_its_right() -> None:
    assert {right for right, *_ in ASSURANCE} == set(Right)
    assert all(level <= RULES[right].assurance for right, _, _, level in ASSURANCE)

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.identifiers import ADDRESSES, IdentifierKind, identifier

EMAIL, PHONE, NAME, REF = (
    IdentifierKind.EMAIL,
    IdentifierKind.PHONE,
    IdentifierKind.NAME,
    IdentifierKind.REF,
)


def normal(kind: IdentifierKind, text: str) -> str:
    return identifier(kind, text).value


@pytest.mark.parametrize(
    "text",
    [
        "somchai@example.com",
        "Somchai@Example.COM",
        "  somchai@example.com\t",
        "som\u200bchai@example.com",  # zero-width space
        "\ufeffsomchai@example.com",  # byte order mark
        "\u202asomchai@example.com\u202c",  # direction marks, as copying brings them
        "somchai@exam\u00adple.com",  # soft hyphen
        "ｓｏｍｃｈａｉ＠ｅｘａｍｐｌｅ．ｃｏｍ",  # full width
    ],
)
def test_ways_of_writing_one_address(text: str) -> None:
    assert normal(EMAIL, text) == "somchai@example.com"


def test_composed_and_decomposed_letters_are_one() -> None:
    decomposed = unicodedata.normalize("NFD", "josé@example.com")
    assert decomposed != "josé@example.com"
    assert normal(EMAIL, decomposed) == normal(EMAIL, "JOSÉ@example.com") == "josé@example.com"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("somchai@example.com", "somchai+crm@example.com"),  # one's alias is another's desk
        ("somchai@example.com", "som.chai@example.com"),
        ("somchai@example.com", "somchai@mail.example.com"),
        ("a@example.com", "\u0430@example.com"),  # Cyrillic а
        ("strasse@example.com", "straße@example.com"),
    ],
)
def test_what_may_be_two_people_stays_two(one: str, other: str) -> None:
    assert normal(EMAIL, one) != normal(EMAIL, other)


def test_a_thai_address_is_an_address() -> None:
    assert normal(EMAIL, "สมชาย@ตัวอย่าง.ไทย") == unicodedata.normalize("NFKC", "สมชาย@ตัวอย่าง.ไทย")


@pytest.mark.parametrize(
    "text",
    [
        "Somchai <somchai@example.com>",
        "<somchai@example.com>",
        "a@example.com, b@example.com",
        "a@example.com;b@example.com",
        "somchai",
        "somchai@",
        "@example.com",
        "somchai@localhost",
        "somchai@example..com",
        "somchai@-example.com",
        "somchai@example-.com",
        "somchai@example.com.",
        "som chai@example.com",
        "som@chai@example.com",
        ".somchai@example.com",
        "somchai.@example.com",
        "som..chai@example.com",
        f"{'a' * 65}@example.com",
        f"a@{'b' * 64}.com",
        '"som chai"@example.com',
    ],
)
def test_what_is_not_one_address_is_refused_and_never_guessed(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        identifier(EMAIL, text, field="--email")
    assert caught.value.code == "malformed-email"
    assert caught.value.facts == {"field": "--email"}
    assert "somchai" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "081-234-5678",
        "0812345678",
        "081 234 5678",
        "(081) 234.5678",
        "+66812345678",
        "+66 81 234 5678",
        "+66 (0)81 234 5678",
        "0066812345678",
        "0066 81-234-5678",
        "66812345678",
        "๐๘๑-๒๓๔-๕๖๗๘",
        "+๖๖ ๘๑ ๒๓๔ ๕๖๗๘",
        "081\u2013234\u20135678",  # en dashes
        "０８１２３４５６７８",  # full width
        "\u202a+66 81 234 5678\u202c",
    ],
)
def test_ways_of_writing_one_number(text: str) -> None:
    assert normal(PHONE, text) == "+66812345678"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("02-123-4567", "+6621234567"),
        ("+66 2 123 4567", "+6621234567"),
        ("053 123 456", "+6653123456"),
        ("+1 415 555 0100", "+14155550100"),
        ("0014155550100", "+14155550100"),
    ],
)
def test_landlines_and_other_countries(text: str, value: str) -> None:
    assert normal(PHONE, text) == value


@pytest.mark.parametrize(
    "text",
    [
        "12345",
        "5550100",
        "081-234-567x",
        "02 123 4567 ext 8",
        "02-123-4567-9",  # a range of lines: ten digits and no number
        "081-234-567",  # a digit too few
        "081-234-5678, 082-345-6789",
        "081-234-5678 / 082-345-6789",
        "+66 81 234 56789",
        "+1234567890123456",
        "----",
    ],
)
def test_what_is_not_one_number_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        identifier(PHONE, text, field="phone")
    assert caught.value.code == "malformed-phone"
    assert caught.value.facts == {"field": "phone"}


def test_names_lose_case_and_blanks_only() -> None:
    assert normal(NAME, "  Somchai \u00a0 JAIDEE\n") == "somchai jaidee"
    assert normal(NAME, "สมชาย  ใจดี") == normal(NAME, "สมชาย ใจดี")
    assert normal(NAME, "สมชาย") != normal(NAME, "สมชัย")


def test_a_reference_keeps_its_case() -> None:
    assert normal(REF, " cus_AbC123 ") == "cus_AbC123"
    assert normal(REF, "cus_AbC123") != normal(REF, "cus_abc123")


@pytest.mark.parametrize("kind", IdentifierKind)
@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\u202a\u202c"])
def test_nothing_is_no_identifier(kind: IdentifierKind, text: str) -> None:
    with pytest.raises(BadInput) as caught:
        identifier(kind, text)
    assert (caught.value.code, caught.value.facts) == ("identifier-empty", {"field": kind.value})


@pytest.mark.parametrize("kind", IdentifierKind)
def test_control_characters_are_refused(kind: IdentifierKind) -> None:
    with pytest.raises(BadInput, match="control character"):
        identifier(kind, "a\x00b@example.com")


def test_an_identifier_shows_nothing_of_itself() -> None:
    shown = identifier(EMAIL, "somchai@example.com")
    assert "somchai" not in f"{shown} {shown!r}"


def test_a_code_goes_to_an_email() -> None:
    assert frozenset({EMAIL}) == ADDRESSES


TEXTS = st.text(max_size=40) | st.text("０1๑+-() 6089@.aA\u0e33\u0e48\u0130ß\u200b", max_size=14)


@given(st.sampled_from(IdentifierKind), TEXTS)
@example(NAME, "\u0130\u0e48")  # its lower case is two characters, which then change places
def test_normalising_twice_changes_nothing_and_nothing_but_our_error_escapes(
    kind: IdentifierKind, text: str
) -> None:
    try:
        once = normal(kind, text)
    except BadInput:
        return
    assert normal(kind, once) == once


@given(st.from_regex(r"[a-z0-9]{1,10}\+?[a-z0-9]{1,10}@[a-z0-9]{1,10}\.(com|co\.th)", fullmatch=True))
def test_any_plain_address_is_taken_as_it_is(text: str) -> None:
    assert normal(EMAIL, text) == normal(EMAIL, text.upper()) == text


@given(st.from_regex(r"[689][0-9]{8}", fullmatch=True))
def test_every_mobile_number_has_one_form(digits: str) -> None:
    ways = (f"0{digits}", f"+66{digits}", f"0066{digits}", f"+66 (0){digits}")
    assert {normal(PHONE, way) for way in ways} == {f"+66{digits}"}

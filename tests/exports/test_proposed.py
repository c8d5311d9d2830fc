"""A document made from what nobody has signed says so; once it is signed, none does."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import JsonValue

from domain.holds import holds_on
from domain.outcomes import Outcome
from exports import lines, words
from policy.model import Policy
from policy.rules import signed
from tests.exports.samples import policy as shipped

MARKS = {"th": "ยังไม่ได้ลงนามรับรอง", "en": "not signed by the data protection officer"}


def signed_policy() -> Policy:
    return signed(shipped().model_copy(update={"gaps": ()}))


def kept(policy: Policy, language: str) -> str:
    """How a letter speaks of an invoice that is kept."""
    [hold] = holds_on(
        (policy.holds["H-BOOKS"],), {"document_date": date(2022, 3, 14)}, policy.books, policy.calendar
    )
    group: dict[str, JsonValue] = {
        "unit": "U03",
        "outcome": Outcome.HOLD.value,
        "count": 1,
        "ground": "EX-LAW",
        "holds": [hold.model_dump(mode="json")],
    }
    [line] = lines.lines([group], policy, words.load()[language], date(2026, 11, 23))
    return " ".join(line.holds)


@pytest.mark.parametrize("language", ["th", "en"])
def test_years_on_a_basis_that_nobody_signed_are_marked(language: str) -> None:
    assert MARKS[language] in kept(shipped(), language)
    assert MARKS[language] not in kept(signed_policy(), language)


@pytest.mark.parametrize("language", ["th", "en"])
def test_a_period_that_nobody_signed_is_marked_and_a_published_one_is_not(language: str) -> None:
    catalogue = words.load()[language]
    units = shipped().units
    assert MARKS[language] in lines.retention(units["U06"], catalogue)
    assert MARKS[language] not in lines.retention(units["U01"], catalogue)
    assert MARKS[language] not in lines.retention(signed_policy().units["U06"], catalogue)

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.errors import BadInput
from domain.keys import SEPARATOR, idempotency_key

PARTS = st.lists(
    st.text(st.characters(exclude_characters=SEPARATOR), min_size=1, max_size=5), min_size=2, max_size=5
)


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        (("c1", "fulfilling", "crm", "erase", "7"), "c1:fulfilling:crm:erase:7"),
        (("c1", "fulfilling", "crm", "erase"), "c1:fulfilling:crm:erase"),
        (("c1", "answering"), "c1:answering"),
    ],
)
def test_formula(parts: tuple[str, ...], key: str) -> None:
    assert idempotency_key(*parts) == key


@given(PARTS, PARTS)
def test_two_effects_never_share_a_key(one: list[str], other: list[str]) -> None:
    assume(one != other)
    assert idempotency_key(*one) != idempotency_key(*other)


@pytest.mark.parametrize("parts", [("c1:x", "s"), ("c1", "s", "a:b"), ("c1", "s", "a", "b", ":")])
def test_a_part_with_the_separator_is_refused(parts: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="key part with separator"):
        idempotency_key(*parts)


@pytest.mark.parametrize(
    "parts", [("", ""), ("", "s"), ("c1", "", "crm"), ("c1", "s", "", "erase"), ("c1", "s", "", "", "1")]
)
def test_a_missing_part_is_refused(parts: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="key part missing"):
        idempotency_key(*parts)

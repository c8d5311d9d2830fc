"""Canonical JSON is RFC 8785's, whichever way it is written."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from cases.canonical import canonical

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_LEAF = st.none() | st.booleans() | _TEXT | st.integers(-(2**53) + 1, 2**53 - 1)
_FLOAT = st.floats(allow_nan=False, allow_infinity=False)


def _json(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4)
    )


@given(_json(_LEAF) | _json(_LEAF | _FLOAT))
def test_it_is_the_standard_s(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_keys_sort_by_utf_16_units() -> None:
    assert canonical({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize("value", [2**53, float("nan"), object(), {1: 2}, "\ud800"])
def test_what_json_cannot_carry_exactly_is_refused(value: object) -> None:
    with pytest.raises((rfc8785.CanonicalizationError, UnicodeEncodeError)):
        canonical(value)

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from connectors.content import content_hash, plain, typed

BANGKOK = timezone(timedelta(hours=7))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("10.50"), Decimal("10.5")),
        (Decimal(100), Decimal("1E+2")),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 7, tzinfo=BANGKOK)),
        (b"\x00x", memoryview(b"\x00x")),
        ({"b": 1, "a": [1, 2]}, {"a": [1, 2], "b": 1}),
    ],
)
def test_drivers_may_spell_alike_what_is_alike(one: Any, other: Any) -> None:
    assert content_hash([one]) == content_hash([other])
    assert plain(one) == plain(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([None], [""]),
        (["ab", "c"], ["a", "bc"]),
        (["1"], [1]),
        ([None, "x"], ["x", None]),
        ([True], ["True"]),
        ([{"a": 1}], [{"a": "1"}]),
        (["s1:a"], ["a"]),
    ],
)
def test_different_rows_never_look_alike(one: list[Any], other: list[Any]) -> None:
    assert content_hash(one) != content_hash(other)


@pytest.mark.parametrize(
    "value",
    [
        7,
        "x",
        True,
        1.5,
        None,
        date(2026, 1, 2),
        datetime(2026, 1, 2, tzinfo=UTC),
        Decimal("1.25"),
        uuid.UUID(int=7),
    ],
)
def test_a_key_comes_back_as_it_was(value: Any) -> None:
    assert typed(plain(value), type(value)) == value


@pytest.mark.parametrize(
    ("value", "kind"), [("x", int), (True, int), (7, str), ("x", date), ("x", Decimal), ([], str)]
)
def test_a_value_of_another_type_is_refused(value: Any, kind: type) -> None:
    with pytest.raises(ValueError, match=r".*"):
        typed(value, kind)

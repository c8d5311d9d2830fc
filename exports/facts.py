"""Facts of a case file, read in the shape that a letter prints them in."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

Facts = Mapping[str, JsonValue]


def texts(facts: Facts, key: str) -> tuple[str, ...]:
    """A list of texts; nothing where there is no such fact."""
    listed = facts.get(key)
    return tuple(str(one) for one in listed) if isinstance(listed, list | tuple) else ()


def text(facts: Facts, key: str) -> str:
    """One text; empty where there is no such fact."""
    value = facts.get(key)
    return "" if value is None else str(value)


def entries(facts: Facts, key: str) -> tuple[Mapping[str, JsonValue], ...]:
    """A list of objects; nothing where there is no such fact."""
    listed = facts.get(key)
    return tuple(one for one in listed if isinstance(one, dict)) if isinstance(listed, list | tuple) else ()


def number(facts: Facts, key: str) -> int:
    """A count; zero where there is no such fact."""
    value = facts.get(key)
    return value if isinstance(value, int) else 0

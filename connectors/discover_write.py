"""A proposal as YAML that people read: each guess with its reason beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml

from connectors.discover import Draft

HEAD = """\
# A proposal: every guess stands with its reason. Say what is so; take out what is not; then `datamap check`.
"""
_WIDTH = 100_000


def write(draft: Draft, head: str = HEAD) -> str:
    """The whole file."""
    return head + "".join(line + "\n" for line in _lines(draft))


def _lines(draft: Draft) -> Iterator[str]:
    yield "sources:"
    yield "  given: [ให้ไว้เอง, given]"
    yield "persons:"
    for name, told in draft.persons.items():
        yield f"  {_key(name)}: {_inline(told)}{_why(draft, name, '')}"
    yield "not_personal:"
    yield from (f"  - {_key(name)}" for name in draft.not_personal)
    yield "tables:"
    for name, told in draft.tables.items():
        yield f"  {_key(name)}:"
        for key, value in told.items():
            yield from _part(draft, name, key, value)


def _part(draft: Draft, table: str, key: str, value: Any) -> Iterator[str]:
    if key == "columns":
        yield "    columns:"
        for column, told in value.items():
            yield f"      {_key(column)}: {_inline(told)}{_why(draft, table, column)}"
    elif key == "paths":
        yield "    paths:"
        for path in value:
            yield f"      - {_inline(path)}{_why(draft, table, f'path {path}')}"
    else:
        yield f"    {key}: {_inline(value)}{_why(draft, table, key)}"


def _why(draft: Draft, table: str, what: str) -> str:
    reason = draft.reasons.get((table, what), "")
    return f"  # {reason}" if reason else ""


def _key(name: str) -> str:
    return _inline(name)


def _inline(value: Any) -> str:
    bare = json.loads(json.dumps(value))  # names from a catalogue are a kind of text that YAML does not know
    written: str = yaml.safe_dump(
        bare, default_flow_style=True, allow_unicode=True, width=_WIDTH, sort_keys=False
    )
    return written.removesuffix("\n").removesuffix("\n...")

"""What differs between two policies, and what one entry says: for people who must answer for a change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

from domain.errors import NotFound
from domain.value import Value
from policy.load import FILES
from policy.yaml_lines import Document, read_yaml

Leaf = tuple[str, str]
"""A file and the place in it, as ("holds.yaml", "holds.H-ACC.years")."""


class Change(Value):
    """One value that differs; None where it stands on one side only."""

    file: str
    field: str
    line: int
    old: JsonValue
    new: JsonValue


class Entry(Value):
    """One entry of a policy as it is written."""

    code: str
    file: str
    line: int
    content: JsonValue


def differences(old: Path, new: Path) -> tuple[Change, ...]:
    """Every value that differs, in the order of the files; `line` is where it stands now, or stood.

    Raises:
        PolicyInvalid: a file of one of the two is missing or no YAML.
    """
    found: list[Change] = []
    for name in FILES:
        before, after = read_yaml(old / f"{name}.yaml"), read_yaml(new / f"{name}.yaml")
        left, right = dict(_leaves(before.data)), dict(_leaves(after.data))
        for place in dict.fromkeys((*left, *right)):
            if left.get(place) != right.get(place):
                written = after if place in right else before
                found.append(
                    Change(
                        file=written.name,
                        field=".".join(map(str, place)),
                        line=written.line(place),
                        old=left.get(place),
                        new=right.get(place),
                    )
                )
    return tuple(found)


def entry_named(directory: Path, code: str) -> Entry:
    """The entry of that code: "H-ACC", "U06", "R30-LAW", "BASIS-2569-01", "access" or with its register before it.

    Raises:
        NotFound: no register has it.
        PolicyInvalid: a file is missing or no YAML.
    """
    wanted = code.strip().casefold()
    for name in FILES:
        document = read_yaml(directory / f"{name}.yaml")
        for top, key, content in _entries(document):
            if wanted in {key.casefold(), f"{top}.{key}".casefold()}:
                line = document.line((top, key))
                return Entry(code=f"{top}.{key}", file=document.name, line=line, content=content)
    raise NotFound("rule-unknown", "`policy check --json` lists every code", field="CODE")


def _entries(document: Document) -> Iterator[tuple[str, str, JsonValue]]:
    for top, entries in document.data.items() if isinstance(document.data, dict) else ():
        for key, content in entries.items() if isinstance(entries, dict) else ():
            yield top, key, content


def _leaves(
    value: JsonValue, place: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], JsonValue]]:
    if isinstance(value, Mapping) and value:
        for key, child in value.items():
            yield from _leaves(child, (*place, key))
    elif isinstance(value, list) and any(isinstance(child, dict) for child in value):
        for no, child in enumerate(value):
            yield from _leaves(child, (*place, no))
    else:
        yield place, value

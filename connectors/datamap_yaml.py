"""YAML that remembers its lines, so that a mistake can be shown where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from domain.errors import DataMapInvalid


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a YAML file; `at` are facts that name its place to people (table, column)."""

    raw: yaml.Node
    file: str
    at: tuple[tuple[str, str], ...] = ()

    @property
    def line(self) -> int:
        """Counted from 1."""
        return int(self.raw.start_mark.line) + 1

    def wrong(self, code: str, mend: str) -> DataMapInvalid:
        """The error that says what is wrong here."""
        return DataMapInvalid(code, mend, file=self.file, line=self.line, **dict(self.at))

    def named(self, fact: str, value: str) -> Node:
        """The same piece under a further name."""
        return Node(self.raw, self.file, (*self.at, (fact, value)))

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.raw, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether it has parts."""
        return isinstance(self.raw, yaml.SequenceNode)

    def pairs(self) -> Iterator[tuple[str, Node]]:
        """Keys and values in order, each key once."""
        if not isinstance(self.raw, yaml.MappingNode):
            raise self.wrong("not-a-mapping", "write `key: value` pairs here")
        seen: set[str] = set()
        for key, value in self.raw.value:
            child = Node(value, self.file, self.at)
            if not isinstance(key, yaml.ScalarNode):
                raise child.wrong("key-not-text", "a key is a plain word")
            if key.value in seen:
                raise Node(key, self.file, self.at).wrong("key-twice", f"`{key.value}` stands here already")
            seen.add(key.value)
            yield key.value, child

    def fields(self, *, needs: tuple[str, ...] = (), may: tuple[str, ...] = ()) -> dict[str, Node]:
        """A mapping with known keys only."""
        found = dict(self.pairs())
        for key, value in found.items():
            if key not in needs and key not in may:
                raise value.wrong("unknown-key", f"`{key}` is none of {', '.join((*needs, *may))}")
        for key in needs:
            if key not in found:
                raise self.wrong("key-missing", f"give `{key}`")
        return found

    def parts(self) -> tuple[Node, ...]:
        """The parts of a list."""
        if not isinstance(self.raw, yaml.SequenceNode):
            raise self.wrong("not-a-list", "write a list here")
        return tuple(Node(part, self.file, self.at) for part in self.raw.value)

    def scalar(self) -> Any:
        """One value, typed as YAML types it."""
        if not isinstance(self.raw, yaml.ScalarNode):
            raise self.wrong("not-a-value", "write one value here")
        try:
            return yaml.SafeLoader("").construct_object(self.raw)
        except (yaml.YAMLError, ValueError):
            raise self.wrong("unreadable-value", "put it in quotation marks") from None

    def plain(self) -> Any:
        """Whatever stands here, as YAML reads it: a value, a list or a mapping of them."""
        if self.is_mapping:
            return {key: value.plain() for key, value in self.pairs()}
        return [part.plain() for part in self.parts()] if self.is_list else self.scalar()

    def truth(self) -> bool:
        """True or false."""
        value = self.scalar()
        if not isinstance(value, bool):
            raise self.wrong("not-a-truth", "write true or false")
        return value

    def text(self) -> str:
        """One piece of text that is not empty."""
        value = self.scalar()
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(
                "not-text", "write text here, in quotation marks if it looks like something else"
            )
        return value.strip()

    def texts(self) -> tuple[str, ...]:
        """A list of texts; one alone may stand without the list."""
        return tuple(part.text() for part in self.parts()) if self.is_list else (self.text(),)

    def texts_of(self, allowed: tuple[str, ...]) -> tuple[str, ...]:
        """A list of some words; one alone may stand without the list."""
        return tuple(part.choice(allowed) for part in (self.parts() if self.is_list else (self,)))

    def choice(self, allowed: tuple[str, ...]) -> str:
        """One of some words."""
        value = self.text()
        if value not in allowed:
            raise self.wrong("unknown-word", f"use one of {', '.join(allowed)}")
        return value


def read_yaml(path: Path) -> Node:
    """The top of a YAML file.

    Raises:
        DataMapInvalid: there is no such file, or it is not YAML; names file and line.
    """
    try:
        raw = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError):
        raise DataMapInvalid("file-unreadable", "check its path and rights", file=str(path)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise DataMapInvalid("not-yaml", "check indentation and colons", file=str(path), line=line) from None
    if raw is None:
        raise DataMapInvalid("file-empty", "write the map", file=str(path))
    return Node(raw, str(path))

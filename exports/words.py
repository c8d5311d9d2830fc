"""The catalogue: every word for people, Thai first, English beside. A key in one language alone is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from domain.calendar import BANGKOK, BUDDHIST_OFFSET, day_in_bangkok, in_thai
from domain.errors import PolicyInvalid

LANGUAGES = ("th", "en")
_HOME = Path(__file__).with_name("catalogue")


class Words:
    """The catalogue of one language; `words("endings.partial")`, `words("dossier.more", shown=20, ...)`."""

    def __init__(self, language: str, entries: Mapping[str, Any], *, thai_numerals: bool = False) -> None:
        self.language = language
        self._entries = entries
        self._numerals = thai_numerals and language == "th"

    def __call__(self, key: str, /, **parts: object) -> str:
        """The text under a dotted key, its named parts filled in. Raises `KeyError` for an unknown key."""
        return str(self._entries[key]).format_map(parts) if parts else str(self._entries[key])

    def get(self, key: str) -> str | None:
        """The text under a key that may be missing, such as a vendor's code."""
        return self._entries.get(key)

    def under(self, path: str) -> tuple[str, ...]:
        """The keys right under a dotted path, in the order of the catalogue; none where there is no such path."""
        start = f"{path}."
        below = (key.removeprefix(start) for key in self._entries if key.startswith(start))
        return tuple(key for key in below if "." not in key)

    def day(self, day: date | str) -> str:
        """A day as people write it, in the Buddhist Era; English letters give both eras.

        Text is an ISO date, or an ISO moment with its zone, of which the Bangkok day is meant.
        """
        if isinstance(day, str):
            day = day_in_bangkok(datetime.fromisoformat(day)) if "T" in day else date.fromisoformat(day)
        if self.language == "th":
            text = in_thai(day, numerals=self._numerals)
        else:
            month = self._entries["months"][day.month - 1]
            text = f"{day.day} {month} {day.year} (B.E. {day.year + BUDDHIST_OFFSET})"
        return text.replace(" ", "\u00a0")  # a date stays on one line

    def moment(self, instant: datetime | str) -> str:
        """A moment of the Bangkok day; `instant` carries its zone."""
        instant = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
        local = instant.astimezone(BANGKOK)
        return self("moment", day=self.day(local.date()), time=f"{local:%H:%M}")

    def cite(self, citation: str) -> str:
        """A short citation of the policy, as "s.33 ¶2", in the words of a letter."""
        for pattern, words in self._entries["citations"]:
            citation = re.sub(pattern, words, citation)
        return citation

    def dear(self, name: str) -> str:
        """How a letter addresses somebody: with คุณ or Khun unless the name brings its own title."""
        if not name.strip():
            return self("dear_unknown")
        if name.startswith(tuple(self._entries["honorifics"])):
            return name
        return self("dear", name=name)


def load(home: Path = _HOME, *, thai_numerals: bool = False) -> dict[str, Words]:
    """The catalogues of all languages.

    Raises:
        PolicyInvalid: a key stands in one language and not in the other, or twice, or a text has other named parts.
    """
    texts = _texts(home)
    return {code: Words(code, entries, thai_numerals=thai_numerals) for code, entries in texts.items()}


class _Once(yaml.SafeLoader):
    """Safe YAML in which a key stands once: of two, one would be said and the other read."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - theirs
        keys = [each.value for each, _ in node.value]
        for key in sorted({str(key) for key in keys if keys.count(key) > 1}):
            raise PolicyInvalid("catalogue-key-twice", "keep one of them", field=key)
        return super().construct_mapping(node, deep)


@cache
def _texts(home: Path) -> Mapping[str, Mapping[str, Any]]:
    texts = {
        language: dict(_flat(yaml.load((home / f"{language}.yaml").read_text("utf-8"), Loader=_Once)))  # noqa: S506 - a safe one
        for language in LANGUAGES
    }
    thai, english = texts["th"], texts["en"]
    for key in sorted(thai.keys() ^ english.keys()):
        raise PolicyInvalid("catalogue-key-in-one-language", "give it in both", field=key)
    for key, text in thai.items():
        if _parts(text) != _parts(english[key]):
            raise PolicyInvalid("catalogue-parts-differ", "use the same {parts} in both", field=key)
    return texts


def _flat(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def _parts(text: Any) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name} if isinstance(text, str) else set()

"""The words of the pages, Thai first, English beside; a key in one language alone is an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from domain.calendar import BANGKOK, BUDDHIST_OFFSET, day_in_bangkok, in_thai
from domain.errors import PolicyInvalid

LANGUAGES = ("th", "en")
_MEGABYTE = 10**6
_HOME = Path(__file__).with_name("text")


class Words:
    """One language: `words("verify.title")`; a list such as steps by `words.lines("dead.steps")`."""

    def __init__(self, language: str, entries: Mapping[str, str | tuple[str, ...]]) -> None:
        self.language = language
        self._entries = entries

    def __call__(self, key: str, /, **parts: object) -> str:
        """The text under a dotted key, its named parts filled in. Raises `KeyError` for an unknown key."""
        return str(self._entries[key]).format_map(parts)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def day(self, instant: datetime | str) -> str:
        """The Bangkok day of an instant, or an ISO day, in the Buddhist Era; English letters give both eras."""
        return self.date(date.fromisoformat(instant) if isinstance(instant, str) else day_in_bangkok(instant))

    def date(self, day: date) -> str:
        """A day, as `day` writes it."""
        if self.language == "th":
            text = in_thai(day)
        else:
            month = self.lines("months")[day.month - 1]
            text = f"{day.day} {month} {day.year} (B.E. {day.year + BUDDHIST_OFFSET})"
        return text.replace(" ", "\u00a0")  # a date stays on one line

    def moment(self, instant: datetime) -> str:
        """A moment of the Bangkok day, to the minute."""
        return self("moment", day=self.day(instant), time=f"{instant.astimezone(BANGKOK):%H:%M}")

    def size(self, count: int) -> str:
        """So many bytes, as people read them."""
        if count < _MEGABYTE:
            return self("size.kb", number=f"{max(count / 1000, 1):,.0f}")
        return self("size.mb", number=f"{count / _MEGABYTE:,.1f}")

    def lines(self, key: str) -> tuple[str, ...]:
        """The texts of a list; none where the page has no such list."""
        found = self._entries.get(key, ())
        return found if isinstance(found, tuple) else (found,)


@cache
def load(home: Path = _HOME) -> Mapping[str, Words]:
    """The words of all languages.

    Raises:
        PolicyInvalid: a key stands in one language and not in the other; the fact names it.
    """
    texts = {code: _texts(home, code) for code in LANGUAGES}
    everywhere = set.intersection(*(set(entries) for entries in texts.values()))
    for code, entries in texts.items():
        for key in sorted(entries.keys() - everywhere):
            raise PolicyInvalid("catalogue-key-in-one-language", "give it in both", field=key, language=code)
    return {code: Words(code, entries) for code, entries in texts.items()}


def _texts(home: Path, code: str) -> dict[str, str | tuple[str, ...]]:
    """Of `th.yaml` and of every `<area>.th.yaml` beside it; an area has top-level keys of its own."""
    files = (home / f"{code}.yaml", *sorted(home.glob(f"*.{code}.yaml")))
    return {key: text for file in files for key, text in _flat(yaml.safe_load(file.read_text("utf-8")))}


def _flat(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{key}.")
        elif isinstance(value, list):
            yield f"{path}{key}", tuple(map(str, value))
        else:
            yield f"{path}{key}", str(value)

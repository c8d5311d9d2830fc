"""What a parked system's code means and what mends it: for officers, in words (catalogue section `parked`)."""

from __future__ import annotations

from functools import cache

from exports.words import LANGUAGES, Words, load

_UNKNOWN = "other"


def explain(code: str, language: str = LANGUAGES[0]) -> tuple[str, str]:
    """Meaning and mend of a code; of one that the catalogue does not know, what can be said all the same."""
    words = _words()[language if language in LANGUAGES else LANGUAGES[0]]
    known = code if words.get(f"parked.{code}.meaning") else _UNKNOWN
    return words(f"parked.{known}.meaning", code=code), words(f"parked.{known}.mend")


@cache
def _words() -> dict[str, Words]:
    return load()

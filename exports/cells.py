"""Values as people's programs show them: nothing runs, nothing hides, nothing turns a line around."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from pydantic import JsonValue

_DROPPED = "\u200b\u2060\ufeff\u00ad"
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_ODD = re.compile(f"[{_DROPPED}{_BIDI}{_CONTROL}]")

# What a spreadsheet takes for the start of a formula, in the widths that some locales read alike.
_START = r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r]"
_FORMULA = re.compile(_START)
_SUSPECT = re.compile(rf"\A(?:{_START})|[{_DROPPED}{_BIDI}{_CONTROL}]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def visible(text: str) -> str:
    """Text with nothing hidden: zero-width spaces go, control and direction marks are shown as ‹U+202E›.

    Joiners stay (ZWJ, ZWNJ): scripts and emoji need them. Half a surrogate, which no file may hold, is
    shown too.
    """
    return _ODD.sub(_shown, text) if _ODD.search(text) else text


def row(values: Iterable[JsonValue]) -> list[str | int]:
    """The cells of a row; see `cell`. Whole numbers stay numbers, which a CSV writer writes by itself.

    Nearly all text begins with a letter or a digit and holds nothing that hides: told without a pattern.
    """
    return [
        value
        if type(value) is int or (type(value) is str and value[:1].isalnum() and value.isprintable())
        else cell(value)
        for value in values
    ]


def cell(value: JsonValue) -> str:
    """A value as a CSV cell: text that might be read as a formula begins with an apostrophe, numbers don't."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _disarmed(value) if _SUSPECT.search(value) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return _disarmed(json.dumps(value, ensure_ascii=False))


def _disarmed(text: str) -> str:
    shown = visible(text)
    return "'" + shown if _FORMULA.match(shown) and not _NUMBER.fullmatch(shown) else shown


def withheld(code: str) -> str:
    """What stands in the place of a value that is withheld."""
    return f"[withheld: {code}]"


def _shown(found: re.Match[str]) -> str:
    char = found[0]
    return "" if char in _DROPPED else f"‹U+{ord(char):04X}›"

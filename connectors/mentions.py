"""How a person is named in texts, lists and documents: as patterns to find, and to take out again.

A pattern is one for PostgreSQL, MariaDB and Python alike. An e-mail is matched whole (`xkira@` is another's), a number
however it is cut up, a name in every Unicode form that texts bring.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from domain.identifiers import IdentifierKind

Terms = Mapping[IdentifierKind, Sequence[str]]
"""What a person is called, by kind, in normal forms; names as they are written."""

GONE = "***"
"""What stands where a person's identifier stood; never longer than what it takes the place of."""

NEVER = "sitthi:nothing-is-looked-for"
"""A pattern that stands in no text."""

_SHORTEST_NAME = 5
_PLACE = re.compile(r"{([^{}:]+)(:1|:reversed)?}")  # the initial alone; the words the other way round
_CUTS = r"[ ().\-]*"
_FORMS: tuple[Literal["NFC", "NFD", "NFKC"], ...] = ("NFC", "NFD", "NFKC")


def name_columns(templates: Iterable[str]) -> tuple[str, ...]:
    """The columns that templates of names are made from."""
    return tuple(
        dict.fromkeys(place.partition(".")[0] for one in templates for place, _ in _PLACE.findall(one))
    )


def plain_parts(template: str) -> tuple[str, ...]:
    """The columns of a template that is made from columns alone; none where a part is inside a document."""
    places = _PLACE.findall(template)
    return () if any("." in place or cut for place, cut in places) else tuple(place for place, _ in places)


def names_of(templates: Iterable[str], row: Mapping[str, Any]) -> Iterator[str]:
    """What a person may be called; a template of which a part is missing, or that comes out short, says nothing."""
    for template in templates:
        name = template
        for place in _PLACE.finditer(template):
            said = _inside(row, place[1].split("."))
            if place[2] == ":1":
                said = said[:1]
            elif place[2]:
                said = " ".join(reversed(said.split()))
            name = name.replace(place[0], said, 1) if said else ""
        name = " ".join(name.split())
        if len(name) >= _SHORTEST_NAME:
            yield name


def _inside(row: Mapping[str, Any], steps: Sequence[str]) -> str:
    value: Any = row[steps[0]]
    for step in steps[1:]:
        value = value.get(step) if isinstance(value, dict) else None
    return value.strip() if isinstance(value, str) else ""


def pattern(terms: Terms, kinds: Iterable[IdentifierKind]) -> str:
    """What finds any of the terms of these kinds, in small letters; `NEVER` where there are none."""
    found = [f"(^|{before}){said}($|{after})" for said, before, after in _parts(terms, kinds)]
    return "|".join(found) or NEVER


def _parts(terms: Terms, kinds: Iterable[IdentifierKind]) -> Iterator[tuple[str, str, str]]:
    """By kind: what is said, and what may stand before and after it."""
    for kind in kinds:
        said = _said(kind, terms.get(kind, ()))
        if not said:
            continue
        either = f"({'|'.join(said)})"
        match kind:
            case IdentifierKind.EMAIL:
                yield either, "[^a-z0-9._+'-]", r"[^a-z0-9._\-]|[.]($|[^a-z0-9])"
            case IdentifierKind.PHONE:
                yield either, "[^0-9]", "[^0-9]"
            case _:
                yield either, "[^\\w]", "[^\\w]"


def _said(kind: IdentifierKind, values: Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    for value in values:
        if kind is IdentifierKind.PHONE:
            found |= dict.fromkeys(_CUTS.join(digits) for digits in _numbers(value))
        elif kind is IdentifierKind.EMAIL:
            local, _, host = value.lower().rpartition("@")
            found[f"{re.escape(local)}(@|%40){re.escape(host)}"] = None
        else:
            for form in _FORMS:
                words = unicodedata.normalize(form, value).lower().split()
                found[r"\s+".join(re.escape(word) for word in words)] = None
    return sorted(found, key=len, reverse=True)


def _numbers(value: str) -> Iterator[str]:
    """The ways in which a number is written, as digits: with its country, and as it is dialled at home."""
    digits = value.removeprefix("+")
    yield digits
    if not value.startswith("+"):
        return
    yield "00" + digits
    if digits.startswith("66"):
        yield "0" + digits[2:]
    if digits.startswith("1"):  # the North American plan has no trunk digit
        yield digits[1:]


class Redactor:
    """Takes a person's identifiers out of texts and documents, and leaves everything else as it is."""

    def __init__(self, terms: Terms) -> None:
        kinds = (IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.NAME)
        found = [f"(?:(?<={before})|^){said}(?={after}|$)" for said, before, after in _parts(terms, kinds)]
        self._pattern = re.compile("|".join(found) or NEVER, re.IGNORECASE)

    def names(self, text: str) -> bool:
        """Whether a text names the person."""
        return self._pattern.search(text) is not None

    def of(self, value: Any) -> Any:
        """A value without the person: of a document, the innermost part that names them loses what it says."""
        match value:
            case str():
                return self._pattern.sub(GONE, value)
            case list():
                return [self.of(part) for part in value]
            case dict():
                return self._of_part(value, top=True)
            case _:
                return value

    def _of_part(self, document: Mapping[str, Any], *, top: bool) -> dict[str, Any]:
        named = any(
            self.names(key) or (isinstance(part, str) and self.names(part)) for key, part in document.items()
        )
        found: dict[str, Any] = {}
        for key, part in document.items():
            if self.names(key):
                continue
            if isinstance(part, dict):
                found[key] = self._of_part(part, top=False)
            elif isinstance(part, list):
                found[key] = [
                    self._of_part(one, top=False) if isinstance(one, dict) else self.of(one) for one in part
                ]
            elif named and not top:
                continue  # what stands beside the person's name tells of the person
            else:
                found[key] = self.of(part)
        return found

"""Whom not to load again: keyed hashes of who objected (s.32) or was erased (s.33), and what came back all the same.

The hashes outlive what they were made of. Nobody is found by them who does not already name the person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from pydantic import JsonValue

from domain.errors import BadInput
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Candidate, Item, Place
from domain.value import Personal, Value

MARKETING = "marketing"
"""The purpose of direct marketing (s.32 ¶1(2)), beside the other uses and the codes of consents."""

TAKE_OFF = "take-off-marketing-list"
"""The task of undoing in a system's own list what a case that nobody asked for entered there."""


class Why(StrEnum):
    """Why somebody is not to be loaded again."""

    OBJECTED = "objected"
    ERASED = "erased"


class Verdict(Value):
    """What stands against loading somebody: that they were erased, and which purposes they objected to."""

    erased: bool = False
    objected: tuple[str, ...] = ()

    @property
    def answer(self) -> str:
        """One word: `erased`, `objected` or `free`; who was erased is not to be loaded whatever else they said."""
        if self.erased:
            return Why.ERASED.value
        return Why.OBJECTED.value if self.objected else "free"


class Suppressions(Protocol):
    """Who objected or was erased, by keyed hashes of what they are known by."""

    def enter(
        self, case: str, why: Why, identifiers: Sequence[Identifier], purposes: Sequence[str] = ("",)
    ) -> int:
        """Note it for a case; how many entries are new. The same again changes nothing. Raises `NotFound`."""
        ...

    def check(self, persons: Sequence[Sequence[Identifier]], tenant: str = "") -> tuple[Verdict, ...]:
        """What stands against each of these, who are each known by some identifiers. Keeps nothing of them."""
        ...


class Corrected(Personal):
    """A record that a case corrected, for comparing it with how it stands now."""

    case: str
    item: Item


class Watches(Protocol):
    """What a sweep compares the systems with; holds digests under the look-up key, and places sealed for their case."""

    def settled(self, case: str, system: str, places: Sequence[Place]) -> None:
        """After an erasure: these places there still bear an identifier of the person, and are known. The last stands."""
        ...

    def reappeared(self, system: str, people: Sequence[Candidate]) -> int:
        """Of these people of a system: how many were erased, stand in no known place, and were not told yet.

        They are told now: an event and a task, once a place.
        """
        ...

    def before(
        self, case: str, system: str, contents: Sequence[tuple[Item, Mapping[str, JsonValue]]]
    ) -> None:
        """Before records are corrected: how each stands, by column. The first that was noted of a record stands."""
        ...

    def after(self, case: str, system: str, contents: Sequence[tuple[Item, Mapping[str, JsonValue]]]) -> None:
        """After it: what of them changed is watched from now on; what another case corrected there no more."""
        ...

    def corrected(self, system: str) -> Iterator[Corrected]:
        """Records of a system that closed cases corrected, streamed. What has no key is left out."""
        ...

    def compare(self, found: Corrected, values: Mapping[str, JsonValue]) -> bool:
        """Whether a value is what it was before the correction; told once, and again when it was right in between."""
        ...


class Watched(Value):
    """What one sweep of a system found."""

    system: str
    people: int = 0
    reappeared: int = 0
    reverted: int = 0
    unread: int = 0
    """Corrected records that the system would not show."""


def known_by(fields: Mapping[str, str]) -> tuple[Identifier, ...]:
    """What somebody who is about to be loaded is known by: `email`, `phone`, or both.

    Raises:
        BadInput: malformed, another field, or nothing to know anybody by; names the field, never its content.
    """
    found = []
    for name, text in fields.items():
        if name not in _FIELDS:
            raise BadInput("field-unknown", "give `email`, `phone` or both", field="entry")
        if text.strip():
            found.append(identifier(_FIELDS[name], text, field=name))
    if not found:
        raise BadInput("identifier-missing", "give `email`, `phone` or both", field="entry")
    return tuple(found)


_FIELDS = {"email": IdentifierKind.EMAIL, "phone": IdentifierKind.PHONE}

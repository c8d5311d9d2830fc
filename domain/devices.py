"""What a visitor without an account says of cookies, for one device (s.19 ¶5: withdrawing is as easy as giving).

A device is known by the number in a cookie of the company's site, or by one that it is given here. What it said is
kept under a keyed hash of that number, and told to the site in a statement that the engine signs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.identifiers import Identifier, IdentifierKind
from domain.value import Personal, Value

CONSENT = "cookies"
"""The purpose under which systems keep a device's consent; one row is for every kind of cookie."""

OWN = "own-"
"""How numbers begin that the portal gives: no system has rows under one."""

_NUMBER = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Cookie(StrEnum):
    """Cookies that need consent; those that a page needs to work ask for none."""

    PERFORMANCE = "performance"
    FUNCTIONAL = "functional"


MEASURED = frozenset({Cookie.PERFORMANCE})
"""Cookies through which something is kept under the device's number. What a functional one remembers, it holds itself."""


class Said(Value):
    """The last word on one cookie. `number` counts words, over all devices."""

    given: bool
    at: datetime
    number: int


Choice = Mapping[Cookie, Said]
"""What a device said, by cookie; nothing of those on which it said nothing."""


class Statement(Personal):
    """A choice as the site reads it: `content` is JSON, `signature` its Ed25519 signature in hex, bound to `USE`."""

    content: str
    signature: str


USE = "cookie-choice"
"""What such signatures are bound to (`domain.inspection.Signing`)."""


class DeviceChoices(Protocol):
    """The register of such choices."""

    def said(self, device: str) -> Choice:
        """What a device said; looking changes nothing. Raises `Unavailable`."""
        ...

    def say(self, device: str, cookie: Cookie, *, given: bool) -> Choice:
        """Note a choice, and what is said by now; the same word again is none. Raises `Unavailable`."""
        ...


def by_device(given: Sequence[Identifier]) -> bool:
    """Whether whoever gives these is known by a device alone."""
    return bool(given) and all(one.kind is IdentifierKind.DEVICE for one in given)


def is_device(text: str) -> bool:
    """Whether it can be the number of a device."""
    return _NUMBER.fullmatch(text) is not None

"""What the regulator is given to check (pdpa-rules 5.4): the tables of the audit export, its scope, and its ports."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal, NamedTuple, Protocol

from domain.identifiers import Identifier
from domain.value import Personal, Value


class Kind(StrEnum):
    """What a column holds; in files an instant is ISO in UTC, a day ISO."""

    TEXT = "text"
    INSTANT = "instant"
    DAY = "day"
    COUNT = "count"
    FLAG = "flag"
    WORDS = "words"
    COUNTS = "counts"


class Column(NamedTuple):
    """One column; `empty` where it may hold nothing."""

    name: str
    kind: Kind = Kind.TEXT
    empty: bool = False


class Section(NamedTuple):
    """One table of the export. `personal`: it names people, and is given against a written order only."""

    name: str
    columns: tuple[Column, ...]
    personal: bool = False


class Scope(Value):
    """What an export speaks of: cases that stood open between two days (Bangkok, both in it); of those the named, if any.

    `full` brings the tables that name people. `subject`: the cases were gathered by a person's identifiers.
    """

    since: date
    until: date
    cases: tuple[str, ...] = ()
    full: bool = False
    subject: bool = False

    @property
    def chosen(self) -> bool:
        """Whether some cases were named, so that their events alone are given, each with its proof."""
        return bool(self.cases) or self.subject


class Head(Value):
    """The chain's end as it is given away: how many events, the last chain hash and the tree's root (hex)."""

    count: int
    chain: str
    root: str


class PublishedHead(Head):
    """A head that was published: when (ISO, UTC), how many exports had been made, and the engine's signature.

    `key` and `signature` (Ed25519) are hex; what is signed is `signed_part`.
    """

    format: Literal["sitthi-head"] = "sitthi-head"
    version: Literal[1] = 1
    exports: int
    at: str
    key: str = ""
    signature: str = ""

    def signed_part(self) -> bytes:
        """Everything but key and signature, as canonical JSON (RFC 8785; all of it is ASCII)."""
        told = self.model_dump(mode="json", exclude={"key", "signature"})
        return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


class Told(NamedTuple):
    """One event of the chain: its number, the bytes that are hashed, the chain hash after it."""

    seq: int
    canonical: bytes
    chain: bytes


class Segment(NamedTuple):
    """A run of events without a gap, and the chain hash before its first (32 bytes)."""

    first: int
    last: int
    before: bytes


class Snapshot(Protocol):
    """The register at one moment; everything streams, and nothing changes while it is read."""

    count: int
    chain: bytes

    def leaves(self) -> Iterator[bytes]:
        """Every leaf hash of the chain, in order."""
        ...

    def chains(self, counts: Sequence[int]) -> Mapping[int, bytes]:
        """The chain hash after so many events, for each of these counts."""
        ...

    def segment(self) -> Segment | None:
        """The run of events that covers the scope's days; None where there is none, or where cases were chosen."""
        ...

    def events(self) -> Iterator[Told]:
        """The events of the segment, or of the chosen cases, in order."""
        ...

    def rows(self, section: Section) -> Iterator[tuple[Any, ...]]:
        """A table's rows in their order, a value a column."""
        ...

    def letters(self) -> Iterator[tuple[str, str, str]]:
        """The letters of the scope: their case's reference and id, and where their text lies sealed."""
        ...


class Inspection(Protocol):
    """Opens the register for an export."""

    def open(self, scope: Scope) -> AbstractContextManager[Snapshot]:
        """One moment of the register. Raises `Unavailable`."""
        ...

    def head(self) -> Head:
        """The chain's end and the tree's root, now."""
        ...

    def cases_of(self, identifiers: Sequence[Identifier]) -> tuple[str, ...]:
        """The cases that any of these identifiers stands in, by id."""
        ...


class Order(Personal):
    """The written order on which everything is shown: its number, and its scan with the name of its format."""

    ref: str
    scan: bytes
    suffix: str


class Export(Value):
    """An export in the register of exports; `serial` counts those that were made."""

    id: str
    scope: Scope
    asked_by: str
    asked: datetime
    approved_by: str = ""
    approved: datetime | None = None
    serial: int = 0
    made: datetime | None = None
    sha256: str = ""
    timestamp: str = ""
    """As `Made`; empty of one that was not made, or was before this was kept."""


STAMPED, NO_AUTHORITY = "stamped", "no-authority"


class Made(NamedTuple):
    """A package as it was written: its hash (hex), its size in bytes, and the head that it stands on.

    `timestamp` is `STAMPED`, `NO_AUTHORITY` where none is configured, or the code of why the authority gave none.
    """

    sha256: str
    size: int
    head: Head
    timestamp: str = NO_AUTHORITY


class Signing(Protocol):
    """The engine's own signature (Ed25519)."""

    def public(self) -> str:
        """The public key, hex (32 bytes)."""
        ...

    def sign(self, use: str, content: bytes) -> str:
        """The signature over content for one use, hex (64 bytes)."""
        ...


class HeadPlace(Protocol):
    """A place outside the database where heads are kept, to which the database's owner cannot reach back."""

    def publish(self, head: PublishedHead) -> str:
        """Keep a head for good; returns where. The same head again is kept once. Raises `Unavailable`."""
        ...


class HeadAlarm(Protocol):
    """Tells the data protection officer that no head left the house: until it does, a rewritten past cannot show."""

    def raise_for(self, day: date) -> None:
        """Once a day, however often it is raised. Raises `Unavailable`, `Refused`."""
        ...


class HeadShelf(HeadPlace, Protocol):
    """A place that can be read back, too."""

    def heads(self) -> tuple[PublishedHead, ...]:
        """Every head kept there, the oldest first. Raises `BadInput` for a file that is none."""
        ...

"""What a system must be able to do: the contract that every connector keeps.

A connector never decides. It is told, item by item, what the plan says, and answers with what it did.
Every effect is idempotent under its key: before a batch, `foresee` tells the hash that each item will have
afterwards, the register commits that as the batch's intent, and only then `apply` writes. On a retry an item
that is absent or already at its after-hash was done by us; one that is neither at its before-hash nor there
has drifted and is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pydantic import JsonValue

from domain.identifiers import Identifier, IdentifierKind
from domain.item import Attached, Candidate, Item, Label, Record, Subject, Table
from domain.outcomes import Outcome
from domain.rights import Verb
from domain.value import Personal, Value

ABSENT = ""
"""The content hash of a record that is not there."""


class Capability(StrEnum):
    """What a connector claims; asking for more raises `CapabilityMissing`, never a silent nothing."""

    RESOLVE = "resolve"
    LOCATE = "locate"
    SCAN = "scan"
    COPY = "copy"
    CORRECT = "correct"
    ERASE = "erase"
    RESTRICT = "restrict"
    RESUME = "resume"
    STOP = "stop"
    EXPIRE = "expire"


Ended = Mapping[str, Mapping[str, date]]
"""By unit and event (`Found.dates`): the last day of events after which the retention of such records is over."""


class Page(Personal):
    """Some located items and where to go on; `cursor` is opaque, empty at the end, and safe to store."""

    items: tuple[Item, ...]
    cursor: str = ""


class Order(Personal):
    """What is to become of one item: the plan's outcome, the hash it was planned at, new values if any.

    `values` are by field for a correction (`Connector.fields` says which stand where).
    """

    no: int
    table: str
    locator: Mapping[str, JsonValue]
    outcome: Outcome
    hash_before: str
    values: Mapping[str, JsonValue] = {}


class Batch(Personal):
    """Orders carried out together in one transaction under one key.

    `at` is the instant that a withdrawal of consent bears, always the same for a case: it is part of the content
    that a retry must come to again.
    """

    key: str
    verb: Verb
    orders: tuple[Order, ...]
    at: datetime | None = None


class FieldRole(StrEnum):
    """What a system is to a field of a person's data (ss.35-36)."""

    RECORD = "record"  # the system of record: it is corrected first, and says what is true
    COPY = "copy"


class Foreseen(Value):
    """What an order will leave behind: the item's content hash afterwards (`ABSENT` when it goes)."""

    no: int
    hash_after: str


class EffectKind(StrEnum):
    """How an order ended."""

    DONE = "done"
    ALREADY = "already"  # at its after-hash, or absent, when we came
    DRIFTED = "drifted"  # neither as planned nor as intended: left alone


class Effect(Value):
    """What one order did."""

    no: int
    kind: EffectKind
    achieved: Outcome | None = None


class Kept(Personal):
    """A record that a hold keeps, and the last day of it, in Bangkok."""

    table: str
    locator: Mapping[str, JsonValue]
    until: date


class Connector(Protocol):
    """A connected system. Methods block; they run in executors.

    Every method may raise `Unavailable` or `RateLimited` (try again), `Refused` and its kind (a person must
    look: the system is parked) and nothing else. No error holds personal data.
    """

    @property
    def name(self) -> str:
        """The system's name in the settings; part of idempotency keys."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this connector can do."""
        ...

    @property
    def settles_within(self) -> timedelta:
        """How long what it did may still show when it is searched again: a vendor's job, an index that lags.

        Zero where a change is seen at once. Until it is over, what is found too much is pending and no leftover.
        """
        ...

    def check(self) -> None:
        """Reach the system and hold the configuration against it."""
        ...

    def describe(self) -> tuple[Table, ...]:
        """The tables it knows, in the order in which a dossier shows them."""
        ...

    def fields(self) -> Mapping[str, FieldRole]:
        """What a person may ask to correct here, by field; read from the map alone, without the system."""
        ...

    def suppresses(self) -> frozenset[IdentifierKind]:
        """What its lists of those to whom no direct marketing goes take; read from the map alone."""
        ...

    def marketing(self) -> frozenset[str]:
        """The consents here that are direct marketing (s.32 ¶1(2)), by code; read from the map alone."""
        ...

    def stop(self, identifiers: Sequence[Identifier], at: datetime) -> int:
        """Enter the addresses in the list of those to whom no direct marketing goes (s.32 ¶1(2)).

        How many of the identifiers stand in it now, entered or found there: those that are no address are
        passed over. Needs no person: anybody's address may be kept from marketing. Idempotent.
        """
        ...

    def resolve(self, identifiers: Sequence[Identifier], tenant: str) -> tuple[Candidate, ...]:
        """Every person in scope whom any of the identifiers may mean; never a guess among several."""
        ...

    def locate(self, subject: Subject, cursor: str = "") -> Page:
        """The next page of the person's records, parents before children, each once."""
        ...

    def expired(self, ended: Ended, as_of: date, cursor: str = "") -> Page:
        """The next page of records, whoever's, held as controller, of which some event lies that far back (s.37(3)).

        As `locate` gives them, parents before children, each once, `shared` and `obstacle` told for everybody. The
        dates are also those that a record takes over from what it belongs to; `as_of` decides whether a contract
        runs. What was anonymised already is no more listed. Reads only; computed by the system, page by page.
        """
        ...

    def scan(self, subject: Subject) -> tuple[Identifier, ...]:
        """Identifiers of the person that stand in their records and were not given."""
        ...

    def copy(self, items: Iterator[Item]) -> Iterator[Record]:
        """The content of items, streamed, without secrets and with what is withheld named."""
        ...

    def foresee(self, batch: Batch) -> tuple[Foreseen, ...]:
        """The after-hash of every order; writes nothing. Checks constraints before the first write."""
        ...

    def observe(self, batch: Batch) -> tuple[Foreseen, ...]:
        """The hash at which every order's item stands now (`ABSENT` when it is gone); reads only."""
        ...

    def apply(self, batch: Batch, foreseen: Sequence[Foreseen]) -> tuple[Effect, ...]:
        """Carry out a batch in one transaction, if the content is still as planned."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Coverage(Value):
    """Of how many tables and columns of a live schema, and how many of them the data map classifies."""

    tables: int
    tables_mapped: int
    columns: int
    columns_mapped: int

    @property
    def whole(self) -> bool:
        """Whether nothing is left unclassified."""
        return (self.tables, self.columns) == (self.tables_mapped, self.columns_mapped)


@runtime_checkable
class Mapped(Protocol):
    """A connector whose system has a schema of its own, against which its map can be held."""

    def coverage(self) -> Coverage:
        """How much of the schema as it is now the map classifies. Raises as every method of a connector."""
        ...


@runtime_checkable
class FileSource(Protocol):
    """A connector whose records have files."""

    def open(self, file: Attached) -> Iterator[bytes]:
        """The bytes of a record's file, in pieces. Raises as every method of a connector; `Drift` when it is gone."""
        ...


@runtime_checkable
class Roll(Protocol):
    """A connector whose system can list everybody whom it knows: for finding who is there again after an erasure."""

    def everybody(self, bearing: Sequence[Identifier] | None = None) -> Iterator[Candidate]:
        """The company's own persons there with the addresses on file, streamed, in no order that matters. Reads only.

        Only those `bearing` one of these identifiers, where they are given; each row of one person counts by itself.
        `shown` stays empty: nobody is to be told apart. Raises as every method of a connector.
        """
        ...


@runtime_checkable
class KeptByPeople(Protocol):
    """A connector whose every look is a question to people: none is put that no case needs."""

    @property
    def keeper(self) -> Label:
        """Who keeps the system, in words."""
        ...

    @property
    def mail(self) -> Identifier | None:
        """Where they are asked by a link (`domain.answer_links`); None where officers see to it."""
        ...


@runtime_checkable
class Locker(Protocol):
    """A connector whose system can itself refuse to delete what a hold keeps."""

    def lock(self, kept: Sequence[Kept]) -> int:
        """Have the system keep these until their last day has passed; how many it keeps. Idempotent, never shorter."""
        ...


@runtime_checkable
class Billing(Protocol):
    """A connector whose system bills people: what is not settled there keeps their records, and finance decides on it."""

    def unsettled(self) -> frozenset[str]:
        """The obstacles (`Found.obstacle`) that finance settles, by code."""
        ...

    def endable(self) -> frozenset[str]:
        """Those of them that can be ended from here, at finance's word: a contract that runs."""
        ...

    def end(self, items: Sequence[Item], *, at_once: bool, key: str) -> Wound:
        """End what runs of these: now, or with the period that is paid for. Idempotent; what is over is left.

        Raises as every method of a connector.
        """
        ...


class Wound(Value):
    """What was wound up: how many that ran, and the last day, in Bangkok, of what runs on to its end."""

    count: int
    until: date | None = None

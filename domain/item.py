"""People and their data as values. What is `Personal` exists only behind the vault, in connectors and exports."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from pydantic import JsonValue

from domain.identifiers import Identifier
from domain.outcomes import Outcome
from domain.value import Personal, Value


class Role(StrEnum):
    """In which role the company holds a record (s.6; s.40 for the processor)."""

    CONTROLLER = "controller"
    PROCESSOR = "processor"


class Basis(StrEnum):
    """Lawful bases (s.19 and s.24); what a right reaches depends on them."""

    CONSENT = "consent"
    CONTRACT = "contract"  # s.24(3)
    PUBLIC_TASK = "public-task"  # s.24(4)
    LEGITIMATE_INTEREST = "legitimate-interest"  # s.24(5)
    LEGAL_OBLIGATION = "legal-obligation"  # s.24(6)


class Consent(Value):
    """A record of consent (s.19): for which purpose, whether it stands, whether the purpose is direct marketing.

    `listed`: the system's list against marketing is what ends it, so that a stop on the day of receipt has.
    `given` is when it was given (UTC), where the system knows: one given after a request came is not what that was about.
    """

    purpose: str
    stands: bool
    given: datetime | None = None
    marketing: bool = False
    listed: bool = False


class Found(Value):
    """What may be said of a located record without saying whose it is or what it holds.

    `dates` carry the events that holds and contracts count from (`CountsFrom` names). `on_erase` is how
    the data map says that this table is erased; `obstacle` is a code where the connector already knows
    that it cannot (a cascade into other people's rows, say). `unsure` marks a record that the identifiers may
    share with another person: nobody's package holds it, and nobody's erasure takes it, before an officer looked.
    `consent` is there where the record is one of consent. `fields` are what a person may ask to correct in it;
    `issued` says that it is an issued document, never edited and corrected forward instead. `restrictable` tells
    that the system has a place where it notes that the record may not be used. `unneeded` names columns that no law needs
    where the record must be kept, and in which something stands. `kept_on` is the ground on which no erasure takes it,
    whoever asks: what keeps somebody from marketing outlives what it is about.
    """

    no: int
    system: str
    table: str
    unit: str
    role: Role
    basis: Basis
    on_erase: Outcome = Outcome.ERASE
    dates: Mapping[str, date | None] = {}
    holds: tuple[str, ...] = ()
    contract_open: bool = False
    shared: bool = False
    unsure: bool = False
    obstacle: str = ""
    consent: Consent | None = None
    fields: tuple[str, ...] = ()
    issued: bool = False
    restrictable: bool = False
    unneeded: tuple[str, ...] = ()
    kept_on: str = ""
    ways: tuple[Outcome, ...] = ()
    """The other ways in which its system could erase it, should officers choose one (Notification B.E. 2567 cl.3)."""
    how: str = ""
    """By which path of the data map the record was reached; names of tables and columns, never a value."""


class Item(Personal):
    """A located record: how to find it again, and what it held when it was seen.

    `locator` is the primary key by column; `content_hash` is the SHA-256 of the row's canonical content,
    which the erasure compares before it writes.
    """

    found: Found
    locator: Mapping[str, JsonValue]
    content_hash: str


_DERIVED = {"no", "dates", "contract_open", "ways"}


def binds_no_more(now: Found, then: Found) -> bool:
    """Whether nothing is true of a record now that could keep it longer than what was true then.

    Its dates are as they were, earlier or gone, no contract runs that did not, and all else is the same: so it
    looks when rows that it took its dates from were erased with the rest.
    """
    if now.model_dump(exclude=_DERIVED) != then.model_dump(exclude=_DERIVED):
        return False
    if now.contract_open and not then.contract_open:
        return False
    before = then.dates
    return all(day is None or _no_later(day, before.get(event)) for event, day in now.dates.items())


def _no_later(day: date, than: date | None) -> bool:
    return than is not None and day <= than


Place = tuple[str, str]
"""Where a record stands in its system: its table, and its key written in one way."""


def place_of(table: str, locator: Mapping[str, JsonValue]) -> Place:
    """The place of a record; how it was reached (names with `$`) is no part of it."""
    key = {name: value for name, value in locator.items() if not name.startswith("$")}
    return table, json.dumps(key, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def place(item: Item) -> Place:
    """The place of a located record."""
    return place_of(item.found.table, item.locator)


class Candidate(Personal):
    """One person that the identifiers may mean, in one system.

    `shown` is what an officer needs to tell candidates apart, and nothing more. `addresses` are those on
    file: only they can prove identity.
    """

    system: str
    locator: Mapping[str, JsonValue]
    shown: Mapping[str, str] = {}
    addresses: tuple[Identifier, ...] = ()
    same_as: str = ""  # candidates of several systems with the same value are one person


class Subject(Personal):
    """The data subject of a case: what was given, and whom the search may therefore follow.

    `tenant` is the scope: empty for the company's own data, else the tenant in whose CRM to look.
    `anchors` are the resolved person's rows, by system. `case` is whose search this is: where people are asked, it is
    asked for a case; empty where no case stands behind it.
    """

    identifiers: tuple[Identifier, ...]
    name: str = ""
    language: str = "th"
    tenant: str = ""
    anchors: Mapping[str, tuple[Mapping[str, JsonValue], ...]] = {}
    case: str = ""


class Attached(Personal):
    """A file that belongs to a record: its place in the package, and what its system finds its bytes by."""

    path: str
    ref: Mapping[str, JsonValue]
    size: int
    redacted: int = 0
    """How many regions of it were blackened, where another file takes its place (`domain.redacting`)."""


_NAME_BYTES = 120  # with what stands before it, well under what file systems and zip tools take


def packed_name(system: str, no: int, name: str) -> str:
    """The path of a file in the package: safe on every system whatever its name, and each its own by its number."""
    shown = _plain(unicodedata.normalize("NFC", name)).strip(" .")
    stem, dot, ending = shown.rpartition(".")
    if not stem or len(ending.encode()) > _NAME_BYTES // 4:
        stem, dot, ending = shown, "", ""
    room = _NAME_BYTES - len(f"{dot}{ending}".encode())
    stem = stem.encode()[:room].decode(errors="ignore")
    return f"files/{_plain(system)}/{no:06d}-{stem or 'file'}{dot}{ending}"


def _plain(text: str) -> str:
    """Letters with their marks, digits and a few signs; anything else, and so every separator, becomes `_`."""
    return "".join(one if unicodedata.category(one)[0] in "LMN" or one in "-_.() " else "_" for one in text)


class Record(Personal):
    """One record as it is disclosed: plain values by column, and what was withheld, with the code why.

    `files` are streamed into the package beside it; a value of the record names the path of each.
    """

    system: str
    table: str
    unit: str
    no: int
    values: Mapping[str, JsonValue]
    withheld: Mapping[str, str] = {}
    files: tuple[Attached, ...] = ()


class Label(Value):
    """One thing's name for people, Thai first."""

    th: str
    en: str


class Column(Value):
    """A column of a described table."""

    name: str
    label: Label
    written: bool = False
    """Somebody wrote freely here: third persons may be named."""


class Table(Value):
    """What a dossier says of a table: the data unit, basis, source, and its columns in order."""

    system: str
    name: str
    label: Label
    unit: str
    role: Role
    basis: Basis
    source: Label
    columns: tuple[Column, ...]
    events: tuple[str, ...] = ()
    """The dates that its records carry, or take over from the record that they belong to (`Found.dates`)."""
    origin: str = ""
    """The column that says of each record where it came from (s.30 ¶1); none where `source` says it of all."""
    origin_at: str = ""
    """The column that says when it came."""
    from_person: tuple[str, ...] = ()
    """What `origin` says where the person themselves gave it; anything else is another source (s.25)."""
    origins: Mapping[str, Label] = {}
    """What its values are called for people; one without a name is told as it stands."""

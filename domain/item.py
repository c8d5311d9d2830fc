"""People and their data as values. What is `Personal` exists only behind the vault, in connectors and exports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
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
    """

    purpose: str
    stands: bool
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
    that the system has a place where it notes that the record may not be used. `kept_on` is the ground on which
    no erasure takes it, whoever asks: what keeps somebody from marketing outlives what it is about.
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
    kept_on: str = ""


class Item(Personal):
    """A located record: how to find it again, and what it held when it was seen.

    `locator` is the primary key by column; `content_hash` is the SHA-256 of the row's canonical content,
    which the erasure compares before it writes.
    """

    found: Found
    locator: Mapping[str, JsonValue]
    content_hash: str


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
    `anchors` are the resolved person's rows, by system.
    """

    identifiers: tuple[Identifier, ...]
    name: str = ""
    language: str = "th"
    tenant: str = ""
    anchors: Mapping[str, tuple[Mapping[str, JsonValue], ...]] = {}


class Record(Personal):
    """One record as it is disclosed: plain values by column, and what was withheld, with the code why."""

    system: str
    table: str
    unit: str
    no: int
    values: Mapping[str, JsonValue]
    withheld: Mapping[str, str] = {}


class Label(Value):
    """One thing's name for people, Thai first."""

    th: str
    en: str


class Column(Value):
    """A column of a described table."""

    name: str
    label: Label


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

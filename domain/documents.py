"""Ports for what is written to people: letters, packages, sealed files, e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from pydantic import JsonValue

from domain.case import Bundle
from domain.identifiers import Identifier
from domain.identity_copies import Area
from domain.item import Record, Subject, Table
from domain.plan import PlanSummary
from domain.ports import CaseView
from domain.value import Personal, Value


class Letter(Value):
    """A letter that went, or will go, to the person: kept with its text's hash, sent once."""

    id: str
    case: str
    code: str
    ref: str
    text_sha256: str
    sent: datetime | None = None


class Letters(Protocol):
    """Letters, each queued once under its dedup key and sent once."""

    def queue(self, case: str, code: str, ref: str, text_sha256: str) -> Letter:
        """Keep a rendered letter; the same case and code again gives the first."""
        ...

    def find(self, case: str, code: str) -> Letter | None:
        """The letter of that code, if there is one."""
        ...

    def sent(self, letter: str, at: datetime) -> None:
        """It left; provider proof comes later."""
        ...

    def of(self, case: str) -> tuple[Letter, ...]:
        """All letters of a case."""
        ...

    def seal_bundle(self, case: str, bundle: Bundle) -> None:
        """Note the package made for the person."""
        ...

    def bundle(self, case: str) -> Bundle | None:
        """The newest package."""
        ...


class Files(Protocol):
    """Sealed streaming files under a case's key."""

    def write(self, case: str, ref: str) -> AbstractContextManager[BinaryIO]:
        """A file that appears whole or not at all."""
        ...

    def read(self, case: str, ref: str) -> AbstractContextManager[BinaryIO]:
        """Its plaintext, streamed. Raises `SealBroken`, `KeyShredded`, `NotFound`."""
        ...

    def measure(self, case: str, ref: str) -> Bundle:
        """Digest and size of its plaintext, read to its authentic end."""
        ...

    def destroy(self, case: str, ref: str) -> None:
        """It is gone; destroying it again changes nothing."""
        ...


class Transfers(Protocol):
    """Sends packages to other controllers by machine (s.31 ¶1(1))."""

    def knows(self, to: str) -> bool:
        """Whether that controller takes packages by machine."""
        ...

    def send(self, to: str, key: str, bundle: Bundle, content: BinaryIO) -> None:
        """Hand the package over, streamed, once under that key.

        Raises `Unavailable` (try again), `Refused` (they will not take it).
        """
        ...


class Enclosed(Personal):
    """A PDF that goes with an e-mail, under a name that tells nothing of the person."""

    name: str
    content: bytes


class Message(Personal):
    """An e-mail: reference and link; data only in what is `enclosed`, where the person asked for it so.

    `dedup` is passed on so that it goes out once.
    """

    to: Identifier
    subject: str
    text: str
    dedup: str
    enclosed: tuple[Enclosed, ...] = ()


class Enclosing(Protocol):
    """Whether a person asked for their letters as PDF with the e-mail, beside the link to them."""

    def ask(self, case: str, *, wanted: bool, actor: str) -> None:
        """Note what the person said; the same again notes nothing. Raises `NotFound`."""
        ...

    def asked(self, case: str) -> bool:
        """Whether the person asked for it, and did not take it back."""
        ...


class Mailer(Protocol):
    """Sends e-mail."""

    def send(self, message: Message) -> str:
        """Hand it over; returns the provider's id. The same dedup again sends nothing."""
        ...


class CaseFile(Personal):
    """Everything that documents about a case are made from."""

    view: CaseView
    subject: Subject
    plan: PlanSummary | None = None
    groups: tuple[Mapping[str, JsonValue], ...] = ()
    facts: Mapping[str, JsonValue] = {}


class Rendered(Personal):
    """A letter as text and as PDF."""

    subject: str
    text: str
    html: str
    pdf: bytes


@dataclass(frozen=True)
class Packed:
    """A file on its way into a package: of which table it is, its path there, and its bytes, not opened yet.

    `redacted` is how many regions of it were blackened for the sake of others.
    """

    system: str
    table: str
    path: str
    content: AbstractContextManager[BinaryIO]
    redacted: int = 0


class Exports(Protocol):
    """Documents and packages."""

    def letter(self, code: str, file: CaseFile) -> Rendered:
        """A letter in the person's language."""
        ...

    def mail(self, code: str, file: CaseFile) -> tuple[str, str]:
        """Subject and text of the e-mail that announces it: reference and link only."""
        ...

    def dossier(
        self,
        file: CaseFile,
        tables: Sequence[Table],
        records: Iterator[Record],
        out: BinaryIO,
        files: Iterable[Packed] = (),
    ) -> None:
        """The access package: a zip of JSON, CSV, PDF, the records' files and a SHA-256 manifest, streamed."""
        ...

    def identity_picture(self, picture: bytes, areas: Sequence[Area]) -> bytes:
        """A picture of an identity document with these areas black, and nothing else that came with it. Raises `BadInput`."""
        ...

    def certificate(self, file: CaseFile, out: BinaryIO) -> str:
        """The certificate of erasure, as PDF."""
        ...

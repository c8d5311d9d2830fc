"""Everybody whom an account knows, for the nightly look: SendGrid lists contacts in no other way than an export.

An export is a job; its file lies with SendGrid for some days, at an address that is known to who asked. It is streamed
from there, hashed by who reads it, and kept nowhere on our side.
"""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from connectors.sendgrid_api import Api
from connectors.sendgrid_change import Patience
from domain.errors import BadInput, Refused, Unavailable
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.item import Candidate

EMAIL, OTHERS, CONTACT = "email", "alternate_emails", "contact_id"
"""Columns of an export, whatever their case."""

_ADDRESS = re.compile(r"[^\s,;\"'\[\]|]+@[^\s,;\"'\[\]|]+")
_LONGEST_CELL = 1 << 20
_POLL = 2.0
_TIMEOUT = 60.0
_GZIP = b"\x1f\x8b"


class Roller:
    """Has the account's contacts exported, and reads the file as it comes."""

    def __init__(self, api: Api, patience: Patience) -> None:
        self._api = api
        self._patience = patience
        self._asked = ""
        """An export that was not ready in time: the next attempt reads it, instead of having another one made."""

    def everybody(self) -> Iterator[Candidate]:
        """Every contact with its addresses, streamed.

        Raises:
            Unavailable: the export is not ready yet, or its file cannot be reached.
            Refused: SendGrid made none, or one of another shape.
        """
        csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
        for url in self._ready():
            yield from self._contacts(url)

    def _ready(self) -> list[str]:
        """The addresses of a finished export's files."""
        export, self._asked = self._asked or self._api.export(), ""
        ends = self._patience.now() + self._patience.most
        while True:
            told = self._api.exported(export) or {}
            if told.get("status") == "ready":
                return [str(url) for url in told.get("urls") or ()]
            if told.get("status") == "failure":
                raise self._refused("sendgrid-export-failed", "export contacts in SendGrid by hand once")
            if self._patience.now() + _POLL > ends:
                self._asked = export
                raise Unavailable("sendgrid-export-pending", "it is read later", system=self._api.system)
            self._patience.sleep(_POLL)

    def _contacts(self, url: str) -> Iterator[Candidate]:
        with httpx.stream("GET", self._trusted(url), timeout=_TIMEOUT, trust_env=False) as answer:
            if not answer.is_success:
                raise Unavailable(
                    "sendgrid-export-unreachable",
                    "it is read later",
                    system=self._api.system,
                    status=answer.status_code,
                )
            text = io.TextIOWrapper(
                io.BufferedReader(_Bytes(self._plain(answer))), encoding="utf-8-sig", newline=""
            )
            yield from self._rows(text)

    def _rows(self, text: io.TextIOWrapper) -> Iterator[Candidate]:
        try:
            rows = csv.reader(text, strict=True)
            at = {name.strip().lower(): place for place, name in enumerate(next(rows, []))}
            if not {EMAIL, CONTACT} <= at.keys():
                raise self._refused("sendgrid-export-unreadable", "its columns are not as documented")
            for row in rows:
                if len(row) == len(at):
                    yield self._candidate(row, at)
                elif row:
                    raise self._refused("sendgrid-export-unreadable", "a line of it is not whole")
        except (csv.Error, UnicodeDecodeError):
            raise self._refused("sendgrid-export-unreadable", "it is no CSV") from None

    def _candidate(self, row: list[str], at: dict[str, int]) -> Candidate:
        others = _ADDRESS.findall(row[at[OTHERS]]) if OTHERS in at else []
        found = dict.fromkeys(_known([row[at[EMAIL]], *others]))
        return Candidate(
            system=self._api.system, locator={"contact": row[at[CONTACT]]}, shown={}, addresses=tuple(found)
        )

    def _plain(self, answer: httpx.Response) -> Iterator[bytes]:
        """The file's bytes, unpacked where it is packed; one that breaks off is not taken for whole."""
        unpacking = None
        try:
            for number, piece in enumerate(answer.iter_bytes()):
                if number == 0 and piece.startswith(_GZIP):
                    unpacking = zlib.decompressobj(wbits=31)
                yield unpacking.decompress(piece) if unpacking else piece
        except (httpx.HTTPError, zlib.error):
            raise Unavailable("system-cut-off", "it is read later", system=self._api.system) from None
        if unpacking is not None and not unpacking.eof:
            raise Unavailable("system-cut-off", "it is read later", system=self._api.system)

    def _trusted(self, url: str) -> str:
        """The address itself: over TLS, or on the very host that is asked in plain (a stand-in)."""
        there, asked = urlsplit(url), urlsplit(self._api.base)
        if there.scheme == "https" or (there.scheme, there.netloc) == (asked.scheme, asked.netloc):
            return url
        raise self._refused("sendgrid-export-unreadable", "its address is not over TLS")

    def _refused(self, code: str, mend: str) -> Refused:
        return Refused(code, mend, system=self._api.system)


class _Bytes(io.RawIOBase):
    """Pieces as they come, as a stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def _known(addresses: list[str]) -> Iterator[Identifier]:
    for one in addresses:
        try:
            yield identifier(IdentifierKind.EMAIL, one)
        except BadInput:
            continue  # what nobody could be known by

"""The access package (s.30): what is held, why, from where and for whom, to read and to use.

Records come once and in any order; memory holds the first rows of each table, which the PDF shows, and a few
buffers. JSON goes straight into the zip, CSV waits sealed (`exports.spool`) until its turn.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from domain.documents import Packed
from domain.errors import BadInput
from domain.item import Record, Table
from domain.third_persons import CODE, MARK
from exports import csv_files, json_file
from exports.bundle import Entry, Package
from exports.spool import CHUNK, Spool
from exports.words import Words
from policy.model import Policy

SHOWN = 20
"""How many rows of a table the PDF shows; the CSV has all."""

_FLUSH = 500

Key = tuple[str, str]


class Contents:
    """What the pass over the records found: counts, first rows, and the CSV that waits."""

    def __init__(self, tables: Sequence[Table], words: Words, spool: Spool) -> None:
        self.tables = {(table.system, table.name): table for table in tables}
        self.names = csv_files.file_names(tables)
        self.counts: Counter[Key] = Counter()
        self.codes: set[str] = set()
        self.samples: dict[Key, list[Record]] = {key: [] for key in self.tables}
        self._words, self._spool = words, spool
        self._rows: dict[Key, csv_files.Rows] = {}

    def take(self, record: Record) -> None:
        """Count a record, show it if it is among the first, and write its CSV row.

        Raises:
            BadInput: nobody described its table, so nobody could say what it means.
        """
        key = record.system, record.table
        rows = self._rows.get(key)
        if rows is None:
            if key not in self.tables:
                raise BadInput("table-not-described", "describe it", system=record.system, table=record.table)
            rows = self._rows[key] = csv_files.Rows(self.tables[key], self._words)
        rows.write(record)
        self.counts[key] = count = self.counts[key] + 1
        self.codes.update(record.withheld.values())
        marked = any(isinstance(value, str) and MARK in value for value in record.values.values())
        if marked or any(file.redacted for file in record.files):
            self.codes.add(CODE)
        if count <= SHOWN:
            self.samples[key].append(record)
        if count % _FLUSH == 0:
            self._spool.append(self.names[key], rows.take())

    def csv(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The CSV files of the tables that have records, in the order of the tables."""
        for key in self.tables:
            if key in self._rows:
                name = self.names[key]
                self._spool.append(name, self._rows[key].take())
                yield name, self._spool.read(name)


@dataclass(frozen=True)
class Dossier:
    """One package in the making: what stands at its head, the tables it may hold, its language."""

    about: Mapping[str, str]
    tables: Sequence[Table]
    policy: Policy
    words: Words
    holds: Sequence[Mapping[str, str]] = ()

    def write(
        self,
        records: Iterator[Record],
        out: BinaryIO,
        documents: Callable[[Contents], Mapping[str, bytes]],
        files: Iterable[Packed] = (),
    ) -> None:
        """Write the package; `documents` makes the small files from what was found, `files` are of its records."""
        with Package(out, self.about) as package:
            with Spool() as spool:
                contents = Contents(self.tables, self.words, spool)
                with package.file("dossier.json") as entry:
                    entry.write(json_file.opening(self.about, self.tables, self.policy, self.holds))
                    _stream(records, contents, entry)
                    entry.write(json_file.closing(contents.counts))
                for name, chunks in contents.csv():
                    with package.file(name) as entry:
                        for chunk in chunks:
                            entry.write(chunk)
            for name, data in documents(contents).items():
                package.add(name, data)
            for file in files:
                if (file.system, file.table) in contents.tables:
                    about = {"redacted": json_file.blackened(file.redacted)} if file.redacted else {}
                    with package.file(file.path, **about) as entry, file.content as source:
                        shutil.copyfileobj(source, entry, CHUNK)


def _stream(records: Iterator[Record], contents: Contents, entry: Entry) -> None:
    buffer = bytearray()
    separator = b""
    for record in records:
        contents.take(record)
        buffer += separator
        buffer += json_file.record(record)
        separator = b",\n"
        if len(buffer) >= CHUNK:
            entry.write(bytes(buffer))
            buffer.clear()
    entry.write(bytes(buffer))

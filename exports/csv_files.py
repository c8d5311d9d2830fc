"""The records as CSV, one file a table, for people's spreadsheets: UTF-8 with BOM, CRLF, formulas disarmed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from domain.item import Record, Table
from exports.cells import cell, row, withheld
from exports.words import Words

BOM = "\ufeff"
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def file_names(tables: Iterable[Table]) -> dict[tuple[str, str], str]:
    """A path in the package for each table, safe on every system and each its own."""
    names: dict[tuple[str, str], str] = {}
    for table in tables:
        stem = f"csv/{_UNSAFE.sub('_', table.system)}.{_UNSAFE.sub('_', table.name)}"
        name, number = f"{stem}.csv", 1
        while name in names.values():
            number += 1
            name = f"{stem}-{number}.csv"
        names[table.system, table.name] = name
    return names


class Rows:
    """Writes one table's records; `take` gives what was written since."""

    def __init__(self, table: Table, words: Words) -> None:
        self._columns = tuple(column.name for column in table.columns)
        self._buffer = io.StringIO(newline="")
        self._writer = csv.writer(self._buffer, lineterminator="\r\n")
        self._buffer.write(BOM)
        labels = (column.label.th if words.language == "th" else column.label.en for column in table.columns)
        self._writer.writerow([cell(label) for label in labels])

    def write(self, record: Record) -> None:
        """Append one record."""
        values, hidden = record.values, record.withheld
        if hidden:
            told = [
                withheld(hidden[name]) if name in hidden else cell(values.get(name)) for name in self._columns
            ]
            self._writer.writerow(told)
        else:
            self._writer.writerow(row(map(values.get, self._columns)))

    def take(self) -> bytes:
        """The bytes written since the last call."""
        data = self._buffer.getvalue().encode()
        self._buffer.seek(0)
        self._buffer.truncate()
        return data

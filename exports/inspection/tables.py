"""The export's tables: JSON Lines and CSV side by side, one pass over the rows, and a schema for each."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from pydantic_core import to_json

from domain.inspection import Column, Kind, Section
from exports.bundle import Package
from exports.cells import cell
from exports.csv_files import BOM
from exports.spool import Spool

SHOWN = 25
"""How many rows of a table the report shows; the rest is in its CSV."""

_BATCH = 500
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TYPES: Mapping[Kind, Mapping[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.INSTANT: {"type": "string", "format": "date-time"},
    Kind.DAY: {"type": "string", "format": "date"},
    Kind.COUNT: {"type": "integer"},
    Kind.FLAG: {"type": "boolean"},
    Kind.WORDS: {"type": "array", "items": {"type": "string"}},
    Kind.COUNTS: {"type": "object", "additionalProperties": {"type": "integer"}},
}


@dataclass
class Written:
    """What is known of a table once it is written: how many rows, and the first of them for the report."""

    section: Section
    count: int = 0
    first: list[Mapping[str, Any]] = field(default_factory=list)


def write(package: Package, section: Section, rows: Iterable[tuple[Any, ...]]) -> Written:
    """Write a table's three files: `data/`, `csv/` and `schema/`."""
    told = Written(section)
    with Spool() as spool:
        with package.file(f"data/{section.name}.jsonl") as out:
            for chunk in _lines(told, rows, spool):
                out.write(chunk)
        with package.file(f"csv/{section.name}.csv") as out:
            for chunk in spool.read(section.name):
                out.write(chunk)
    text = json.dumps(schema(section), indent=2)
    package.add(f"schema/{section.name}.schema.json", text.encode())
    return told


def schema(section: Section) -> dict[str, Any]:
    """The JSON Schema of one line of a table."""
    return {
        "$schema": _DRAFT,
        "title": section.name,
        "type": "object",
        "properties": {column.name: _type(column) for column in section.columns},
        "required": [column.name for column in section.columns],
        "additionalProperties": False,
    }


def _type(column: Column) -> dict[str, Any]:
    kind = dict(_TYPES[column.kind])
    return {**kind, "type": [kind["type"], "null"]} if column.empty else kind


def _lines(told: Written, rows: Iterable[tuple[Any, ...]], spool: Spool) -> Iterator[bytes]:
    """Chunks of JSON Lines; the same rows go into the spool as CSV, column by column: few values differ in a batch."""
    columns, name = told.section.columns, told.section.name
    names = tuple(column.name for column in columns)
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, lineterminator="\r\n")
    sheet.write(BOM)
    writer.writerow(names)
    coming = iter(rows)
    while batch := list(islice(coming, _BATCH)):
        entries = [dict(zip(names, values, strict=True)) for values in batch]
        told.first += entries[: max(SHOWN - told.count, 0)]
        told.count += len(batch)
        yield b"\n".join(map(to_json, entries)) + b"\n"
        cells = (
            _cells(column.kind, values)
            for column, values in zip(columns, zip(*batch, strict=True), strict=True)
        )
        writer.writerows(zip(*cells, strict=True))
        spool.append(name, _taken(sheet))
    spool.append(name, _taken(sheet))


def _cells(kind: Kind, values: Sequence[Any]) -> Iterable[Any]:
    """A column's values as a spreadsheet may have them; nothing stays nothing."""
    fit = _FITS.get(kind)
    if fit is None:
        return values
    if kind in _UNHASHED:
        return [value if value is None else fit(value) for value in values]
    known = {value: value if value is None else fit(value) for value in set(values)}
    return map(known.__getitem__, values)


def _taken(sheet: io.StringIO) -> bytes:
    data = sheet.getvalue().encode()
    sheet.seek(0)
    sheet.truncate()
    return data


def _text(value: str) -> str:
    """Text as a spreadsheet may have it; nearly all begins with a letter or a digit and holds nothing that hides."""
    return value if value[:1].isalnum() and value.isprintable() else cell(value)


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _counts(value: Mapping[str, int]) -> str:
    return _text("; ".join(f"{key}={part}" for key, part in sorted(value.items())))


_FITS: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: _text,
    Kind.INSTANT: _instant,
    Kind.DAY: date.isoformat,
    Kind.FLAG: lambda value: "true" if value else "false",
    Kind.WORDS: lambda value: _text("; ".join(value)),
    Kind.COUNTS: _counts,
}
"""How a value stands in a spreadsheet's cell; a count as it is."""

_UNHASHED = frozenset({Kind.WORDS, Kind.COUNTS})

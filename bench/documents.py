"""Documents against bare WeasyPrint on the same HTML, with the same fonts and the same kind of PDF."""

from __future__ import annotations

import io
import statistics
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from bench.place import Place
from bench.reading import SYSTEM
from bench.rows import Row, seconds_of, side_by_side
from domain.connector import Connector
from domain.documents import CaseFile, Exports
from domain.item import Record, Subject, Table
from domain.rights import Right
from exports import fonts, pdf, specimen, words
from exports.dossier import Dossier
from policy.model import Policy

LIMIT = 1.3
_NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


class _Fonts(URLFetcher):  # type: ignore[misc]
    """The bundled fonts and nothing else, prepared beforehand."""

    def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002
        content = fonts.prepared(int(url.removeprefix("font:"))).content
        return URLFetcherResponse(url, content, {"Content-Type": "font/ttf"})


def bare(html: str) -> bytes:
    rendered: bytes = HTML(string=html, url_fetcher=_Fonts()).write_pdf(
        pdf_variant=pdf.VARIANT, font_config=FontConfiguration()
    )
    return rendered


def measure(place: Place, subject: Subject, *, times: int) -> list[Row]:
    documents = place.house.tools.exports
    file = next(specimen.case_files(place.house.policy, Right.ACCESS, "th", _NOW))
    connector = place.house.tools.connectors[SYSTEM]
    tables = connector.describe()
    return [
        _letter(documents, file, times),
        _summary(documents, file, connector, subject, times),
        _read(documents, file, tables, times),
        _machine(place.house.policy, tables, times),
    ]


def rows_of(tables: Sequence[Table], count: int) -> Iterator[Record]:
    """So many invented rows, spread over the tables; every column has a value."""
    for number in range(count):
        table = tables[number % len(tables)]
        values = {column.name: f"ค่า {number} value" for column in table.columns}
        yield Record(system=table.system, table=table.name, unit=table.unit, no=number + 1, values=values)


def _read(documents: Exports, file: CaseFile, tables: Sequence[Table], times: int) -> Row:
    """A dossier with its PDF, as a person waits for it."""
    took = [
        seconds_of(lambda: documents.dossier(file, tables, rows_of(tables, 100), io.BytesIO()))
        for _ in range(times + 1)
    ]
    median = statistics.median(took[1:])
    return Row("dossier of 100 rows, PDF and all", median, "s", limit=1.5, limit_on="ours")


def _machine(policy: Policy, tables: Sequence[Table], times: int) -> Row:
    """The part for machines alone: JSON and CSV with their digests, in a zip."""
    package = Dossier({"reference": "DSR-BENCH", "language": "th"}, tables, policy, words.load()["th"])
    rows = list(rows_of(tables, 10_000))
    took = [
        seconds_of(lambda: package.write(iter(rows), io.BytesIO(), lambda _: {})) for _ in range(times + 1)
    ]
    median = statistics.median(took[1:])
    return Row("10,000 rows as JSON and CSV", median, "s", limit=0.5, limit_on="ours")


def _letter(documents: Exports, file: CaseFile, times: int) -> Row:
    html = documents.letter("L5", file).html
    ours, floor = side_by_side(lambda: documents.letter("L5", file), lambda: bare(html), times=times)
    return Row("letter L5, HTML and PDF", ours * 1000, "ms", floor * 1000, LIMIT)


def _summary(documents: Exports, file: CaseFile, connector: Connector, subject: Subject, times: int) -> Row:
    tables, items = connector.describe(), connector.locate(subject).items
    records = list(connector.copy(iter(items)))

    def package() -> None:
        documents.dossier(file, tables, iter(records), io.BytesIO())

    html = _html_of(package)
    ours, floor = side_by_side(package, lambda: bare(html), times=times)
    return Row(f"dossier of {len(records)} records, whole", ours * 1000, "ms", floor * 1000, LIMIT)


def _html_of(package: Any) -> str:
    """What the package gives to the PDF writer."""
    with mock.patch.object(pdf, "write", wraps=pdf.write) as write:
        package()
    return str(write.call_args.args[0])

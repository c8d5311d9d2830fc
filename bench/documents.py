"""Documents against bare WeasyPrint on the same HTML, with the same fonts and the same kind of PDF."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from bench.place import SYSTEM, Place
from bench.rows import Row, side_by_side
from domain.connector import Connector
from domain.documents import CaseFile, Exports
from domain.item import Record, Subject
from domain.rights import Right
from exports import fonts, pdf, specimen

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
    return [
        _letter(documents, file, times),
        _summary(documents, file, place.house.tools.connectors[SYSTEM], subject, times),
    ]


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


def records_of(connector: Connector, subject: Subject) -> Iterator[Record]:
    """All that a system discloses of a person, located and copied page by page."""
    cursor = ""
    while True:
        page = connector.locate(subject, cursor)
        yield from connector.copy(iter(page.items))
        cursor = page.cursor
        if not cursor:
            return

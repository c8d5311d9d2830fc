"""HTML to PDF: A4, tagged (PDF/UA-1), fonts embedded, and a text layer that says what is shown.

Nothing is fetched: the only addresses that resolve are the prepared fonts, so data that holds an image, a
style sheet or a link to a file of this machine cannot reach anything.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from domain.errors import Refused
from exports import fonts

VARIANT = "pdf/ua-1"
_SCHEME = "font:"
_MAPPING = re.compile(rb"^<([0-9a-f]{4})> <[0-9a-f]*>$")


class Attached(NamedTuple):
    """A file inside a PDF, and when it was made."""

    name: str
    content: bytes
    made: datetime


def write(html: str, *, variant: str = VARIANT, attached: Sequence[Attached] = ()) -> bytes:
    """The document as PDF. `html` is whole, with its language and title; `attached` are files inside it (PDF/A-3).

    Raises:
        Refused: the document asks for a file or an address.
    """
    from weasyprint import HTML, Attachment
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError

    for weight in fonts.WEIGHTS:
        fonts.prepared(weight)  # WeasyPrint would pass over a font that fails, and print without it
    # WeasyPrint quotes what it cannot draw, and that may be a letter of somebody's name.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    try:
        document = HTML(string=html, url_fetcher=_bundled_fonts_only())
        pdf: bytes = document.write_pdf(
            pdf_variant=variant,
            font_config=FontConfiguration(),
            finisher=_say_what_is_shown,
            attachments=[
                Attachment(
                    string=one.content,
                    name=one.name,
                    created=one.made,
                    modified=one.made,
                    relationship="Data",
                )
                for one in attached
            ],
        )
    except FatalURLFetchingError:
        raise Refused("document-fetches", "templates may use the bundled fonts and nothing else") from None
    return pdf


def font_faces() -> str:
    """The style rules that name the bundled fonts."""
    return "".join(
        f"@font-face {{ font-family: {fonts.FAMILY}; font-weight: {weight}; src: url({_SCHEME}{weight}) }}\n"
        for weight in fonts.WEIGHTS
    )


def _bundled_fonts_only() -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class BundledFontsOnly(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002 - the library's signature
            weight = url.removeprefix(_SCHEME)
            if not url.startswith(_SCHEME) or not weight.isdigit() or int(weight) not in fonts.WEIGHTS:
                raise FatalURLFetchingError("refused")
            content = fonts.prepared(int(weight)).content
            return URLFetcherResponse(url, content, {"Content-Type": "font/ttf"})

    return BundledFontsOnly()


def _say_what_is_shown(_document: Any, pdf: Any) -> None:
    """Write the known text of each Thai glyph into the ToUnicode maps.

    WeasyPrint takes the text of a glyph from the place where it first stands: one ทํา typed in halves would be
    the text of every ทำ after it.
    """
    texts = fonts.prepared(400).texts
    for font in pdf.objects:
        if not isinstance(font, dict) or font.get("Subtype") != "/Type0":
            continue
        if fonts.FAMILY.encode() not in bytes(font["BaseFont"]):
            continue
        number = int(bytes(font["ToUnicode"]).split()[0])
        stream = pdf.objects[number].stream
        stream[:] = [_mapped(line, texts) for line in stream]


def _mapped(line: Any, texts: Mapping[int, str]) -> Any:
    found = _MAPPING.match(line) if isinstance(line, bytes) else None
    text = texts.get(int(found[1], 16)) if found else None
    if found is None or text is None:
        return line
    return b"<%s> <%s>" % (found[1], text.encode("utf-16-be").hex().encode())

"""HTML to PDF: A4, archival (PDF/A-3a), tagged (PDF/UA-1), and a text layer that says what is shown.

Nothing is fetched: the only addresses that resolve are the prepared fonts and the pictures handed over beside the
HTML, so data that holds an image, a style sheet or a link to a file of this machine cannot reach anything.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from domain.errors import Refused
from exports import archival, fonts

VARIANT = "pdf/a-3a"
"""As WeasyPrint is asked for it; `archival` adds PDF/UA-1."""

_SCHEME, _PICTURE = "font:", "picture:"
_MAPPING = re.compile(rb"^<([0-9a-f]{4})> <[0-9a-f]*>$")


class Attached(NamedTuple):
    """A file inside the document: the same content for machines (`/AFRelationship /Data`)."""

    name: str
    content: bytes
    about: str
    made: datetime


def write(
    html: str, *, attached: Sequence[Attached] = (), pictures: Mapping[str, bytes] | None = None
) -> bytes:
    """The document as PDF. `html` is whole, with its language and title.

    `pictures` are SVG, or PNG where the name ends in `.png`; the HTML shows one as
    `<img src="picture:NAME" alt="...">`.

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
    typefaces = FontConfiguration()
    try:
        document = HTML(string=html, url_fetcher=_handed_over_only(pictures or {}))
        pdf: bytes = document.write_pdf(
            pdf_variant=VARIANT,
            font_config=typefaces,
            finisher=_finish,
            output_intent="ours",  # `archival` writes it
            attachments=[
                Attachment(
                    string=file.content,
                    name=file.name,
                    description=file.about,
                    created=file.made,
                    modified=file.made,
                    relationship="Data",
                )
                for file in attached
            ],
        )
    except FatalURLFetchingError:
        raise Refused(
            "document-fetches",
            "templates may show the bundled fonts and the pictures beside them, and nothing else",
        ) from None
    finally:
        # Its finalizer would remove this directory wherever the collector comes by: in a workflow's thread, say, where
        # waiting for a disk counts as a deadlock.
        folder, typefaces._folder = typefaces._folder, None  # noqa: SLF001
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    return pdf


def font_faces() -> str:
    """The style rules that name the bundled fonts."""
    return "".join(
        f"@font-face {{ font-family: {fonts.FAMILY}; font-weight: {weight}; src: url({_SCHEME}{weight}) }}\n"
        for weight in fonts.WEIGHTS
    )


def _handed_over_only(pictures: Mapping[str, bytes]) -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    known = {f"{_SCHEME}{weight}": ("font/ttf", fonts.prepared(weight).content) for weight in fonts.WEIGHTS}
    known |= {f"{_PICTURE}{name}": (_media(name), picture) for name, picture in pictures.items()}

    class HandedOverOnly(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002 - the library's signature
            if url not in known:
                raise FatalURLFetchingError("refused")
            media, content = known[url]
            return URLFetcherResponse(url, content, {"Content-Type": media})

    return HandedOverOnly()


def _media(name: str) -> str:
    return "image/png" if name.endswith(".png") else "image/svg+xml"


def _finish(_document: Any, pdf: Any) -> None:
    _say_what_is_shown(pdf)
    archival.finish(pdf)


def _say_what_is_shown(pdf: Any) -> None:
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

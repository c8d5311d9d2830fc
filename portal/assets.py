"""The stylesheet, the mark and the typeface, served from here: no page fetches anything from elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_HOME = Path(__file__).with_name("static")
_CSS = "text/css; charset=utf-8"
_JS = "text/javascript; charset=utf-8"
_FILES = {
    "portal.css": _CSS,
    "desk.css": _CSS,
    "case.css": _CSS,
    "draft.js": _JS,
    "files.css": _CSS,
    "mark.svg": "image/svg+xml",
}
_FONTS = {"sarabun-400.woff2": "Regular", "sarabun-700.woff2": "Bold"}
_LATIN = range(0x20, 0x180)
_THAI = range(0xE01, 0xE5C)
_PUNCTUATION = (0x200B, 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2026, 0x25CC)


@dataclass(frozen=True)
class Asset:
    """A file as it is served; `tag` changes with its content."""

    content: bytes
    media: str
    tag: str


@cache
def asset(name: str) -> Asset:
    """The file of that name; a font takes about half a second once in a process. Raises `KeyError`."""
    media = "font/woff2" if name in _FONTS else _FILES[name]
    content = _font(_FONTS[name]) if name in _FONTS else (_HOME / name).read_bytes()
    return Asset(content, media, hashlib.sha256(content).hexdigest()[:16])


def address(name: str) -> str:
    """Where a page finds the file; another address as soon as it changes, so that it can be kept for long."""
    return f"/static/{name}?v={asset(name).tag}"


async def serve(request: Request) -> Response:
    """GET /static/{name}."""
    try:
        found = await asyncio.to_thread(asset, request.path_params["name"])
    except KeyError:
        raise HTTPException(404) from None
    kept = {"Cache-Control": "public, max-age=604800", "ETag": f'"{found.tag}"'}
    if request.headers.get("if-none-match") == kept["ETag"]:
        return Response(status_code=304, headers=kept)
    return Response(found.content, media_type=found.media, headers=kept)


def _font(weight: str) -> bytes:
    """Sarabun (SIL Open Font License 1.1, no reserved name), only the letters we write, packed for the web."""
    from fontpkg_sarabun import ROOT  # type: ignore[import-untyped]
    from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    font = TTFont(Path(ROOT) / "files" / f"Sarabun-{weight}.ttf", recalcTimestamp=False)
    subsetter = Subsetter(Options(flavor="woff2", layout_features=["*"], name_IDs=["*"], hinting=False))
    subsetter.populate(unicodes=[*_LATIN, *_THAI, *_PUNCTUATION])
    subsetter.subset(font)
    font.flavor = "woff2"
    packed = io.BytesIO()
    font.save(packed)
    return packed.getvalue()

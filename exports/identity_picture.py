"""A picture of an identity document as it is kept: blackened, and without anything that came along with it."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterable

from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

from domain.errors import BadInput
from domain.identity_copies import Area

_BROKEN = (
    *(UnidentifiedImageError, OSError, SyntaxError, ValueError, TypeError, struct.error, EOFError),
    *(LookupError, OverflowError, Image.DecompressionBombWarning),
)
"""What reading a picture that is damaged, or made to be, may raise: notes of the camera that are none, among others."""
_LARGEST = 12_000_000
"""Bytes of a file that are looked at."""
_MOST_PIXELS = 40_000_000
_SHARP = 2400
"""Pixels of the longer side: what a card says can be read."""


def blackened(picture: bytes, areas: Iterable[Area]) -> bytes:
    """The picture as PNG with these areas black: drawn anew, so that no metadata or thumbnail shows what was covered.

    Raises:
        BadInput: no picture, too large a one, or an area that lies outside it.
    """
    places = tuple(areas)  # told in the pixels of the picture as it came
    if len(picture) > _LARGEST:
        raise BadInput("picture-too-large", "at most 12 MB", field="file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened: Image.Image = Image.open(io.BytesIO(picture), formats=("PNG", "JPEG"))
            if opened.width * opened.height > _MOST_PIXELS:
                raise BadInput("picture-too-large", "at most 40 million pixels", field="file")
            if not places:
                # As it is seen: the note of how the camera was held does not come along. No sharper than is read.
                opened = ImageOps.exif_transpose(opened)
                opened.thumbnail((_SHARP, _SHARP))
            plain = opened.convert("RGB")
    except _BROKEN:
        raise BadInput("no-picture", "give a PNG or JPEG picture of the front", field="file") from None
    except Image.DecompressionBombError:
        raise BadInput("picture-too-large", "at most 40 million pixels", field="file") from None
    drawn = Image.frombytes("RGB", plain.size, plain.tobytes())
    pen = ImageDraw.Draw(drawn)
    for area in places:
        right, bottom = area.left + area.width, area.top + area.height
        inside = 0 <= area.left < right <= drawn.width and 0 <= area.top < bottom <= drawn.height
        if not inside:
            raise BadInput("area-outside-picture", "give left, top, width and height inside it", field="mask")
        pen.rectangle((area.left, area.top, right - 1, bottom - 1), fill=(0, 0, 0))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()

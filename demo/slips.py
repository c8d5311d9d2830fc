"""Proofs of payment: small pictures as a bank's app would make them, with a person's name in the pixels."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO

import fontpkg
from PIL import Image, ImageDraw, ImageFont

_SIZE = (320, 220)
_BUDDHIST_ERA = 543
_LEFT, _TOP, _STEP = 16, 14, 30


@cache
def _font() -> ImageFont.FreeTypeFont:
    # The basic layout needs no system library, so the bytes are the same on every machine.
    return ImageFont.truetype(str(fontpkg.path("Sarabun")), size=18, layout_engine=ImageFont.Layout.BASIC)


def slip(*, payer: str, bank: str, amount: Decimal, paid_on: date, reference: str) -> bytes:
    """A PNG of a transfer slip; the same bytes for the same values."""
    picture = Image.new("1", _SIZE, color=1)
    draw = ImageDraw.Draw(picture)
    told = (
        "โอนเงินสำเร็จ",
        payer,
        bank,
        f"{amount:,.2f} บาท",
        f"{paid_on:%d/%m}/{paid_on.year + _BUDDHIST_ERA}",
        reference,
    )
    for number, line in enumerate(told):
        draw.text((_LEFT, _TOP + number * _STEP), line, fill=0, font=_font())
    out = BytesIO()
    picture.save(out, format="PNG", optimize=False)
    return out.getvalue()

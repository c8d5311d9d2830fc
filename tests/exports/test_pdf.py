from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fontpkg_sarabun  # type: ignore[import-untyped]
import pypdf
import pytest
from weasyprint import HTML

from domain.errors import Refused
from exports import fonts, pdf
from tests.exports.reading import copied, spoken, squeezed

WORDS = (
    "ดำเนินการ น้ำ กำหนด จำนวน ปั่นป่วน ที่อยู่ ฝั่ง ฟื้น ปิ่น ปี่ ชื่อ ผู้ใช้ ที่นี้ ปำ ฝ้ำ ก๊ำ ฬ้ำ กิ๊ก "
    "ศักดิ์ สิทธิ์ เป็น ญี่ปุ่น พันธุ์ ปลิ้น ป้อม ปุ๋ย ซ้ำ ทำ คำ อำนาจ สำนักงาน า ำ ฐานะ กฎหมาย ฎีกา"
)


def page(body: str) -> str:
    style = f"{pdf.font_faces()} body {{ font-family: Sarabun; font-size: 12pt }}"
    return (
        f'<html lang="th"><head><title>ทดสอบ</title><style>{style}</style></head><body>{body}</body></html>'
    )


@pytest.mark.parametrize("read", [spoken, copied])
@pytest.mark.parametrize("width", ["60mm", "91mm", "140mm"])
@pytest.mark.parametrize("tag", ["span", "b"])
def test_text_layer_says_what_is_shown(read: Callable[[bytes], str], width: str, tag: str) -> None:
    made = pdf.write(page(f'<p style="width:{width}"><{tag}>{WORDS}</{tag}></p>'))

    assert " ".join(read(made).split()) == WORDS


def test_a_word_typed_in_two_halves_does_not_spoil_the_others() -> None:
    typed_apart = "\u0e17\u0e4d\u0e32"  # NIKHAHIT and SARA AA, as old keyboards wrote SARA AM

    made = pdf.write(page(f"<p>{typed_apart} ทำ ดำเนินการ</p>"))

    assert spoken(made).split() == ["ทำ", "ทำ", "ดำเนินการ"]


def test_the_defect_is_real_with_the_font_as_it_comes() -> None:
    """Guards the tests above: without the ligatures the same words come out wrong."""
    plain = Path(str(fontpkg_sarabun.ROOT)) / "files" / "Sarabun-Regular.ttf"
    rule = f"@font-face {{ font-family: Sarabun; src: url({plain.as_uri()}) }}"

    made = HTML(string=page(f"<p>{WORDS}</p>").replace(pdf.font_faces(), rule)).write_pdf()

    assert squeezed(spoken(made)) != squeezed(WORDS)


def test_every_glyph_has_a_text() -> None:
    made = pdf.write(page(f"<p>{WORDS} <b>{WORDS}</b></p>"))
    resources: Any = pypdf.PdfReader(io.BytesIO(made)).pages[0]["/Resources"]
    maps = [font.get_object()["/ToUnicode"].get_object().get_data() for font in resources["/Font"].values()]

    assert len(maps) == len(fonts.WEIGHTS)
    assert not any(b"> <>" in each for each in maps)


def test_both_weights_number_their_glyphs_alike() -> None:
    assert fonts.prepared(400).texts == fonts.prepared(700).texts


def test_titled_tagged_and_in_its_language() -> None:
    made = pdf.write(page("<h1>หัวเรื่อง</h1><p>ข้อความ</p>"))
    catalog: Any = pypdf.PdfReader(io.BytesIO(made)).root_object

    assert catalog["/Lang"] == "th"
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "/StructTreeRoot" in catalog


@pytest.mark.parametrize(
    "body",
    [
        '<img src="file:///etc/hostname">',
        '<img src="http://127.0.0.1:9/x.png">',
        '<link rel="stylesheet" href="file:///etc/hostname">',
        '<p style="background: url(https://example.com/a.png)">x</p>',
        '<img src="font:401">',
        '<img src="picture:check" alt="x">',
        '<link rel="attachment" href="file:///etc/hostname">',
    ],
)
def test_nothing_is_fetched(body: str) -> None:
    with pytest.raises(Refused, match="document fetches"):
        pdf.write(page(body))

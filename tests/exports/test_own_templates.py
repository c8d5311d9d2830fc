"""A company's own templates: what replaces what, what is refused by name, and what a preview shows."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

import pytest

from domain.errors import PolicyInvalid
from domain.rights import Right
from exports.letters import TEMPLATES
from exports.owed import OWED
from tests.exports.conformance import faults
from tests.exports.reading import spoken
from tests.exports.samples import NAME, case_file, documents, policy

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><rect width="90" height="30"/></svg>'
SHOWN = '<header><img src="picture:{}" alt="Siam"><div>{}</div></header>'


def png() -> bytes:
    """Two black dots."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\x00\x00\x00"))
        + chunk(b"IEND", b"")
    )


def put(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")


def shipped(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


def named(folder: Path) -> list[tuple[str, str]]:
    return [
        (fault.code, str(fault.facts["template"])) for fault in documents(templates=folder).template_faults()
    ]


@pytest.mark.parametrize(("picture", "content"), [("logo.svg", LOGO), ("logo.png", png())])
def test_letterhead_and_signature_are_replaced_in_every_letter(
    tmp_path: Path, picture: str, content: bytes
) -> None:
    (tmp_path / picture).write_bytes(content)
    put(tmp_path, "letterhead.html", SHOWN.format(picture, "หัวจดหมายของเรา"))
    put(tmp_path, "signature.html", '<div class="signature">ลงชื่อ กรรมการ</div>')
    room = documents(templates=tmp_path)

    for code in ("L1", "L6"):
        made = room.letter(code, case_file(ground="EX-CLAIM", recorded="law")).pdf
        assert faults(made) == []
        said = spoken(made)
        assert "หัวจดหมายของเรา" in said
        assert "ลงชื่อ กรรมการ" in said
    assert named(tmp_path) == []


def test_tone_is_replaced_in_one_language(tmp_path: Path) -> None:
    put(tmp_path, "en/L1.html", shipped("en/L1.html").replace("Thank you for your request.", "Hello."))
    room = documents(templates=tmp_path)

    assert "Hello." in room.letter("L1", case_file(language="en")).text
    assert room.letter("L1", case_file()).text == documents().letter("L1", case_file()).text


def test_a_statement_left_out_is_named_with_its_template_and_so_is_the_next(tmp_path: Path) -> None:
    for name, statement in (("th/L1.html", "fee"), ("en/L6.html", "reasons")):
        put(tmp_path, name, shipped(name).replace(f'say("{statement}")', 'say("other")'))

    faults = [fault.facts for fault in documents(templates=tmp_path).template_faults()]

    assert faults == [
        {"template": "th/L1.html", "statement": "fee"},
        {"template": "en/L6.html", "statement": "reasons"},
    ]


def test_a_letter_without_the_way_to_complain_is_refused(tmp_path: Path) -> None:
    put(
        tmp_path,
        "letter.html",
        re.sub(r"\{% if complaint %\}.*?\{% endif %\}", "", shipped("letter.html"), flags=re.DOTALL),
    )

    assert ("letter-statement-missing", "th/L6.html") in named(tmp_path)


def test_a_template_that_replaces_nothing_is_refused_but_parts_and_pictures_are_not(tmp_path: Path) -> None:
    put(tmp_path, "th/l1.html", shipped("th/L1.html"))
    put(tmp_path, "parts/address.html", "x")
    put(tmp_path, "logo.svg", LOGO.decode())

    assert named(tmp_path) == [("template-replaces-nothing", "th/l1.html")]


def test_a_picture_that_is_not_there_and_an_address_outside_are_refused_before_any_letter(
    tmp_path: Path,
) -> None:
    put(tmp_path, "letterhead.html", SHOWN.format("none.svg", ""))
    assert named(tmp_path) == [("document-fetches", "th/L1.html"), ("document-fetches", "en/L1.html")]

    put(tmp_path, "letterhead.html", '<header><img src="https://tracker.example/p.png" alt=""></header>')
    assert named(tmp_path) == [("document-fetches", "th/L1.html"), ("document-fetches", "en/L1.html")]


def test_a_picture_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(bytes((2 << 20) + 1))

    with pytest.raises(PolicyInvalid) as refused:
        documents(templates=tmp_path)
    assert refused.value.facts == {"template": "logo.png"}


def test_what_a_person_wrote_is_never_a_template() -> None:
    text = documents().letter("L1", case_file(name="{{ words.__class__ }}{% raw %}")).text

    assert "{{ words.__class__ }}{% raw %}" in text


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("right", Right)
def test_every_letter_has_a_preview_that_is_nobodys(right: Right, language: str) -> None:
    room = documents()
    for code in OWED:
        title, html = room._letter(code, room.sample(right, language))
        assert "DSR-SPECIMEN" in html
        assert title
        assert NAME not in html


def test_a_preview_shows_what_is_done_and_what_a_law_keeps() -> None:
    text = documents().preview("L5", Right.ERASURE, "th").text

    assert "ตัวอย่าง" in text
    held = next(unit for unit in policy().units.values() if unit.holds)
    assert held.name.th in text

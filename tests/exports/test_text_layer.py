"""The text of every Thai document as `pdftotext` copies it: nothing added, nothing lost, no word torn."""

from __future__ import annotations

import io
import re
import unicodedata
from unittest import mock

import pytest

from exports import pdf, plaintext
from tests.exports.reading import copied, spoken, squeezed
from tests.exports.samples import LETTERS, PORTAL, case_file, documents
from tests.exports.test_certificate import DONE

FOLLOWS = re.compile("[ะาำๅๆฯ]")
"""What a line never begins with, besides marks; it belongs to the letter before it."""
LEADS = re.compile("[เแโใไ]$")
"""What a line never ends with; it belongs to the letter after it."""


def letter(number: int) -> tuple[str, bytes]:
    code, made_of = LETTERS[number]
    made = documents().letter(code, case_file(**made_of))
    return made.text, made.pdf


def certificate() -> tuple[str, bytes]:
    out = io.BytesIO()
    with mock.patch.object(pdf, "write", wraps=pdf.write) as write:
        documents(portal_url=PORTAL).certificate(case_file(**DONE), out)
    return plaintext.plain(write.call_args.args[0]), out.getvalue()


def torn(text: str, pdf_text: str) -> list[str]:
    """Lines that are not in the source as they stand, blanks and all; lines of table cells side by side may join."""
    source, running = " ".join(text.split()), text.partition("\n")[0]
    lines = [" ".join(line.split()) for line in pdf_text.replace("\f", "\n").splitlines()]
    return [
        line
        for line in lines
        if line and line not in source and not line.startswith(running) and not re.match(r"หน้า \d", line)
    ]


def check(text: str, made: bytes) -> None:
    read = copied(made)
    assert torn(text, read) == []
    assert text.count("ำ") > 0
    for line in read.replace("\f", "\n").splitlines():
        stripped = line.strip()
        if stripped:
            assert not unicodedata.category(stripped[0]).startswith("M"), stripped
            assert not FOLLOWS.match(stripped), stripped
            assert not LEADS.search(stripped), stripped


@pytest.mark.parametrize("number", range(len(LETTERS)), ids=[code for code, _ in LETTERS])
def test_lines_of_a_letter_stand_in_its_source(number: int) -> None:
    check(*letter(number))


def test_lines_of_the_certificate_stand_in_its_source() -> None:
    check(*certificate())


@pytest.mark.parametrize("read", [spoken, copied])
def test_the_certificate_says_its_source_in_order(read: object) -> None:
    assert callable(read)
    text, made = certificate()
    running, _, body = text.partition("\n")
    said = re.sub(r"หน้า\d+จาก\d+", "", squeezed(read(made))).replace(squeezed(running), "")

    assert said == squeezed(body).replace(squeezed(running), "")


def test_a_torn_word_is_seen() -> None:
    """Guards the tests above."""
    assert torn("หัว\nบริษัทดำเนินการ", "บริษัทดาเนินการ\nบริษัทดำเนิน การ") == ["บริษัทดาเนินการ", "บริษัทดำเนิน การ"]

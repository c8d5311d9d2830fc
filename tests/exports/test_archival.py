"""Every document as PDF/A-3a and PDF/UA-1, by checks of our own (`conformance` says what they are worth)."""

from __future__ import annotations

import io
import zipfile

import pikepdf
import pytest
from weasyprint import HTML

from domain.rights import Right
from exports import archival
from exports.signing import Signer
from tests.exports.conformance import faults
from tests.exports.reading import copied
from tests.exports.samples import LETTERS, PORTAL, case_file, documents
from tests.exports.test_certificate import DONE

BOTH = pytest.mark.parametrize("language", ["th", "en"])


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer.for_development(tmp_path_factory.mktemp("keys") / "development.p12")


@pytest.mark.parametrize("number", range(len(LETTERS)), ids=[code for code, _ in LETTERS])
def test_every_letter_holds(number: int) -> None:
    code, made_of = LETTERS[number]

    assert faults(documents().letter(code, case_file(**made_of)).pdf) == []


@BOTH
def test_the_certificate_holds_signed(signer: Signer, language: str) -> None:
    out = io.BytesIO()
    documents(signer=signer, portal_url=PORTAL).certificate(case_file(language=language, **DONE), out)

    assert faults(out.getvalue()) == []


@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY])
def test_the_summary_of_a_package_holds(right: Right) -> None:
    out = io.BytesIO()
    documents().dossier(case_file(right=right), (), iter(()), out)

    assert faults(zipfile.ZipFile(out).read("summary.pdf")) == []


def test_what_runs_on_every_page_is_no_text_of_the_letter() -> None:
    letter = documents().letter("L5", case_file(**DONE))
    with pikepdf.open(io.BytesIO(letter.pdf)) as made:
        streams = [page.Contents.read_bytes() for page in made.pages]

    assert all(stream.count(b"/Pagination") >= 2 for stream in streams)
    assert "หน้า 1 จาก" in copied(letter.pdf)  # shown and copied all the same


def test_the_checks_find_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guards the tests above: the file as WeasyPrint leaves it does not pass."""
    monkeypatch.setattr(archival, "finish", lambda _pdf: None)
    found = faults(documents().letter("L5", case_file(**DONE)).pdf)

    for clause in ("pdfuaid:part", "schema of pdfuaid", "UA 7.5", "in no element"):
        assert any(clause in fault for fault in found)


def test_a_plain_file_breaks_nearly_all() -> None:
    plain = HTML(string="<title>t</title><h2>x</h2><a href='https://example.com'>y</a>").write_pdf(
        pdf_variant="pdf/ua-1"
    )

    found = "\n".join(faults(plain))
    for clause in ("6.1.3", "6.2.3", "pdfaid:part", "7.2", "7.4.2", "6.3.2"):
        assert clause in found


def test_fonts_are_the_licensed_ones() -> None:
    with pikepdf.open(io.BytesIO(documents().letter("L1", case_file()).pdf)) as made:
        fonts = {str(font.BaseFont) for page in made.pages for font in dict(page.Resources.Font).values()}

    assert fonts
    assert all("Sarabun" in name for name in fonts)

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pypdf
import pytest

from domain.delivery import OPENING
from domain.documents import Rendered
from domain.errors import BadInput, PolicyInvalid
from domain.outcomes import Ending, Outcome
from domain.rights import Right
from domain.states import State
from exports import words
from exports.letters import TEMPLATES
from exports.owed import BREACHES, OWED, REPORTS, THIRD_PARTIES
from tests.exports.reading import copied, spoken, squeezed
from tests.exports.samples import (
    CHALLENGE,
    COPIED,
    ERASED,
    KEPT,
    LETTERS,
    NAME,
    NOW,
    PORTAL,
    case_file,
    documents,
    group,
    hold,
    policy,
)

CODED = {"L2", OPENING}
WORDS_OF_A_LINE = 20

BOTH = pytest.mark.parametrize("language", ["th", "en"])


def text_of(code: str, /, **made_of: Any) -> str:
    return documents().letter(code, case_file(**made_of)).text


@cache
def made(number: int, language: str) -> Rendered:
    """The sample letter of that number, rendered once for all who read it."""
    code, made_of = LETTERS[number]
    return documents().letter(code, case_file(language=language, **made_of))


@pytest.mark.parametrize("number", range(len(LETTERS)), ids=[code for code, _ in LETTERS])
@BOTH
@pytest.mark.parametrize("read", [spoken, copied])
def test_what_the_pdf_says_is_the_letter(read: Callable[[bytes], str], number: int, language: str) -> None:
    letter = made(number, language)

    running, _, body = letter.text.partition("\n")
    category = words.load()[language]("dossier.category")
    heads = {squeezed(line) for line in body.split("\n") if line.startswith(category)}
    said, meant = squeezed(read(letter.pdf)), squeezed(body)
    for repeated in (squeezed(running), *heads):  # on every page
        said, meant = said.replace(repeated, ""), meant.replace(repeated, "")
    pages = len(pypdf.PdfReader(io.BytesIO(letter.pdf)).pages)
    assert re.sub(rf"หน้า\d+จาก{pages}|Page\d+of{pages}", "", said) == meant.replace(squeezed(running), "")


def test_there_is_a_sample_of_every_letter() -> None:
    assert {code for code, _ in LETTERS} == set(OWED)


@pytest.mark.parametrize("number", range(len(LETTERS)), ids=[code for code, _ in LETTERS])
@BOTH
def test_every_letter_names_request_company_and_officer(number: int, language: str) -> None:
    text = made(number, language).text

    assert "DSR-2569-000123" in text
    assert policy().company.officer.email in text
    assert (NAME in text) is (LETTERS[number][0] not in THIRD_PARTIES)
    assert "2569" in text  # the Buddhist Era


@BOTH
def test_seven_years_are_never_laid_at_the_accounting_act_alone(language: str) -> None:
    text = text_of("L5", language=language)
    floor = {"th": "31\u00a0ธันวาคม\u00a02570", "en": "31\u00a0December\u00a02027"}[language].replace(
        "\u00a0", " "
    )

    assert floor in text  # what the law itself asks of an invoice of 2022
    assert policy().bases["BASIS-2569-01"].wording.model_dump()[language] in text
    assert not re.search(r"(พระราชบัญญัติการบัญชี|Accounting Act)[^\n]{0,40}7 (ปี|years)", text)


def test_past_the_laws_own_years_the_ground_is_the_basis() -> None:
    old = hold(2020)
    groups = (group("U04", Outcome.HOLD, 1, "EX-LAW", until=old["release_on"], holds=[old]),)

    text = text_of("L5", groups=groups)

    assert "เก็บรักษาไว้เพื่อสิทธิเรียกร้องตามกฎหมาย (มาตรา 33 วรรคสอง)" in text
    assert "เก็บรักษาไว้เพื่อการปฏิบัติตามกฎหมาย" not in text


def test_sections_are_cited_in_thai() -> None:
    for number in range(len(LETTERS)):
        assert not re.search(r"\bss?\.\d|¶|\bPDPA\b|cl\.", made(number, "th").text)


def test_partial_because_a_system_was_left_out_says_so() -> None:
    text = text_of("L5", groups=ERASED, left_out=["EX-CLAIM"])

    assert "บางระบบยังดำเนินการไม่แล้วเสร็จ เนื่องจากเก็บรักษาไว้เพื่อสิทธิเรียกร้องตามกฎหมาย (มาตรา 33 วรรคสอง)" in text


def test_company_without_a_portal_is_reached_through_its_officer() -> None:
    subject, text = documents().mail("L1", case_file())
    copy = text_of("L4", groups=COPIED, right=Right.ACCESS)

    assert "DSR-2569-000123" in subject
    assert "dpo@siamcrm.example" in text
    assert "http" not in text
    assert "ลิงก์" not in copy
    assert "ขอรับสำเนาข้อมูลได้จากเจ้าหน้าที่คุ้มครองข้อมูลส่วนบุคคล" in copy


def test_ties_do_not_reach_into_a_templates_own_tags(tmp_path: Path) -> None:
    (tmp_path / "th").mkdir()
    shipped = (TEMPLATES / "th" / "L1.html").read_text("utf-8")
    titled = shipped.replace("{% block body %}", '{% block body %}<p title="มาตรา 30">x</p>')
    (tmp_path / "th" / "L1.html").write_text(titled, "utf-8")

    assert '<p title="มาตรา 30">' in documents(templates=tmp_path).letter("L1", case_file()).html


def test_same_thing_in_two_systems_is_one_line() -> None:
    groups = (*ERASED, {**ERASED[0], "system": "mail"})

    assert "ข้อมูลบัญชีและการลงทะเบียน 6 ลบแล้ว" in text_of("L4", groups=groups)


def test_refusal_needs_its_ground() -> None:
    with pytest.raises(BadInput, match="refusal without ground"):
        documents().letter("L6", case_file(groups=ERASED[:0], recorded="company"))


def test_refusal_takes_the_grounds_of_the_plan_when_none_is_named() -> None:
    assert "ไม่เข้าเหตุตามมาตรา 33 วรรคหนึ่ง" in text_of("L6", groups=KEPT[2:3], recorded="company")


@pytest.mark.parametrize("code", ["L5", "L6"])
def test_where_a_refusal_is_recorded_is_said_as_it_is(code: str) -> None:
    """Only what s.39 ¶1(7) names stands in its record; the other refusals stand in the company's own."""
    by_law = text_of(code, recorded="law", ground="R30-LAW")
    by_choice = text_of(code, recorded="company", ground="EX-LAW")

    assert "ไว้ในบันทึกรายการตามมาตรา 39 แล้ว" in by_law
    assert "มาตรา 39" not in by_choice
    assert "ไว้ในทะเบียนการปฏิเสธคำขอของบริษัทแล้ว" in by_choice


def test_the_decision_letter_never_promises_more_time_than_there_is() -> None:
    file = case_file()
    late = file.view.case.terms.model_copy(update={"due": NOW + timedelta(days=2)})
    view = file.view.model_copy(update={"case": file.view.case.model_copy(update={"terms": late})})

    text = documents().letter("DECISION", file.model_copy(update={"view": view})).text

    assert squeezed("เมื่อพ้นวันที่ 23 พฤศจิกายน 2569") in squeezed(text)


def test_a_refusal_is_not_told_before_it_is_recorded() -> None:
    with pytest.raises(BadInput, match="recorded"):
        documents().letter("L6", case_file(ground="EX-LAW"))


def test_identity_letter_hides_religion_and_blood_group() -> None:
    text = text_of("L2", **CHALLENGE)

    assert "ศาสนา" in text
    assert "หมู่โลหิต" in text
    assert "7 วัน" in text


@pytest.mark.parametrize("code", [*sorted(OWED), OPENING])
@BOTH
def test_mail_carries_reference_and_link_and_nothing_of_the_person(code: str, language: str) -> None:
    announced = {"link": f"{PORTAL}/d/slk_0123", "until": "2026-12-22"}
    made_of: dict[str, Any] = CHALLENGE if code in CODED else announced

    subject, text = documents().mail(code, case_file(language=language, **made_of))

    assert "DSR-2569-000123" in subject
    assert (made_of["link"] in text) is (code != OPENING)
    assert (words.load()[language].day("2026-12-22") in text) is (code not in CODED)
    for part in (*NAME.split(), "somying", "482913"):
        assert part not in subject
    for part in (*NAME.split(), "somying"):
        assert part not in text
    assert ("482913" in text) is (code in CODED)


@pytest.mark.parametrize(("code", "missing"), [("L2", part) for part in CHALLENGE] + [(OPENING, "code")])
def test_mail_of_a_code_without_a_part_is_refused(code: str, missing: str) -> None:
    facts = {key: value for key, value in CHALLENGE.items() if key != missing}

    with pytest.raises(BadInput, match=missing):
        documents().mail(code, case_file(**facts))


@pytest.mark.parametrize("code", sorted(set(OWED) - {"L2"}))
@BOTH
def test_no_letter_prints_a_link_that_opens_documents(code: str, language: str) -> None:
    token = "slk_0123456789"
    sample = next(made_of for sampled, made_of in LETTERS if sampled == code)
    made_of = {"groups": COPIED, "right": Right.ACCESS} if code in {"L4", "L5"} else sample

    letter = documents().letter(code, case_file(language=language, link=f"{PORTAL}/d/{token}", **made_of))

    assert token not in letter.html
    assert token not in spoken(letter.pdf)


@pytest.mark.parametrize("number", range(len(LETTERS)), ids=[code for code, _ in LETTERS])
@BOTH
def test_no_page_holds_only_how_to_reach_the_officer(number: int, language: str) -> None:
    letter = made(number, language)
    code = LETTERS[number][0]
    which = "told" if code in BREACHES else "third" if code in THIRD_PARTIES - REPORTS else ""
    closing = squeezed(words.load()[language](f"letterhead.closing{'_' if which else ''}{which}"))

    last = squeezed(pypdf.PdfReader(io.BytesIO(letter.pdf)).pages[-1].extract_text())

    before, found, _ = last.partition(closing)
    assert found
    assert len(before) > WORDS_OF_A_LINE


NASTY = (
    "<script>alert(1)</script>",
    '<img src="file:///etc/hostname">',
    "{{ 7*7 }}{% raw %}",
    "{0.__class__}{name}",
    "<svg onload=alert(1)>&amp;",
    '"><span class="said">',
)


@pytest.mark.parametrize("name", NASTY)
def test_markup_and_templates_in_a_name_are_text(name: str) -> None:
    letter = documents().letter("L1", case_file(name=name))

    assert f"คุณ{' '.join(name.split())}" in letter.text
    assert squeezed(name) in squeezed(spoken(letter.pdf))
    assert name not in letter.html or "<" not in name


def test_unknown_letter_is_named() -> None:
    with pytest.raises(BadInput, match="L99"):
        documents().letter("L99", case_file())
    with pytest.raises(BadInput, match="L99"):
        documents().mail("L99", case_file())


def test_template_without_a_required_statement_is_refused_by_name(tmp_path: Path) -> None:
    shipped = (TEMPLATES / "th" / "L1.html").read_text("utf-8")
    (tmp_path / "th").mkdir()
    own = tmp_path / "th" / "L1.html"
    own.write_text("\n".join(line for line in shipped.splitlines() if 'say("fee")' not in line), "utf-8")

    with pytest.raises(PolicyInvalid) as refused:
        documents(templates=tmp_path).letter("L1", case_file())

    assert refused.value.facts == {"template": "th/L1.html", "statement": "fee"}


def test_statement_said_with_no_words_is_not_said(tmp_path: Path) -> None:
    (tmp_path / "th").mkdir()
    shipped = (TEMPLATES / "th" / "L1.html").read_text("utf-8")
    emptied = re.sub(r'({% call say\("fee"\) %}).*?({% endcall %})', r"\1 <b> </b> \2", shipped)
    (tmp_path / "th" / "L1.html").write_text(emptied, "utf-8")

    with pytest.raises(PolicyInvalid, match="fee"):
        documents(templates=tmp_path).letter("L1", case_file())


@pytest.mark.parametrize(
    ("body", "error", "code"),
    [
        ("{{ facts.nothing_of_the_kind }}", BadInput, "letter-value-missing"),
        ("{% if %}", PolicyInvalid, "template-broken"),
        ("{{ words.__class__.__mro__ }}", PolicyInvalid, "template-broken"),
    ],
)
def test_broken_template_is_named(tmp_path: Path, body: str, error: type[BadInput], code: str) -> None:
    (tmp_path / "th").mkdir()
    (tmp_path / "th" / "L1.html").write_text(body, "utf-8")

    with pytest.raises(error) as refused:
        documents(templates=tmp_path).letter("L1", case_file())

    assert refused.value.code == code
    assert refused.value.facts["template"] == "th/L1.html"


def test_check_templates_says_a_good_override_is_good(tmp_path: Path) -> None:
    documents(templates=tmp_path).check_templates()


def test_check_templates_finds_the_one_that_leaves_something_out(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    shipped = (TEMPLATES / "en" / "L6.html").read_text("utf-8")
    (tmp_path / "en" / "L6.html").write_text(shipped.replace('say("reasons")', 'say("other")'), "utf-8")

    with pytest.raises(PolicyInvalid) as refused:
        documents(templates=tmp_path).check_templates()

    assert refused.value.facts == {"template": "en/L6.html", "statement": "reasons"}


def test_thai_numerals_on_request() -> None:
    assert "๒๒ พฤศจิกายน ๒๕๖๙" in documents(thai_numerals=True).letter("L1", case_file()).text


def test_honorific_is_not_doubled() -> None:
    assert "คุณนางสาว" not in text_of("L1", name="นางสาวสมหญิง ใจดี")


def test_catalogue_names_every_state_ending_outcome_and_right() -> None:
    for spoken_words in words.load().values():
        for key in (
            *(f"states.{state}" for state in State),
            *(f"endings.{ending}" for ending in Ending),
            *(f"planned.{outcome}" for outcome in Outcome),
            *(f"achieved.{outcome}" for outcome in Outcome),
            *(f"rights.{right}.name" for right in Right),
            *(f"letters.{code}" for code in OWED),
        ):
            assert spoken_words(key)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("  access:\n    name:", "  access:\n    call:"), "catalogue-key-in-one-language"),
        (("  access:\n    name:", "  access:\n    name: twice\n    name:"), "catalogue-key-twice"),
        (("{number}", "{no}"), "catalogue-parts-differ"),
    ],
)
def test_catalogues_must_match(tmp_path: Path, change: tuple[str, str], code: str) -> None:
    for language in words.LANGUAGES:
        text = (Path(words.__file__).parent / "catalogue" / f"{language}.yaml").read_text("utf-8")
        (tmp_path / f"{language}.yaml").write_text(
            text.replace(*change) if language == "en" else text, "utf-8"
        )

    with pytest.raises(PolicyInvalid) as refused:
        words.load(tmp_path)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("language", "never", "said"),
    [("th", "ทุกระบบ", "ไม่รวมถึงรายการที่มิได้ผูกกับบุคคลในทะเบียน"), ("en", "every system", "without an account")],
)
def test_no_data_claims_no_more_than_was_searched(language: str, never: str, said: str) -> None:
    """Whoever stands in no register of persons, and wrote without an account, is not found by the search."""
    text, searched = (
        text_of("L-NODATA", groups=(), language=language, **facts) for facts in ({}, {"searched": True})
    )
    assert never not in text + searched
    assert said in text
    assert (
        "โดยใช้ช่องทางติดต่อที่ท่านยืนยันแล้ว" if language == "th" else "by the addresses that you confirmed"
    ) in searched
    assert ("ไม่รวมถึง" if language == "th" else "not part of that search") not in searched

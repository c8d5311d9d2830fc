"""What letters say beyond access and erasure, each checked by the words that the person needs."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from domain.case import Because
from domain.errors import BadInput, PolicyInvalid
from domain.outcomes import Outcome
from domain.rights import Right
from domain.wishes import Because as Reason
from domain.wishes import Use
from exports import plaintext, words
from exports.owed import BREACHES, NEEDS, OWED, REPORTS, THIRD_PARTIES, statements
from exports.room import Documents
from tests.exports.reading import spoken, squeezed
from tests.exports.samples import (
    COMPELLED,
    CORRECTED,
    ERASED,
    LETTERS,
    NAME,
    OBJECTED,
    ON_A_WORD,
    PORTABLE,
    RESTRICTED,
    STOPPED,
    TO_OTHERS,
    WITHDRAWN,
    case_file,
    documents,
    group,
    policy,
)

LATER = "2026-12-01T02:15:00+00:00"
BOTH = pytest.mark.parametrize("language", ["th", "en"])


def text_of(code: str, /, **made_of: Any) -> str:
    """The text without the PDF, which `test_letters` holds against it; drawing it is slow."""
    return plaintext.plain(documents()._letter(code, case_file(**made_of))[1])


def test_every_right_has_every_letter_in_both_languages_with_all_it_owes() -> None:
    documents().check_templates()


@pytest.mark.parametrize(
    ("code", "right", "statement"),
    [
        ("L4", Right.PORTABILITY, "transfer"),
        ("L5", Right.RECTIFICATION, "documents"),
        ("L4", Right.RESTRICTION, "lifting"),
        ("L6", Right.OBJECTION, "resumed"),
        ("L8", Right.WITHDRAWAL, "effects"),
    ],
)
def test_a_right_is_owed_its_own_statements(tmp_path: Any, code: str, right: Right, statement: str) -> None:
    (tmp_path / "th").mkdir()
    bare = '{% extends "letter.html" %}{% block body %}{% for one in owed %}{% call say(one) %}x{% endcall %}{% endfor %}{% endblock %}'
    said = [one for one in statements(code, right) if one != statement]
    (tmp_path / "th" / f"{code}.html").write_text(bare.replace("owed", repr(said)), "utf-8")
    made_of: dict[str, Any] = {"right": right, "groups": (), "stopped_at": STOPPED}
    made_of |= {"ground": "R32-COMPEL", "recorded": "law"}

    with pytest.raises(PolicyInvalid) as refused:
        Documents(policy(), documents()._clock, templates=tmp_path).letter(code, case_file(**made_of))

    assert refused.value.facts["statement"] == statement


@pytest.mark.parametrize(("code", "need"), [(code, need) for code in NEEDS for need in NEEDS[code]])
def test_a_letter_without_a_fact_it_needs_is_refused_by_the_facts_name(code: str, need: str) -> None:
    sample = dict(next(made_of for sampled, made_of in LETTERS if sampled == code))
    for name in need.split("|"):
        sample.pop(name, None)

    with pytest.raises(BadInput) as refused:
        documents().letter(code, case_file(**sample))

    assert refused.value.code == "letter-value-missing"
    assert refused.value.facts["field"] == need


def test_an_action_that_no_word_stands_for_is_refused() -> None:
    with pytest.raises(BadInput, match="letter word unknown"):
        documents().letter("L11", case_file(**TO_OTHERS, action="juggle"))


# L1: what was understood, and what was done at once


@BOTH
@pytest.mark.parametrize("use", Use)
def test_acknowledgement_repeats_which_use_is_objected_to(language: str, use: Use) -> None:
    text = text_of("L1", language=language, right=Right.OBJECTION, groups=(), against=[use.value])

    said = words.load()[language]
    assert [other for other in Use if said(f"asked.against.{other}") in text] == [use]


@BOTH
@pytest.mark.parametrize("because", Reason)
def test_acknowledgement_repeats_why_use_is_to_be_restricted(language: str, because: Reason) -> None:
    text = text_of("L1", language=language, right=Right.RESTRICTION, groups=(), because=because.value)

    assert words.load()[language](f"asked.because.{because}") in text


def test_acknowledgement_names_fields_purposes_units_and_the_other_controller() -> None:
    corrected = text_of("L1", right=Right.RECTIFICATION, groups=(), fields=["tax_id", "shoe_size"])
    withdrawn = text_of("L1", right=Right.WITHDRAWAL, groups=(), purposes=["product_research", "own_code"])
    moved = text_of("L1", right=Right.PORTABILITY, groups=(), transfer_to="sendgrid", units=["U06"])

    assert "ขอให้แก้ไข: เลขประจำตัวผู้เสียภาษี, shoe_size" in corrected
    assert "ถอนความยินยอมสำหรับ: การร่วมสำรวจเพื่อพัฒนาบริการ, own_code" in withdrawn
    assert "ขอให้ส่งหรือโอนข้อมูลไปยัง SendGrid Inc. (Twilio)" in moved
    assert "เฉพาะข้อมูลประเภทต่อไปนี้: ข้อความสนับสนุนลูกค้าและประวัติการติดต่อ" in moved
    assert "ถอนความยินยอมทุกเรื่อง" in text_of("L1", right=Right.WITHDRAWAL, groups=())


def test_acknowledgement_says_how_many_addresses_are_kept_from_marketing() -> None:
    objecting: dict[str, Any] = {"right": Right.OBJECTION, "groups": (), "against": ["marketing"]}

    stopped, stopping = (
        text_of("L1", **objecting, marketing_stopped=2),
        text_of("L1", **objecting, marketing_open=True),
    )
    assert "ช่องทางติดต่อที่ท่านแจ้งไว้ จำนวน 2 รายการแล้ว การหยุดนี้มีผลทันที" in stopped
    assert "กำลังหยุดการตลาดแบบตรง" in stopping
    assert "มีผลทันที" not in stopping + text_of("L1", **objecting, marketing_stopped=0)


@pytest.mark.parametrize("code", ["L-CLOSED", "L-REPLACED", "L12", "L-NOTHING", "L6"])
@BOTH
def test_a_letter_that_closes_a_case_tells_of_marketing_what_receipts_show(code: str, language: str) -> None:
    made_of: dict[str, Any] = {"right": Right.OBJECTION, "groups": (), "linked": "DSR-2569-000124"}
    said_in = words.load()[language]

    def text(**facts: Any) -> str:
        return text_of(code, language=language, ground="R32-COMPEL", recorded="law", **made_of, **facts)

    stays, still = said_in("marketing.stays"), said_in("marketing.open")
    assert stays in text(marketing_stopped=2, marketing_stopped_at=STOPPED)
    assert said_in("marketing.stays-in-part", count=1) in text(marketing_stopped=1, marketing_open=True)
    assert still in text(marketing_open=True)
    assert not {said for said in (stays, still) if said in text()}


@BOTH
def test_the_confirmation_to_whoever_asked_tells_nothing_of_what_is_held(language: str) -> None:
    made_of: dict[str, Any] = {"right": Right.OBJECTION, "groups": (), "against": ["marketing"]}
    text = text_of(
        "L8", language=language, **made_of, whoever=True, stopped_at=LATER, marketing_stopped=1, marketing_stopped_at=STOPPED
    )  # fmt: skip
    untold = {"th": "มิได้แสดงว่าบริษัทมีหรือไม่มีข้อมูลของท่าน", "en": "does not say whether the company holds data"}
    assert untold[language] in text
    assert words.load()[language].moment(STOPPED).replace("\xa0", " ") in text
    assert words.load()[language].moment(LATER).replace("\xa0", " ") not in text


@BOTH
def test_what_people_have_still_to_do_by_hand_is_not_told_as_done(language: str) -> None:
    def text(code: str, **facts: Any) -> str:
        return text_of(code, language=language, **facts)

    still = {"th": "อยู่ระหว่างดำเนินการให้หยุดใช้ข้อมูล", "en": "are seeing to it now"}[language]
    for code, right in (("L4", Right.RESTRICTION), ("L8", Right.OBJECTION)):
        made_of: dict[str, Any] = {"right": right, "groups": (), "stopped_at": STOPPED}
        assert still in text(code, **made_of, by_hand=True)
        assert still not in text(code, **made_of)


@BOTH
def test_a_letter_to_be_handed_over_names_no_day_that_runs_before_it_is(language: str) -> None:
    restricted: dict[str, Any] = {"language": language, "right": Right.RESTRICTION, "groups": ()}
    days = {"th": "เมื่อครบ 7 วันนับแต่วันที่ท่านได้รับ", "en": "ends 7 days after this letter is handed to you"}
    assert days[language] in text_of("L-LIFTED", **restricted, notice_days=7)
    cooling = {"th": "นับแต่ท่านได้รับมอบหนังสือ", "en": "from when this letter is handed to you"}[language]
    erased: dict[str, Any] = {"language": language, "groups": ERASED[:1]}
    assert cooling in text_of("DECISION", **erased, by_hand=True)
    assert cooling not in text_of("DECISION", **erased)


@pytest.mark.parametrize(
    ("right", "wish"),
    [
        (Right.OBJECTION, {"against": [use.value for use in Use]}),
        *((Right.RESTRICTION, {"because": because.value}) for because in Reason),
        (Right.WITHDRAWAL, {}),
        (Right.WITHDRAWAL, {"purposes": ["product_research"]}),
        (Right.PORTABILITY, {"transfer_to": "sendgrid", "units": ["U06"]}),
    ],
)
def test_what_a_person_asks_for_is_not_addressed_to_the_controller_it_is_passed_to(
    right: Right, wish: dict[str, Any]
) -> None:
    for language, addressed in (("th", r"ท่าน|บริษัท"), ("en", r"\b(you|your|company)\b")):
        text = text_of("L10", **TO_OTHERS, right=right, groups=(), language=language, **wish)
        wishes = re.findall(r"^– .*$", text, re.MULTILINE)
        assert wishes
        assert not [one for one in wishes if re.search(addressed, one)]


@BOTH
def test_another_method_than_erasing_is_explained_in_a_partial_answer_too(language: str) -> None:
    why = {"th": "ใช้วิธีอื่นแทนการลบ", "en": "in place of erasure"}[language]
    made_of: dict[str, Any] = {"language": language, "recorded": "company"}
    assert why in text_of("L5", **made_of)
    assert why not in text_of(
        "L5", **made_of, groups=(ERASED[0], group("U01", Outcome.NO_GROUND, 1, "NG-33-1"))
    )


@BOTH
def test_a_tenant_hears_that_nobody_checked_who_objects_to_its_marketing(language: str) -> None:
    passed: dict[str, Any] = {"recipient": "T", "identifiers": ["a@example.org"], "by": "2026-12-01"}
    passed |= {"right": Right.OBJECTION, "groups": (), "against": ["marketing"], "language": language}
    unchecked = {"th": "ยังมิได้ตรวจสอบตัวตนของผู้ยื่นคำขอ", "en": "has not checked who sent it"}[language]
    assert unchecked in text_of("L10", **passed, unproved=True)
    assert unchecked not in text_of("L10", **passed)
    said = words.load()[language]("marketing.passed-on")
    assert said in text_of(
        "L-NODATA", language=language, right=Right.OBJECTION, groups=(), marketing_passed_on=True
    )


def test_acknowledgement_never_tells_an_unproved_address_whether_data_were_found() -> None:
    objecting: dict[str, Any] = {"right": Right.OBJECTION, "groups": (), "against": ["interest"]}

    for suspended in (True, False):
        text = text_of("L1", **objecting, suspended=suspended)
        assert ("หากบริษัทมีข้อมูล" in text) is suspended
        assert ("ข้อมูลที่ท่านคัดค้าน (หากมี)" in text) is not suspended


@BOTH
def test_no_document_is_asked_for_to_withdraw_consent_or_to_stop_marketing(language: str) -> None:
    masked = {"th": "ศาสนา", "en": "religion"}[language]
    link = {"link": "https://x.example/v/1", "language": language}
    marketing = text_of("L2", **link, right=Right.OBJECTION, against=["marketing"])
    withdrawal = text_of("L2", **link, right=Right.WITHDRAWAL)
    more = text_of("L2", **link, right=Right.OBJECTION, against=["marketing", "interest"])

    assert masked not in marketing + withdrawal
    assert masked in more


# L3


@BOTH
@pytest.mark.parametrize("because", Because)
def test_progress_says_why_in_the_catalogues_words(language: str, because: Because) -> None:
    text = text_of("L3", language=language, because=because.value, expected_on="2027-01-15")

    assert words.load()[language](f"delays.{because}") in text


def test_progress_claims_an_extension_only_where_terms_were_extended_under_a_law() -> None:
    law = "PDPC Notification B.E. 2569 cl.9"
    rule = (
        policy().deadlines[Right.ACCESS].model_copy(update={"extension_days": 30, "extension_reference": law})
    )
    empowered = policy().model_copy(update={"deadlines": {**policy().deadlines, Right.ACCESS: rule}})
    file = case_file(right=Right.ACCESS, groups=(), because="volume", expected_on="2027-01-15")
    terms = file.view.case.terms
    longer = terms.model_copy(update={"reference": f"{terms.reference}; {law}"})
    case = file.view.case.model_copy(update={"terms": longer})
    extended = file.model_copy(update={"view": file.view.model_copy(update={"case": case})})
    room = Documents(empowered, documents()._clock)

    assert "หนังสือฉบับนี้มิใช่การขยายระยะเวลา" in room.letter("L3", file).text
    said = room.letter("L3", extended).text
    assert "โดยอาศัยอำนาจตามประกาศคณะกรรมการคุ้มครองข้อมูลส่วนบุคคล พ.ศ. 2569 ข้อ 9" in said
    assert "มิใช่การขยายระยะเวลา" not in said


# L4, L5


@pytest.mark.parametrize(
    ("transfer", "said"),
    [
        ("sent", "บริษัทได้ส่งข้อมูลไปยัง Stripe Inc. ตามที่ท่านขอแล้ว ตามหลักฐานการรับเลขที่ abc"),
        ("not-possible", "ไม่อาจส่งหรือโอนข้อมูลไปยัง Stripe Inc. โดยตรงได้"),
        ("refused", "ได้เสนอส่งข้อมูลไปยัง Stripe Inc. แล้ว แต่ผู้ควบคุมข้อมูลส่วนบุคคลดังกล่าวไม่รับ"),
        ("unreached", "ได้พยายามส่งข้อมูลไปยัง Stripe Inc. หลายครั้ง"),
        ("", "ท่านมิได้ขอให้ส่งหรือโอนข้อมูล"),
    ],
)
@pytest.mark.parametrize("code", ["L4", "L5"])
def test_portability_says_what_became_of_the_transfer(code: str, transfer: str, said: str) -> None:
    made_of: dict[str, Any] = {"right": Right.PORTABILITY, "groups": PORTABLE, "transfer_to": "stripe"}

    text = text_of(code, **made_of, transfer=transfer, transfer_receipt="abc")

    assert said in text
    assert "ข้อมูลไม่ได้มาจากความยินยอมหรือสัญญา (มาตรา 31 วรรคสอง)" in text
    assert "มาตรา 30" in text  # where to get the rest


def test_rectification_tells_of_issued_documents_only_where_there_are_any() -> None:
    with_documents = text_of("L4", right=Right.RECTIFICATION, groups=CORRECTED)
    without = text_of("L4", right=Right.RECTIFICATION, groups=CORRECTED[:1])

    assert "ฝ่ายบัญชีและการเงินของบริษัทจะออกใบเพิ่มหนี้" in with_documents
    assert "คงเอกสารเดิมไว้ โดยจะแก้ไขด้วยเอกสารฉบับใหม่" in with_documents
    assert "ใบเพิ่มหนี้" not in without


def test_restriction_says_since_when_on_which_ground_and_that_notice_comes_first() -> None:
    text = text_of("L4", right=Right.RESTRICTION, groups=RESTRICTED, stopped_at=STOPPED)

    assert "23 พฤศจิกายน 2569 เวลา 09:15 น." in text
    assert "ระงับการใช้ระหว่างตรวจสอบความถูกต้องของข้อมูล (มาตรา 34 วรรคหนึ่ง (1))" in text
    assert "แจ้งให้ท่านทราบเป็นหนังสือก่อนยกเลิกการระงับ" in text


# Outside the request


@BOTH
@pytest.mark.parametrize("code", ["L4", "L5", "L8", "DECISION"])
def test_what_was_not_asked_for_is_neither_kept_nor_refused(code: str, language: str) -> None:
    beside = group("U07", Outcome.NOT_ASKED, 81)

    text = text_of(code, language=language, groups=(*ERASED[:1], beside), stopped_at=STOPPED)

    assert "81" not in text
    assert words.load()[language]("planned.not-asked") not in text
    assert words.load()[language]("achieved.not-asked") not in text


def test_certificate_of_a_narrowed_erasure_does_not_say_that_nothing_is_kept() -> None:
    def certified(*groups: dict[str, Any]) -> str:
        out = io.BytesIO()
        documents().certificate(case_file(groups=groups), out)
        return squeezed(spoken(out.getvalue()))

    whole, narrowed = certified(*ERASED), certified(*ERASED, group("U07", Outcome.NOT_ASKED, 81))

    assert squeezed("ไม่มีข้อมูลที่ยังเก็บรักษาไว้") in whole
    assert squeezed("อยู่นอกขอบเขตของคำขอ") not in whole
    assert squeezed("ในขอบเขตของคำขอ ไม่มีข้อมูลที่ยังเก็บรักษาไว้") in narrowed
    assert squeezed("อยู่นอกขอบเขตของคำขอ") in narrowed
    assert "81" not in narrowed


# L6, L8


def test_refused_objection_says_that_use_goes_on_from_today_and_what_is_open() -> None:
    made_of: dict[str, Any] = {
        "right": Right.OBJECTION,
        "groups": (),
        "ground": "R32-COMPEL",
        "recorded": "law",
    }

    text = text_of("L6", **made_of)

    assert "บริษัทจะนำกลับมาใช้ตามวัตถุประสงค์และฐานทางกฎหมายเดิมตั้งแต่วันที่ 22 พฤศจิกายน 2569" in text
    assert "มาตรา 34 วรรคหนึ่ง (4)" in text
    assert "มาตรา 73" in text
    assert "การตลาดแบบตรง" not in text


def test_refusal_takes_no_ground_from_what_was_granted() -> None:
    text = text_of("L6", right=Right.OBJECTION, groups=OBJECTED + COMPELLED, recorded="law")

    assert "มีเหตุอันชอบด้วยกฎหมายที่สำคัญยิ่งกว่า" in text
    assert policy().grounds["S32-2"].wording.th not in text


def test_objection_confirmed_in_part_says_both_parts() -> None:
    made_of: dict[str, Any] = {"right": Right.OBJECTION, "stopped_at": STOPPED, "marketing_stopped": 2}
    whole = text_of("L8", **made_of, groups=OBJECTED)
    part = text_of("L8", **made_of, groups=OBJECTED + COMPELLED)

    assert "23 พฤศจิกายน 2569 เวลา 09:15 น." in whole
    assert "ข้อมูลการใช้งานระบบ 1,480 หยุดใช้แล้ว" in whole
    assert "จำนวน 2 รายการ หยุดแล้ว" in whole
    assert "มาตรา 33 วรรคหนึ่ง (3)" in whole
    assert "ไม่อาจหยุดได้" not in whole
    assert "บันทึกความมั่นคงปลอดภัยและการตรวจสอบ 2 คงไว้ตามเดิม: มีเหตุอันชอบด้วยกฎหมาย" in part
    assert "ยกเว้นส่วนที่แจ้งไว้" in part


def test_withdrawal_says_its_effects_what_follows_and_what_goes_on() -> None:
    made_of: dict[str, Any] = {"right": Right.WITHDRAWAL, "groups": WITHDRAWN, "stopped_at": STOPPED}
    continuing = [{"unit": "U01", "basis": "contract"}]
    text = text_of("L8", **made_of, linked="DSR-2569-000124", continues=continuing, effects="ปิดหน้าข่าว")

    assert "ไม่กระทบต่อการเก็บรวบรวม ใช้ หรือเปิดเผยข้อมูลที่ได้ดำเนินการไปแล้วโดยชอบ" in text
    assert "ผลกระทบที่ท่านควรทราบ: ปิดหน้าข่าว" in text
    assert "ภายใต้คำขอเลขที่ DSR-2569-000124" in text
    assert "ข้อมูลบัญชีและการลงทะเบียน อาศัยการปฏิบัติตามสัญญา (มาตรา 24 (3))" in text
    alone, nobody_looks = text_of("L8", **made_of, assessed=True), text_of("L8", **made_of)
    assert "DSR-2569-000124" not in alone
    assert "มาตรา 33 วรรคหนึ่ง (2)" in nobody_looks
    assert "เจ้าหน้าที่ของบริษัทจะพิจารณา" not in nobody_looks
    assert "เจ้าหน้าที่ของบริษัทจะพิจารณาว่าข้อมูลใดอาศัยความยินยอมที่ท่านถอนนี้เพียงฐานเดียว" in alone
    assert "ไม่มีข้อมูล" not in alone


@BOTH
def test_nothing_due_says_why_for_each_right(language: str) -> None:
    said = {text_of("L-NOTHING", language=language, right=right, groups=()) for right in Right}

    assert len(said) == len(Right)


# Third parties


@pytest.mark.parametrize("code", sorted(THIRD_PARTIES - REPORTS - BREACHES))
@BOTH
def test_third_parties_get_identifiers_and_nothing_else_of_the_person(code: str, language: str) -> None:
    made_of = {**TO_OTHERS, "action": "erase", "language": language}
    letter = documents().letter(code, case_file(**made_of))

    assert "somying@example.com, +66812345678" in letter.text
    assert "บริษัท ผู้ใช้บริการ จำกัด" in letter.text
    assert NAME not in letter.html
    assert "1,480" not in letter.text
    assert words.load()[language]("letterhead.complaint") not in letter.text


@pytest.mark.parametrize("code", sorted(REPORTS))
@BOTH
def test_a_report_on_an_instruction_names_nobody_and_asks_for_nothing(code: str, language: str) -> None:
    letter = documents().letter(code, case_file(**ON_A_WORD, language=language))
    said = words.load()[language]

    assert "บริษัท ผู้ใช้บริการ จำกัด" in letter.text
    assert "DSR-2569-000120" in letter.text
    assert not any(known in letter.html for known in (NAME, "somying@example.com"))
    assert said("letterhead.closing_third") not in letter.text
    assert said("letterhead.complaint") not in letter.text


@pytest.mark.parametrize("action", ["erase", "correct", "restrict", "stop"])
@BOTH
def test_instruction_names_its_action(action: str, language: str) -> None:
    made_of = {**TO_OTHERS, "action": action, "language": language, "letter_no": "I-7"}

    letter = documents().letter("L11", case_file(**made_of))

    assert words.load()[language](f"actions.{action}") in letter.text
    assert letter.subject == words.load()[language](f"titles.L11.{action}")
    assert "I-7" in letter.text


def test_tenant_whose_name_is_unknown_is_addressed_as_controller() -> None:
    made_of = {**TO_OTHERS, "recipient": ""}

    assert "ผู้ควบคุมข้อมูลส่วนบุคคลที่เกี่ยวข้อง" in text_of("L10", **made_of)


# What nobody may read from outside, and what no letter may claim


@pytest.mark.parametrize("right", Right)
@BOTH
def test_no_subject_line_tells_which_right_is_used(right: Right, language: str) -> None:
    telling = {"th": ("คัดค้าน", "ถอนความยินยอม", "ระงับการใช้", "แก้ไข"), "en": ("object", "consent", "restrict")}
    for code in sorted(OWED.keys() - THIRD_PARTIES):
        file = case_file(right=right, language=language, link="https://x.example/d/1", until="2026-12-22")
        subject, _ = documents().mail(
            code, file.model_copy(update={"facts": {**file.facts, "code": "1", "expires": STOPPED}})
        )

        assert not [word for word in telling[language] if word in subject.lower()]


@BOTH
def test_no_letter_says_that_the_accounting_act_requires_seven_years(language: str) -> None:
    for code, made_of in LETTERS:
        text = text_of(code, **{**made_of, "language": language})
        assert not re.search(r"(พระราชบัญญัติการบัญชี|Accounting Act)[^\n]{0,40}7 (ปี|years)", text)


def test_replaced_and_merged_name_where_it_goes_on() -> None:
    merged = text_of("L-MERGED", groups=(), linked="DSR-2569-000120")
    replaced = text_of("L-REPLACED", groups=(), linked="DSR-2569-000125", linked_right="restriction")

    assert "เข้ากับคำขอเลขที่ DSR-2569-000120" in merged
    assert "วันที่บริษัทได้รับคำขอฉบับแรกสุด" in merged
    assert "DSR-2569-000125 ซึ่งเป็นการใช้สิทธิขอให้ระงับการใช้ข้อมูลส่วนบุคคล" in replaced

"""The letter on an erasure that was decided says what people do by hand, and promises nothing that nobody was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from domain.outcomes import Outcome
from portal import words
from tests.exports.samples import case_file, documents, group, held

ERASED = group("U07", Outcome.ERASE, 4, "S33-1")
HEADING = {"th": "เจ้าหน้าที่ของบริษัทจะเป็นผู้ดำเนินการ", "en": "The company's staff will do it"}


def text_of(*groups: dict[str, Any], language: str = "th", **facts: Any) -> str:
    file = case_file(groups=groups, language=language, **facts)
    return " ".join(documents().letter("DECISION", file).text.split())


@pytest.mark.parametrize("language", HEADING)
def test_where_machines_do_all_of_it_nothing_is_said_of_people(language: str) -> None:
    assert HEADING[language] not in text_of(ERASED, language=language, by_hand_tasks=[])


@pytest.mark.parametrize("outcome", [Outcome.REVIEW, Outcome.BLOCKED])
@pytest.mark.parametrize(
    ("language", "looked_at", "kept"),
    [
        ("th", "ตรวจสอบข้อมูลต่อไปนี้เป็นรายการ", "ข้อมูลที่ยังต้องเก็บรักษาไว้"),
        ("en", "looked at record by record", "These data must be kept"),
    ],
)
def test_what_an_officer_must_look_at_is_not_told_as_kept(
    outcome: Outcome, language: str, looked_at: str, kept: str
) -> None:
    text = text_of(ERASED, group("U09", outcome, 2, "cascades-to-others"), language=language)
    assert HEADING[language] in text
    assert looked_at in text
    assert kept not in text
    assert kept in text_of(ERASED, held("U03", 4, 2022), language=language)


@pytest.mark.parametrize(
    ("language", "names", "separated", "asked"),
    [
        ("th", "ได้แก่ Mailgun, ผู้ส่งพัสดุ", "แยกข้อมูลที่ต้องเก็บรักษาไว้ออกจากข้อมูลอื่น", "ความยินยอมที่ท่านให้ใหม่"),
        (
            "en",
            "the same: Mailgun, ผู้ส่งพัสดุ",
            "separated from other data by those who run",
            "the consent that you gave",
        ),
    ],
)
def test_tasks_and_recipients_are_told(language: str, names: str, separated: str, asked: str) -> None:
    tasks = ["separate-held-records", "instruct-recipients", "ask-whether-consent-stands"]
    text = text_of(ERASED, language=language, by_hand_tasks=tasks, to_instruct=["Mailgun", "ผู้ส่งพัสดุ"])
    for said in (HEADING[language], names, separated, asked):
        assert said in text


def test_systems_that_were_left_out_are_no_part_of_what_is_decided() -> None:
    text = text_of(ERASED, left_out=["EX-CLAIM"])
    assert "ข้อมูลในบางระบบไม่รวมอยู่ในผลการพิจารณานี้" in text
    assert "ไม่มีข้อมูลส่วนใดที่ต้องเก็บรักษาไว้" not in text


@pytest.mark.parametrize(
    ("mistake", "told"),
    [("duplicate", "ซ้ำ"), ("test", "เพื่อทดสอบระบบ"), ("mistake", "โดยผิดพลาด")],
)
def test_a_request_closed_as_a_mistake_is_told_why_and_that_it_can_be_taken_up(
    mistake: str, told: str
) -> None:
    text = " ".join(documents().letter("L-CLOSED", case_file(mistake=mistake)).text.split())
    assert told in text
    assert "หากท่านได้ยื่นคำขอนี้ไว้จริง" in text
    assert ("ตามที่ท่านขอใช้" in text) is (mistake == "duplicate")


def test_a_case_that_nobody_gave_a_reason_for_claims_none() -> None:
    text = documents().letter("L-CLOSED", case_file()).text
    assert "บันทึกเหตุ" not in text
    assert "เนื่องจาก" not in text


PAGE = {"th": "หน้า “ความคืบหน้าของคำขอ”", "en": "the page “Where your request is”"}


@pytest.mark.parametrize("language", PAGE)
def test_it_names_the_page_on_which_it_is_called_off_to_whom_a_link_leads_there(language: str) -> None:
    title = words.load()[language]("status.title")
    assert title in PAGE[language]
    linked = text_of(ERASED, language=language, until="2026-12-22")
    assert PAGE[language] in linked
    assert "dpo@" in linked
    assert PAGE[language] not in text_of(ERASED, language=language, by_hand=True)

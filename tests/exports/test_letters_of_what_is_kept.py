"""Letters tell what is kept on its own ground, and no day, no law and no end that is not so."""

from __future__ import annotations

from typing import Any

import pytest

from domain.outcomes import Outcome
from tests.exports.samples import case_file, documents, group, held

ERASED = group("U03", Outcome.ERASE, 4, "S33-1")


def text_of(code: str, *groups: dict[str, Any], **facts: Any) -> str:
    return " ".join(documents().letter(code, case_file(groups=groups, **facts)).text.split())


def test_what_she_asked_to_keep_is_told_as_that_and_comes_due_without_being_asked_for() -> None:
    text = text_of("L5", ERASED, group("U06", Outcome.HOLD, 2, "S34-3"))
    assert "เก็บรักษาไว้ตามที่เจ้าของข้อมูลขอเพื่อสิทธิเรียกร้องตามกฎหมายของตน (มาตรา 34 วรรคหนึ่ง (3))" in text
    assert "เก็บรักษาไว้เพื่อการปฏิบัติตามกฎหมาย" not in text
    assert "สิ้นเหตุที่ต้องเก็บรักษาไว้ บริษัทจะพิจารณาและลบข้อมูลนั้นโดยท่านไม่ต้องยื่นคำขอใหม่" in text


@pytest.mark.parametrize("outcome", [Outcome.REVIEW, Outcome.BLOCKED])
def test_what_officers_look_at_needs_no_new_request(outcome: Outcome) -> None:
    text = text_of("L5", ERASED, group("U09", outcome, 2, "cascades-to-others"))
    assert "เจ้าหน้าที่จะตรวจสอบต่อไปโดยท่านไม่ต้องยื่นคำขอใหม่" in text
    assert "ท่านยื่นคำขอใหม่ได้" not in text
    assert "ท่านยื่นคำขอใหม่ได้" in text_of("L5", ERASED, group("U01", Outcome.NO_GROUND, 1, "NG-33-1"))


def test_l9_names_the_last_day_of_a_law_only_where_one_kept_the_data() -> None:
    by = {"erased_on": "2028-01-05", "backups_gone_by": "2028-02-09"}
    dated, undated = text_of("L9", ERASED, held_until="2027-12-31", **by), text_of("L9", ERASED, **by)
    assert "31 ธันวาคม 2570" in dated
    assert "31 ธันวาคม 2570" not in undated
    assert "สิ้นสุดลงแล้ว" in undated
    for text in (dated, undated):
        assert "5 มกราคม 2571" in text
        assert "9 กุมภาพันธ์ 2571" in text
        assert "ข้อมูลที่ยังคงอยู่" not in text


def test_l9_tells_what_remains_and_why_and_does_not_call_all_of_it_law() -> None:
    remains = (held("U04", 1, 2024), group("U05", Outcome.NO_GROUND, 3, "NG-33-1"))
    text = text_of("L9", ERASED, *remains, erased_on="2028-01-05")
    assert "ข้อมูลที่ยังคงอยู่" in text
    assert "ไม่เข้าเหตุตามมาตรา 33 วรรคหนึ่ง" in text
    assert "บริษัทจะพิจารณาข้อมูลส่วนนี้อีกครั้งโดยท่านไม่ต้องยื่นคำขอใหม่" in text


@pytest.mark.parametrize("code", ["L5", "DECISION"])
def test_of_what_is_held_in_part_a_letter_says_that_parts_go_and_that_the_record_stays(code: str) -> None:
    rest = group("U03", Outcome.CLEAR, 2, "S33-1")
    text = text_of(code, rest, held("U03", 2, 2024))
    assert "ลบเฉพาะส่วนที่กฎหมายไม่ได้กำหนดให้เก็บ" in text
    assert "โดยยังเก็บตัวรายการไว้" in text
    assert "เก็บรักษาไว้เพื่อการปฏิบัติตามกฎหมาย" in text
    assert "ลบเฉพาะส่วน" not in text_of(code, ERASED, held("U03", 2, 2024))

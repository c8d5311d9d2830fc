from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import jsonschema
import pikepdf
import pypdf
import pytest
import segno

from domain.outcomes import Outcome
from exports import certificate as certificates
from exports import context
from tests.exports.reading import copied, spoken, squeezed
from tests.exports.samples import ERASED, KEPT, NAME, PORTAL, case_file, documents, group

DONE: dict[str, Any] = {
    "erased_on": "2026-12-24T18:00:00+00:00",
    "backups_gone_by": "2027-01-29",
    "receipts": "cd" * 32,
}


def certificate(**made_of: Any) -> bytes:
    out = io.BytesIO()
    documents().certificate(case_file(**made_of), out)
    return out.getvalue()


@pytest.mark.parametrize("read", [spoken, copied])
def test_says_what_is_gone_what_is_kept_by_which_law_until_when(read: Callable[[bytes], str]) -> None:
    text = squeezed(read(certificate(**DONE)))

    for said in (
        "หนังสือรับรองการลบข้อมูลส่วนบุคคล",
        NAME,
        "DSR-2569-000123",
        "ข้อมูลบัญชีและการลงทะเบียน 3 ลบแล้ว",
        "ข้อมูลการใช้งานระบบ 1,480 ลบแล้ว",
        "25 ธันวาคม 2569",  # the Bangkok day of the moment
        "ใบแจ้งหนี้ ใบกำกับภาษี และใบเสร็จรับเงิน 4",
        "เก็บรักษาไว้ถึงวันที่ 31 ธันวาคม 2572 ตามพระราชบัญญัติการบัญชี",
        "กฎหมายกำหนดให้เก็บรักษาไว้ถึงวันที่ 31 ธันวาคม 2570",
        "จะหมดไปภายในวันที่ 29 มกราคม 2570",
        context.proof_id(case_file(**DONE)),
    ):
        assert squeezed(said) in text


def test_in_english() -> None:
    text = squeezed(spoken(certificate(language="en", **DONE)))

    assert squeezed("Certificate of erasure of personal data") in text
    assert squeezed("Kept through 31 December 2029 (B.E. 2572) under the Accounting Act") in text


def test_nothing_kept_is_said() -> None:
    assert squeezed("ไม่มีข้อมูลที่ยังเก็บรักษาไว้") in squeezed(spoken(certificate(groups=ERASED, **DONE)))


def test_nothing_erased_is_said() -> None:
    only_kept = (group("U01", Outcome.NO_GROUND, 1, "NG-33-1"),)

    assert squeezed("ไม่มีรายการที่ลบ") in squeezed(spoken(certificate(groups=only_kept, **DONE)))


def test_proof_changes_with_plan_and_receipts() -> None:
    plain = context.proof_id(case_file(**DONE))

    assert context.proof_id(case_file(**DONE | {"receipts": "ce" * 32})) != plain
    other = case_file(**DONE)
    assert other.plan is not None
    changed = other.model_copy(update={"plan": other.plan.model_copy(update={"digest": "ac" * 32})})
    assert context.proof_id(changed) != plain


def test_without_receipts_the_proof_claims_only_the_plan() -> None:
    without = {key: value for key, value in DONE.items() if key != "receipts"}

    assert squeezed("หลักฐานการดำเนินการทุกรายการ") in squeezed(spoken(certificate(**DONE)))
    assert squeezed("หลักฐานการดำเนินการทุกรายการ") not in squeezed(spoken(certificate(**without)))


def test_is_titled_and_tagged() -> None:
    reader = pypdf.PdfReader(io.BytesIO(certificate(**DONE)))

    assert reader.metadata is not None
    assert reader.metadata.title == "หนังสือรับรองการลบข้อมูลส่วนบุคคล DSR-2569-000123"
    assert "/StructTreeRoot" in reader.root_object


def checkable(**made_of: Any) -> bytes:
    out = io.BytesIO()
    documents(portal_url=PORTAL).certificate(case_file(**made_of), out)
    return out.getvalue()


def inside(made: bytes) -> dict[str, Any]:
    [content] = pypdf.PdfReader(io.BytesIO(made)).attachments["certificate.json"]
    return dict(json.loads(content))


def test_says_where_it_was_done() -> None:
    groups = (
        group("U01", Outcome.ERASE, 3, "S33-1"),
        {**group("U01", Outcome.ERASE, 2, "S33-1"), "system": "stripe"},
    )
    text = squeezed(spoken(certificate(groups=groups, **DONE)))

    assert squeezed("ข้อมูลบัญชีและการลงทะเบียน 5 ลบแล้ว") in text
    assert squeezed("ดำเนินการใน: ระบบ crm ของบริษัท, Stripe") in text


def test_the_same_is_inside_for_machines_and_names_nobody() -> None:
    told = inside(checkable(**DONE))
    schema = json.loads(certificates.SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(told, schema)

    assert told["proof"] == context.proof_id(case_file(**DONE))
    assert told["check"] == f"{PORTAL}/check/{told['proof']}"
    assert [(row["unit"], row["records"]) for row in told["erased"]] == [
        (made["unit"], made["count"]) for made in ERASED
    ]
    assert len(told["remaining"]) == len(KEPT)
    assert told["remaining"][0]["rules"] == [{"rule": "H-BOOKS", "last_day": "2029-12-31"}]
    for secret in (NAME, "somying@example.com"):
        assert secret not in json.dumps(told, ensure_ascii=False)


def test_the_code_is_the_address_that_is_printed() -> None:
    made = checkable(**DONE)
    link = f"{PORTAL}/check/{context.proof_id(case_file(**DONE))}"
    with pikepdf.open(io.BytesIO(made)) as read:
        [figure] = [
            one for one in read.objects if isinstance(one, pikepdf.Dictionary) and one.get("/S") == "/Figure"
        ]
        assert str(figure.Alt).endswith(link)

    assert squeezed(link) in squeezed(spoken(made))
    sides = re.search(rb'width="(\d+)" height="(\d+)"', certificates.code(link)["check"])
    assert sides is not None
    assert tuple(map(int, sides.groups())) == segno.make(link, error="m", micro=False).symbol_size()
    assert certificates.code("") == {}


def test_without_a_portal_nothing_to_scan_is_promised() -> None:
    plain = certificate(**DONE)

    assert "/check/" not in spoken(plain)
    assert "คิวอาร์" not in spoken(plain)
    assert inside(plain)["check"] == ""

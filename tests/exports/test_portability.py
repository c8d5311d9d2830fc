"""What goes into a package beside the access dossier: s.31's own package, disclosures, and s.30's answer on sources."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import jsonschema
import pytest

from domain.errors import BadInput
from domain.item import Basis, Label, Record, Table
from domain.rights import Right
from tests.exports.reading import spoken, squeezed
from tests.exports.samples import COPIED, PORTABLE, case_file, documents
from tests.exports.test_dossier import FOREIGN, INVOICES, USERS, VIEWS, table, user, view

NEWS = table("subscriptions", "U10", ("id", "topic"), basis=Basis.CONSENT)
EVERY = (USERS, VIEWS, INVOICES, NEWS, FOREIGN)


def news(no: int) -> Record:
    return Record(system="crm", table="subscriptions", unit="U10", no=no, values={"id": no, "topic": "a"})


def package(
    *records: Record, right: Right = Right.PORTABILITY, tables: tuple[Table, ...] = EVERY, **facts: Any
) -> zipfile.ZipFile:
    out = io.BytesIO()
    groups = PORTABLE if right is Right.PORTABILITY else COPIED
    documents().dossier(case_file(right=right, groups=groups, **facts), tables, iter(records), out)
    return zipfile.ZipFile(out)


def summary(made: zipfile.ZipFile) -> str:
    return squeezed(spoken(made.read("summary.pdf")))


def readme(made: zipfile.ZipFile) -> str:
    return made.read("README.txt").decode("utf-8-sig")


def test_package_holds_the_portable_tables_alone() -> None:
    made = package(user(), news(2))

    dossier = json.loads(made.read("dossier.json"))
    jsonschema.validate(dossier, json.loads(made.read("dossier.schema.json")))
    assert dossier["right"] == "portability"
    assert [one["name"] for one in dossier["tables"]] == ["users", "subscriptions"]
    assert {name for name in made.namelist() if name.startswith("csv/")} == {
        "csv/crm.users.csv",
        "csv/crm.subscriptions.csv",
    }
    assert {entry["path"] for entry in json.loads(made.read("manifest.json"))["files"]} == {
        *made.namelist()
    } - {"manifest.json"}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "th",
            (
                "เพื่อการรับหรือโอน",
                "ใบแจ้งหนี้ ใบกำกับภาษี และใบเสร็จรับเงิน 4 ข้อมูลไม่ได้มาจากความยินยอมหรือสัญญา",
                "มาตรา 30",
            ),
        ),
        (
            "en",
            (
                "to keep or to transfer",
                "Invoices, tax invoices and receipts 4 The data does not rest",
                "section 30",
            ),
        ),
    ],
)
def test_summary_says_what_was_not_portable_and_why(language: str, said: tuple[str, ...]) -> None:
    made = package(user(), language=language)

    for part in said:
        assert squeezed(part) in summary(made)
    assert said[0] in readme(made)
    assert readme(made) != readme(package(user(), right=Right.ACCESS, language=language))


def test_a_record_that_may_not_be_taken_along_stops_the_package() -> None:
    with pytest.raises(BadInput, match="views"):
        package(user(), view(2))


def test_access_package_says_that_it_is_one() -> None:
    made = package(user(), view(2), right=Right.ACCESS)

    assert json.loads(made.read("dossier.json"))["right"] == "access"
    assert squeezed("เพื่อการรับหรือโอน") not in summary(made)


# s.30 ¶1: where data came from that no consent brought


def test_sources_of_what_no_consent_brought_are_answered() -> None:
    bought = table("leads", "U10", ("id",), source=Label(th="รายชื่อจากงานแสดงสินค้า", en="trade fair"))
    unknown = table("old", "U06", ("id",), source=Label(th="", en=""))
    rows = (
        Record(system="crm", table="leads", unit="U10", no=1, values={"id": 1}),
        Record(system="crm", table="old", unit="U06", no=2, values={"id": 2}),
        news(3),
    )

    text = summary(package(*rows, right=Right.ACCESS, tables=(bought, unknown, NEWS)))

    answer = text.partition(squeezed("ได้มาจากที่ใด"))[2].partition(squeezed("ข้อมูลของท่าน แยกตามประเภท"))[0]
    assert squeezed("ตาราง leads รายชื่อจากงานแสดงสินค้า") in answer
    assert squeezed("ตาราง old ไม่ปรากฏแหล่งที่มา") in answer
    assert squeezed("ตาราง subscriptions") not in answer


def test_where_consent_brought_everything_it_says_so() -> None:
    made = package(news(1), right=Right.ACCESS, tables=(NEWS,))

    assert squeezed("บริษัทไม่มีข้อมูลของท่านที่ได้มาโดยท่านไม่ได้ให้ความยินยอม") in summary(made)


# Disclosures: what is secret leaves no trace


def disclosure(recipient: str, secret_until: str | None = None) -> dict[str, Any]:
    return {
        "recipient": recipient,
        "power": "Revenue Code s.19",
        "units": ["U03"],
        "given_on": "2026-03-14",
        "secret_until": secret_until,
    }


def test_disclosures_are_told_with_power_day_and_units() -> None:
    made = package(user(), right=Right.ACCESS, disclosures=[disclosure("กรมสรรพากร", "2026-11-21")])

    assert squeezed("กรมสรรพากร") in summary(made)
    assert squeezed("14 มีนาคม 2569") in summary(made)
    assert squeezed("ใบแจ้งหนี้ ใบกำกับภาษี และใบเสร็จรับเงิน") in summary(made)


@pytest.mark.parametrize("until", ["2026-11-22", "2026-12-01"])
def test_a_secret_disclosure_leaves_the_package_as_if_it_were_not(until: str) -> None:
    with_secret = package(user(), right=Right.ACCESS, disclosures=[disclosure("ตำรวจ", until)])
    without = package(user(), right=Right.ACCESS)

    assert {name: with_secret.read(name) for name in with_secret.namelist()} == {
        name: without.read(name) for name in without.namelist()
    }


@pytest.mark.parametrize("until", [None, ""])
def test_a_disclosure_that_was_never_secret_is_told(until: str | None) -> None:
    made = package(user(), right=Right.ACCESS, disclosures=[disclosure("ศาลแพ่ง", until)])

    assert squeezed("ศาลแพ่ง") in summary(made)


def test_a_disclosure_of_which_nobody_can_say_whether_it_is_secret_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        package(user(), right=Right.ACCESS, disclosures=[disclosure("ตำรวจ", "soon")])

    assert refused.value.code == "disclosure-malformed"
    assert "ตำรวจ" not in str(refused.value)

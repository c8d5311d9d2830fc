from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import tempfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from domain.documents import Packed
from domain.errors import BadInput
from domain.item import Basis, Column, Label, Record, Role, Table
from domain.rights import Right
from exports import csv_files, json_file, pdf
from exports.cells import cell, visible
from exports.dossier import SHOWN
from exports.spool import Spool
from tests.exports.reading import spoken, squeezed
from tests.exports.samples import COPIED, NAME, case_file, documents

MARK = "มะลิวัลย์-ZQXCANARY-7781"


def table(name: str, unit: str, columns: tuple[str, ...], **more: Any) -> Table:
    return Table(
        **{
            "system": "crm",
            "name": name,
            "label": Label(th=f"ตาราง {name}", en=f"Table {name}"),
            "unit": unit,
            "role": Role.CONTROLLER,
            "basis": Basis.CONTRACT,
            "source": Label(th="จากท่านโดยตรง", en="from you"),
            "columns": tuple(
                Column(name=column, label=Label(th=f"ช่อง {column}", en=f"Field {column}"))
                for column in columns
            ),
        }
        | more
    )


USERS = table("users", "U01", ("id", "name", "password", "joined", "active"))
VIEWS = table("views", "U07", ("id", "page"), basis=Basis.LEGITIMATE_INTEREST)
INVOICES = table("invoices", "U03", ("id", "total"), basis=Basis.LEGAL_OBLIGATION)
FOREIGN = table("contacts", "U13", ("id",), role=Role.PROCESSOR)
TABLES = (USERS, VIEWS, INVOICES, FOREIGN)


def user(no: int = 1, name: str = NAME, **more: Any) -> Record:
    values = {
        "id": no,
        "name": name,
        "password": None,
        "joined": "2024-02-29T17:30:00+00:00",
        "active": True,
    }
    return Record(
        system="crm", table="users", unit="U01", no=no, values=values | more, withheld={"password": "secret"}
    )


def view(no: int) -> Record:
    return Record(
        system="crm", table="views", unit="U07", no=no, values={"id": no, "page": f"/contacts/{no}"}
    )


class Pipe(io.RawIOBase):
    """Takes bytes and cannot go back, as a sealed file."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self.parts.append(bytes(data))
        return len(data)


def package(*records: Record, language: str = "th", tables: tuple[Table, ...] = TABLES) -> zipfile.ZipFile:
    out = Pipe()
    file = case_file(right=Right.ACCESS, groups=COPIED, language=language)
    documents().dossier(file, tables, iter(records), out)  # type: ignore[arg-type]
    return zipfile.ZipFile(io.BytesIO(b"".join(out.parts)))


def test_files_of_records_follow_as_they_are_and_stand_in_the_manifest() -> None:
    contents = {"files/crm/000002-สลิป.png": bytes(range(256)) * 1_000, "files/crm/000003-a": b""}
    opened: list[str] = []

    def packed() -> Iterator[Packed]:
        for path, content in contents.items():
            opened.append(path)
            yield Packed("crm", "views", path, contextlib.nullcontext(io.BytesIO(content)))
        yield Packed("crm", "of-no-table-given", "files/crm/9", contextlib.nullcontext(io.BytesIO(b"secret")))

    out = Pipe()
    file = case_file(right=Right.ACCESS, groups=COPIED, language="th")
    documents().dossier(file, TABLES, iter([view(2), view(3)]), out, packed())  # type: ignore[arg-type]
    made = zipfile.ZipFile(io.BytesIO(b"".join(out.parts)))
    assert made.testzip() is None
    assert {path: made.read(path) for path in contents} == contents
    assert not [path for path in made.namelist() if path.endswith("9")]
    listed = {entry["path"]: entry["sha256"] for entry in json.loads(made.read("manifest.json"))["files"]}
    assert {path: listed[path] for path in contents} == {
        path: hashlib.sha256(content).hexdigest() for path, content in contents.items()
    }
    assert opened == list(contents)


def rows(made: zipfile.ZipFile, name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(made.read(name).decode("utf-8-sig"), newline="")))


def test_package_holds_everything_and_the_manifest_proves_it() -> None:
    made = package(user(), view(2), view(3))

    assert made.testzip() is None
    manifest = json.loads(made.read("manifest.json"))
    assert manifest["reference"] == "DSR-2569-000123"
    assert [entry["path"] for entry in manifest["files"]] == made.namelist()[:-1]
    for entry in manifest["files"]:
        data = made.read(entry["path"])
        assert (len(data), hashlib.sha256(data).hexdigest()) == (entry["size"], entry["sha256"])
    assert set(made.namelist()) == {
        "dossier.json",
        "csv/crm.users.csv",
        "csv/crm.views.csv",
        "summary.pdf",
        "dossier.schema.json",
        "README.txt",
        "manifest.json",
    }


def test_the_same_data_make_the_same_bytes() -> None:
    first, second = package(user(), view(2)), package(user(), view(2))

    assert {name: first.read(name) for name in first.namelist()} == {
        name: second.read(name) for name in second.namelist()
    }


@pytest.mark.parametrize("language", ["th", "en"])
def test_json_keeps_its_published_form(language: str) -> None:
    made = package(user(), view(2), user(3), language=language)
    schema = json.loads(made.read("dossier.schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)

    dossier = json.loads(made.read("dossier.json"))

    checker = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    checker.validate(dossier)
    assert [record["no"] for record in dossier["records"]] == [1, 2, 3]
    assert dossier["records"][0]["withheld"] == {"password": "secret"}
    assert {(c["table"], c["records"]) for c in dossier["counts"]} == {("users", 2), ("views", 1)}
    assert dossier["tables"][0]["recipients"][0] == {
        "name": "Amazon Web Services",
        "countries": ["SG", "TH"],
    }


def test_json_without_records_keeps_its_form_too() -> None:
    made = package()

    jsonschema.validate(json.loads(made.read("dossier.json")), json.loads(json_file.SCHEMA.read_text()))


def test_csv_is_for_people() -> None:
    made = package(user(), user(2, name="John, “JJ” Smith\nสาขา 2"))
    data = made.read("csv/crm.users.csv")

    assert data.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in data
    assert rows(made, "csv/crm.users.csv") == [
        ["ช่อง id", "ช่อง name", "ช่อง password", "ช่อง joined", "ช่อง active"],
        ["1", NAME, "[withheld: secret]", "2024-02-29T17:30:00+00:00", "true"],
        ["2", "John, “JJ” Smith\nสาขา 2", "[withheld: secret]", "2024-02-29T17:30:00+00:00", "true"],
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+66812345678", "'+66812345678"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        (" =1", "' =1"),
        ("\u200b=1", "'=1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("-12.50", "-12.50"),
        ("12.50", "12.50"),
        ("a=b", "a=b"),
        (-12.5, "-12.5"),
        (7, "7"),
        (None, ""),
        (False, "false"),
        (["=1"], '["=1"]'),
        ("a\u202eexe.gpj", "a‹U+202E›exe.gpj"),
        ("bell\x07", "bell‹U+0007›"),
        ("half \ud800", "half ‹U+D800›"),
        ("zero\u200bwidth", "zerowidth"),
        ("ครอบครัว 👨\u200d👩\u200d👧", "ครอบครัว 👨\u200d👩\u200d👧"),
        ("บรรทัด\nใหม่\tแท็บ", "บรรทัด\nใหม่\tแท็บ"),
    ],
)
def test_cells_hide_nothing_and_run_nothing(value: Any, shown: str) -> None:
    assert cell(value) == shown


def test_json_keeps_text_exactly_and_is_whole_utf8() -> None:
    odd = "a\u202eb\u200bc\x07=1"
    made = package(user(name=odd), user(2, name="half \ud800"))

    records = json.loads(made.read("dossier.json").decode("utf-8"))["records"]

    assert records[0]["values"]["name"] == odd
    assert records[1]["values"]["name"] == "half \ufffd"


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '<img src="file:///etc/hostname">',
        "{{ 7*7 }}",
        "<svg><use href='file:///etc/hostname'/></svg>",
        "\u202eอีเมล",
    ],
)
def test_data_is_shown_as_text_and_never_run(name: str) -> None:
    made = package(user(name=name))

    assert squeezed(visible(name)) in squeezed(spoken(made.read("summary.pdf")))


def test_a_cell_of_a_megabyte_is_cut_in_the_pdf_and_whole_in_the_csv() -> None:
    long = "ข้อความ" * 150_000

    made = package(user(name=long))

    csv.field_size_limit(len(long) + 1)
    assert rows(made, "csv/crm.users.csv")[1][1] == long
    assert len(spoken(made.read("summary.pdf"))) < 10_000


@pytest.mark.parametrize("language", ["th", "en"])
def test_summary_says_what_the_law_asks(language: str) -> None:
    text = squeezed(spoken(package(user(), view(2), language=language).read("summary.pdf")))

    for said in {
        "th": (
            "ข้อมูลบัญชีและการลงทะเบียน (1)",
            "วัตถุประสงค์: สร้างและบริหารจัดการบัญชีผู้ใช้",
            "ฐานทางกฎหมาย: การปฏิบัติตามสัญญา",
            "แหล่งที่มา: จากท่านโดยตรง",
            "SendGrid",
            "ระยะเวลาการเก็บรักษา: ตลอดเวลาที่ใช้บริการ",
            "จำเป็นต้องให้ข้อมูลหรือไม่: จำเป็นต้องให้เพื่อเข้าทำหรือปฏิบัติตามสัญญา",
            "ท่านไม่มีหน้าที่ตามกฎหมายหรือสัญญาที่จะต้องให้ข้อมูลนี้",
            "ประเภทที่ไม่พบข้อมูลของท่าน: ใบแจ้งหนี้",
            "ช่อง joined: 1 มีนาคม 2567 เวลา 00:30 น.",
            "ช่อง active: ใช่",
            "ช่อง password: [secret]",
            "เป็นข้อมูลลับเพื่อความมั่นคงปลอดภัย",
            "มาตรา 73",
        ),
        "en": (
            "Account and registration (1)",
            "Purpose: To create and run the user's account",
            "Lawful basis: performance of a contract",
            "Source: from you",
            "Kept for: While the service is used",
            "Whether it must be given: Needed to enter into or perform the contract.",
            "Neither a law nor a contract obliges you to give it",
            "Field joined: 1 March 2024 (B.E. 2567), 00:30",
            "Field active: yes",
            "section 73",
        ),
    }[language]:
        assert squeezed(said) in text
    assert "contacts" not in text.replace("/contacts/", "")  # held for tenants, and nothing of it disclosed


def test_pdf_shows_the_first_rows_and_points_into_the_csv() -> None:
    made = package(*(view(no) for no in range(1, 51)))
    text = squeezed(spoken(made.read("summary.pdf")))

    assert squeezed(f"แสดง {SHOWN} จาก 50 รายการ ข้อมูลครบถ้วนอยู่ในไฟล์ csv/crm.views.csv") in text
    assert f"/contacts/{SHOWN}" in text
    assert f"/contacts/{SHOWN + 1}" not in text
    assert len(rows(made, "csv/crm.views.csv")) == 1 + 50


def test_records_may_come_in_any_order() -> None:
    made = package(view(1), user(2), view(3))

    assert [row[0] for row in rows(made, "csv/crm.views.csv")] == ["ช่อง id", "1", "3"]


def test_record_of_an_undescribed_table_is_refused() -> None:
    stray = Record(system="crm", table="secrets", unit="U01", no=1, values={"name": MARK})

    with pytest.raises(BadInput) as refused:
        package(stray)

    assert refused.value.facts == {"system": "crm", "table": "secrets"}
    assert MARK not in str(refused.value)


def test_broken_package_cannot_pass_for_a_whole_one() -> None:
    def breaking() -> Iterator[Record]:
        yield user()
        raise ConnectionError

    out = Pipe()
    with pytest.raises(ConnectionError):
        documents().dossier(case_file(right=Right.ACCESS), TABLES, breaking(), out)  # type: ignore[arg-type]

    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(out.parts)))


def test_file_names_are_safe_and_each_its_own() -> None:
    odd = (table("a/../b", "U01", ()), table("a_b", "U01", ()), table("a b", "U01", ()))

    names = list(csv_files.file_names(odd).values())

    assert names == ["csv/crm.a_b.csv", "csv/crm.a_b-2.csv", "csv/crm.a_b-3.csv"]


def test_what_waits_on_the_disk_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("exports.spool.TemporaryFile", lambda: written)
    with Spool() as spool:
        spool.append("a", MARK.encode() * 5000)
        spool.append("b", b"other")
        spool.append("a", b"end")
        assert b"".join(spool.read("a")) == MARK.encode() * 5000 + b"end"
        assert b"".join(spool.read("b")) == b"other"
        on_disk = written.getvalue()

    assert len(on_disk) > len(MARK) * 5000
    assert MARK.encode() not in on_disk
    assert b"ZQXCANARY" not in on_disk


def test_temporary_files_hold_fonts_and_nothing_of_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found: dict[str, bytes] = {}
    finish = pdf._finish

    def looking(document: Any, made: Any) -> None:
        found.update({path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()})
        finish(document, made)

    monkeypatch.setattr(pdf, "_finish", looking)

    def watching() -> Iterator[Record]:
        for no in range(3000):
            yield user(no, name=MARK)
        assert list(tmp_path.iterdir()) == []  # the spool has no name

    documents().dossier(case_file(right=Right.ACCESS), TABLES, watching(), Pipe())  # type: ignore[arg-type]

    assert found  # WeasyPrint hands its fonts to fontconfig as files
    assert not any(MARK.encode() in content for content in found.values())


def test_memory_does_not_grow_with_the_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        pdf, "write", lambda html, **_: html.encode()
    )  # measured apart: it shows as much of 1000

    class Sink(Pipe):
        def write(self, data: Any, /) -> int:
            return len(data)

    def peak(count: int) -> int:
        tracemalloc.start()
        stream = (view(no) for no in range(count))
        documents().dossier(case_file(right=Right.ACCESS), TABLES, stream, Sink())  # type: ignore[arg-type]
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)  # what is loaded once
    small, large = peak(2_000), peak(40_000)

    assert large < small + 2_000_000

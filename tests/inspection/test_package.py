"""The package: every file in its form, nobody named unless it was ordered, and all that an inspector asks for in it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pypdf
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from sqlalchemy import text

from cases import audit
from connectors.heads import DirectoryHeads
from domain.errors import BadInput, ChainBroken, Conflict, NotAllowed, NotFound, SamePerson
from domain.identifiers import IdentifierKind, identifier
from domain.inspected import SECTIONS
from domain.inspection import Order, Scope
from exports.inspection.tables import schema
from tests.exports.conformance import faults
from tests.exports.reading import squeezed
from tests.inspection.conftest import DAYS, EMAIL, Packages, Site, read, rows
from tests.support.marked import MARKS
from tests.support.marks import Search

SCHEMAS = Path(__file__).parents[2] / "exports" / "schema"
ORDER = Order(ref="สคส. 100/2569", scan=b"%PDF-1.7 another", suffix=".pdf")


def check(value: Any, form: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(form)
    Draft202012Validator(form, format_checker=FormatChecker()).validate(value)


@pytest.mark.parametrize("kind", ["period", "case", "full"])
def test_every_machine_file_is_of_its_schema(packages: Packages, kind: str) -> None:
    content = read(getattr(packages, kind))
    checked = {"report.pdf", "sitthi_verify.py"} | {
        name for name in content if name.startswith(("schema/", "csv/", "order/", "letters/"))
    }
    whole = {
        "manifest.json": "manifest",
        "manifest.sig.json": "signature",
        "data/about.json": "about",
        "data/statistics.json": "statistics",
        "data/register.jsonld": "linked",
        "chain/proof.json": "proof",
    }
    for name, form in whole.items():
        check(json.loads(content[name]), json.loads(content[f"schema/{form}.schema.json"]))
        checked.add(name)
    event = json.loads(content["schema/event.schema.json"])
    for line in content["chain/events.jsonl"].splitlines():
        check(json.loads(line), event)
    checked.add("chain/events.jsonl")
    for section in SECTIONS:
        name = f"data/{section.name}.jsonl"
        if name in content:
            form = json.loads(content[f"schema/{section.name}.schema.json"])
            assert form == schema(section)
            for line in content[name].splitlines():
                check(json.loads(line), form)
            checked.add(name)
    assert checked == set(content)


def test_a_published_head_is_of_its_schema(packages: Packages) -> None:
    form = json.loads((SCHEMAS / "audit-head.schema.json").read_text("utf-8"))
    for path in (packages.early, packages.late):
        check(json.loads(path.read_bytes()), form)


def test_json_and_csv_hold_the_same(packages: Packages) -> None:
    content = read(packages.full)
    for section in SECTIONS:
        told = rows(packages.full, section.name)
        sheet = csv.DictReader(
            io.StringIO(content[f"csv/{section.name}.csv"].decode("utf-8-sig"), newline="")
        )
        shown = list(sheet)
        assert list(sheet.fieldnames or ()) == [column.name for column in section.columns]
        assert len(told) == len(shown)
        for row, cells in zip(told, shown, strict=True):
            for name, value in row.items():
                if isinstance(value, str):
                    assert cells[name].lstrip("'") == value
                elif value is None:
                    assert cells[name] == ""


@pytest.mark.parametrize("kind", ["period", "case"])
def test_nobody_is_named_in_a_minimised_export(packages: Packages, kind: str) -> None:
    search, content = Search(MARKS), read(getattr(packages, kind))
    for name, data in content.items():
        assert search.hits(data) == [], name
    said = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content["report.pdf"])).pages)
    assert search.hits(said.encode()) == []
    assert not [
        section for section in SECTIONS if section.personal and f"data/{section.name}.jsonl" in content
    ]


def test_on_an_order_everything_is_named(packages: Packages) -> None:
    """So that the search above can find what it looks for."""
    search, content = Search(MARKS), read(packages.full)
    for section in SECTIONS:
        if section.personal:
            assert search.hits(content[f"data/{section.name}.jsonl"]), section.name
    assert content["order/order.pdf"] == b"%PDF-1.7 scanned"
    letters = [name for name in content if name.startswith("letters/")]
    assert len(letters) == 3
    assert all(search.hits(content[name]) for name in letters)
    manifest = json.loads(content["manifest.json"])
    assert (manifest["mode"], manifest["order"]["number"]) == ("full", "สคส. 99/2569")
    assert manifest["approved_by"] == packages.site.approver


def test_it_tells_what_an_inspector_asks_for(packages: Packages) -> None:
    path, site = packages.period, packages.site
    erased, refused, standing = rows(path, "cases")
    assert [row["ending"] for row in (erased, refused, standing)] == ["partial", "refused", None]
    assert (erased["days_taken"], erased["days_allowed"], erased["in_time"]) == (6, 30, True)
    assert (standing["days_taken"], standing["in_time"]) == (None, None)
    proofs = {(row["reference"], row["method"], row["assurance"]) for row in rows(path, "identity")}
    assert (erased["reference"], "masked-document", 3) in proofs
    assert (erased["reference"], "email-code", 1) in proofs
    units = rows(path, "units")
    held = next(row for row in units if row["planned"] == "hold")
    assert (held["holds"], held["until"], held["records"]) == (["accounting"], "2030-01-01", 1)
    gone = next(row for row in units if row["reference"] == erased["reference"] and row["planned"] == "erase")
    assert gone["achieved"] == {"erase": 2}
    [refusal] = rows(path, "refusals")
    assert (refusal["ground"], refusal["demanded"], refusal["keep_until"]) == ("R30-LAW", True, "2036-11-22")
    [order] = rows(path, "holds")
    assert (order["placed_by"], order["released_by"]) == (site.officer, site.approver)
    [effect] = rows(path, "effects")
    assert effect["achieved"] == {"erase": 2}
    codes = {row["letter"]: row["code"] for row in rows(path, "letters")}
    assert list(codes.values()) == ["L1", "L8", "L6"]
    fates = {codes[row["letter"]]: row["fate"] for row in rows(path, "deliveries")}
    assert fates == {"L1": None, "L8": "bounced", "L6": None}
    [post] = rows(path, "posts")
    assert (post["code"], post["posted_on"], post["entered_by"]) == ("L8", "2026-11-24", site.officer)
    [looked] = rows(path, "access")
    assert (looked["event"], looked["who"], looked["reason_code"]) == ("staff:looked", site.officer, "HELP-1")
    [left] = rows(path, "left_out")
    assert (left["system"], left["ground"]) == ("mail", "R-OBSTACLE")
    assert len(rows(path, "disclosures")) == len(rows(path, "obligations")) == 1
    assert [row["serial"] for row in rows(packages.full, "exports")] == [1, 2, 3]


def test_statistics_and_linked_data_tell_the_register(packages: Packages) -> None:
    content = read(packages.period)
    rights = {each["right"]: each for each in json.loads(content["data/statistics.json"])["rights"]}
    assert rights["erasure"]["days_taken"] == {"median": 6, "longest": 6, "by_day": {"6": 1}}
    assert (rights["access"]["closed"], rights["objection"]["open"]) == (1, 1)
    graph = {node["@id"]: node for node in json.loads(content["data/register.jsonld"])["@graph"]}
    assert graph["sitthi:controller"]["@type"] == ["dpv:DataController", "prov:Organization"]
    records = [node for node in graph.values() if "dpv:RightExerciseRecord" in node["@type"]]
    assert sorted(node["dpv:hasStatus"]["@id"] for node in records) == [
        "dpv:RequestAccepted",
        "dpv:RequestFulfilled",
        "dpv:RequestRejected",
    ]


def test_the_report_says_in_both_languages_what_it_holds(packages: Packages) -> None:
    content = read(packages.period)
    assert faults(content["report.pdf"]) == []
    reader = pypdf.PdfReader(io.BytesIO(content["report.pdf"]))
    said = squeezed("".join(page.extract_text() for page in reader.pages))
    manifest = json.loads(content["manifest.json"])
    for expected in (
        "รายงานการดำเนินการตามคำขอใช้สิทธิของเจ้าของข้อมูลส่วนบุคคล",
        "Report on how requests of data subjects were handled",
        "ทะเบียนคำขอและกำหนดเวลา (3)",
        "นางสาวสุดา ตรวจดี",
        "ไม่ได้แนบมาในชุดนี้",
        manifest["verifier_sha256"],
        manifest["head"]["root"],
        manifest["key"],
        "DSR-2569-000001",
        "22/12/2569",
        "มาตรา 30 วรรคสี่",
    ):
        assert squeezed(expected) in said, expected
    for file in manifest["files"]:
        if file["path"] != "report.pdf":
            assert file["sha256"] in said, file["path"]
    assert list(reader.attachments) == ["statistics.json"]
    assert (
        reader.attachments["statistics.json"][0]
        == json.dumps(json.loads(content["data/statistics.json"]), ensure_ascii=False).encode()
    )
    root: Any = reader.root_object
    metadata = root["/Metadata"].get_object().get_data()
    assert b"<pdfaid:part>3</pdfaid:part>" in metadata or b'pdfaid:part="3"' in metadata


def test_a_report_on_chosen_cases_does_not_say_that_it_covers_all(packages: Packages) -> None:
    def told(path: Path) -> str:
        pages = pypdf.PdfReader(io.BytesIO(read(path)["report.pdf"])).pages
        return squeezed("".join(page.extract_text() for page in pages))

    every, chosen = "ซึ่งครอบคลุมคำขอที่ยังไม่แล้วเสร็จ", "เหตุการณ์ในชุดเอกสารนี้ไม่ถูกแก้ไข"
    for path, said, unsaid in ((packages.period, every, chosen), (packages.case, chosen, every)):
        assert squeezed(said) in told(path)
        assert squeezed(unsaid) not in told(path)


def test_the_same_moment_makes_the_same_package(packages: Packages) -> None:
    site = packages.site
    first = site.export("first.zip")
    again = site.home / "again.zip"
    from exports.inspection.package import Commission, Signer

    export = site.house.room.exports.all()[-1]
    commission = Commission(
        export.model_copy(update={"made": None}),
        Signer(site.officer, "นางสาวสุดา ตรวจดี", "officer"),
        site.house.clock.now(),
        published=site.shelf.heads(),
    )
    with again.open("wb") as out:
        site.packages.write(commission, out)
    one, two = read(first), read(again)
    same = {name for name in one if one[name] == two[name]}
    # Its own making was told meanwhile: what speaks of that differs, and what holds hashes of it.
    told = {"data/exports.jsonl", "csv/exports.csv", "chain/events.jsonl", "chain/proof.json"}
    assert set(one) - same == told | {"report.pdf", "manifest.json", "manifest.sig.json"}


def test_a_person_s_cases_are_gathered_by_an_address(packages: Packages) -> None:
    site = packages.site
    hers = site.house.room.inspection.cases_of((identifier(IdentifierKind.EMAIL, EMAIL),))
    assert set(hers) == set(site.cases.values())
    nobody = site.house.room.inspection.cases_of((identifier(IdentifierKind.EMAIL, "a@b.example"),))
    path = site.export("nobody.zip", cases=nobody, subject=True)
    assert rows(path, "cases") == rows(path, "letters") == []
    assert read(path)["chain/events.jsonl"] == b""


def test_days_without_anything_make_a_package_too(packages: Packages) -> None:
    path = packages.site.export("empty.zip", since="2024-01-01", until="2024-01-31")
    assert rows(path, "cases") == []
    assert json.loads(read(path)["chain/proof.json"])["segment"] is None


def asked(site: Site, order: Order | None = None, **changed: Any) -> Any:
    scope = Scope.model_validate({**DAYS, "full": order is not None, **changed})
    return site.house.room.exports.ask(scope, actor=site.officer, reason_code="PDPC-8", order=order)


def test_people_are_named_after_a_second_person_said_so(packages: Packages) -> None:
    site, exports = packages.site, packages.site.house.room.exports
    with pytest.raises(Conflict, match="order missing"):
        asked(site, full=True)
    export = asked(site, ORDER)
    assert asked(site, ORDER).id == export.id
    assert asked(site, ORDER, cases=(site.cases["open"],)).id != export.id
    assert asked(site, ORDER.model_copy(update={"scan": b"another"})).id != export.id
    with pytest.raises(NotAllowed, match="export not approved"):
        exports.begin(export.id, actor=site.officer)
    with pytest.raises(SamePerson):
        exports.approve(export.id, actor=site.officer)
    exports.approve(export.id, actor=site.approver)
    assert exports.approve(export.id, actor=site.approver).approved_by == site.approver
    begun = exports.begin(export.id, actor=site.officer)
    assert begun.serial == max(each.serial for each in exports.all())
    with pytest.raises(Conflict, match="export made already"):
        exports.begin(export.id, actor=site.officer)
    with pytest.raises(Conflict, match="needs no approval"):
        exports.approve(export.id, actor=site.approver)
    assert asked(site, ORDER).id != export.id, "an approval is good for one package"
    assert exports.order(export.id) == ORDER
    with pytest.raises(NotFound):
        exports.find("x-nothing")


def test_an_export_is_told_and_its_order_sealed(packages: Packages) -> None:
    site = packages.site
    with site.house.app.connect() as connection:
        told = connection.execute(
            text("SELECT event, actor, facts FROM events WHERE event LIKE 'audit:export-%' ORDER BY seq")
        ).all()
        sealed = connection.execute(text("SELECT order_ref, order_scan FROM audit_exports")).all()
    begun = [row.facts["serial"] for row in told if row.event == "audit:export-begun"]
    assert begun == list(range(1, len(begun) + 1))
    first = next(row for row in told if row.event == "audit:export-asked")
    assert first.facts["scope"] == "2026-11-01/2026-12-31"
    assert (first.facts["mode"], first.facts["reason_code"]) == ("minimised", "PDPC-7")
    assert any(row.event == "audit:export-approved" and row.actor == site.approver for row in told)
    assert any(row.event == "audit:export-made" and row.facts["sha256"] == "ab" * 32 for row in told)
    for ref, scan in sealed:
        assert ref is None or (b"2569" not in ref and b"PDF" not in scan)


def test_a_head_is_kept_once_and_cannot_be_written_over(packages: Packages) -> None:
    site = packages.site
    [*_, last] = site.shelf.heads()
    place = Path(site.shelf.publish(last))
    before = place.read_bytes()
    assert site.shelf.publish(last.model_copy(update={"exports": 99})) == str(place)
    assert place.read_bytes() == before
    assert place.stat().st_mode & 0o777 == 0o444
    damaged = site.home / "damaged"
    damaged.mkdir()
    (damaged / "head-000000000001-ab.json").write_text("{}", "utf-8")
    with pytest.raises(BadInput, match="published head unreadable"):
        DirectoryHeads(damaged).heads()


def test_the_register_is_held_against_its_published_heads(packages: Packages) -> None:
    site = packages.site
    heads = [audit.Head(count=head.count, chain=head.chain) for head in site.shelf.heads()]
    assert site.house.room.audit.verify(*heads).count >= heads[-1].count
    forged = audit.Head(count=heads[0].count, chain="ab" * 32)
    with pytest.raises(ChainBroken) as broken:
        site.house.room.audit.verify(*heads, forged)
    assert broken.value.facts == {"seq": heads[0].count, "why": "rewritten"}
    with pytest.raises(ChainBroken) as broken:
        site.house.room.audit.verify(audit.Head(count=10**6, chain="ab" * 32))
    assert broken.value.facts["why"] == "truncated"

"""`audit export` and its neighbours at the counter: a credential, a reason, a second person, and one line for an error."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from domain.rights import Right
from exports.verifier import sitthi_verify
from tests.cli.counter import EMAIL, Counter, counter

__all__ = ["counter"]

DAYS = ("--from", "1 พฤศจิกายน 2569", "--to", "31/12/2569")
CODE = ("--reason", "PDPC-7")


def manifest(path: Path) -> dict[str, object]:
    with zipfile.ZipFile(path) as package:
        told: dict[str, object] = json.loads(package.read("manifest.json"))
        return told


def test_a_package_is_made_signed_told_and_verified(counter: Counter, tmp_path: Path) -> None:
    counter.case()
    out, scan = tmp_path / "audit.zip", tmp_path / "appointment.pdf"
    scan.write_bytes(b"%PDF-1.7 appointed")
    published = counter.seen("audit", "publish-head")
    made = counter.told(
        "audit", "export", *DAYS, "--out", str(out), *CODE, "--enclose", f"appointment={scan}"
    )
    assert out.stat().st_mode & 0o777 == 0o600
    assert (made["serial"], made["size"]) == (1, out.stat().st_size)
    assert made["timestamp"] == "no-authority"
    told = manifest(out)
    assert told["signer"] == {"id": counter.officer, "name": "วิชัย", "role": "officer"}
    with zipfile.ZipFile(out) as package:
        assert package.read("enclosures/appointment-1.pdf") == b"%PDF-1.7 appointed"
        about = json.loads(package.read("data/about.json"))
    assert about["supplied"]["appointment"] == ["enclosures/appointment-1.pdf"]
    assert about["not_supplied"] == ["notice", "agreement"]
    [head] = published["places"]
    key = counter.seen("audit", "key")["key"]
    assert sitthi_verify.main([str(out), "--head", head, "--key", key]) == 0
    events = [counter.events(f"audit:export-{step}") for step in ("asked", "begun", "made")]
    assert [len(each) for each in events] == [1, 1, 1]
    assert events[2][0][2]["sha256"] == made["sha256"]
    [listed] = counter.seen("audit", "exports")["exports"]
    assert (listed["id"], listed["serial"], listed["asked_by"]) == (made["export"], 1, counter.officer)
    assert "minimised" in counter.shown_to_anybody("audit", "exports")
    assert counter.seen("audit", "verify", "--heads", str(tmp_path / "heads"))["published"] == 1


def test_a_case_or_a_person_is_asked_for_alone(counter: Counter, tmp_path: Path) -> None:
    _, mine = counter.case(Right.ACCESS)
    counter.case(Right.ACCESS, email="another@example.com")
    address = tmp_path / "address"
    address.write_text(f"{EMAIL}\n081-234-5678\n", "utf-8")
    for name, chosen in (("case", ("--case", mine.lower())), ("subject", ("--subject", f"@{address}"))):
        out = tmp_path / f"{name}.zip"
        counter.told("audit", "export", *DAYS, *chosen, "--out", str(out), *CODE)
        with zipfile.ZipFile(out) as package:
            [row] = package.read("data/cases.jsonl").splitlines()
        assert json.loads(row)["reference"] == mine


def test_names_are_given_after_a_second_person_said_so(counter: Counter, tmp_path: Path) -> None:
    counter.case()
    scan, out = tmp_path / "order.pdf", tmp_path / "full.zip"
    scan.write_bytes(b"%PDF-1.7 order")
    order = ("--full", "--order-ref", "สคส. 7/2569", "--order-file", str(scan))
    asking = ("audit", "export", *DAYS, *order, "--out", str(out), *CODE)
    waiting = counter.told(*asking)
    assert waiting["waits_for"] == "approval"
    assert not out.exists()
    code, line = counter.refused("audit", "approve", waiting["export"])
    assert (code, "second-person-needed" in line) == (4, True)
    _, secret = counter.room.staff.add("สมหญิง", "approver")
    other = tmp_path / "other"
    other.write_text(secret, "utf-8")
    assert "approved" in counter.with_credential(str(other)).shown("audit", "approve", waiting["export"])
    made = counter.told(*asking)
    assert (made["export"], manifest(out)["mode"]) == (waiting["export"], "full")


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (("--from", "31/12/2569", "--to", "1/11/2569"), "days-the-wrong-way (field --to)"),
        ((*DAYS, "--full"), "order-missing (field --order-ref)"),
        ((*DAYS, "--full", "--order-ref", "7"), "scan-missing (field --order-file)"),
        ((*DAYS, "--order-ref", "7", "--order-file", "order.exe"), "scan-missing (field --order-file)"),
        ((*DAYS, "--subject", EMAIL), "secret-in-arguments (field --subject)"),
        ((*DAYS, "--enclose", "photo=x.pdf"), "unknown-word (field --enclose)"),
        ((*DAYS, "--enclose", "notice=nowhere.pdf"), "file-unreadable (field --enclose)"),
        (("--from", "soon", "--to", "1/1/2570"), "malformed-date (field --from)"),
    ],
)
def test_what_an_export_refuses(counter: Counter, tmp_path: Path, args: tuple[str, ...], line: str) -> None:
    code, told = counter.refused("audit", "export", *args, "--out", str(tmp_path / "no.zip"), *CODE)
    assert (code, told.count("\n")) == (2, 1)
    assert told.startswith(f"error: {line}")
    assert counter.events("audit:export-asked") == []
    assert EMAIL not in told


def test_nobody_exports_without_a_credential_nor_over_a_file(counter: Counter, tmp_path: Path) -> None:
    out = tmp_path / "audit.zip"
    result = counter.run("audit", "export", *DAYS, "--out", str(out), *CODE)
    assert (result.exit_code, "credential-missing" in result.stderr) == (4, True)
    out.write_bytes(b"mine")
    code, told = counter.refused("audit", "export", *DAYS, "--out", str(out), *CODE)
    assert (code, "file-exists" in told, out.read_bytes()) == (2, True, b"mine")
    code, told = counter.refused("audit", "export", *DAYS, "--out", str(tmp_path / "no" / "x.zip"), *CODE)
    assert (code, "file-not-writable" in told) == (2, True)


def test_a_register_that_was_rewritten_shows_against_its_heads(counter: Counter, tmp_path: Path) -> None:
    counter.case()
    counter.seen("audit", "publish-head")
    heads = tmp_path / "heads"
    [file] = heads.iterdir()
    told = json.loads(file.read_text("utf-8"))
    forged = heads / "head-000000000001-00.json"
    forged.write_text(json.dumps({**told, "count": 1}), "utf-8")
    code, line = counter.refused_to_anybody("audit", "verify", "--heads", str(heads))
    assert (code, "published-head-forged" in line) == (8, True)
    code, line = counter.refused_to_anybody("audit", "verify", "--heads", str(tmp_path / "nowhere"))
    assert (code, "not-a-directory" in line) == (2, True)

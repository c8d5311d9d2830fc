"""`policy`: what the DPO reads, signs and answers for; production refuses what nobody has signed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bootstrap import build
from domain.errors import PolicyInvalid
from policy.load import FILES, SHIPPED, load_policy
from settings import Settings
from tests.cli.conftest import Run

SIGN = ("policy", "sign", "--by", "พิมพ์ใจ สุขสวัสดิ์", "--reason", "read with counsel")


@pytest.fixture
def company(tmp_path: Path) -> Path:
    """A company's own folder of rules, unsigned."""
    folder = tmp_path / "policy"
    folder.mkdir()
    for name in FILES:
        shutil.copy(SHIPPED / f"{name}.yaml", folder)
    return folder


def told(run: Run, company: Path, *args: str) -> Any:
    result = run("policy", *args, "--json", SITTHI_POLICY=str(company))
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def edit(company: Path, file: str, old: str, new: str) -> None:
    path = company / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def production(company: Path) -> Settings:
    return Settings(profile="production", policy=company)


# check and explain


def test_check_tells_the_versions_and_every_rule(run: Run, company: Path) -> None:
    found = told(run, company, "check")
    assert found["version"] == load_policy().version
    assert found["unsigned"] == found["gaps"] == 56
    assert {"deadlines.access", "holds.H-BOOKS", "units.U06", "grounds.R30-LAW"} <= found["rules"].keys()


def test_check_names_the_first_fault(run: Run, company: Path) -> None:
    edit(company, "company.yaml", "    phone: 02-000-0000\n", "")
    result = run("policy", "check", SITTHI_POLICY=str(company))
    assert result.exit_code == 2
    assert "field-missing (file company.yaml, line " in result.stderr
    assert "field company.officer.phone" in result.stderr


@pytest.mark.parametrize(
    ("code", "entry", "file", "says"),
    [
        ("H-BOOKS", "holds.H-BOOKS", "holds.yaml", "Accounting Act B.E. 2543 s.14 (first 5 years)"),
        ("u06", "units.U06", "units.yaml", "2 ปีนับแต่ปิดเรื่อง"),
        ("R30-LAW", "grounds.R30-LAW", "grounds.yaml", "s.30 ¶2"),
        ("access", "deadlines.access", "deadlines.yaml", "PDPA s.30 ¶4"),
        ("record.access", "record.access", "record.yaml", "Staff reach data only"),
        ("counsel.ACCESS-2569", "counsel.ACCESS-2569", "counsel.yaml", "พ.ศ. 2569"),
    ],
)
def test_explain_shows_a_rule_with_where_it_stands(
    run: Run, company: Path, *, code: str, entry: str, file: str, says: str
) -> None:
    found = told(run, company, "explain", code)
    assert (found["code"], found["file"], len(found["version"])) == (entry, file, 8)
    line = (company / file).read_text("utf-8").splitlines()[found["line"] - 1]
    assert line.strip().startswith(f"{entry.partition('.')[2]}:")
    assert says in json.dumps(found["content"], ensure_ascii=False)
    assert entry in run("policy", "explain", code, SITTHI_POLICY=str(company)).stdout


def test_explain_tells_what_a_rule_waits_for(run: Run, company: Path) -> None:
    found = told(run, company, "explain", "H-BOOKS")
    assert [gap["code"] for gap in found["gaps"]] == ["bases.BASIS-2569-01"]
    assert [item["code"] for item in found["counsel"]] == ["YEARS-6-7", "HOLD-ROLL"]
    assert [gap["code"] for gap in told(run, company, "explain", "U01")["gaps"]] == ["units.U01.bases"]


def test_explain_knows_no_other_code(run: Run, company: Path) -> None:
    result = run("policy", "explain", "H-NONE", SITTHI_POLICY=str(company))
    assert (result.exit_code, result.stderr.startswith("error: rule-unknown")) == (3, True)


# diff and record


def test_diff_names_each_value_with_its_line(run: Run, company: Path) -> None:
    edit(company, "holds.yaml", "years: 7", "years: 6")
    edit(company, "holds.yaml", "periods: []", "periods: [{start: 2026-01-01, end: 2026-12-31}]")
    found = told(run, company, "diff", "shipped")
    assert found["old"] != found["new"]
    changes = {change["field"]: (change["old"], change["new"]) for change in found["changes"]}
    assert changes["holds.H-BOOKS.years"] == (7, 6)
    assert changes["accounting.periods.0.start"] == (None, "2026-01-01")
    assert all(change["file"] == "holds.yaml" and change["line"] > 1 for change in found["changes"])
    assert told(run, company, "diff", "shipped", "shipped")["changes"] == []


def test_the_record_of_processing_has_every_number_of_section_39(run: Run, company: Path) -> None:
    found = told(run, company, "record")
    for part in ("controller", "categories", "rights", "access", "disclosure", "refusals", "security"):
        assert found[part], part
    for kind in found["categories"]:
        assert all(kind[field]["th"] and kind[field]["en"] for field in ("data", "purpose", "retention"))
        assert kind["limits"] or kind["role"] == "processor"
        assert kind["source"]["reference"]
    assert "บันทึกรายการ" in run("policy", "record", SITTHI_POLICY=str(company)).stdout


# gaps and signatures


def test_gaps_put_the_access_notification_first(run: Run, company: Path) -> None:
    found = told(run, company, "gaps")
    assert found["counsel"][0]["code"] == "ACCESS-2569"
    assert found["gaps"][0]["code"] == "counsel.ACCESS-2569"
    assert {gap["why"] for gap in found["gaps"]} == {"counsel", "proposed"}
    shown = run("policy", "gaps", SITTHI_POLICY=str(company)).stdout
    assert "พ.ศ. 2569" in shown
    assert "PROPOSED" in shown


def test_every_proposal_has_a_clause_for_the_next_edition(run: Run, company: Path) -> None:
    found = told(run, company, "gaps")
    covered = [code for clause in found["clauses"] for code in clause["covers"]]
    assert len(covered) == len(set(covered))
    proposed = {gap["code"] for gap in found["gaps"] if gap["why"] == "proposed"}
    assert proposed <= set(covered)
    for clause in found["clauses"]:
        assert "{" not in clause["text"]["th"] + clause["text"]["en"]


def test_a_clause_promises_the_period_that_the_rule_keeps(run: Run, company: Path) -> None:
    found = told(run, company, "gaps")
    texts = {code: clause["text"] for clause in found["clauses"] for code in clause["covers"]}
    for code, unit in load_policy().units.items():
        if f"units.{code}.retention" in texts and code not in {"U03", "U04", "U13"}:
            clause = texts[f"units.{code}.retention"]["th"].replace("ท่าน", "")
            assert unit.retention.th in clause, code


def test_production_starts_only_when_everything_is_signed(run: Run, company: Path) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        build(production(company))
    assert (refused.value.code, refused.value.facts["unsigned"]) == ("policy-unsigned", 56)
    assert refused.value.facts["field"] == "counsel.ACCESS-2569"
    signed = run(*SIGN, "--json", SITTHI_POLICY=str(company))
    assert json.loads(signed.stdout)["unsigned"] == 0
    with pytest.raises(Exception, match="setting missing"):  # the next thing that it needs
        build(production(company))


def test_the_demonstration_starts_unsigned(company: Path) -> None:
    with pytest.raises(Exception, match="setting missing"):
        build(Settings(policy=company))


def test_a_signature_changes_no_version_and_takes_the_mark_off(run: Run, company: Path) -> None:
    before = load_policy(company)
    run(*SIGN, SITTHI_POLICY=str(company))
    after = load_policy(company)
    assert after.version == before.version
    assert after.entries == before.entries
    assert before.bases["BASIS-2569-01"].proposed
    assert not after.bases["BASIS-2569-01"].proposed
    assert before.units["U06"].proposed
    assert not any(unit.proposed for unit in after.units.values())
    assert {gap.signed.by for gap in after.gaps if gap.signed} == {"พิมพ์ใจ สุขสวัสดิ์"}


def test_who_edits_a_signed_entry_has_it_signed_again(run: Run, company: Path) -> None:
    run(*SIGN, SITTHI_POLICY=str(company))
    edit(company, "units.yaml", "since: backed_up_on, days: 35", "since: backed_up_on, days: 30")
    assert load_policy(company).unsigned == ("units.U14.retention",)
    edit(company, "units.yaml", "# The data units", "# Our data units")  # a comment is no edit
    assert load_policy(company).unsigned == ("units.U14.retention",)
    run(*SIGN, SITTHI_POLICY=str(company))
    assert load_policy(company).unsigned == ()


def test_one_entry_is_signed_by_name(run: Run, company: Path) -> None:
    run(*SIGN, "--entry", "company.officer", SITTHI_POLICY=str(company))
    unsigned = load_policy(company).unsigned
    assert len(unsigned) == 55
    assert "company.officer" not in unsigned
    run(*SIGN, "--entry", "backups.days", SITTHI_POLICY=str(company))
    assert len(load_policy(company).unsigned) == 54


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (("--by", " ", "--reason", "read"), "error: field-empty (field --by)"),
        (("--by", "DPO", "--reason", "read", "--entry", "units.U99"), "error: gap-unknown (field --entry)"),
    ],
)
def test_what_cannot_be_signed(run: Run, company: Path, args: tuple[str, ...], line: str) -> None:
    result = run("policy", "sign", *args, SITTHI_POLICY=str(company))
    assert result.exit_code == 2
    assert result.stderr.startswith(line)
    assert not (company / "signed.yaml").exists()


def test_a_signature_file_that_was_tampered_with_is_refused_by_its_line(run: Run, company: Path) -> None:
    run(*SIGN, SITTHI_POLICY=str(company))
    edit(company, "signed.yaml", "    reason: read with counsel\n", "")
    with pytest.raises(PolicyInvalid) as refused:
        load_policy(company)
    assert (refused.value.code, refused.value.facts["file"]) == ("field-missing", "signed.yaml")

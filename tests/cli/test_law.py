"""`law due` and `law hold`: the acceptance table of the law's dates, row by row, as somebody at a prompt gets them."""

from __future__ import annotations

import csv
import json
import re
import shutil
from typing import Any

import pytest

from policy.load import FILES, SHIPPED
from tests.cli.conftest import Run
from tests.cli.stack import ROOT

Row = dict[str, str]

with (ROOT / "tests" / "law" / "date_vectors.csv").open(encoding="utf-8") as table:
    ROWS = list(csv.DictReader(table))
DEADLINES = [row for row in ROWS if row["kind"] == "deadline"]
HOLDS = [row for row in ROWS if row["kind"] == "hold"]

RIGHTS = {
    "s.30": ("access",),
    "s.33": ("erasure",),
    "s.31/34/35-36": ("portability", "restriction", "rectification"),
}
OPTIONS = {
    "Accounting Act s.14 (5y)": ("--rule", "H-ACC"),
    "Accounting Act s.14 (7y)": ("--rule", "H-ACC", "--years", "7"),
    "Revenue Code s.87/3 (5y)": ("--rule", "H-VAT"),
    "CCA s.26 traffic data (90d)": ("--rule", "H-CCA-T"),
    "CCA s.26 para 3 user identification (90d after service ends)": ("--rule", "H-CCA-U"),
    "Policy 5.1: expired account 30 days": ("--rule", "U01"),
    # Periods that are no hold of this company stand in the policy that these tests give the command.
    "CCC s.193/34 (2y) service fees": ("--rule", "H-TWO"),
    "CCC s.193/5, one year from 28 Feb 2024": ("--rule", "H-ONE"),
}
PERIOD = """
  {code}:
    years: {years}
    counts_from: document_date
    floor_years: {years}
    ground: EX-CLAIM
    source: {{reference: Civil and Commercial Code, evidence: found}}
    law: {{th: ประมวลกฎหมายแพ่งและพาณิชย์, en: Civil and Commercial Code}}
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder of rules with two periods more."""
    folder = tmp_path_factory.mktemp("policy")
    for name in FILES:
        shutil.copy(SHIPPED / f"{name}.yaml", folder)
    with (folder / "holds.yaml").open("a", encoding="utf-8") as holds:
        holds.write(PERIOD.format(code="H-TWO", years=2) + PERIOD.format(code="H-ONE", years=1))
    return str(folder)


def answer(run: Run, *args: str, **environment: str) -> dict[str, Any]:
    told = run("law", *args, "--json", **environment)
    assert told.exit_code == 0, told.stderr
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def named(row: Row) -> str:
    return row["id"]


@pytest.mark.parametrize("row", DEADLINES, ids=named)
def test_deadline(run: Run, row: Row) -> None:
    instant = re.search(r"UTC (\S+)Z", row["rule"])
    received = f"{instant[1]}:00Z" if instant else row["start_event"]
    for right in RIGHTS[row["rule"].split()[0]]:
        told = answer(run, "due", "--right", right, "--received", received)
        assert told["received_on"] == row["start_event"]
        assert f"{told['days']}d" == row["period"]
        assert told["last_day"] == told["strict"] == row["last_day"]
        assert told["statutory_due"] == row["statutory_due_rolled"]
        assert told["internal_target"] == row["internal_target"]
        assert told["be"] == row["be"]


def holds(told: dict[str, Any], row: Row) -> None:
    assert told["last_day"] == told["strict"] == row["last_day"]
    assert told["earliest_erasure"] == row["earliest_erasure_default"]
    assert told["earliest_erasure_unrolled"] == row["earliest_erasure_no_roll"]
    assert told["be"] == row["be"]


@pytest.mark.parametrize("row", HOLDS, ids=named)
def test_hold_from_its_event(run: Run, company: str, row: Row) -> None:
    args = ("hold", *OPTIONS[row["rule"]], "--event-date", row["start_event"])
    holds(answer(run, *args, SITTHI_POLICY=company), row)


@pytest.mark.parametrize("row", [row for row in HOLDS if "FYE" in row["note"]], ids=named)
def test_hold_from_the_document_s_period(run: Run, row: Row) -> None:
    document = re.search(r"document dated (\S+);", row["note"])
    ends = re.search(r"FYE (\d\d)/(\d\d)", row["note"])
    assert document
    assert ends
    args = ("--document-date", document[1], "--fiscal-year-end", f"{ends[2]}-{ends[1]}")
    holds(answer(run, "hold", *OPTIONS[row["rule"]], *args), row)


def test_every_date_answers_why(run: Run) -> None:
    told = answer(run, "hold", "--rule", "H-BOOKS", "--document-date", "14 มีนาคม 2565")
    assert [step["code"] for step in told["why"]] == [
        *("closing", "years", "floor", "rolled", "free", "projected"),
    ]
    assert [step["to"] for step in told["why"]][:3] == ["2022-12-31", "2029-12-31", "2027-12-31"]
    assert "s.193/5" in told["why"][1]["reference"]
    assert "31 ธันวาคม 2572" in told["why"][1]["th"]
    assert told["basis"]["proposed"] is True
    assert (told["evidence"], told["floor_last_day"]) == ("open", "2027-12-31")
    assert re.fullmatch(r"2026-11-22\.1\+[0-9a-f]{8}", told["policy"])
    assert re.fullmatch(r"[0-9a-f]{8}", told["version"])


def test_what_is_due_at_once_is_told_beside_the_days(run: Run) -> None:
    told = answer(run, "due", "--right", "objection", "--received", "22/11/2569")
    assert told["authority"] == "policy"
    assert told["at_once"]["reference"] == "PDPA s.32 ¶2"


def test_people_read_it_in_thai_first(run: Run) -> None:
    told = run("law", "due", "--right", "access", "--received", "2026-11-07").stdout
    assert "7 ธันวาคม พ.ศ. 2569" in told
    assert "2026-12-08" in told
    assert "วันหยุด" in told


def test_both_eras_and_an_instant_are_one_day(run: Run) -> None:
    days = (
        "2026-11-23",
        "23/11/2569",
        "23 พฤศจิกายน 2569",
        "2026-11-22T17:00:00Z",
        "2026-11-23T23:59:59+07:00",
    )
    told = [answer(run, "due", "--right", "access", "--received", day) for day in days]
    assert {each["strict"] for each in told} == {"2026-12-23"}


DUE = ("due", "--right", "access", "--received")
HOLD = ("hold", "--rule")


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ((*DUE, "22/11/69"), "ambiguous-year (field --received)"),
        ((*DUE, "2569-11-22"), "date-in-wrong-era (field --received)"),
        ((*DUE, "2026-11-22T17:00:00"), "time-without-zone (field --received)"),
        ((*DUE, "2026-02-29"), "no-such-day (field --received)"),
        (("due", "--right", "fame", "--received", "2026-11-22"), "unknown-right (field --right)"),
        ((*HOLD, "H-TAX", "--event-date", "2026-11-22"), "hold-unknown (field --rule): use one of H-BOOKS"),
        ((*HOLD, "H-ACC"), "hold-without-date (field --document-date)"),
        ((*HOLD, "H-VAT", "--document-date", "2022-03-14"), "hold-without-date (field --event-date)"),
        ((*HOLD, "H-ACC", "--event-date", "14/3/65"), "ambiguous-year (field --event-date)"),
        (
            (*HOLD, "H-ACC", "--document-date", "2022-03-14", "--years", "4"),
            "below-the-law (field --years): at least 5 years (Accounting Act B.E. 2543 s.14 ¶1)",
        ),
        (
            (*HOLD, "H-ACC", "--document-date", "2022-03-14", "--fiscal-year-end", "31-12"),
            "no-such-day (field --fiscal-year-end): write month and day as 12-31",
        ),
        (
            (*HOLD, "H-ACC", "--document-date", "2022-03-14", "--event-date", "2022-03-31"),
            "dates-contradict (field --event-date): the period of the document closes on 2022-12-31",
        ),
        (
            (*HOLD, "U06", "--event-date", "2026-11-01"),
            "event-unclear (field --since): use one of ticket_closed",
        ),
        ((*HOLD, "U01"), "hold-without-date (field --event-date)"),
        ((*HOLD, "H-ACC", "--document-date", "9999-12-31"), "date-in-wrong-era (field --document-date)"),
    ],
)
def test_bad_input_is_one_line(run: Run, args: tuple[str, ...], line: str) -> None:
    told = run("law", *args)
    assert told.exit_code == 2
    assert told.stdout == ""
    assert told.stderr.startswith(f"error: {line}")
    assert told.stderr.count("\n") == 1


@pytest.mark.parametrize(("disputed", "last"), [("case_closed_on", "2029-11-01")])
def test_a_unit_with_one_event_needs_no_name_for_it(run: Run, disputed: str, last: str) -> None:
    for more in ((), ("--since", disputed)):
        told = answer(run, "hold", "--rule", "U15", "--event-date", "2026-11-01", *more)
        assert told["last_day"] == last


def test_s52_an_order_of_the_expert_committee_has_its_day_the_rolled_day_and_one_to_plan_for(
    run: Run,
) -> None:
    told = answer(run, "order", "--served", "2026-11-20", "--days", "30")
    assert (told["strict"], told["statutory_due"], told["internal_target"]) == (
        *("2026-12-20", "2026-12-21", "2026-12-18"),
    )
    assert told["be"] == "20 ธันวาคม พ.ศ. 2569"
    assert {step["reference"] for step in told["why"]} >= {"Civil and Commercial Code s.193/8"}
    refused = run("law", "order", "--served", "22/11/69")
    assert refused.exit_code == 2

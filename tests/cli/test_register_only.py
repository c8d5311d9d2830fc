"""Commands that need the register and nothing else: the disclosure register and orders, on a real database."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from domain.refusals import Refused, Scope
from domain.states import State
from tests.cases.samples import leave_out
from tests.cli.conftest import Run
from tests.cli.counter import EMAIL, Counter, counter

__all__ = ["counter"]

CODE, WHY = ("--reason", "HELP-4711"), ("--reason", "asked by letter")
ENTRY = (
    *("disclose", "add", "--recipient", "กองบังคับการปราบปราม", "--power", "ป.วิ.อ. มาตรา 132"),
    *("--order", "ตช 0026.21/4711", "--unit", "billing", "--unit", "account", *WHY),
)


def test_a_disclosure_is_entered_and_listed_with_an_event(counter: Counter, tmp_path: Path) -> None:
    address = tmp_path / "address"
    address.write_text(EMAIL, "utf-8")
    entry = (*ENTRY, "--email", f"@{address}", "--given", "1 พฤศจิกายน 2569", "--secret-until", "30/11/2570")
    entered = counter.told(*entry, "--what", "ใบแจ้งหนี้ปี 2568")["disclosure"]
    assert counter.shown(*entry, "--what", "ใบแจ้งหนี้ปี 2568").strip() == entered
    [listed] = counter.told("disclose", "list", *CODE)["disclosures"]
    assert listed == {
        "id": entered,
        "recipient": "กองบังคับการปราบปราม",
        "power": "ป.วิ.อ. มาตรา 132",
        "order": "ตช 0026.21/4711",
        "units": ["billing", "account"],
        "given_on": "2026-11-01",
        "by": counter.officer,
        "what": "ใบแจ้งหนี้ปี 2568",
        "secret_until": "2027-11-30",
    }
    assert "2027-11-30" in counter.shown("disclose", "list", *CODE)
    looked = (None, counter.officer, {"command": "disclose-list", "reason_code": "HELP-4711"})
    assert counter.events("staff:looked") == [looked, looked]
    assert counter.events("disclosure:entered") == [
        (None, counter.officer, {"disclosure": entered, "identifiers": 1})
    ]


def test_the_disclosures_of_one_person_are_asked_for_by_their_case(counter: Counter) -> None:
    case, reference = counter.case()
    by_phone = counter.told(*ENTRY, "--phone", "081-234-5678")["disclosure"]
    by_case = counter.told(*ENTRY, "--case", reference, "--by", "S-dpo")["disclosure"]
    assert {entry["id"] for entry in counter.told("disclose", "list", *CODE)["disclosures"]} == {
        by_phone,
        by_case,
    }
    [hers] = counter.told("disclose", "list", "--case", reference, *CODE)["disclosures"]
    assert (hers["id"], hers["by"], hers["secret_until"]) == (by_case, "S-dpo", None)
    assert counter.events("staff:looked")[-1][0] == case
    # Another is about an address that the request names: an officer looks first.
    named = counter.told(*ENTRY, "--email", EMAIL)["disclosure"]
    both = counter.told("disclose", "list", "--case", reference, *CODE)
    assert [[one["id"] for one in both[part]] for part in ("disclosures", "perhaps")] == [[by_case], [named]]
    assert "Perhaps of the same person" in counter.shown("disclose", "list", "--case", reference, *CODE)
    unknown = counter.refused("disclose", "list", "--case", "DSR-2569-999999", *CODE)
    assert unknown[0] == 3
    assert counter.refused(*ENTRY, "--case", "DSR-2569-999999")[0] == 3


def test_nobody_enters_or_looks_without_a_credential(counter: Counter) -> None:
    for args in ((*ENTRY, "--email", EMAIL), ("disclose", "list", *CODE)):
        result = counter.run(*args)
        assert (result.exit_code, "credential-missing" in result.stderr) == (4, True)
    assert counter.room.disclosures.all() == ()
    assert counter.events("staff:looked") == []


def test_a_complaint_is_placed_on_its_case_and_told(counter: Counter) -> None:
    case, reference = counter.case()
    placing = ("hold", "place", reference, "--order", "สคส. 7/2569", *WHY)
    complaint = counter.told(*placing, "--kind", "complaint")["order"]
    assert counter.room.holds.binding(case) == (complaint,)
    [listed] = counter.told("hold", "list")["orders"]
    assert (listed["id"], listed["kind"], listed["reference"]) == (complaint, "complaint", reference)
    assert "complaint" in counter.shown("hold", "list")
    assert counter.events("complaint:made") == [(case, counter.officer, {"order": complaint})]
    everybody = counter.refused("hold", "place", "--all", "--kind", "complaint", "--order", "7", *WHY)
    assert everybody == (
        2,
        "error: complaint-without-case (field --kind): name the case of the person who complained\n",
    )
    plain = counter.told(*placing)["order"]
    assert {order["id"]: order["kind"] for order in counter.told("hold", "list")["orders"]} == {
        complaint: "complaint",
        plain: "order",
    }


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (ENTRY, "person-missing (field --email): name the person by --email, --phone or --case"),
        ((*ENTRY, "--email", "malee"), "malformed-email (field --email)"),
        ((*ENTRY, "--email", EMAIL, "--given", "2569-11-01"), "date-in-wrong-era (field --given)"),
        ((*ENTRY, "--email", EMAIL, "--given", "2099-01-01"), "given-in-future (field --given)"),
        (
            (*ENTRY, "--email", EMAIL, "--given", "1/11/2569", "--secret-until", "31/10/2569"),
            "secret-until-too-early (field --secret-until)",
        ),
        ((*ENTRY, "--email", EMAIL, "--secret-until", "soon"), "malformed-date (field --secret-until)"),
        ((*ENTRY, "--email", EMAIL, "--unit", " "), "text-missing (field --unit)"),
        ((*ENTRY, "--email", EMAIL, "--what", "@nowhere.txt"), "file-unreadable (field --what)"),
        (("disclose", "list", "--reason", "Malee asked"), "reason-not-a-code (field --reason)"),
        (
            ("hold", "place", "R", "--kind", "feud", "--order", "7", *WHY),
            "unknown-word (field --kind): use one of order, litigation, complaint",
        ),
    ],
    ids=lambda value: value.split(" ")[0] if isinstance(value, str) else "",
)
def test_bad_input_is_one_line_and_touches_nothing(run: Run, args: tuple[str, ...], line: str) -> None:
    result = run(*args)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith(f"error: {line}")
    assert "malee" not in result.stderr.casefold()


def test_refusals_are_listed_for_who_inspects_and_the_words_of_officers_only_for_who_says_why(
    counter: Counter,
) -> None:
    case, reference = counter.case()
    other, _ = counter.case()
    refusals = counter.room.refusals
    kept = Refused(scope=Scope.RECORDS, ground="EX-LAW", section="s.33 ¶2", items=2, laws=("Act s.14",))
    counter.room.register.park(case, State.LOCATING, "fax", "capability-missing")
    leave_out(counter.room.register, case, "fax", ground="EX-LAW", reason="คุณมาลีขอ", by=counter.officer)
    left = Refused(scope=Scope.SYSTEM, ground="EX-LAW", section="s.33 ¶2", demanded=True, system="fax")
    until = date(2036, 11, 22)
    refusals.record(case, (kept, left), (), letter="L5", policy="1", keep_until=until)
    refusals.record(other, (kept,), (), letter="L5", policy="1", keep_until=until)

    entries = counter.seen("refusals")["refusals"]
    assert len(entries) == 3
    assert all("reasons" not in one and "case" not in one for one in entries)
    [hers] = counter.seen("refusals", reference, "--by-law")["refusals"]
    assert (hers["reference"], hers["right"], hers["scope"], hers["system"]) == (
        *(reference, "erasure", "system", "fax"),
    )
    assert (hers["proposer"], hers["keep_until"], hers["told"]) == (counter.officer, "2036-11-22", None)
    assert "EX-LAW" in counter.run("refusals", reference).stdout
    assert counter.events("staff:looked") == []

    [_, told] = counter.told("refusals", reference, *CODE)["refusals"]
    assert told["reasons"] == ["คุณมาลีขอ"] * 2
    assert counter.events("staff:looked") == [
        (case, counter.officer, {"command": "refusals", "reason_code": "HELP-4711"})
    ]
    assert counter.run("refusals", reference, *CODE).exit_code == 4


def test_a_case_tells_the_policy_and_calendar_that_it_was_opened_under(counter: Counter) -> None:
    _, reference = counter.case()
    [case] = counter.seen("list")["cases"]
    assert (case["reference"], case["policy"], case["calendar"]) == (reference, "1", "1")


def test_an_order_names_data_units_that_there_are(counter: Counter) -> None:
    _, reference = counter.case()
    placing = ("hold", "place", reference, "--order", "คดีดำ 9/2569", *WHY, "--units")
    assert counter.refused(*placing, "U06,U99")[0] == 2
    order = counter.told(*placing, "U06, U07")["order"]
    [listed] = counter.told("hold", "list")["orders"]
    assert (listed["id"], listed["units"]) == (order, ["U06", "U07"])


def test_a_program_is_told_until_it_is_revoked(counter: Counter) -> None:
    url = "https://crm.example/told"
    made = counter.told("webhook", "add", "--url", url, "--event", "case.closed")
    assert made["secret"].startswith("whsec_")
    [listed] = counter.told("webhook", "list")["webhooks"]
    assert (listed["id"], listed["url"], listed["events"]) == (made["id"], url, ["case.closed"])
    assert made["secret"] not in counter.shown("webhook", "list")
    assert counter.shown("webhook", "retry", made["id"]) == f"{made['id']}: 0 to be told again\n"
    assert counter.shown("webhook", "revoke", made["id"]) == f"{made['id']}: revoked\n"
    assert counter.told("webhook", "list")["webhooks"][0]["revoked"] is True
    assert counter.refused("webhook", "add", "--url", "http://crm.example/told")[0] == 2
    assert counter.refused("webhook", "add", "--url", url, "--event", "case.everything")[0] == 2
    assert counter.refused("webhook", "revoke", "W-nobody")[0] == 3

"""The commands as officers use them, on a real stack: every effect through worker, Temporal and PostgreSQL."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
import pyzipper

from demo import scenarios as people
from domain.calendar import BUDDHIST_OFFSET, day_in_bangkok
from tests.cli.stack import ROOT, Terminal, end, program

pytestmark = pytest.mark.slow

WHY = ("--reason", "asked by letter")
CODE = ("--reason", "HELP-4711")


@dataclass(frozen=True)
class Office:
    """Two members of staff and a passer-by, each at a terminal."""

    nobody: Terminal
    officer: Terminal
    approver: Terminal
    ids: tuple[str, str]


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="sitthi-test-"))
    home.chmod(0o711)  # as root PostgreSQL runs as nobody, who must be able to pass
    process = program(home / "var")
    yield home / "var"
    end(process)
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def office(var: Path) -> Office:
    nobody = Terminal(var)
    first = nobody.told("staff", "add", "--name", "-", "--role", "officer", given="Somying Jaidee")
    officer = Terminal(var, first["credential"])
    second = officer.told("staff", "add", "--name", "Wichai Meesuk", "--role", "approver")
    assert (first["first"], second["first"]) == (True, False)
    return Office(nobody, officer, Terminal(var, second["credential"]), (first["id"], second["id"]))


def opened(office: Office, right: str, email: str, *more: str) -> str:
    told = office.officer.told("open", "--right", right, "--email", "-", *more, given=email)
    reference: str = told["cases"][0]["reference"]
    return reference


def up_to_the_decision(office: Office, right: str, email: str, *more: str) -> str:
    reference = opened(office, right, email, *more)
    assert office.nobody.told("status", reference, "--wait")["waits_for"] == "identity"
    office.officer.told("verify", reference, "--method", "masked-document", *WHY)
    assert office.nobody.told("status", reference, "--wait")["waits_for"] == "decision"
    return reference


def test_the_first_of_the_staff_is_added_by_the_engine_and_the_second_by_the_first(office: Office) -> None:
    first, second = office.ids
    added = office.nobody.events("staff:added")
    assert [(actor, facts["staff"]) for actor, facts in added[:2]] == [("engine", first), (first, second)]
    assert office.nobody.refused("staff", "add", "--name", "N", "--role", "officer") == (
        4,
        "credential-missing",
    )


def test_without_a_good_credential_nothing_is_done(office: Office) -> None:
    act = ("open", "--right", "access", "--email", "a@b.co")
    before = office.nobody.told("list")["cases"]
    assert office.nobody.refused(*act) == (4, "credential-missing")
    wrong = Terminal(office.nobody.var, office.officer.credential[:-1] + "x")
    assert wrong.refused(*act) == (4, "credential-refused")
    assert office.nobody.told("list")["cases"] == before


def test_who_is_disabled_acts_no_more(office: Office, tmp_path: Path) -> None:
    made = office.officer.told("staff", "add", "--name", "N", "--role", "officer")
    file = tmp_path / "credential"
    file.write_text(made["credential"] + "\n")
    listed = ("staff", "list", "--credential", f"@{file}", "--json")
    ids = {member["id"] for member in json.loads(office.nobody.done(*listed))["staff"]}
    assert {*office.ids, made["id"]} <= ids
    office.officer.done("staff", "disable", made["id"])
    assert office.nobody.refused(*listed) == (4, "credential-refused")
    assert office.officer.refused("staff", "disable", office.ids[0]) == (4, "own-credential")
    assert office.officer.refused("staff", "disable", "S-nobody") == (3, "staff-unknown")


def test_a_copy_from_the_letter_to_the_files(office: Office, tmp_path: Path) -> None:
    email, came = people.LEAD.email, day_in_bangkok(datetime.now(UTC)) - timedelta(days=3)
    thai = f"{came.day}/{came.month}/{came.year + BUDDHIST_OFFSET}"
    reference = up_to_the_decision(
        office, "access", email, "--received", thai, "--channel", "letter", "--language", "en"
    )
    assert reference.startswith(f"DSR-{came.year + BUDDHIST_OFFSET}-")
    plan = office.nobody.told("plan", reference)
    assert {group["outcome"] for group in plan["groups"]} == {"copy"}
    rows = office.nobody.done("plan", reference, "--rows").splitlines()
    assert len(rows) == sum(group["items"] for group in plan["groups"])
    decided = office.officer.told("propose", reference, "--digest", plan["plan"]["digest"], *WHY)
    assert (decided["complete"], decided["proposer"]) == (True, office.ids[0])
    closed = office.nobody.told("status", reference, "--wait")
    assert (closed["state"], closed["ending"], closed["waits_for"]) == ("closed", "fulfilled", "nothing")
    due = came + timedelta(days=30)
    assert (closed["received_on"], closed["due_on"]) == (came.isoformat(), due.isoformat())

    out = tmp_path / "out"
    files = office.officer.told("export", reference, "--out", str(out), *CODE)["files"]
    assert {file["name"] for file in files} == {"L1.pdf", "L4.pdf", "bundle.zip"}
    for file in files:
        path = Path(file["path"])
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (package,) = (file for file in files if file["name"] == "bundle.zip")
    assert package["sha256"] == closed["bundle"]["sha256"]
    assert email in "".join(_texts(Path(package["path"])))
    looked = office.nobody.events("staff:looked")
    assert (office.ids[0], {"command": "export", "reason_code": "HELP-4711"}) in looked
    assert office.nobody.events("bundle:exported")[-1][0] == office.ids[0]


def _texts(package: Path) -> Iterator[str]:
    with zipfile.ZipFile(package) as archive:
        for name in archive.namelist():
            if name.endswith((".json", ".csv")):
                yield archive.read(name).decode("utf-8-sig")


def test_an_erasure_takes_two_people_and_their_words_are_kept_to_the_plan(
    office: Office, tmp_path: Path
) -> None:
    reference = up_to_the_decision(office, "erasure", people.FORMER_CUSTOMER.email)
    plan = office.nobody.told("plan", reference)
    digest, groups = plan["plan"]["digest"], plan["groups"]
    older = ("propose", reference, "--digest", "0" * 64, *WHY)
    assert office.officer.refused(*older) == (5, "plan-is-older")
    assert office.approver.refused("confirm", reference, *WHY) == (5, "nothing-proposed")
    assert office.officer.told("propose", reference, "--digest", digest, *WHY)["complete"] is False
    assert office.officer.refused("propose", reference, *WHY) == (5, "already-proposed")
    assert office.officer.refused("confirm", reference, *WHY) == (4, "same-person")
    decided = office.approver.told("confirm", reference, *WHY)
    assert (decided["digest"], decided["proposer"], decided["confirmer"]) == (digest, *office.ids)
    assert office.approver.refused("confirm", reference, *WHY) == (5, "already-decided")
    assert office.nobody.told("status", reference, "--wait")["waits_for"] == "cooling-off"
    office.officer.done("proceed", reference, *CODE)
    closed = office.nobody.told("status", reference, "--wait")
    assert (closed["state"], closed["ending"]) == ("closed", "partial")
    owed = [each for each in closed["obligations"] if each["kind"] == "held-records"]
    assert {each["due_on"] > "2029-12-31" for each in owed} == {True}
    assert sum(each["items"] for each in owed) == sum(group["items"] for group in groups if group["until"])
    assert office.officer.refused("proceed", reference, *CODE)[0] == 5
    files = office.officer.told("export", reference, "--out", str(tmp_path), *CODE)["files"]
    assert "certificate.pdf" in {file["name"] for file in files}
    protected = office.officer.told("export", reference, "--out", str(tmp_path), "--archive", *CODE)
    with pyzipper.AESZipFile(protected["files"][0]["path"]) as archive:
        inside = archive.read("certificate.pdf", pwd=protected["passphrase"].encode())
    assert inside == (tmp_path / reference / "certificate.pdf").read_bytes()


def test_who_phones_while_it_cools_may_call_the_erasure_off(office: Office) -> None:
    reference = up_to_the_decision(office, "erasure", people.SHARED_ADDRESS.email)
    assert office.officer.refused("call-off", reference, *CODE) == (5, "not-cooling")
    office.officer.told("propose", reference, *WHY)
    office.approver.told("confirm", reference, *WHY)
    assert office.nobody.told("status", reference, "--wait")["waits_for"] == "cooling-off"
    cooling = office.nobody.told("status", reference)
    # No address was proved, so the letter went nowhere, and silence means nothing.
    assert cooling["cooling_ends"] is None
    assert "hand-over-DECISION" in {task["code"] for task in cooling["tasks"]}
    office.officer.done("call-off", reference, *CODE)
    closed = office.nobody.told("status", reference, "--wait")
    assert (closed["ending"], closed["receipts"], closed["obligations"]) == ("called-off", [], [])
    told = [facts["reason_code"] for who, facts in office.nobody.events("cooling:called-off")]
    assert told == ["HELP-4711"]


def test_of_two_who_share_an_address_an_officer_chooses(office: Office) -> None:
    reference = opened(office, "access", people.SAME_EMAIL.email)
    assert office.nobody.told("status", reference, "--wait")["waits_for"] == "choice"
    assert office.nobody.refused("candidates", reference, *CODE) == (4, "credential-missing")
    persons = office.officer.told("candidates", reference, *CODE)["candidates"]
    assert len(persons) == 2
    assert all(row["shown"] for rows in persons for row in rows)
    told = (office.ids[0], {"command": "candidates", "reason_code": "HELP-4711"})
    assert told in office.nobody.events("staff:looked")
    assert office.officer.refused("choose", reference, "3", *WHY) == (2, "no-such-candidate")
    for terminal in (office.officer, office.approver):
        terminal.done("choose", reference, "none", *WHY)
    assert office.officer.refused("choose", reference, "1", *WHY) == (5, "already-chosen")


def test_a_refusal_stands_on_a_ground_of_that_right(office: Office) -> None:
    reference = up_to_the_decision(office, "access", people.BOTH_ROLES.email)
    wrong = office.officer.run("refuse", reference, "--ground", "R31-SCOPE", *WHY)
    assert wrong.exit_code == 2
    assert "ground-does-not-refuse" in wrong.stderr
    assert "R30-LAW" in wrong.stderr
    assert (
        office.officer.told("refuse", reference, "--ground", "R30-LAW", "--harm", "names a witness", *WHY)[
            "complete"
        ]
        is False
    )
    assert office.approver.told("confirm", reference, *WHY)["approved"] is False
    assert office.nobody.told("status", reference, "--wait")["ending"] == "refused"


def test_what_cannot_be_done_changes_nothing(office: Office) -> None:
    before = office.nobody.told("list")["cases"]
    nobodys = ("open", "--right", "rectification", "--email", "a@b.co", "--set", "shoe_size=41")
    assert office.officer.refused(*nobodys) == (2, "field-without-owner")
    unknown = ("open", "--right", "access", "--email", "a@b.co", "--set", "units=shoes")
    assert office.officer.refused(*unknown) == (2, "unit-unknown")
    assert office.nobody.refused("status", "DSR-2569-999999") == (3, "case-unknown")
    assert office.officer.refused("propose", "DSR-2569-999999", *WHY) == (3, "case-unknown")
    assert office.officer.refused("hold", "release", "h-none", *WHY) == (3, "order-unknown")
    assert office.nobody.told("list")["cases"] == before


def test_a_case_is_stopped_held_and_told_why_more_time_is_not_given(office: Office) -> None:
    reference = opened(office, "access", people.TENANT_CONTACT.email)
    assert office.officer.refused("extend", reference, "--days", "7", *WHY) == (5, "no-power-to-extend")
    repair = ("repair", reference, "siamcrm")
    assert office.officer.refused(*repair, "--retry", *WHY) == (5, "system-not-parked")
    unknown = office.officer.refused(*repair, "--skip", "--ground", "BECAUSE", *WHY)
    assert unknown == (2, "ground-unknown")
    order = office.officer.told("hold", "place", reference, "--order", "Black 7/2569", *WHY)["order"]
    (listed,) = office.officer.told("hold", "list")["orders"]
    assert (listed["id"], listed["reference"]) == (order, reference)
    office.officer.done("hold", "release", order, *WHY)
    office.nobody.told("status", reference, "--wait")
    assert office.officer.refused("cancel", reference, *WHY) == (2, "mistake-or-ground")
    office.officer.done("cancel", reference, "--mistake", "test", *WHY)
    assert office.nobody.told("status", reference, "--wait")["ending"] == "stopped"
    assert office.officer.refused("cancel", reference, "--mistake", "test", *WHY) == (5, "case-is-closed")


def test_two_rights_of_one_request_one_of_them_amended_and_what_comes_after(office: Office) -> None:
    asked = ("--right", "withdrawal", "--right", "rectification", "--set", "phone=081-555-0000")
    told = office.officer.told("open", *asked, "--email", "-", given=people.ACTIVE_CUSTOMER.email)
    of = {case["right"]: case["reference"] for case in told["cases"]}
    corrected, withdrawn = of["rectification"], of["withdrawal"]
    assert office.nobody.told("status", withdrawn, "--wait")["identity"]["needed"] == "address"
    assert office.nobody.told("status", corrected, "--wait")["waits_for"] == "identity"
    office.officer.told("verify", withdrawn, "--method", "call-back", *WHY)
    stopped = office.nobody.told("status", withdrawn, "--wait")
    assert stopped["ending"] in {"fulfilled", "partial"}
    assert "follows" in {link["relation"] for link in stopped["links"]}

    office.officer.told("verify", corrected, "--method", "masked-document", *WHY)
    first = office.nobody.told("status", corrected, "--wait")
    assert (first["waits_for"], first["wish"]["fields"]) == ("decision", ["phone"])
    amended = office.officer.told("amend", corrected.lower(), "--set", "phone=081-666-0000", *WHY)
    assert amended == {"reference": corrected, "amended": "scope"}
    asked_now = office.officer.told("wish", corrected, *CODE)
    assert asked_now["asked"] == {"phone": "081-666-0000"}
    second = office.nobody.told("status", corrected, "--wait")
    assert (second["waits_for"], second["plan"]["version"]) == ("decision", first["plan"]["version"] + 1)
    office.officer.done("progress", corrected, "--because", "volume", "--expected", "31 ธันวาคม 2600")
    assert office.officer.told("retime", corrected, *WHY)["moved"] is False
    office.officer.told("propose", corrected, *WHY)
    assert office.nobody.told("status", corrected, "--wait")["ending"] == "fulfilled"
    died = ("amend", corrected, "--died", "death-certificate", *WHY)
    assert office.officer.refused(*died) == (5, "fulfilment-has-begun")

    (again,) = office.officer.told("reopen", corrected, *WHY)["cases"]
    assert again["links"][0]["reference"] == corrected
    assert office.officer.refused("reopen", again["reference"], *WHY) == (5, "case-is-open")
    office.nobody.told("status", again["reference"], "--wait")
    office.officer.done("withdraw", again["reference"], *CODE)
    assert office.nobody.told("status", again["reference"], "--wait")["ending"] == "withdrawn"

    with psycopg.connect(office.nobody.owner()) as owner:  # what the register writes, of a day that is over
        owner.execute(
            "INSERT INTO obligations (id, case_id, plan_version, kind, system, code, due_on, items, rules, owed) "
            "SELECT 'o-over', id, 0, 'backups', 'test', '', '2026-11-01', 0, '[]', now() FROM cases "
            "WHERE reference = %s",
            (corrected,),
        )
    assert office.nobody.refused("release") == (4, "credential-missing")
    released = office.officer.told("release")
    assert (released["due"], released["met"], released["still_due"]) == (1, 1, 0)
    owed = office.nobody.told("obligations", corrected)["obligations"]
    assert {one["id"]: one["met"] for one in owed}["o-over"] is True


def test_the_same_key_opens_one_request(office: Office) -> None:
    first = opened(office, "access", people.UNKNOWN.email, "--once", "letter-7")
    assert opened(office, "access", people.UNKNOWN.email, "--once", "letter-7") == first


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"SITTHI_TEMPORAL_ADDRESS": "127.0.0.1:9"}, "temporal-unreachable"),
        (
            {
                "DATABASE_URL": "postgresql://sitthi_app:x@127.0.0.1:9/sitthi",
                "SITTHI_DATABASE_OWNER_URL": "postgresql://sitthi_owner:x@127.0.0.1:9/sitthi",
            },
            "database-unreachable",
        ),
    ],
)
def test_a_part_that_cannot_be_reached_is_named_and_nothing_is_half_opened(
    office: Office, settings: dict[str, str], code: str
) -> None:
    before = office.nobody.told("list")["cases"]
    act = ("open", "--right", "access", "--email", "a@b.co")
    assert office.officer.refused(*act, **settings) == (6, code)
    assert office.nobody.told("list")["cases"] == before


def test_looking_shows_nothing_of_the_person(office: Office) -> None:
    reference = opened(office, "access", people.ACTIVE_CUSTOMER.email, "--name", "พิมพ์ชนก วงศ์ทอง")
    shown = office.nobody.done("status", reference, "--wait") + office.nobody.done("list")
    assert reference in shown
    for mark in ("pimchanok", "พิมพ์ชนก", "Wongthong"):
        assert mark not in shown


def test_the_chain_is_walked_and_the_first_broken_link_named(office: Office) -> None:
    whole = office.nobody.told("audit", "verify")
    assert whole["intact"] is True
    head = f"{whole['events']}:{whole['head']}"
    assert office.nobody.told("audit", "verify", "--published", head)["intact"] is True
    with psycopg.connect(office.nobody.owner(), autocommit=True) as owner:
        owner.execute("ALTER TABLE events DISABLE TRIGGER USER")  # which only the owner can
        owner.execute("UPDATE events SET actor = 'person' WHERE seq = 2")
        try:
            broken = office.nobody.run("audit", "verify", "--json")
        finally:
            owner.execute("UPDATE events SET actor = %s WHERE seq = 2", (office.ids[0],))
            owner.execute("ALTER TABLE events ENABLE TRIGGER USER")
    assert broken.exit_code == 8
    assert json.loads(broken.stdout) == {"intact": False, "first_broken": {"seq": 2, "why": "changed"}}
    assert "audit-chain-broken (seq 2, why changed)" in broken.stderr


def test_the_doctor_finds_all_well_and_names_what_is_not(office: Office) -> None:
    told = office.nobody.told("doctor")
    assert told["healthy"] is True
    assert {part["state"] for part in told["parts"]} == {"ok"}
    systems = {f"system {name}" for name in ("siamcrm", "siamfiles", "stripe", "sendgrid")}
    assert {"key store", *systems, "workers", "portal"} <= {part["part"] for part in told["parts"]}
    ill = office.nobody.run(
        "doctor", "--json", SITTHI_TEMPORAL_ADDRESS="127.0.0.1:9", SITTHI_POLICY="nowhere"
    )
    wrong = {p["part"]: p for p in json.loads(ill.stdout)["parts"] if p["state"] == "wrong"}
    assert ill.exit_code == 2
    assert wrong["policy"]["mend"]


def test_the_codec_server_asks_for_the_token_that_it_made(office: Office) -> None:
    told = json.loads((office.nobody.var / "running.json").read_text("utf-8"))
    address = f"http://127.0.0.1:{told['SITTHI_CODEC_PORT']}/decode"
    file = office.nobody.var / "keys" / "codec.token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    asked: dict[str, list[str]] = {"payloads": []}
    with httpx.Client(trust_env=False) as client:
        assert client.post(address, json=asked).status_code == 401
        bearer = {"authorization": f"Bearer {file.read_text('utf-8').strip()}"}
        assert client.post(address, json=asked, headers=bearer).status_code == 200


def test_as_a_program_it_answers_fast_and_keeps_facts_and_remarks_apart(office: Office) -> None:
    env = {"PATH": os.defpath, "SITTHI_VAR": str(office.nobody.var), "NO_COLOR": "1"}
    command = [sys.executable, str(ROOT / "starter.py")]
    listed = subprocess.run([*command, "list"], env=env, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "DSR-" in listed.stdout
    assert (listed.stderr, "\x1b" in listed.stdout) == ("", False)

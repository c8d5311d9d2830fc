"""Commands that need the register and nothing else: the disclosure register and orders, on a real database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import create_engine, text

import cli.office
from cases import Room, migrate, open_keystore, open_room, prepare_keystore
from domain.deadlines import Authority, Terms
from domain.identifiers import IdentifierKind, identifier
from domain.ports import Intake
from domain.rights import Right
from policy.load import load_policy
from security.keyfile import LocalKeyFile
from security.keyring import KeyRing
from tests.cli.conftest import Run
from tests.cli.stack import ROOT
from tests.support.databases import Database

APP = "sitthi_app"
EMAIL = "malee.jaidee@example.com"
CODE, WHY = ("--reason", "HELP-4711"), ("--reason", "asked by letter")
ENTRY = (
    *("disclose", "add", "--recipient", "กองบังคับการปราบปราม", "--power", "ป.วิ.อ. มาตรา 132"),
    *("--order", "ตช 0026.21/4711", "--unit", "billing", "--unit", "account", *WHY),
)
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


class Standing:
    def now(self) -> datetime:
        return NOW


@dataclass(frozen=True)
class Counter:
    """A register, somebody who may act in it, and their terminal."""

    room: Room
    register: Database
    officer: str
    credential: str
    run: Run

    def told(self, *args: str) -> dict[str, Any]:
        result = self.run(*args, "--json", "--credential", f"@{self.credential}")
        assert result.exit_code == 0, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def shown(self, *args: str) -> str:
        result = self.run(*args, "--credential", f"@{self.credential}")
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def refused(self, *args: str) -> tuple[int, str]:
        result = self.run(*args, "--credential", f"@{self.credential}")
        return result.exit_code, result.stderr

    def case(self) -> tuple[str, str]:
        """The id and the reference of a fresh case of hers."""
        intake = Intake(
            rights=(Right.ERASURE,),
            channel="web",
            received=NOW,
            language="th",
            identifiers=(identifier(IdentifierKind.EMAIL, EMAIL),),
        )
        day = date(2026, 12, 22)
        terms = Terms(
            received_on=date(2026, 11, 22),
            strict=day,
            rolled=day,
            target=day,
            decide_by=date(2026, 12, 1),
            verify_by=NOW + timedelta(days=7),
            due=NOW + timedelta(days=30),
            authority=Authority.STATUTE,
            reference="cl. 3",
            policy="1",
            calendar="1",
        )
        [case] = self.room.register.open_request(intake, {Right.ERASURE: terms})
        return case.id, case.reference

    def events(self, name: str) -> list[tuple[str | None, str, dict[str, Any]]]:
        engine = create_engine(self.register.app)
        try:
            with engine.connect() as connection:
                told = text("SELECT case_id, actor, facts FROM events WHERE event = :name ORDER BY seq")
                rows = connection.execute(told, {"name": name})
                return [(row.case_id, row.actor, row.facts) for row in rows]
        finally:
            engine.dispose()


@pytest.fixture
def counter(
    register_database: Callable[[], Database], tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Counter]:
    register, keys = register_database(), register_database()
    migrate.upgrade(register.owner, APP)
    prepare_keystore(keys.owner, APP)
    store = open_keystore(keys.app)
    ring = KeyRing(store, LocalKeyFile(tmp_path / "keys.json"))
    room = open_room(register.app, ring, Standing(), load_policy(ROOT / "policy"))

    @contextmanager
    def open_house() -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(room=room, settings=SimpleNamespace(staff_credential=None))

    monkeypatch.setattr(cli.office, "open_house", open_house)
    officer, secret = room.staff.add("วิชัย", "dpo")
    credential = tmp_path / "credential"
    credential.write_text(secret, "utf-8")
    yield Counter(room, register, officer, str(credential), run)
    room.close()
    store.close()


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

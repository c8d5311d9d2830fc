"""What officers see and do of a case on its way, as far as the register alone knows it: on a real database."""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from typer.testing import Result

import cli.office
from domain.acting import RULES, Acting, Capacity
from domain.aftermath import Owed
from domain.assurance import Method
from domain.case import Moved
from domain.delivery import Document
from domain.errors import Unavailable
from domain.identifiers import IdentifierKind, identifier
from domain.item import Candidate
from domain.links import Amendment
from domain.outcomes import Ending, Outcome
from domain.ports import Proposal
from domain.rights import Right
from domain.states import State
from tests.cases.samples import hold, planned
from tests.cli.counter import EMAIL, NOW, Counter, counter

pytestmark = pytest.mark.slow

__all__ = ["counter"]

CODE, WHY = ("--reason", "HELP-4711"), ("--reason", "asked by letter")
NEW_PHONE = "081-999-0000"


def plain(result: Result) -> tuple[int, str]:
    """Exit code and error code, in one line."""
    assert result.stderr.count("\n") == 1, result.stderr
    return result.exit_code, result.stderr.removeprefix("error: ").split(" ")[0].rstrip(":\n")


def refused(counter: Counter, *args: str) -> tuple[int, str]:
    return plain(counter.run(*args, "--credential", f"@{counter.credential}"))


def known(counter: Counter, case: str, row: int = 7) -> None:
    """The person is found, alone, and has shown who she is."""
    found = Candidate(system="siamcrm", locator={"id": row}, shown={}, addresses=(), same_as=f"user:{row}")
    counter.room.vault.put_candidates(case, [found])
    counter.room.identity.record(case, Method.IN_PERSON, actor=counter.officer, reason="seen")


def test_a_status_tells_what_is_asked_in_codes_and_never_a_value(counter: Counter) -> None:
    _, reference = counter.case(
        Right.RECTIFICATION,
        changes={"phone": NEW_PHONE, "units": "U01"},
        agent="ทนายสมศักดิ์",
        authority="หนังสือมอบอำนาจ",
    )
    told = counter.seen("status", reference.lower())
    assert told["wish"] == {
        "units": ["U01"],
        "against": [],
        "because": None,
        "purposes": [],
        "transfer_to": None,
        "fields": ["phone"],
        "unknown": 0,
        "agent": True,
    }
    assert told["identity"] == {"level": "none", "needed": "identity", "address_proved": False}
    shown = counter.run("status", reference).stdout + counter.run("status", reference, "--json").stdout
    for word in (NEW_PHONE, "สมศักดิ์", "มอบอำนาจ", EMAIL):
        assert word not in shown
    assert "to correct phone; only U01; by an agent" in shown


def test_a_status_says_whose_authority_is_still_to_be_shown(counter: Counter) -> None:
    case, reference = counter.case(Right.ACCESS, agent="ทนายสมศักดิ์", authority="หนังสือมอบอำนาจ")
    counter.at(State.VERIFYING, case)

    def waits() -> tuple[str, str]:
        told = counter.seen("status", reference)
        return told["waits_for"], told["command"]

    assert waits() == ("authority", f"authorise {reference} --capacity CODE")
    parent = Capacity.PARENT
    seen = Acting(capacity=parent, shown=tuple(RULES[parent].needs), born_on=date(2020, 5, 1))
    counter.room.identity.authorise(case, seen, actor=counter.officer, reason="papers seen")
    assert waits() == ("authority", f"authorise {reference} --second")
    counter.room.identity.second_authority(case, actor="S-ANOTHER", reason="papers seen")
    assert waits()[0] == "identity"


def test_what_is_no_code_of_the_company_is_counted_and_not_shown(counter: Counter) -> None:
    _, withdrawal = counter.case(Right.WITHDRAWAL, changes={"purpose": "marketing_email,0819990000"})
    wish = counter.seen("status", withdrawal)["wish"]
    assert (wish["purposes"], wish["unknown"]) == (["marketing_email"], 1)
    _, transfer = counter.case(Right.PORTABILITY, changes={"transfer-to": "Malee-Jaidee"})
    wish = counter.seen("status", transfer)["wish"]
    assert (wish["transfer_to"], wish["unknown"]) == (None, 1)


def test_a_status_tells_letters_with_what_became_of_their_links(counter: Counter) -> None:
    case, reference = counter.case()
    letters, links = counter.room.letters, counter.room.deliveries
    letters.queue(case, "L1", "letters/L1.pdf", "0" * 64)
    second = letters.queue(case, "L4", "letters/L4.pdf", "1" * 64)
    letters.sent(second.id, NOW)
    document = Document(name="L4.pdf", kind="L4", ref="letters/L4.pdf", sha256="1" * 64, size=9)
    address = identifier(IdentifierKind.EMAIL, EMAIL)
    link = links.link(second.id, address, [document], expires=NOW + timedelta(days=9), proved=True)
    assert link is not None
    links.sent(link.id)
    session = links.open(link.token, links.code(link.token).code)
    links.fetch(session, "L4.pdf")
    links.fetch(session, "L4.pdf")
    untold = {"fate": "", "posted": None}
    assert counter.seen("status", reference)["letters"] == [
        {"code": "L1", "state": "queued", "sent": None, "opened": 0, "fetched": 0, "revoked": 0, **untold},
        {
            "code": "L4",
            "state": "sent",
            "sent": NOW.isoformat(),
            "opened": 1,
            "fetched": 2,
            "revoked": 0,
            **untold,
        },
    ]
    assert "opened 1, fetched 2" in counter.run("status", reference).stdout


def test_a_parked_system_shows_code_meaning_mend_and_in_whose_hand(counter: Counter) -> None:
    case, reference = counter.case()
    counter.room.register.park(case, State.LOCATING, "siamcrm", "no-answer-in-time")
    counter.room.register.hand(case, "siamcrm", counter.officer, actor=counter.officer)
    told = counter.seen("status", reference)
    [parked] = told["parked"]
    assert (parked["code"], parked["hand"]) == ("no-answer-in-time", counter.officer)
    assert parked["meaning"].keys() == parked["mend"].keys() == {"th", "en"}
    assert (told["waits_for"], told["command"]) == ("repair", f"repair {reference} siamcrm --retry")
    shown = " ".join(counter.run("status", reference).stdout.split())
    assert f"in the hand of {counter.officer}" in shown
    assert parked["mend"]["en"][:40] in shown
    say = counter.room.register.leaving_out
    say(case, "siamcrm", ground="EX-CLAIM", actor=counter.officer, reason="its owner is gone")
    told = counter.seen("status", reference)
    assert (told["parked"][0]["ground"], told["parked"][0]["proposer"]) == ("EX-CLAIM", counter.officer)
    assert told["command"] == f"repair {reference} siamcrm --skip --ground EX-CLAIM"
    shown = " ".join(counter.run("status", reference).stdout.split())
    assert f"left out on EX-CLAIM, says {counter.officer}: another member" in shown


def test_a_status_tells_who_proposed_and_that_a_second_person_is_due(counter: Counter) -> None:
    case, reference = counter.case()
    counter.at(State.DECIDING, case)
    plan = counter.room.plans.write(case, ())
    assert counter.seen("status", reference)["decision"] is None
    proposal = Proposal(digest=plan.digest, approved=True, actor=counter.officer, reason="read")
    counter.room.plans.propose(case, proposal, confirm=True)
    told = counter.seen("status", reference)
    assert told["decision"] == {
        "approved": True,
        "ground": "",
        "proposer": counter.officer,
        "confirmer": "",
        "digest": plan.digest,
        "complete": False,
    }
    assert (told["waits_for"], told["command"]) == ("decision", f"confirm {reference}")
    assert "waits for a second person" in counter.run("status", reference).stdout
    counter.room.register.amend(
        case, Amendment(moved=Moved.OF_AGE), actor=counter.officer, reason="eighteen today"
    )
    counter.room.register.apply_amendments(case)
    assert counter.seen("status", reference)["decision"] is None, "the proposal is void"


def test_tasks_are_listed_handed_over_and_done(counter: Counter) -> None:
    (case, reference), (_, other) = counter.case(), counter.case(Right.ACCESS)
    counter.room.register.open_task(case, "hand-over-L5")
    [task] = counter.seen("tasks")["tasks"]
    assert all(task[said][language] for said in ("meaning", "mend") for language in ("th", "en"))
    assert (task["reference"], task["code"], task["hand"]) == (reference, "hand-over-L5", "")
    number = str(task["id"])
    assert counter.seen("tasks", other)["tasks"] == []
    counter.shown("tasks", "hand", number, "--to", counter.officer)
    assert counter.seen("tasks", reference.lower())["tasks"][0]["hand"] == counter.officer
    assert counter.seen("status", reference)["tasks"][0]["hand"] == counter.officer
    assert refused(counter, "tasks", "hand", number, "--to", "S-nobody") == (3, "staff-unknown")
    assert refused(counter, "tasks", "hand", "99", "--to", counter.officer) == (3, "task-unknown")
    assert refused(counter, "tasks", "done", "99", *WHY) == (3, "task-unknown")
    assert plain(counter.run("tasks", "done", number, *WHY)) == (4, "credential-missing")
    counter.shown("tasks", "done", number, *WHY)
    assert counter.seen("tasks")["tasks"] == []
    assert counter.seen("tasks", "--all")["tasks"][0]["closed"]
    assert number in counter.run("tasks", "list", "--all").stdout
    assert refused(counter, "tasks", "hand", number, "--to", counter.officer) == (5, "task-done")
    assert plain(counter.run("tasks", "DSR-2569-999999")) == (3, "case-unknown")


def test_a_task_is_closed_while_temporal_is_away(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    case, _ = counter.case()
    counter.room.register.open_task(case, "hand-over-L5")
    [task] = counter.room.tasks.of(case)

    async def connect(_house: object) -> None:
        raise Unavailable("temporal-unreachable")

    monkeypatch.setattr(cli.office, "connect", connect)
    assert "dropped" in counter.shown("tasks", "drop", str(task.id), *WHY)
    [shown] = counter.seen("tasks", "--all")["tasks"]
    assert (bool(shown["closed"]), shown["undone"]) == (True, True)
    counter.room.register.open_task(case, "hand-over-L5", once=True)
    [again] = counter.room.tasks.of(case)
    counter.shown("tasks", "done", str(again.id), *WHY)
    counter.room.register.open_task(case, "hand-over-L5", once=True)
    assert counter.seen("tasks")["tasks"] == []


def test_what_is_owed_is_listed_by_its_day(counter: Counter) -> None:
    (case, reference), (other, _) = counter.case(), counter.case(Right.ACCESS)
    owed = counter.room.obligations
    backups = owed.add(case, Owed.BACKUPS, date(2026, 12, 27))
    letter = owed.add(other, Owed.LETTER, date(2027, 1, 5), code="L9")
    listed = counter.seen("obligations")["obligations"]
    assert [one["id"] for one in listed] == [backups.id, letter.id]
    assert [one["id"] for one in counter.seen("obligations", "--due", "27/12/2569")["obligations"]] == [
        backups.id
    ]
    assert counter.seen("obligations", "--due", "2026-12-26")["obligations"] == []
    owed.meet(backups.id)
    [met] = counter.seen("obligations", reference)["obligations"]
    assert (met["id"], met["met"], met["reference"]) == (backups.id, True, reference)
    assert counter.seen("obligations", reference, "--due", "2027-01-01")["obligations"] == []
    assert "27 ธันวาคม 2569" in counter.run("obligations", reference).stdout


def test_what_is_lost_of_an_obligation_is_settled_by_two(counter: Counter, tmp_path: Path) -> None:
    case, reference = counter.case()
    owed = counter.room.obligations
    counter.room.plans.write(case, [planned(no, Outcome.HOLD, holds=(hold(),)) for no in (1, 2)])
    [held] = owed.owe(case)
    assert refused(counter, "settle", held.id, *WHY) == (5, "nothing-lost")
    owed.move(held.id, held.due_on, lost=[2])
    [listed] = counter.seen("obligations", reference)["obligations"]
    assert (listed["id"], listed["items"], listed["lost"]) == (held.id, 2, 1)
    assert "proposed" in counter.shown("settle", held.id, *WHY)
    assert refused(counter, "settle", held.id, *WHY) == (4, "same-person")
    second, credential = counter.room.staff.add("Second", "officer")
    (tmp_path / "second").write_text(credential, "utf-8")
    told = counter.run("settle", held.id, *WHY, "--json", "--credential", f"@{tmp_path / 'second'}")
    assert json.loads(told.stdout) == {
        "obligation": held.id,
        "items": 1,
        "proposer": counter.officer,
        "confirmer": second,
    }
    assert [item.found.no for item in owed.items(held.id)] == [1]
    assert refused(counter, "settle", "o-none", *WHY) == (3, "obligation-unknown")


def test_duplicates_are_shown_with_the_earlier_as_the_one_that_goes_on(counter: Counter) -> None:
    (_, first), (_, later) = counter.case(), counter.case(days_later=3)
    counter.case(Right.ACCESS)
    counter.case(email="other@example.com")
    for args in ((), (first,), (later.lower(),)):
        [pair] = counter.seen("duplicates", *args)["duplicates"]
        assert (pair["reference"], pair["like"]["reference"]) == (later, first)
        assert pair["command"] == f"merge {later} --into {first}"
    shown = counter.run("duplicates").stdout
    assert first in shown
    assert "malee" not in shown
    assert plain(counter.run("duplicates", "DSR-2569-999999")) == (3, "case-unknown")


def test_cases_are_listed_by_right_step_and_day(counter: Counter) -> None:
    case, erasure = counter.case()
    _, access = counter.case(Right.ACCESS, days_later=10)
    counter.at(State.VERIFYING, case)

    def listed(*args: str) -> set[str]:
        return {each["reference"] for each in counter.seen("list", *args)["cases"]}

    assert listed() == {erasure, access}
    assert listed("--right", "access") == {access}
    assert listed("--step", "verifying") == {erasure}
    assert listed("--step", "received", "--right", "erasure") == set()
    assert listed("--due-before", "2026-12-22") == set()
    assert listed("--due-before", "23 ธันวาคม 2569") == {erasure}
    assert len(listed("--due-before", "2030-01-01", "--limit", "1")) == 1


def test_what_was_written_is_shown_to_staff_alone_and_told(counter: Counter) -> None:
    case, reference = counter.case(
        Right.RECTIFICATION,
        message="โทรเบอร์ใหม่ [bold]",
        changes={"phone": NEW_PHONE},
        agent="A",
        authority="B",
    )
    assert plain(counter.run("wish", reference, *CODE)) == (4, "credential-missing")
    assert counter.events("staff:looked") == []
    told = counter.told("wish", reference.lower(), *CODE)
    assert told == {
        "reference": reference,
        "message": "โทรเบอร์ใหม่ [bold]",
        "asked": {"phone": NEW_PHONE},
        "agent": "A",
        "authority": "B",
    }
    assert counter.events("staff:looked") == [
        (case, counter.officer, {"command": "wish", "reason_code": "HELP-4711"})
    ]
    shown = counter.shown("wish", reference, *CODE)
    assert NEW_PHONE in shown
    assert "[bold]" in shown


def test_a_complaint_is_an_order_on_the_case(counter: Counter) -> None:
    case, reference = counter.case()
    order = counter.told("complaint", reference.lower(), "--order", "สคส. 7/2569", *WHY)["order"]
    [listed] = counter.told("hold", "list")["orders"]
    assert (listed["id"], listed["kind"], listed["reference"]) == (order, "complaint", reference)
    counter.shown("hold", "release", order, *WHY)
    assert counter.room.holds.binding(case) == ()
    unknown = refused(counter, "complaint", "DSR-2569-999999", "--order", "7", *WHY)
    assert unknown == (3, "case-unknown")


def test_fields_are_those_of_the_data_map(counter: Counter) -> None:
    fields: dict[str, list[str]] = counter.seen("fields")["fields"]
    assert "record" in fields["phone"]
    assert "phone" in counter.run("fields").stdout


def test_what_cannot_change_any_more_is_said_and_nothing_is_changed(counter: Counter) -> None:
    case, reference = counter.case(Right.RECTIFICATION, changes={"phone": NEW_PHONE})
    amend = ("amend", reference.lower())
    assert refused(counter, "reopen", reference, *WHY) == (5, "case-is-open")
    assert refused(counter, "review", reference, *WHY) == (5, "case-is-open")
    assert refused(counter, "lift", reference, *WHY) == (5, "nothing-restricted")
    assert refused(counter, *amend, "--right", "rectification", *WHY) == (2, "right-unchanged")
    assert refused(counter, *amend, "--set", "shoe_size=41", *WHY) == (2, "field-without-owner")
    assert refused(counter, *amend, "--set", "phone=", *WHY) == (2, "correction-missing")
    assert refused(counter, *amend, "--set", "units=shoes", *WHY) == (2, "unit-unknown")
    assert refused(counter, *amend, "--reply-to", "x@example.com", *WHY) == (4, "identity-not-shown")
    assert refused(counter, "amend", "DSR-2569-999999", "--died", "death-certificate", *WHY) == (
        3,
        "case-unknown",
    )
    assert plain(counter.run(*amend, "--died", "death-certificate", *WHY)) == (4, "credential-missing")
    counter.at(State.FULFILLING, case)
    assert refused(counter, *amend, "--right", "access", *WHY) == (5, "fulfilment-has-begun")
    assert counter.room.vault.changes(case) == {"phone": NEW_PHONE}
    assert counter.events("case:amended") == []
    assert counter.room.register.unheard(datetime(2100, 1, 1, tzinfo=UTC)) == ()


def test_only_one_verified_person_s_requests_are_merged_and_into_the_earlier(counter: Counter) -> None:
    (first, earlier), (second, later) = counter.case(), counter.case(days_later=3)
    merge = ("merge", later, "--into", earlier.lower(), *WHY)
    assert refused(counter, *merge) == (5, "not-verified")
    known(counter, first)
    known(counter, second, row=8)
    assert refused(counter, *merge) == (5, "different-people")
    third, another = counter.case(days_later=5)
    known(counter, third)
    wrong = refused(counter, "merge", earlier, "--into", another, *WHY)
    assert wrong == (2, "merged-into-later")
    assert refused(counter, "merge", first, "--into", earlier, *WHY) == (2, "merged-with-itself")
    access, _ = counter.case(Right.ACCESS)
    known(counter, access)
    assert refused(counter, "merge", another, "--into", access, *WHY) == (5, "rights-differ")
    assert counter.events("case:merged") == []
    assert counter.room.register.view(second).ending is not Ending.MERGED


def test_only_who_may_act_gets_what_waits_in_hand(counter: Counter) -> None:
    case, reference = counter.case()
    hand = ("hand", reference.lower())
    assert refused(counter, *hand, "fax", "--to", counter.officer) == (2, "system-unknown")
    assert refused(counter, *hand, "siamcrm", "--to", "S-nobody") == (3, "staff-unknown")
    assert refused(counter, *hand, "siamcrm", "--to", counter.officer) == (5, "not-parked")
    counter.room.register.park(case, State.LOCATING, "gone", "unknown-system")
    counter.shown(*hand, "gone", "--to", counter.officer)
    [parked] = counter.room.register.view(case).parked
    assert parked.hand == counter.officer
    leaver, _ = counter.room.staff.add("ลาออก", "officer")
    counter.room.staff.disable(leaver, actor=counter.officer)
    assert refused(counter, *hand, "gone", "--to", leaver) == (3, "staff-unknown")
    repair = ("repair", reference, "fax", "--retry", *WHY)
    assert refused(counter, *repair) == (2, "system-unknown")


def test_of_two_who_add_staff_at_once_one_waits(counter: Counter) -> None:
    made: list[Any] = []
    add = ("staff", "add", "--name", "B", "--role", "officer")
    second = threading.Thread(target=lambda: made.append(counter.told(*add)))
    with counter.room.staff.alone():
        second.start()
        wait_for_a_waiter(counter)
        assert len(counter.room.staff.members()) == 1
    second.join(30)
    assert made[0]["first"] is False
    assert counter.events("staff:added")[-1][1] == counter.officer


def wait_for_a_waiter(counter: Counter) -> None:
    engine = create_engine(counter.register.app)
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
        "WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
    )
    until = datetime.now(UTC) + timedelta(seconds=20)
    try:
        with engine.connect() as connection:
            while not connection.scalar(waiting):
                connection.rollback()
                if datetime.now(UTC) > until:
                    pytest.fail("nobody waits")
    finally:
        engine.dispose()

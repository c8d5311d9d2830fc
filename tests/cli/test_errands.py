"""`errands`: whom people are to look for, and what they answer; an answer without evidence is none."""

from __future__ import annotations

import email
import json
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from cases.errands import ErrandRegister
from connectors.manual import ManualConnector
from connectors.manual_map import load_manual_map
from domain.errands import Asks, Errand, Question, Result, Wanted
from domain.errors import NotAllowed
from domain.identifiers import IdentifierKind, identifier
from domain.states import State
from tests.cli.counter import EMAIL, STEPS, Counter, counter

pytestmark = pytest.mark.slow

__all__ = ["counter"]

CODE = ("--reason", "HELP-1")
MAP = Path(__file__).parents[1] / "contract" / "manual.map.yaml"
HERS = identifier(IdentifierKind.EMAIL, EMAIL)
RECORDS = (Wanted(kind="personnel_file", ref="HR-1"), Wanted(kind="call", ref="C-7"))


@pytest.fixture
def desk(counter: Counter) -> Counter:
    """The counter of a company that keeps an archive beside its CRM."""
    counter.connectors["archive"] = ManualConnector("archive", load_manual_map("archive", MAP), None)
    return counter


def asked(counter: Counter, asks: Asks = Asks.FIND) -> Errand:
    case, _ = counter.case()
    question = Question(asks=asks, identifiers=(HERS,), name="มาลี ใจดี")
    if asks is not Asks.FIND:
        question = Question(asks=asks, records=RECORDS)
    errands: ErrandRegister = counter.room.errands
    return errands.ask(case, "archive", f"k-{asks}", question, within_days=7)


def test_the_list_names_nobody_and_the_errand_tells_all_that_is_needed(desk: Counter) -> None:
    errand = asked(desk)
    [listed] = desk.seen("errands", "list")["errands"]
    assert (listed["id"], listed["system"], listed["asks"], listed["due_on"]) == (
        errand.id,
        "archive",
        "find",
        "2026-11-29",
    )
    assert "find" in desk.shown_to_anybody("errands", "list", listed["reference"])
    told = desk.told("errands", "show", str(errand.id), *CODE)
    assert (told["name"], told["known_by"], told["keeper"]) == ("มาลี ใจดี", [EMAIL], "ฝ่ายบุคคล")
    assert [one["kind"] for one in told["kinds"]] == ["personnel_file", "call"]
    assert "ห้องเก็บเอกสาร" in desk.shown("errands", "show", str(errand.id), *CODE)
    looked = desk.events("staff:looked")[0]
    assert looked == (errand.case, desk.officer, {"command": "errands-show", "reason_code": "HELP-1"})
    assert desk.refused_to_anybody("errands", "show", str(errand.id), *CODE)[0] == 4
    assert desk.refused("errands", "show", "4711", *CODE)[0] == 3


def test_what_was_found_is_answered_by_kind_mark_note_and_dates(desk: Counter, tmp_path: Path) -> None:
    errand, more = asked(desk), tmp_path / "more"
    more.write_text("call:C-7:โทรเมื่อ 3 มีนาคม\n", "utf-8")
    record = "personnel_file:HR-1:two volumes;contract_ended_on=31/03/2563"
    given = ("--record", record, "--record", f"@{more}")
    assert desk.shown("errands", "found", str(errand.id), *given) == f"{errand.id}: answered\n"
    answer = desk.room.errands.view(errand.id).answer
    assert answer is not None
    assert [(one.kind, one.ref, one.note) for one in answer.papers] == [
        ("personnel_file", "HR-1", "two volumes"),
        ("call", "C-7", "โทรเมื่อ 3 มีนาคม"),
    ]
    assert answer.papers[0].dates["contract_ended_on"].isoformat() == "2020-03-31"
    assert desk.seen("errands", "list")["errands"] == []
    assert desk.seen("errands", "list", "--all")["errands"][0]["answered"] is True
    assert desk.shown("errands", "found", str(errand.id), "--none") == f"{errand.id}: answered\n"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ((), "found-or-none"),
        (("--none", "--record", "call:C-7"), "found-or-none"),
        (("--record", "card:C-7"), "kind-unknown"),
        (("--record", "call"), "malformed-record"),
        (("--record", "call:C-7;ended"), "malformed-record"),
        (("--record", "call:C-7;ended=2020-01-01"), "date-unknown"),
        (("--record", "call:C-7", "--record", "call:C-7"), "mark-not-unique"),
    ],
)
def test_a_finding_that_says_nothing_is_refused(desk: Counter, given: tuple[str, ...], code: str) -> None:
    errand = asked(desk)
    exit_code, line = desk.refused("errands", "found", str(errand.id), *given)
    assert (exit_code, line.split()[1]) == (2, code)
    assert desk.room.errands.view(errand.id).answer is None


def test_what_was_destroyed_is_shown_by_a_file_that_is_kept_sealed(desk: Counter, tmp_path: Path) -> None:
    errand, minute = asked(desk, Asks.DESTROY), tmp_path / "minute.pdf"
    minute.write_bytes("%PDF บันทึกการทำลาย".encode())
    number = str(errand.id)
    assert desk.refused("errands", "done", number)[1].split()[1] == "evidence-missing"
    assert desk.refused("errands", "done", number, "--evidence", f"{tmp_path}/none")[0] == 2
    odd = desk.refused("errands", "done", number, "--changed", "X-1", "--evidence", str(minute))
    assert odd[1].split()[1] == "record-not-asked-for"
    desk.shown("errands", "done", number, "--evidence", str(minute), "--changed", "C-7")
    answer = desk.room.errands.view(errand.id).answer
    assert answer is not None
    assert answer.results == {"HR-1": Result.DONE, "C-7": Result.CHANGED}
    [kept] = answer.files
    assert (kept.title, kept.size) == ("minute.pdf", len(minute.read_bytes()))
    sealed = [file.read_bytes() for file in (tmp_path / "files").rglob("*") if file.is_file()]
    assert sealed
    assert not any("บันทึก".encode() in content for content in sealed)
    assert desk.refused("errands", "done", number, "--evidence", str(minute))[0] == 5


def test_copies_are_given_record_by_record(desk: Counter, tmp_path: Path) -> None:
    errand, scan = asked(desk, Asks.COPY), tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF")
    number = str(errand.id)
    assert desk.refused("errands", "copied", number, "--copy", "HR-1")[1].split()[1] == "malformed-copy"
    one = ("--copy", f"HR-1={scan}")
    assert desk.refused("errands", "copied", number, *one)[1].split()[1] == "record-not-answered"
    desk.shown("errands", "copied", number, *one, "--copy", f"C-7={scan}")
    answer = desk.room.errands.view(errand.id).answer
    assert answer is not None
    assert [file.ref for file in answer.files] == ["HR-1", "C-7"]


def test_an_answer_to_another_question_is_refused(desk: Counter) -> None:
    errand = asked(desk, Asks.DESTROY)
    exit_code, line = desk.refused("errands", "found", str(errand.id), "--none")
    assert (exit_code, line.split()[1]) == (5, "errand-asks-otherwise:")


def test_who_answers_while_temporal_is_away_is_told_how_to_go_on(desk: Counter) -> None:
    errand = asked(desk)
    for step in STEPS[: STEPS.index(State.LOCATING) + 1]:
        desk.room.register.enter(errand.case, step)
    desk.room.register.park(errand.case, State.LOCATING, "archive", "people-asked")
    result = desk.run("errands", "found", str(errand.id), "--none", "--credential", f"@{desk.credential}")
    assert result.exit_code == 0, result.stderr
    assert "repair" in result.stderr
    assert desk.room.errands.view(errand.id).answer is not None
    assert json.dumps(desk.seen("errands", "list")) == '{"errands": []}'


def test_a_link_is_sent_or_shown_once_and_can_be_revoked(desk: Counter, tmp_path: Path) -> None:
    errand = asked(desk)
    number = str(errand.id)
    made = desk.told("errands", "link", number)
    assert made["link"].startswith("https://portal.example/e/slk_")
    token = made["link"].rpartition("/")[2]
    assert desk.room.answer_links.about(token).errand == errand.id
    sent = desk.shown("errands", "link", number, "--to", "archive@siamcrm.example")
    assert "slk_" not in sent
    with pytest.raises(NotAllowed):
        desk.room.answer_links.about(token)  # the newer one took its place
    [mail] = [read(file) for file in (tmp_path / "mail").glob("*.eml")]
    assert (mail["To"], mail["Subject"]) == (
        "archive@siamcrm.example",
        f"ขอให้ดำเนินการเกี่ยวกับข้อมูลส่วนบุคคล เลขที่คำขอ {desk.room.register.view(errand.case).case.reference}",
    )
    told = mail.get_content()
    assert "https://portal.example/e/slk_" in told
    assert "มาลี" not in told
    assert EMAIL not in told
    assert desk.shown("errands", "revoke", number) == f"{number}: 1 revoked\n"
    assert desk.shown("errands", "revoke", number) == f"{number}: 0 revoked\n"
    assert all(facts.keys() == {"token"} for _, _, facts in desk.events("answer-link:revoked"))
    assert desk.refused("errands", "link", "4711")[0] == 3
    assert desk.refused_to_anybody("errands", "link", number)[0] == 4
    desk.shown("errands", "found", number, "--none")
    assert desk.refused("errands", "link", number)[1].split()[1] == "errand-answered"


def test_why_it_could_not_be_done_is_shown_with_the_errand(desk: Counter) -> None:
    errand = asked(desk)
    token = desk.told("errands", "link", str(errand.id))["link"].rpartition("/")[2]
    desk.room.answer_links.could_not(token, "กุญแจหาย")
    assert desk.told("errands", "show", str(errand.id), *CODE)["could_not"] == ["กุญแจหาย"]


def read(file: Path) -> EmailMessage:
    return email.message_from_bytes(file.read_bytes(), _class=EmailMessage, policy=SMTP)

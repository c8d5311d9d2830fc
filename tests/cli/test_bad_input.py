"""What a command refuses before it touches anything: one line, the option, the way out, never the content."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cases.standing import cooling_ends
from cli.given import Given, reason_code
from cli.options import as_kept
from cli.pace import DELAYS
from cli.voice import Speaking, in_one_line
from domain import wishes
from domain.case import Because, Case
from domain.deadlines import Authority, Terms
from domain.documents import Letter
from domain.entering import COMPANY, controllers, received
from domain.errors import (
    BadInput,
    Conflict,
    DataMapInvalid,
    Integrity,
    NotAllowed,
    NotFound,
    Refused,
    SitthiError,
    Unavailable,
)
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from domain.wishes import Use
from tests.cli.conftest import Run
from tests.cli.stack import ROOT

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
ACCESS = ("open", "--right", "access")
SOMEBODY = (*ACCESS, "--email", "somchai@baanmai.example")
ASKS = ("open", "--email", "a@b.co", "--right")
WHY = ("--reason", "asked by phone")
CERTIFICATE = "death-certificate"
ONE_OF_SIX = "give one of --set, --reply-to, --agent with --authority, --of-age, --right and --died"


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (
            ("open", "--right", "acess", "--email", "a@b.co"),
            "unknown-right (field --right): use one of access,",
        ),
        ((*SOMEBODY, "--right", "access"), "right-given-twice (field --right)"),
        (
            (*ACCESS, "--email", "somchai.baanmai"),
            "malformed-email (field --email): write one address as name@",
        ),
        ((*ACCESS, "--email", "a@b.co, c@d.co"), "malformed-email (field --email)"),
        ((*ACCESS, "--email", " "), "identifier-empty (field --email): give a value"),
        ((*SOMEBODY, "--phone", "12"), "malformed-phone (field --phone)"),
        (
            (*SOMEBODY, "--received", "2569-11-20"),
            "date-in-wrong-era (field --received): ISO dates are in the C",
        ),
        ((*SOMEBODY, "--received", "2569-11-20T10:00:00Z"), "date-in-wrong-era (field --received)"),
        ((*SOMEBODY, "--received", "2026-11-20T10:00:00"), "time-without-zone (field --received)"),
        ((*SOMEBODY, "--received", "2026-02-30"), "no-such-day (field --received)"),
        ((*SOMEBODY, "--received", "20/11/69"), "ambiguous-year (field --received)"),
        ((*SOMEBODY, "--received", "yesterday"), "malformed-date (field --received)"),
        ((*SOMEBODY, "--received", "2099-01-01"), "received-in-future (field --received)"),
        ((*SOMEBODY, "--channel", "fax"), "unknown-word (field --channel): use one of web, letter, phone,"),
        ((*SOMEBODY, "--language", "de"), "unknown-word (field --language): use one of th, en"),
        ((*SOMEBODY, "--set", "name=Somchai"), "wish-unknown (field --set): these rights take units"),
        (
            (*SOMEBODY, "--right", "objection", "--set", "against=spam"),
            "objection-unclear (field --against): say which of marketing, interest, research",
        ),
        ((*ASKS, "rectification"), "correction-missing (field --set): name a field and its right value"),
        ((*ASKS, "restriction", "--set", "because=I say so"), "restriction-unclear (field --because)"),
        ((*ASKS, "portability", "--set", "transfer-to=a,b"), "transfer-to-several (field --transfer-to)"),
        ((*ASKS, "withdrawal", "--set", "purpose=all of it"), "malformed-code (field --purpose)"),
        ((*ASKS, "erasure", "--set", "against=marketing"), "wish-unknown (field --set)"),
        ((*SOMEBODY, "--controller", "company", "--controller", ""), "controller-given-twice (field --contr"),
        ((*SOMEBODY, "--controller", "shop@kadluang.example"), "controller-malformed (field --controller)"),
        ((*SOMEBODY, "--agent", "Mr Somsak"), "authority-missing (field --authority): name who acts, and"),
        ((*SOMEBODY, "--authority", "power of attorney"), "authority-missing (field --agent)"),
        (("amend", "R", *WHY), f"one-change-at-a-time (count 0): {ONE_OF_SIX}"),
        (
            ("amend", "R", "--died", CERTIFICATE, "--of-age", *WHY),
            f"one-change-at-a-time (count 2): {ONE_OF_SIX}",
        ),
        (
            ("amend", "R", "--right", "access", "--set", "units=billing", *WHY),
            "one-change-at-a-time (count 2)",
        ),
        (("amend", "R", "--died", CERTIFICATE), "usage: Missing option '--reason'."),
        (("amend", "R", "--died", CERTIFICATE, "--reason", " "), "reason-missing (field --reason)"),
        (("amend", "R", "--right", "deletion", *WHY), "unknown-right (field --right): use one of access,"),
        (("amend", "R", "--reply-to", "somchai", *WHY), "malformed-email (field --reply-to)"),
        (("amend", "R", "--agent", "Mr Somsak", *WHY), "authority-missing (field --authority)"),
        (("amend", "R", "--set", "billing", *WHY), "malformed-change (field --set, number 1)"),
        (("merge", "R", *WHY), "usage: Missing option '--into'."),
        (
            ("merge", "DSR-2569-000007", "--into", " dsr-2569-000007", *WHY),
            "merged-with-itself (field --into)",
        ),
        (("merge", "R", "--into", "S", "--reason", " "), "reason-missing (field --reason)"),
        (("reopen", "R", "--reason", " "), "reason-missing (field --reason)"),
        (("review", "R"), "usage: Missing option '--reason'."),
        (("lift", "R", "--reason", " "), "reason-missing (field --reason)"),
        (
            ("progress", "R", "--because", "rain", "--expected", "2099-01-01"),
            "unknown-word (field --because)",
        ),
        (
            ("progress", "R", "--because", "volume", "--expected", "2569-12-01"),
            "date-in-wrong-era (field --expected): ISO dates are in the Common Era",
        ),
        (
            ("progress", "R", "--because", "volume", "--expected", "1/12/2500"),
            "day-is-over (field --expected): give a day that is yet to come",
        ),
        (("retime", "R"), "usage: Missing option '--reason'."),
        (("hand", "R", "siamcrm"), "usage: Missing option '--to'."),
        (("tasks", "hand", "seven", "--to", "S-1"), "usage: Invalid value for 'ID'"),
        (("tasks", "done", "7"), "usage: Missing option '--reason'."),
        (("obligations", "--due", "2569-12-01"), "date-in-wrong-era (field --due)"),
        (("list", "--right", "oblivion"), "unknown-right (field --right): use one of access,"),
        (("list", "--step", "thinking"), "unknown-word (field --step): use one of received, resolving,"),
        (("list", "--due-before", "2569-12-01"), "date-in-wrong-era (field --due-before)"),
        (("call-off", "R"), "usage: Missing option '--reason'."),
        (("withdraw", "R"), "usage: Missing option '--reason'."),
        (("cancel", "R", *WHY), "mistake-or-ground (field --mistake)"),
        (("cancel", "R", "--mistake", "busy", *WHY), "unknown-word (field --mistake)"),
        (("proceed", "R", "--reason", "Mrs Wanna phoned"), "reason-not-a-code (field --reason)"),
        (("wish", "R", "--reason", "Mrs Wanna phoned"), "reason-not-a-code (field --reason)"),
        (("complaint", "R", *WHY), "usage: Missing option '--order'."),
        (("hold", "due", "h-1", "--served", "22/11/69"), "ambiguous-year (field --served)"),
        (("tenant", "invite", "R", "--contact", "nobody"), "malformed-email (field --contact)"),
        (("tenant", "instruct", "R", "--told", "maybe", *WHY), "unknown-word (field --told)"),
        (
            ("tenant", "instruct", "R", "--told", "ourselves", "--source", "link", *WHY),
            "unknown-word (field --source): use one of written, agreement",
        ),
        (("complaint", "R", "--order", " ", *WHY), "order-missing (field --order)"),
        (
            ("open", "--right", "rectification", "--email", "a@b.co", "--set", "name"),
            "malformed-change (field --set",
        ),
        ((*SOMEBODY, "--message", "@nowhere.txt"), "file-unreadable (field --message)"),
        (
            (*ACCESS, "--email", "-", "--message", "-"),
            "standard-input-taken (field --message): --email reads it",
        ),
        (("propose", "DSR-2569-000001", "--reason", "  "), "reason-missing (field --reason)"),
        (("choose", "DSR-2569-000001", "two", *WHY), "malformed-number (field --N): give a number"),
        (
            ("verify", "R", "--method", "email-code", *WHY),
            "method-not-recorded (field --method): use one of call-",
        ),
        (("repair", "R", "crm", *WHY), "retry-or-skip (field --retry)"),
        (("repair", "R", "crm", "--retry", "--skip", "--ground", "X", *WHY), "retry-or-skip (field --retry)"),
        (("repair", "R", "crm", "--skip", *WHY), "skip-names-a-ground (field --ground)"),
        (("repair", "R", "crm", "--retry", "--ground", "X", *WHY), "skip-names-a-ground (field --ground)"),
        (("candidates", "R", "--reason", "Mrs Wanna phoned"), "reason-not-a-code (field --reason)"),
        (("hold", "place", "--order", "7/2569", *WHY), "one-case-or-all (field --all)"),
        (("hold", "place", "R", "--all", "--order", "7/2569", *WHY), "one-case-or-all (field --all)"),
        (("audit", "verify", "--published", "12"), "malformed-head (field --published)"),
        (("staff", "add", "--name", " ", "--role", "officer"), "name-missing (field --name)"),
        (("confirm", "R", *WHY, "--credential", "S-1.sst_open"), "secret-in-arguments (field --credential)"),
        (("confirm", "R"), "usage: Missing option '--reason'."),
        (("extend", "R", "--days", "0", *WHY), "usage: Invalid value for '--days'"),
        (("unheard-of",), "usage: No such command 'unheard-of'."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_one_line_with_the_way_out(run: Run, args: tuple[str, ...], line: str) -> None:
    result = run(*args, given="a@b.co")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(f"error: {line}")


@pytest.mark.parametrize(
    ("args", "content"),
    [
        ((*ACCESS, "--email", "somchai.baanmai"), "somchai"),
        ((*SOMEBODY, "--phone", "08123"), "08123"),
        ((*SOMEBODY, "--received", "2569-11-20"), "2569"),
        (("confirm", "R", *WHY, "--credential", "S-1.sst_open"), "sst_open"),
        (("candidates", "R", "--reason", "Mrs Wanna phoned"), "Wanna"),
        (("proceed", "R", "--reason", "Mrs Wanna phoned"), "Wanna"),
        ((*SOMEBODY, "--controller", "shop@kadluang.example"), "kadluang"),
        ((*ASKS, "objection", "--set", "against=0812345678"), "0812345678"),
        ((*ASKS, "withdrawal", "--set", "purpose=นางวรรณา"), "วรรณา"),
        (("amend", "R", "--reply-to", "somchai", *WHY), "somchai"),
        (("amend", "R", "--agent", "Mr Somsak", *WHY), "Somsak"),
    ],
)
def test_what_was_wrong_is_named_and_not_repeated(run: Run, args: tuple[str, ...], content: str) -> None:
    assert content not in run(*args).stderr


@pytest.mark.parametrize(
    "args",
    [
        SOMEBODY,
        ("list",),
        ("status", "DSR-2569-000001"),
        ("propose", "DSR-2569-000001", *WHY),
        ("audit", "verify"),
        ("staff", "add", "--name", "N", "--role", "officer"),
        ("amend", "DSR-2569-000001", "--right", "erasure", *WHY),
        ("amend", "DSR-2569-000001", "--set", "against=", *WHY),
        ("merge", "DSR-2569-000002", "--into", "DSR-2569-000001", *WHY),
        ("duplicates",),
        ("reopen", "DSR-2569-000001", *WHY),
        ("withdraw", "DSR-2569-000001", "--reason", "HELP-1"),
        ("progress", "DSR-2569-000001", "--because", "volume", "--expected", "1 มกราคม 2600"),
        ("tasks",),
        ("tasks", "DSR-2569-000001", "--all"),
        ("tasks", "done", "7", *WHY),
        ("obligations", "--due", "1 มกราคม 2600"),
        ("release",),
        ("fields",),
    ],
)
def test_without_a_stack_a_command_says_how_to_start_it(run: Run, args: tuple[str, ...]) -> None:
    result = run(*args)
    assert (result.exit_code, result.stderr) == (6, "error: not-running: start it with `make run`\n")


def test_the_doctor_without_a_stack_says_what_could_not_be_looked_at(run: Run) -> None:
    result = run("doctor", "--json")
    told = json.loads(result.stdout)
    states = {part["part"]: part["state"] for part in told["parts"]}
    assert (result.exit_code, told["healthy"]) == (6, False)
    assert states["policy"] == states["documents"] == states["mailbox"] == "ok"
    assert states["stack"] == states["key file"] == "wrong"
    assert states["temporal"] == states["register"] == states["workers"] == "skipped"
    assert all(part["mend"] for part in told["parts"] if part["state"] == "wrong")


def test_a_setting_that_does_not_exist_is_named(run: Run) -> None:
    result = run("list", SITTHI_TEMPORAL_ADRESS="x")
    assert result.exit_code == 2
    assert (
        "setting-unknown (variable SITTHI_TEMPORAL_ADRESS): did you mean SITTHI_TEMPORAL_ADDRESS?"
        in result.stderr
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20", datetime(2026, 11, 19, 17, tzinfo=UTC)),
        ("20/11/2569", datetime(2026, 11, 19, 17, tzinfo=UTC)),
        ("20 พฤศจิกายน 2569", datetime(2026, 11, 19, 17, tzinfo=UTC)),
        ("2026-11-22", datetime(2026, 11, 21, 17, tzinfo=UTC)),
        ("2026-11-20T23:30:00+07:00", datetime(2026, 11, 20, 16, 30, tzinfo=UTC)),
        ("", NOW),
    ],
)
def test_a_request_came_in_on_a_bangkok_day(text: str, expected: datetime) -> None:
    assert received(text, NOW, field="--received") == expected


@pytest.mark.parametrize("text", ["2026-11-23", "2026-11-22T05:00:01Z"])
def test_no_request_comes_in_tomorrow(text: str) -> None:
    with pytest.raises(BadInput, match="received in future"):
        received(text, NOW, field="--received")


def test_today_in_bangkok_is_not_the_future_while_utc_has_yesterday() -> None:
    late = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)  # 00:30 on the 22nd in Bangkok
    assert received("2026-11-22", late, field="--received") <= late
    with pytest.raises(BadInput):
        received("2026-11-22", late - timedelta(hours=1), field="--received")


def test_a_value_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "email.txt"
    file.write_bytes("\ufeffsomchai@baanmai.example\r\n".encode())
    (found,) = Given().identifiers(email=[f"@{file}"], phone=[])
    assert found.value == "somchai@baanmai.example"


@pytest.mark.parametrize(
    ("content", "code"), [(b"\xff\xfe", "text-not-utf8"), (b"x" * (2**20 + 1), "text-too-long")]
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    file = tmp_path / "message"
    file.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        Given().text(f"@{file}", "--message")
    assert caught.value.code == code


def test_the_same_address_twice_is_one() -> None:
    assert len(Given().identifiers(email=["A@b.co", "a@B.co"], phone=[])) == 1


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("dsr-2569-000007", "DSR-2569-000007"),
        (" Dsr-2569-000007 ", "DSR-2569-000007"),
        ("c-0123456789abcdef01234567", "c-0123456789abcdef01234567"),
    ],
)
def test_a_reference_is_read_however_it_is_typed(typed: str, kept: str) -> None:
    assert as_kept(typed) == kept


def test_reasons_of_delay_are_those_of_the_domain() -> None:
    assert tuple(Because) == DELAYS


def test_what_may_be_set_is_told_by_help_for_every_right(run: Run) -> None:
    told = "".join(run("open", "--help").stdout.split())
    for word in (*Use, *wishes.Because):
        assert word in told
    for field in (wishes.AGAINST, wishes.BECAUSE, wishes.PURPOSE, wishes.TRANSFER_TO, wishes.UNITS):
        assert f"{field}=" in told


def test_the_company_is_a_controller_beside_tenants() -> None:
    assert controllers([], field="--controller") == ("",)
    assert controllers([COMPANY, "kadluang"], field="--controller") == ("", "kadluang")


def test_when_silence_means_yes_is_reckoned_from_the_decision_letter() -> None:
    written = [letter("L1", NOW), letter("DECISION", NOW), letter("DECISION-2", NOW + timedelta(days=1))]
    view = cooling(hours=72, due=NOW + timedelta(days=30))
    assert cooling_ends(view, written) == NOW + timedelta(days=4)
    assert cooling_ends(view, written[:2]) == NOW + timedelta(days=3)
    late = cooling(hours=72, due=NOW + timedelta(days=3))
    assert cooling_ends(late, written[:2]) == NOW + timedelta(days=2), "a day is left to carry it out"
    over = cooling(hours=72, due=NOW)
    assert cooling_ends(over, written[:2]) == NOW
    unheard = [*written[:1], letter("DECISION", None)]
    assert cooling_ends(view, unheard) is None, "silence means nothing from who was not told"
    assert cooling_ends(view.model_copy(update={"state": State.DECIDING}), written) is None


def letter(code: str, sent: datetime | None) -> Letter:
    return Letter(id=code, case="c", code=code, ref="r", text_sha256="0" * 64, sent=sent)


def cooling(*, hours: float, due: datetime) -> CaseView:
    day = due.date()
    terms = Terms(
        **dict.fromkeys(("received_on", "strict", "rolled", "target", "decide_by"), day),
        verify_by=due,
        due=due,
        cooling_hours=hours,
        authority=Authority.STATUTE,
        reference="s.33",
        policy="1",
        calendar="1",
    )
    return CaseView(
        case=Case(id="c", reference="DSR-2569-000001", right=Right.ERASURE, terms=terms),
        request="r",
        channel="web",
        language="th",
        tenant="",
        state=State.COOLING,
        ending=None,
        opened=NOW,
        closed=None,
        started=True,
    )


@pytest.mark.parametrize("text", ["tell-apart", "HELP-4711", "a.b/c_d"])
def test_a_reason_for_the_chain_is_a_code(text: str) -> None:
    assert reason_code(text) == text


@pytest.mark.parametrize("text", ["two words", "a@b", "-lead", "สมชาย", "naïve"])
def test_a_reason_with_words_does_not_enter_the_chain(text: str) -> None:
    with pytest.raises(BadInput, match="reason not a code"):
        reason_code(text)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (BadInput("a-code"), "error: a-code"),
        (BadInput("a-code", "do so", field="right"), "error: a-code (field --right): do so"),
        (BadInput("a-code", "over\ntwo  lines"), "error: a-code: over two lines"),
        (
            DataMapInvalid("no-such-table", "name one of a, b", file="crm.yaml", line=7, table="user"),
            "error: no-such-table (file crm.yaml, line 7, table user): name one of a, b",
        ),
        (
            BadInput("unknown-key", file="holds.yaml", field="holds.0"),
            "error: unknown-key (file holds.yaml, field holds.0)",
        ),
    ],
)
def test_an_error_reads_as_one_line(error: SitthiError, line: str) -> None:
    assert in_one_line(error) == line


@pytest.mark.parametrize(
    "args", [["--help"], ["open", "--help"], ["open", "--right", "nonsense", "--email", "a@b.co"]]
)
def test_help_and_a_slip_wait_for_no_heavy_library(args: list[str]) -> None:
    code = (
        "import sys; from starter import app; from typer.testing import CliRunner\n"
        f"CliRunner().invoke(app, {args!r})\n"
        "print(sorted({'temporalio', 'sqlalchemy', 'weasyprint', 'cryptography', 'yaml'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n", told.stderr


def test_what_goes_wrong_side_by_side_is_a_line_each() -> None:
    app = typer.Typer(cls=Speaking)

    @app.callback()
    def _callback() -> None:
        pass

    @app.command()
    def fail() -> None:
        both = [Conflict("one"), ExceptionGroup("inner", [Refused("two", "so")])]
        raise ExceptionGroup("outer", both)

    result = CliRunner().invoke(app, ["fail"])
    assert (result.exit_code, result.stderr) == (5, "error: one\nerror: two: so\n")


def test_help_tells_the_exit_codes(run: Run) -> None:
    told = " ".join(run("--help").stdout.split())
    for kind in (BadInput, NotFound, NotAllowed, Conflict, Unavailable, Refused, Integrity):
        assert f"; {kind.exit_code} " in told

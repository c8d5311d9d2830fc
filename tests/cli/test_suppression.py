"""`suppression` and `token`: what an import is told, line by line, and nothing of whom it would load."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domain.identifiers import IdentifierKind, identifier
from domain.suppression import MARKETING, Why
from tests.cli.counter import Counter, counter

__all__ = ["counter"]

CODE = ("--reason", "IMPORT-12")
GONE, OBJECTS = "gone.away@example.com", "no.more@example.com"


@pytest.fixture
def known(counter: Counter) -> str:
    """The reference of the erasure; somebody else objected to marketing."""
    erased, reference = counter.case()
    objecting, _ = counter.case()
    register = counter.room.suppressions
    phone = identifier(IdentifierKind.PHONE, "081-234-5678")
    register.enter(erased, Why.ERASED, (identifier(IdentifierKind.EMAIL, GONE), phone))
    register.enter(objecting, Why.OBJECTED, (identifier(IdentifierKind.EMAIL, OBJECTS),), (MARKETING,))
    return reference


def answers(counter: Counter, file: Path) -> list[tuple[int, str, list[str], str]]:
    result = counter.run(
        *("suppression", "check", f"@{file}", *CODE, "--json"), "--credential", f"@{counter.credential}"
    )
    assert result.exit_code == 0, result.stderr
    return [(one["line"], one["answer"], one["objected"], one["error"]) for one in json.loads(result.stdout)]


@pytest.mark.usefixtures("known")
def test_lines_are_answered_by_their_number(counter: Counter, tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_text(
        f"\ufeff{GONE.upper()}\nfree@example.com\n\n{OBJECTS}\n+66 81 234 5678\nx@\n12\n", "utf-8"
    )
    assert answers(counter, file) == [
        (1, "erased", [], ""),
        (2, "free", [], ""),
        (4, "objected", ["marketing"], ""),
        (5, "erased", [], ""),
        (6, "malformed", [], "malformed-email"),
        (7, "malformed", [], "malformed-phone"),
    ]
    assert counter.events("staff:looked") == [
        (None, counter.officer, {"command": "suppression-check", "reason_code": "IMPORT-12"})
    ]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_of_csv_the_named_columns_are_read(counter: Counter, tmp_path: Path, separator: str) -> None:
    rows = [
        ("Name", "E-mail", "เบอร์โทร", "Note"),
        ("Somebody", "free@example.com", "0812345678", '"two\nlines"'),
        ("", "", "", ""),
        ("Other", OBJECTS, "", ""),
        ("Third", "", "", "nothing"),
    ]
    file = tmp_path / "leads.csv"
    file.write_text("\n".join(separator.join(row) for row in rows), "utf-8")
    assert answers(counter, file) == [
        (3, "erased", [], ""),
        (5, "objected", ["marketing"], ""),
        (6, "malformed", [], "identifier-missing"),
    ]


@pytest.mark.usefixtures("known")
def test_people_read_words_and_a_sum(counter: Counter, tmp_path: Path) -> None:
    credential = ("--credential", f"@{counter.credential}")
    result = counter.run(
        "suppression", "check", "-", *CODE, *credential, given=f"{OBJECTS}\nfree@example.com\nx@\n"
    )
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [
        "1: objected (marketing)",
        "2: free",
        "3: malformed (malformed-email)",
    ]
    assert "free: 1" in result.stderr
    assert "no.more" not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"\xff\xfe", "text-not-utf8"), ("มาลี,malee@example.com\n".encode(), "columns-unnamed")],
)
def test_what_cannot_be_read_is_refused(counter: Counter, tmp_path: Path, content: bytes, code: str) -> None:
    file = tmp_path / "leads.csv"
    file.write_bytes(content)
    exit_code, line = counter.refused("suppression", "check", f"@{file}", *CODE)
    assert (exit_code, line.split()[1]) == (2, code)
    assert "malee" not in line


def test_nobody_s_address_stands_in_arguments_and_nobody_asks_unnamed(
    counter: Counter, tmp_path: Path
) -> None:
    assert counter.refused("suppression", "check", GONE, *CODE)[0] == 2
    assert counter.refused("suppression", "check", f"@{tmp_path}/none", *CODE)[0] == 2
    file = tmp_path / "lines"
    file.write_text(GONE, "utf-8")
    assert counter.refused_to_anybody("suppression", "check", f"@{file}", *CODE)[0] == 4
    assert counter.refused("suppression", "check", f"@{file}", "--reason", "because of Malee")[0] == 2


def test_many_lines_come_in_their_order(counter: Counter, tmp_path: Path) -> None:
    file = tmp_path / "many"
    file.write_text("".join(f"a{number}@example.com\n" for number in range(1, 1_501)), "utf-8")
    assert [line for line, *_ in answers(counter, file)] == list(range(1, 1_501))


def test_who_came_back_of_their_own_accord_is_let_in(counter: Counter, known: str, tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_text(GONE, "utf-8")
    assert answers(counter, file)[0][1] == "erased"
    assert (
        counter.shown("suppression", "lift", known, "--reason", "สมัครสมาชิกใหม่ด้วยตนเอง")
        == f"{known}: 2 lifted\n"
    )
    assert answers(counter, file)[0][1] == "free"
    assert [facts for _, _, facts in counter.events("suppression:lifted")] == [{"count": 2}]


def test_a_token_is_made_shown_once_listed_and_revoked(counter: Counter) -> None:
    made = counter.told("token", "add", "--scope", "suppressions:check", "--for", "crm-import")
    assert counter.room.service_tokens.known(made["token"]).token == made["id"]
    both = counter.told(
        "token", "add", "--scope", "requests:write", "--scope", "requests:read", "--for", "front"
    )
    assert counter.room.service_tokens.known(both["token"]).scopes == {"requests:write", "requests:read"}
    assert counter.shown("token", "revoke", both["id"])
    [listed] = [one for one in counter.told("token", "list")["tokens"] if one["id"] == made["id"]]
    assert (listed["purpose"], listed["revoked"]) == ("crm-import", False)
    assert made["token"] not in json.dumps(listed) + counter.shown("token", "list")
    assert counter.shown("token", "revoke", made["id"]) == f"{made['id']}: revoked\n"
    assert all(one["revoked"] for one in counter.told("token", "list")["tokens"])
    assert counter.refused("token", "add", "--scope", "all", "--for", "crm-import")[0] == 2
    assert counter.refused("token", "revoke", "T-none")[0] == 3

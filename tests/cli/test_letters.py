"""`letters`: a company's own templates looked at and checked, and a letter that went by post."""

from __future__ import annotations

import json
from pathlib import Path

import pypdf
import pytest

from adapters import check_templates
from domain.errors import PolicyInvalid
from exports.letters import TEMPLATES
from settings import Settings
from tests.cli.conftest import Run
from tests.cli.counter import Counter, counter
from tests.cli.test_on_the_way import plain

__all__ = ["counter"]


def own(folder: Path, name: str, old: str, new: str) -> Path:
    """A folder with one template changed."""
    text = (TEMPLATES / name).read_text("utf-8")
    assert old in text
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text.replace(old, new), "utf-8")
    return folder


def test_the_shipped_templates_say_what_they_must(run: Run) -> None:
    result = run("letters", "check")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "the shipped templates: every letter says what it must" in result.stdout


def test_a_template_that_lacks_a_statement_is_named_by_the_check_and_keeps_the_engine_from_starting(
    run: Run, tmp_path: Path
) -> None:
    folder = own(tmp_path / "own", "th/L1.html", 'say("fee")', 'say("free")')

    result = run("letters", "check", SITTHI_TEMPLATES=str(folder))
    assert result.exit_code == 2
    assert "letter-statement-missing (template th/L1.html, statement fee)" in result.stderr
    told = json.loads(run("letters", "check", "--json", SITTHI_TEMPLATES=str(folder)).stdout)
    assert [(fault["template"], fault["statement"]) for fault in told["faults"]] == [("th/L1.html", "fee")]

    with pytest.raises(PolicyInvalid, match="fee"):
        check_templates(Settings(templates=folder))
    for command in ("up", "demo"):
        refused = run(command, SITTHI_TEMPLATES=str(folder))
        assert refused.exit_code == 2
        assert "statement fee" in refused.stderr


def test_every_fault_is_told(run: Run, tmp_path: Path) -> None:
    folder = own(tmp_path / "own", "th/L1.html", 'say("fee")', 'say("free")')
    own(folder, "en/L6.html", 'say("facts")', 'say("fiction")')

    result = run("letters", "check", SITTHI_TEMPLATES=str(folder))
    assert result.stderr.count("letter-statement-missing") == 2


def test_a_preview_is_a_letter_in_the_companys_words(run: Run, tmp_path: Path) -> None:
    folder, out = (
        own(tmp_path / "own", "en/L1.html", "Thank you for your request.", "Hello."),
        tmp_path / "L1",
    )
    more = {"SITTHI_TEMPLATES": str(folder)}

    for suffix in (".pdf", ".html", ".txt"):
        file = str(out.with_suffix(suffix))
        result = run("letters", "preview", "l1", "--language", "en", "--out", file, **more)
        assert (result.exit_code, result.stderr) == (0, "")
    assert "Hello." in out.with_suffix(".txt").read_text("utf-8")
    assert "DSR-SPECIMEN" in pypdf.PdfReader(out.with_suffix(".pdf")).pages[0].extract_text()
    assert plain(run("letters", "preview", "L1", "--out", str(out.with_suffix(".pdf")))) == (2, "file-exists")


def test_thai_digits_are_a_setting(run: Run, tmp_path: Path) -> None:
    def dates(name: str, **settings: str) -> str:
        file = tmp_path / name
        assert run("letters", "preview", "L1", "--out", str(file), **settings).exit_code == 0
        return file.read_text("utf-8")

    assert "๒๕" in dates("thai.txt", SITTHI_THAI_NUMERALS="true")
    assert "๒๕" not in dates("arabic.txt")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("L99", "--out", "x.pdf"), "unknown-letter"),
        (("L1", "--out", "x.doc"), "format-unknown"),
        (("L1", "--out", "x.pdf", "--language", "fr"), "unknown-word"),
        (("L1", "--out", "x.pdf", "--right", "oblivion"), "unknown-right"),
        (("L1", "--out", "/nowhere/x.pdf"), "file-not-writable"),
    ],
)
def test_what_is_no_preview_is_refused(run: Run, words: tuple[str, ...], code: str) -> None:
    assert plain(run("letters", "preview", *words)) == (2, code)


def test_a_letter_that_went_by_post_is_proved_by_its_number(counter: Counter) -> None:
    case, reference = counter.case()
    counter.room.letters.queue(case, "L5", "letters/L5.pdf", "ab" * 32)
    counter.room.register.open_task(case, "post-L5")
    posted = ("letters", "posted", reference, "l5", "--tracking", "ee 123456785 th", "--on", "20/11/2569")

    assert plain(counter.run(*posted)) == (4, "credential-missing")
    counter.shown(*posted)

    [post] = counter.room.fates.posts(case)
    assert (post.tracking, post.on.isoformat()) == ("EE123456785TH", "2026-11-20")
    assert counter.seen("tasks")["tasks"] == []
    [letter] = counter.seen("status", reference)["letters"]
    assert letter["posted"] == "2026-11-20"
    shown = counter.run("status", reference).stdout
    assert "by post 2026-11-20" in shown
    assert "EE123456785TH" not in shown


@pytest.mark.parametrize(
    ("tracking", "on", "code"),
    [("no such thing!", "2026-11-20", "tracking-malformed"), ("EE123456785TH", "2026-11-25", "day-ahead")],
)
def test_a_post_that_cannot_be_is_refused(counter: Counter, tracking: str, on: str, code: str) -> None:
    case, reference = counter.case()
    counter.room.letters.queue(case, "L5", "letters/L5.pdf", "ab" * 32)
    said = ("letters", "posted", reference, "L5", "--tracking", tracking, "--on", on)

    assert plain(counter.run(*said, "--credential", f"@{counter.credential}")) == (2, code)


def test_who_asks_for_letters_with_the_mail_is_noted_once(counter: Counter) -> None:
    case, reference = counter.case()
    because = ("--reason", "HELP-4711")
    assert "with the e-mail" in counter.shown("letters", "enclose", reference, *because)
    counter.shown("letters", "enclose", reference, *because)
    assert counter.room.enclosing.asked(case)
    assert "by link alone" in counter.shown("letters", "enclose", reference, "--stop", *because)
    assert not counter.room.enclosing.asked(case)
    assert counter.events("letters:enclosed") == [(case, counter.officer, {})]
    assert counter.refused("letters", "enclose", "DSR-2569-999999", *because)[0] == 3

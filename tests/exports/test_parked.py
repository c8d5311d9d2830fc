from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sql_errors import _REFUSED_STATES
from exports import words
from exports.parked import explain

ROOT = Path(__file__).parents[2]
PARKS_ANYWHERE = {
    "Unavailable",
    "RateLimited",
    "Refused",
    "CapabilityMissing",
    "Drift",
    "HoldConflict",
    "Integrity",
    "ChainBroken",
    "SealBroken",
    "KeyShredded",
}
PARKS_IN_A_STEP = PARKS_ANYWHERE | {"BadInput", "NotFound", "Conflict", "_refused"}
PLACES = {
    "connectors": PARKS_IN_A_STEP,
    "activities": PARKS_IN_A_STEP,
    "exports": PARKS_IN_A_STEP,
    "cases": PARKS_ANYWHERE,
    "security": PARKS_ANYWHERE,
}
OUTSIDE_CASES = {
    "activities/finance.py": "an officer says finance's word",
    "activities/foretold.py": "an officer looks at a letter before it is sent",
    "connectors/sendgrid_roll.py": "the nightly look, which logs a system that is away and goes on",
    "connectors/webhook_post.py": "programs are told beside the cases, and `doctor` shows what was given up",
    "activities/file_redaction.py": "an officer redacts files at the desk; the copy of a case leaves out what changed",
    "activities/scans.py": "whoever enters a request on paper",
    "cases/file_redactions.py": "an officer redacts files at the desk",
    "cases/messages.py": "a person or an officer writes on a page",
    "connectors/sms_box.py": "a person asks for a code, and the portal logs that none left",
    "exports/burning/burner.py": "an officer redacts files at the desk",
    "exports/burning/child.py": "an officer redacts files at the desk",
    "exports/burning/papers.py": "an officer redacts files at the desk",
    "activities/restored.py": "the command line, after a restore",
    "connectors/sendgrid_events.py": "the portal, which SendGrid tells what became of a letter",
    "connectors/heads.py": "published heads are the audit chain's, not a case's",
    "connectors/time_authority.py": "who signs catches it: nothing waits for a timestamp",
    "exports/identity_picture.py": "an officer at a screen",
    "exports/inspection/package.py": "the command line, on an authority's order",
    "exports/signing.py": "the start, which reads the certificate; and whoever verifies a signature",
}
"""Modules of which no step of a case meets a refusal, and who does instead: they read it with its mend."""
OF_THE_ENGINE = {
    "no-answer-in-time",
    "unexpected-error",
    "leftover-found",
    "no-system-connected",
    "choice-overdue",
    "stop-marketing-by-hand",
    "hold-without-date",
    "unit-unknown",
    "letter-statement-missing",
    "template-broken",
}


def raised(folder: str, kinds: set[str]) -> Iterator[str]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        if path.relative_to(ROOT).as_posix() in OUTSIDE_CASES:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            first = node.args[0]
            if name in kinds and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def codes() -> set[str]:
    found = {code for folder, kinds in PLACES.items() for code in raised(folder, kinds)}
    return found | {code for code, _ in _REFUSED_STATES.values()} | OF_THE_ENGINE


def test_codes_are_found_where_they_are_raised() -> None:
    assert {"capability-missing", "cascade-beyond-plan", "seal-broken", "mailbox-unwritable"} <= codes()


def test_what_is_left_out_is_there() -> None:
    assert [place for place in OUTSIDE_CASES if not (ROOT / place).is_file()] == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_code_that_can_park_a_system_is_explained(language: str) -> None:
    unknown = explain("no-such-code", language)[1]

    missing = sorted(code for code in codes() if words.load()[language].get(f"parked.{code}.meaning") is None)

    assert missing == []
    for code in codes():
        meaning, mend = explain(code, language)
        assert meaning
        assert mend
        assert code not in meaning
    assert unknown


def test_a_code_that_nobody_explained_is_said_with_what_can_be_done() -> None:
    meaning, mend = explain("never-heard-of", "en")

    assert "never-heard-of" in meaning
    assert "retry" in mend


def test_thai_comes_first() -> None:
    assert explain("schema-differs") == explain("schema-differs", "th") == explain("schema-differs", "fr")
    assert explain("schema-differs", "en") != explain("schema-differs", "th")

"""`recipients`: who was told what to do with data, and what they answered."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.cli.counter import Counter, counter

pytestmark = pytest.mark.slow

__all__ = ["counter"]

WHY = ("--reason", "ตอบทางอีเมล")


def test_an_answer_is_entered_with_what_shows_it(counter: Counter, tmp_path: Path) -> None:
    case, reference = counter.case()
    counter.room.recipients.tell(case, "stripe", date(2026, 12, 2))
    [waits] = counter.seen("recipients", "list", reference)["recipients"]
    assert (waits["recipient"], waits["by"], waits["said"]) == ("stripe", "2026-12-02", None)
    assert "stripe" in counter.shown_to_anybody("recipients", "list")
    answer = ("recipients", "answered", reference, "stripe", *WHY)
    assert counter.refused(*answer, "--said", "done")[1].split()[1] == "evidence-missing"
    assert counter.refused(*answer, "--said", "perhaps")[0] == 2
    assert counter.refused(*answer, "--said", "done", "--evidence", f"{tmp_path}/none")[0] == 2
    proof = tmp_path / "certificate.pdf"
    proof.write_bytes(b"%PDF proof")
    told = counter.shown(*answer, "--said", "done", "--evidence", str(proof))
    assert told == f"{reference}: stripe done\n"
    assert counter.seen("recipients", "list")["recipients"] == []
    [done] = counter.seen("recipients", "list", "--all")["recipients"]
    assert (done["said"], done["evidence"]) == ("done", 1)
    unknown = counter.refused("recipients", "answered", reference, "aws", "--said", "nothing", *WHY)
    assert unknown[0] == 3


def test_a_recipient_may_answer_by_a_link_that_can_be_revoked(counter: Counter) -> None:
    case, reference = counter.case()
    assert counter.refused("recipients", "link", reference, "stripe")[0] == 3  # never told
    counter.room.recipients.tell(case, "stripe", date(2026, 12, 2))
    link = counter.told("recipients", "link", reference, "stripe")["link"]
    about = counter.room.answer_links.about(link.rpartition("/")[2])
    assert (about.recipient, about.due) == ("stripe", date(2026, 12, 2))
    gone = counter.shown("recipients", "revoke", reference, "stripe")
    assert gone == f"{reference} stripe: 1 revoked\n"
    said = ("--said", "nothing", *WHY)
    counter.shown("recipients", "answered", reference, "stripe", *said)
    assert counter.refused("recipients", "link", reference, "stripe")[1].split()[1] == "recipient-answered"

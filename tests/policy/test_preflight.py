"""What is shown before anybody decides: fates, who is told, and the arithmetic of every date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from domain.evidence import Evidence
from domain.holds import holds_on
from domain.item import Basis, Role
from domain.outcomes import Outcome
from domain.plan import PlanRow
from domain.rights import Right
from policy.load import load_policy
from policy.preflight import Fate, Line, preflight

POLICY = load_policy()
BOOKS = holds_on(
    POLICY.hold_rules("U03", ("H-VAT",)),
    {"document_date": date(2022, 3, 14), "filed_on": date(2022, 4, 18)},
    POLICY.books,
    POLICY.calendar,
)


def row(no: int, unit: str, planned: Outcome, ground: str = "", **more: object) -> PlanRow:
    found = {"no": no, "system": "crm", "table": unit.lower(), "unit": unit, "ground": ground}
    return PlanRow(**found, role=Role.CONTROLLER, basis=Basis.CONTRACT, planned=planned, **more)


ROWS = (
    row(1, "U01", Outcome.ANONYMISE, "S33-1"),
    row(2, "U06", Outcome.ERASE, "S33-1"),
    row(3, "U06", Outcome.ERASE, "S33-1"),
    row(4, "U03", Outcome.HOLD, "EX-LAW", holds=BOOKS, until=BOOKS[0].release_on),
    row(5, "U13", Outcome.NOT_CONTROLLER, "P-NOTCTRL"),
    row(6, "U09", Outcome.BLOCKED, "cascade-beyond-plan"),
)


@pytest.fixture(scope="module")
def lines() -> Mapping[Fate, Line]:
    return {line.fate: line for line in preflight(POLICY, Right.ERASURE, ROWS).lines}


def test_every_record_has_its_fate_with_section_and_mark(lines: Mapping[Fate, Line]) -> None:
    assert {fate: line.items for fate, line in lines.items()} == {
        Fate.ANONYMISED: 1,
        Fate.GOES: 2,
        Fate.KEPT: 1,
        Fate.NOT_OURS: 1,
        Fate.WAITS: 1,
    }
    assert (lines[Fate.GOES].section, lines[Fate.GOES].evidence) == ("s.33 ¶1(1)", Evidence.FOUND)


def test_a_kept_record_says_by_which_law_until_when_and_how_that_was_reckoned(
    lines: Mapping[Fate, Line],
) -> None:
    kept = lines[Fate.KEPT]
    assert kept.until == date(2030, 1, 3)
    books, vat = kept.why
    assert (books.rule, books.event, books.last_day) == ("H-BOOKS", date(2022, 12, 31), date(2029, 12, 31))
    assert books.floor_last_day == date(2027, 12, 31)  # the law's own part is visible in it
    assert books.basis is not None
    assert (vat.rule, vat.event, vat.earliest_erasure) == ("H-VAT", date(2022, 4, 18), date(2027, 4, 20))
    assert {step.reference for step in vat.why} >= {"Civil and Commercial Code s.193/8"}


def test_what_is_written_and_who_must_be_told() -> None:
    found = preflight(POLICY, Right.ERASURE, ROWS)
    assert found.changes == {"crm": 3}
    assert found.told == ("SendGrid Inc. (Twilio)",)
    assert preflight(POLICY, Right.ACCESS, ROWS).told == ()

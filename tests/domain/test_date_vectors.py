"""The acceptance table of the law's dates, row by row (tests/law/date_vectors.csv)."""

from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from domain.calendar import BANGKOK, Calendar, in_thai
from domain.deadlines import terms_for
from domain.holds import CountsFrom, FiscalYear, Hold, HoldRule, hold_of, holds_on
from domain.rights import Right
from policy.model import Policy

Row = dict[str, str]

with (Path(__file__).parent.parent / "law" / "date_vectors.csv").open(encoding="utf-8") as table:
    ROWS = list(csv.DictReader(table))
DEADLINES = [row for row in ROWS if row["kind"] == "deadline"]
HOLDS = [row for row in ROWS if row["kind"] == "hold"]
ACCOUNTING = [row for row in HOLDS if row["rule"].startswith("Accounting Act")]

RIGHTS = {
    "s.30": (Right.ACCESS,),
    "s.33": (Right.ERASURE,),
    "s.31/34/35-36": (Right.PORTABILITY, Right.RESTRICTION, Right.RECTIFICATION),
}
RULES_IN_POLICY = {
    "Accounting Act s.14 (5y)": "H-ACC",
    "Accounting Act s.14 (7y)": "H-BOOKS",
    "Revenue Code s.87/3 (5y)": "H-VAT",
    "CCA s.26 traffic data (90d)": "H-CCA-T",
    "CCA s.26 para 3 user identification (90d after service ends)": "H-CCA-U",
}


def named(row: Row) -> str:
    return row["id"]


def received(row: Row) -> datetime:
    """The instant that the row names, else noon in Bangkok."""
    instant = re.search(r"UTC (\S+)Z", row["rule"])
    if instant:
        return datetime.fromisoformat(instant[1]).replace(tzinfo=UTC)
    return datetime.combine(day(row, "start_event"), time(12), BANGKOK)


def day(row: Row, column: str) -> date:
    return date.fromisoformat(row[column])


def hold_rule(row: Row, policy: Policy) -> HoldRule:
    if row["rule"] in RULES_IN_POLICY:
        return policy.holds[RULES_IN_POLICY[row["rule"]]]
    count, unit = int(row["period"][:-1]), row["period"][-1]  # periods that are no hold of this company
    return HoldRule(
        id="H-TABLE",
        reference=row["rule"],
        counts_from=CountsFrom.DOCUMENT_DATE,
        years=count if unit == "y" else 0,
        days=count if unit == "d" else 0,
    )


def agrees(hold: Hold, row: Row) -> None:
    assert hold.last_day == day(row, "last_day")
    assert hold.release_on == day(row, "earliest_erasure_default")
    assert hold.last_day + timedelta(days=1) == day(row, "earliest_erasure_no_roll")


def test_the_table_is_whole() -> None:
    assert (len(DEADLINES), len(HOLDS), len(ACCOUNTING)) == (10, 14, 7)


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_last_day_is_written_as_the_table_writes_it(row: Row) -> None:
    last = day(row, "last_day")
    assert in_thai(last, era=True) == row["be"]
    assert last.strftime("%a") == row["last_day_dow"]


@pytest.mark.parametrize("row", DEADLINES, ids=named)
def test_deadline(row: Row, policy: Policy) -> None:
    for right in RIGHTS[row["rule"].split()[0]]:
        rule = policy.deadlines[right]
        terms = terms_for(rule, received(row), policy.calendar, policy.version)
        assert f"{rule.days}d" == row["period"]
        assert terms.received_on == day(row, "start_event")
        assert terms.strict == day(row, "last_day")
        assert terms.rolled == day(row, "statutory_due_rolled")
        assert terms.target == day(row, "internal_target")


@pytest.mark.parametrize("row", HOLDS, ids=named)
def test_hold_counted_from_its_event(row: Row, policy: Policy) -> None:
    rule = hold_rule(row, policy)
    assert (f"{rule.years}y" if rule.years else f"{rule.days}d") == row["period"]
    agrees(hold_of(rule, day(row, "start_event"), policy.calendar), row)


@pytest.mark.parametrize("row", ACCOUNTING, ids=named)
def test_accounting_hold_counted_from_the_documents_period(row: Row, policy: Policy) -> None:
    document = re.search(r"document dated (\S+);", row["note"])
    year_end = re.search(r"FYE (\d\d)/(\d\d)", row["note"])
    assert document
    assert year_end
    books = FiscalYear(ends=f"{year_end[2]}-{year_end[1]}")
    dated = date.fromisoformat(document[1])
    assert books.closing_date(dated) == day(row, "start_event")
    (hold,) = holds_on((hold_rule(row, policy),), {"document_date": dated}, books, policy.calendar)
    agrees(hold, row)


def test_the_same_day_a_year_earlier_crosses_a_leap_day(thai_calendar: Calendar, policy: Policy) -> None:
    """The note of T09: thirty days from 30 January end on 1 March with or without 29 February between."""
    rule = policy.deadlines[Right.ACCESS]
    for year, last in ((2027, date(2027, 3, 1)), (2026, date(2026, 3, 1)), (2028, date(2028, 2, 29))):
        terms = terms_for(rule, datetime(year, 1, 30, 5, tzinfo=UTC), thai_calendar, "")
        assert terms.strict == last

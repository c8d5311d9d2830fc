"""Edits that ask for less than the law does, leave the record of processing (s.39) incomplete, or spoil the calendar."""

from __future__ import annotations

from tests.policy.faults import Fault

LAW = [
    Fault(
        "holds.yaml",
        "    years: 5\n    floor_years: 5\n",
        "    years: 4\n    floor_years: 4\n",
        "below-the-law",
        "holds.H-ACC.years",
        "    years: 4",
    ),
    Fault(
        "holds.yaml", "    days: 90\n", "    days: 89\n", "below-the-law", "holds.H-CCA-T.days", "days: 89"
    ),
    Fault(
        "holds.yaml",
        "    years: 5\n    floor_years: 5\n",
        "    days: 1800\n",
        "below-the-law",
        "holds.H-ACC.days",
        "    days: 1800",
    ),
    Fault(
        "holds.yaml",
        "floor_years: 5",
        "floor_years: 6",
        "floor-is-not-the-law-s",
        "holds.H-BOOKS.floor_years",
        "floor_years: 6",
    ),
    Fault(
        "holds.yaml",
        "    counts_from: filed_on\n",
        "    counts_from: filed_on\n    rolled: false\n",
        "below-the-law",
        "holds.H-VAT.rolled",
        "rolled: false",
    ),
    Fault(
        "holds.yaml",
        "counts_from: filed_on",
        "counts_from: document_date",
        "law-without-rule",
        "holds",
        "holds:",
    ),
    Fault(
        "deadlines.yaml",
        "    days: 30\n",
        "    days: 31\n",
        "later-than-the-law",
        "deadlines.access.days",
        "days: 31",
    ),
    Fault(
        "deadlines.yaml",
        "    days: 90\n",
        "    days: 91\n",
        "later-than-the-law",
        "deadlines.erasure.days",
        "days: 91",
    ),
]

RECORD = [
    Fault("record.yaml", "  access: #", "  acces: #", "field-missing", "record.access", "record:"),
    Fault(
        "record.yaml",
        "    public-task:\n",
        "    public-tasks:\n",
        "field-wrong",
        "record.must_give.public-tasks",
        "public-tasks",
    ),
    Fault("record.yaml", "[rights, access", "[rights, acess", "field-wrong", "record.proposed.1", "acess"),
    Fault(
        "counsel.yaml",
        "affects: [deadlines.access]",
        "affects: [deadlines.copy]",
        "rule-unknown",
        "counsel.ACCESS-2569.affects.0",
        "deadlines.copy",
    ),
    Fault(
        "company.yaml",
        "proposed: [company.officer",
        "proposed: [officer",
        "field-wrong",
        "proposed.0",
        "proposed:",
    ),
]

UNITS = [
    Fault(
        "units.yaml",
        "limits: [{since: ticket_closed_on, years: 2}, ",
        "limits: [{since: ticket_closed_on}, ",
        "period-unclear",
        "units.U06.retention.limits.0",
        "limits: [{since: ticket_closed_on}",
    ),
    Fault(
        "units.yaml",
        "disputed: {years: 10}",
        "disputed: {years: 10, days: 1}",
        "period-unclear",
        "units.U15.retention.limits.0.disputed",
        "disputed: {years: 10, days",
    ),
    Fault(
        "units.yaml",
        "since: backed_up_on",
        "since: lately",
        "field-wrong",
        "units.U14.retention.limits.0.since",
        "since: lately",
    ),
    Fault(
        "units.yaml",
        "limits: [{since: account_expired_on, days: 30}]",
        "limits: []",
        "unit-without-period",
        "units.U01.retention.limits",
        "limits: []",
    ),
    Fault(
        "units.yaml",
        '      source: {reference: "privacy policy of 11 October 2568, 5.1", evidence: choice}\n',
        "",
        "field-missing",
        "units.U01.retention.source",
        "    retention:",
    ),
    Fault(
        "units.yaml",
        '    data: {th: "ชื่อธุรกิจ',
        '    date: {th: "ชื่อธุรกิจ',
        "field-missing",
        "units.U01.data",
        "  U01:",
    ),
]

CALENDAR = [
    Fault(
        "calendar.yaml",
        "  2026-12-31:",
        "  2569-12-31:",
        "date-in-wrong-era",
        "holidays.2569-12-31",
        "2569-12-31",
    ),
    Fault(
        "calendar.yaml", "  2026-12-31:", "  2026-12-32:", "field-wrong", "holidays.2026-12-32", "2026-12-32"
    ),
    Fault(
        "calendar.yaml",
        "  2026-12-31:",
        "  2036-12-31:",
        "year-not-declared",
        "holidays.2036-12-31",
        "2036-12-31",
    ),
    Fault("calendar.yaml", "  2026-12-31:", "  2026-12-10:", "key-twice", "holidays.2026-12-10", "วันสิ้นปี"),
    Fault(
        "calendar.yaml",
        "last_year: 2035",
        "last_year: 2036",
        "year-without-holidays",
        "holidays",
        "holidays:",
    ),
    Fault(
        "calendar.yaml",
        "announced_to: 2027-12-31",
        "announced_to: 2570-12-31",
        "date-in-wrong-era",
        "announced_to",
        "announced_to:",
    ),
]

FAULTS_OF_LAW = [*LAW, *RECORD, *UNITS, *CALENDAR]

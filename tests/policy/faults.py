"""Edits that break the shipped policy, file by file, and the error that must come of each."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """An edit, and the error that must come of it; `at` stands on the line that it names."""

    file: str
    old: str
    new: str
    code: str
    field: str
    at: str


ACCESS_SOURCE = '    source: {authority: statute, reference: "PDPA s.30 ¶4", evidence: found}\n'
PERIODS = "periods: [] # real periods, {start, end}: a short first one, a year end changed with approval"
U06_RETENTION = """    retention:
      th: "2 ปีนับแต่ปิดเรื่อง แต่ไม่เกิน 30 วันหลังบัญชีหมดอายุ"
      en: "2 years after the ticket is closed, at most 30 days after the account expires"
      limits: [{since: ticket_closed_on, years: 2}, {since: account_expired_on, days: 30}]
      source: {reference: "company's choice; the published policy gives no period", evidence: choice}
"""
BASIS_LINE = "    basis: BASIS-2569-01\n"

COMPANY = [
    Fault(
        "company.yaml",
        "    email: dpo@siamcrm.example\n",
        "",
        "field-missing",
        "company.officer.email",
        "officer:",
    ),
    Fault("company.yaml", "dpo@siamcrm.example", '""', "field-empty", "company.officer.email", "email:"),
    Fault("company.yaml", "dpo@siamcrm.example", '"  "', "field-empty", "company.officer.email", "email:"),
    Fault(
        "company.yaml",
        "dpo@siamcrm.example",
        "the DPO",
        "contact-malformed",
        "company.officer.email",
        "email:",
    ),
    Fault(
        "company.yaml", "    phone: 02-000-0000\n", "", "field-missing", "company.officer.phone", "officer:"
    ),
    Fault("company.yaml", "02-000-0000", "call us", "contact-malformed", "company.officer.phone", "phone:"),
    Fault("company.yaml", "policy_version: 2026-11-22.1\n", "", "field-missing", "policy_version", "# Who"),
    Fault(
        "company.yaml",
        "jurisdiction: TH",
        "jurisdiction: SG",
        "field-wrong",
        "jurisdiction",
        "jurisdiction: SG",
    ),
    Fault("company.yaml", "hours: 72", "hours: 0", "field-wrong", "challenge.hours", "hours: 0"),
    Fault("company.yaml", "attempts: 5", 'attempts: "5"', "field-wrong", "challenge.attempts", "attempts:"),
    Fault("company.yaml", "days: 14", "days: 0", "field-wrong", "delivery.days", "days: 0"),
    Fault(
        "company.yaml",
        "notice_days: 14",
        "notice_days: 0",
        "field-wrong",
        "agreement.notice_days",
        "notice_days: 0",
    ),
    Fault(
        "company.yaml",
        "erase_days: 60",
        "erase_days: 0",
        "field-wrong",
        "agreement.erase_days",
        "erase_days: 0",
    ),
    Fault("company.yaml", "days: 35", "days: 0", "field-wrong", "backups.days", "days: 0"),
    Fault("company.yaml", "days: 35", "days: 3651", "field-wrong", "backups.days", "days: 3651"),
    Fault("company.yaml", "days: 35", 'days: "35"', "field-wrong", "backups.days", 'days: "35"'),
    Fault("company.yaml", "days: 35", "days: 35.5", "field-wrong", "backups.days", "days: 35.5"),
    Fault("company.yaml", "{days: 35}", "{weeks: 5}", "field-missing", "backups.days", "weeks: 5"),
    Fault(
        "company.yaml",
        "days: 35}",
        "days: 35, copies: 2}",
        "field-unknown",
        "backups.copies",
        "copies: 2",
    ),
    Fault("company.yaml", "backups: {", "backup: {", "field-missing", "backups", "# Who"),
    Fault(
        "company.yaml",
        "review_days: 90",
        "review_days: 0",
        "field-wrong",
        "restriction.review_days",
        "review_days: 0",
    ),
    Fault(
        "company.yaml",
        "review_days: 90",
        "review_days: 3651",
        "field-wrong",
        "restriction.review_days",
        "review_days: 3651",
    ),
    Fault(
        "company.yaml",
        "review_days: 90",
        "review_days: never",
        "field-wrong",
        "restriction.review_days",
        "review_days: never",
    ),
    Fault(
        "company.yaml",
        "review_days: 90, ",
        "",
        "field-missing",
        "restriction.review_days",
        "restriction: {",
    ),
    Fault(
        "company.yaml",
        "lift_notice_days: 7",
        "lift_notice_days: 0",
        "field-wrong",
        "restriction.lift_notice_days",
        "lift_notice_days: 0",
    ),
    Fault(
        "company.yaml",
        "keep_years: 10",
        "keep_years: 0",
        "field-wrong",
        "refusals.keep_years",
        "keep_years: 0",
    ),
    Fault("company.yaml", "attempts: 5", "attempts: true", "field-wrong", "challenge.attempts", "attempts:"),
]

DEADLINES = [
    Fault(
        "deadlines.yaml",
        "    days: 30\n",
        "    days: 30\n    extension: {days: 30}\n",
        "field-missing",
        "deadlines.access.extension.reference",
        "extension: {days",
    ),
    Fault("deadlines.yaml", ACCESS_SOURCE, "", "field-missing", "deadlines.access.source", "  access:"),
    Fault(
        "deadlines.yaml",
        'reference: "PDPA s.30 ¶4", ',
        "",
        "field-missing",
        "deadlines.access.source.reference",
        "authority: statute",
    ),
    Fault(
        "deadlines.yaml",
        '"PDPA s.30 ¶4"',
        '""',
        "field-empty",
        "deadlines.access.source.reference",
        "authority: statute",
    ),
    Fault(
        "deadlines.yaml",
        "authority: statute",
        "authority: custom",
        "field-wrong",
        "deadlines.access.source.authority",
        "authority: custom",
    ),
    Fault(
        "deadlines.yaml",
        "evidence: found",
        "evidence: sure",
        "field-wrong",
        "deadlines.access.source.evidence",
        "evidence: sure",
    ),
    Fault(
        "deadlines.yaml",
        "    days: 30\n",
        "    day: 30\n",
        "field-missing",
        "deadlines.access.days",
        "  access:",
    ),
    Fault(
        "deadlines.yaml",
        "    days: 30\n",
        "    days: 30\n    pause: 60\n",
        "field-unknown",
        "deadlines.access.pause",
        "pause: 60",
    ),
    Fault(
        "deadlines.yaml", "    days: 30\n", "    days: 0\n", "field-wrong", "deadlines.access.days", "days: 0"
    ),
    Fault(
        "deadlines.yaml",
        "    days: 30\n",
        "    days: 30\n    days: 45\n",
        "key-twice",
        "deadlines.access.days",
        "days: 45",
    ),
    Fault("deadlines.yaml", "  access:\n", "  acess:\n", "field-wrong", "deadlines.acess", "  acess:"),
    Fault(
        "deadlines.yaml",
        "decision_days: 30",
        "decision_days: 91",
        "decision-after-deadline",
        "deadlines.erasure.decision_days",
        "decision_days: 91",
    ),
    Fault(
        "deadlines.yaml",
        "verify_days_before: 2",
        "verify_days_before: 30",
        "verification-before-receipt",
        "deadlines.access.verify_days_before",
        "verify_days_before: 30",
    ),
    Fault(
        "deadlines.yaml",
        "[7, 2]",
        "[30, 2]",
        "reminder-before-receipt",
        "deadlines.access.reminder_days_before.0",
        "[30, 2]",
    ),
    Fault(
        "deadlines.yaml",
        "cooling_hours: 72",
        "cooling_hours: -1",
        "field-wrong",
        "deadlines.erasure.cooling_hours",
        "cooling_hours: -1",
    ),
]

HOLDS = [
    Fault(
        "holds.yaml",
        '    source: {reference: "Revenue Code s.87/3", evidence: found}\n',
        "",
        "field-missing",
        "holds.H-VAT.source",
        "  H-VAT:",
    ),
    Fault(
        "holds.yaml",
        "    days: 90\n",
        "    days: 90\n    years: 1\n",
        "period-unclear",
        "holds.H-CCA-T",
        "  H-CCA-T:",
    ),
    Fault("holds.yaml", "    days: 90\n", "", "period-unclear", "holds.H-CCA-T", "  H-CCA-T:"),
    Fault(
        "holds.yaml",
        "    years: 7\n",
        "    years: 4\n",
        "floor-above-period",
        "holds.H-BOOKS.floor_years",
        "floor_years: 5",
    ),
    Fault(
        "holds.yaml",
        BASIS_LINE,
        "    basis: BASIS-1\n",
        "basis-unknown",
        "holds.H-BOOKS.basis",
        "basis: BASIS-1",
    ),
    Fault(
        "holds.yaml",
        "    ground: EX-CLAIM\n",
        "    ground: EX-7\n",
        "ground-does-not-keep",
        "bases.BASIS-2569-01.ground",
        "ground: EX-7",
    ),
    Fault(
        "holds.yaml",
        "    ground: EX-LAW\n",
        "    ground: R30-LAW\n",
        "ground-does-not-keep",
        "holds.H-BOOKS.ground",
        "ground: R30-LAW",
    ),
    Fault(
        "holds.yaml",
        "counts_from: filed_on",
        "counts_from: paid_on",
        "field-wrong",
        "holds.H-VAT.counts_from",
        "counts_from: paid_on",
    ),
    Fault(
        "holds.yaml",
        "registered_on: 2026-11-22",
        "registered_on: 2569-11-22",
        "date-in-wrong-era",
        "bases.BASIS-2569-01.registered_on",
        "2569-11-22",
    ),
    Fault(
        "holds.yaml",
        "registered_on: 2026-11-22",
        "registered_on: 22/11/69",
        "field-wrong",
        "bases.BASIS-2569-01.registered_on",
        "22/11/69",
    ),
    Fault("holds.yaml", '"12-31"', '"31-12"', "no-such-day", "accounting.fiscal_year_ends", "31-12"),
    Fault("holds.yaml", '"12-31"', '"02-30"', "no-such-day", "accounting.fiscal_year_ends", "02-30"),
    Fault(
        "holds.yaml",
        PERIODS,
        "periods:\n    - {start: 2022-01-01, end: 2022-12-31}\n    - {start: 2022-12-31, end: 2023-11-30}",
        "periods-overlap",
        "accounting.periods.1",
        "2022-12-31, end: 2023",
    ),
    Fault(
        "holds.yaml",
        PERIODS,
        "periods:\n    - {start: 2023-01-01, end: 2023-12-31}\n    - {start: 2022-02-01, end: 2023-01-01}",
        "periods-overlap",
        "accounting.periods.0",
        "2023-12-31",
    ),
    Fault(
        "holds.yaml",
        PERIODS,
        "periods: [{start: 2022-12-31, end: 2022-01-01}]",
        "period-impossible",
        "accounting.periods.0",
        "periods: [{",
    ),
    Fault(
        "holds.yaml",
        PERIODS,
        "periods: [{start: 2022-01-01, end: 2023-01-02}]",
        "period-impossible",
        "accounting.periods.0",
        "periods: [{",
    ),
    Fault(
        "holds.yaml",
        PERIODS,
        "periods: [{start: 2565-01-01, end: 2565-12-31}]",
        "date-in-wrong-era",
        "accounting.periods.0.start",
        "periods: [{",
    ),
]

REGISTERS = [
    Fault("units.yaml", U06_RETENTION, "", "field-missing", "units.U06.retention", "  U06:"),
    Fault(
        "units.yaml",
        "{since: account_expired_on, days: 30}",
        "{since: contract_ended_on, days: 30}",
        "limit-of-tenants",
        "units.U01.retention.limits.0.since",
        "{since: contract_ended_on",
    ),
    Fault(
        "units.yaml",
        "{since: contract_ended_on, days: 30}",
        "{since: entered_on, days: 30}",
        "limit-of-tenants",
        "units.U13.retention.limits.0.since",
        "{since: entered_on, days: 30}",
    ),
    Fault(
        "units.yaml",
        "    bases: [contract]\n",
        "    bases: []\n",
        "unit-without-basis",
        "units.U01.bases",
        "bases: []",
    ),
    Fault(
        "units.yaml",
        "    bases: [contract]\n",
        "    bases: [habit]\n",
        "field-wrong",
        "units.U01.bases.0",
        "bases: [habit]",
    ),
    Fault(
        "units.yaml",
        "holds: [H-BOOKS]",
        "holds: [H-BOOKS, H-TAX]",
        "hold-unknown",
        "units.U03.holds.1",
        "H-TAX",
    ),
    Fault(
        "units.yaml",
        "recipients: [aws, stripe]",
        "recipients: [aws, paypal]",
        "recipient-unknown",
        "units.U05.recipients.1",
        "paypal",
    ),
    Fault("units.yaml", "  U02:\n", "  U01:\n", "key-twice", "units.U01", "  U01:"),
    Fault(
        "units.yaml",
        "uses: [marketing]",
        "uses: [advertising]",
        "field-wrong",
        "units.U10.uses.0",
        "uses: [advertising]",
    ),
    Fault(  # that is what the basis says already
        "units.yaml",
        "uses: [marketing]",
        "uses: [marketing, interest]",
        "field-wrong",
        "units.U10.uses.1",
        "uses: [marketing, interest]",
    ),
    Fault(
        "units.yaml",
        "uses: [marketing]",
        "uses: marketing",
        "field-wrong",
        "units.U10.uses",
        "uses: marketing",
    ),
    Fault(
        "units.yaml",
        "uses: [marketing]",
        "use: [marketing]",
        "field-unknown",
        "units.U10.use",
        "use: [marketing]",
    ),
    Fault(
        "recipients.yaml",
        "instructed: true",
        "instructed: 1",
        "field-wrong",
        "recipients.stripe.instructed",
        "instructed: 1",
    ),
    Fault(
        "recipients.yaml",
        "instructed: true",
        "instructed: yes",
        "field-wrong",
        "recipients.stripe.instructed",
        "instructed: yes",
    ),
    Fault(
        "recipients.yaml",
        "instructed: true",
        "instruct: true",
        "field-unknown",
        "recipients.stripe.instruct",
        "instruct: true",
    ),
    Fault(
        "recipients.yaml",
        "countries: [US]",
        "countries: []",
        "field-wrong",
        "recipients.sendgrid.countries",
        "countries: []",
    ),
    Fault("recipients.yaml", "[US, IE, SG]", "[USA]", "field-wrong", "recipients.stripe.countries.0", "USA"),
    Fault("grounds.yaml", "  NG-33-1:\n", "  NG-33:\n", "ground-missing", "grounds.NG-33-1", "grounds:"),
    Fault(
        "grounds.yaml",
        "refuses: [access]",
        "refuses: [disclosure]",
        "field-wrong",
        "grounds.R30-LAW.refuses.0",
        "disclosure",
    ),
    Fault(
        "grounds.yaml", "    section: s.30 ¶2\n", "", "field-missing", "grounds.R30-LAW.section", "  R30-LAW:"
    ),
]

FAULTS = [*COMPANY, *DEADLINES, *HOLDS, *REGISTERS]

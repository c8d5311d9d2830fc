"""The part that a person reads: cover letter, index, tables and charts in Thai with English beside, as PDF/A-3."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from markupsafe import Markup

from domain.calendar import BANGKOK, BUDDHIST_OFFSET, day_in_bangkok
from domain.inspection import Column, Kind
from exports import context, pdf
from exports.cells import visible
from exports.inspection.codes import Codes
from exports.inspection.statistics import bars
from exports.inspection.tables import SHOWN, Written
from exports.letters import Templates
from exports.words import Words
from policy.model import Policy

TOLD: Mapping[str, str] = {
    "requests": "request received channel language entered_by cases",
    "cases": "reference right ending received_on strict closed days_taken in_time",
    "terms": "reference version strict rolled target decide_by law set_by",
    "identity": "reference method assurance result by asked at",
    "searches": "reference system found new_identifiers at",
    "decisions": "reference plan_version approved ground proposer confirmer completed",
    "units": "reference system unit planned ground holds until records",
    "refusals": "reference scope ground section system items decided letter",
    "holds": "order reference kind units placed released",
    "left_out": "reference system step code since ground proposer confirmer answered",
    "stops": "reference mistake ground proposer proposed decided_by decided",
    "deaths": "reference shown proposer proposed confirmer decided",
    "merges": "reference into merged_by merged undone",
    "instructions": "reference told source given_by given carried_out_by",
    "errands": "reference system asks due_on asked overdue answered answered_by",
    "recipients": "reference recipient by_day told said evidence answered answered_by",
    "suppressions": "reference why purposes entries entered lifted lifted_by",
    "effects": "reference system verb achieved at",
    "proofs": "reference system proof left leftover at",
    "obligations": "reference kind system due_on items owed met",
    "letters": "reference code text_sha256 queued sent",
    "deliveries": "reference letter sent fate opened fetched expires revoked",
    "fates": "reference delivery fate at noted",
    "posts": "reference letter code posted_on entered_by",
    "disclosures": "disclosure reference given_on secret_until entered_by",
    "access": "seq reference at event who command reason_code",
    "exports": "serial mode since until cases asked_by approved_by made timestamp",
    "persons": "reference name identifiers message",
    "refusal_reasons": "reference refusal reasons",
    "disclosed": "disclosure recipient power order units what",
    "orders": "order reference number reason",
}
"""Which columns of a table the report shows: as many as a page has room for. Its CSV has all."""

_NUMBERS = frozenset({"seq", "serial", "version", "plan_version", "assurance"})


class Contents(NamedTuple):
    """What the report tells of."""

    manifest: Mapping[str, Any]
    tables: Sequence[Written]
    statistics: Mapping[str, Any]
    about: Mapping[str, Any]
    files: Sequence[Mapping[str, str | int]]


class Shown(NamedTuple):
    """A table as the report shows it."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    total: int

    @property
    def more(self) -> bool:
        """Whether rows are left to the CSV."""
        return self.total > len(self.rows)


def write(contents: Contents, policy: Policy, shared: Mapping[str, Words], own: Mapping[str, Words]) -> bytes:
    """The report as PDF; the statistics are attached to it for machines."""
    thai, manifest, codes = shared["th"], contents.manifest, Codes(policy, shared, own)
    made = datetime.fromisoformat(manifest["made"])
    values = {
        "words": thai,
        "th": own["th"],
        "en": own["en"],
        "fonts": Markup(pdf.font_faces()),  # noqa: S704 - our own style rules
        "page_number": Markup(context.page_number(thai)),  # noqa: S704
        "title": own["th"]("title"),
        "reference": own["th"]("number", serial=manifest["serial"]),
        "company": {"name": policy.company.name.th, "address": policy.company.address.th},
        "company_en": {"name": policy.company.name.en, "address": policy.company.address.en},
        "officer": policy.company.officer,
        "today": thai.day(day_in_bangkok(made)),
        "since": thai.day(manifest["scope"]["since"]),
        "until": thai.day(manifest["scope"]["until"]),
        "manifest": manifest,
        "about": contents.about,
        "files": contents.files,
        "tables": [_shown(each, own["th"], codes) for each in contents.tables],
        "codes": codes.met(),
        "charts": _charts(contents.statistics, thai, own["th"]),
        "rights": contents.statistics["rights"],
        "names": {
            each["right"]: own["th"](f"short.{each['right']}") for each in contents.statistics["rights"]
        },
    }
    html = Templates().render("inspection.html", values)
    machine = json.dumps(contents.statistics, ensure_ascii=False).encode()
    statistics = pdf.Attached("statistics.json", machine, own["th"]("statistics_file"), made)
    return pdf.write(html, attached=[statistics])


def _shown(table: Written, words: Words, codes: Codes) -> Shown:
    section = table.section.name
    columns = {column.name: column for column in table.section.columns}
    names = TOLD[section].split()
    said = {name: partial(codes.shown, section, name) for name in names}
    rows = [
        [_cell(row[name], columns[name], words, said[name]) for name in names] for row in table.first[:SHOWN]
    ]
    return Shown(section, names, rows, table.count)


def _cell(value: Any, column: Column, words: Words, said: Callable[[str], str]) -> str:
    """A value as people read it: days of the Buddhist Era, Bangkok time, codes as they are `said`."""
    if value is None or value in ("", [], ()):
        return "–"
    match column.kind:
        case Kind.INSTANT:
            local = value.astimezone(BANGKOK)
            shown = f"{_day(local.date())} {local:%H:%M}"
        case Kind.DAY:
            shown = _day(value)
        case Kind.FLAG:
            shown = words("yes" if value else "no")
        case Kind.WORDS:
            shown = visible(", ".join(map(said, value)))
        case Kind.COUNTS:
            told = ((said(key), count) for key, count in sorted(value.items()))
            shown = ", ".join(f"{name} {count:,}" for name, count in told)
        case Kind.COUNT:
            shown = str(value) if column.name in _NUMBERS else f"{value:,}"
        case _:
            shown = visible(said(str(value)))
    return shown


def _named(code: str, group: str, words: Words) -> str:
    return words.get(f"{group}.{code}") or code


def _day(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year + BUDDHIST_OFFSET}"


def _charts(statistics: Mapping[str, Any], shared: Words, own: Words) -> list[dict[str, Any]]:
    """Volume by right and month, outcomes, and days taken against the limit."""
    rights = statistics["rights"]
    endings: dict[str, int] = {}
    for each in rights:
        for ending, count in each["endings"].items():
            endings[ending] = endings.get(ending, 0) + count
    months = [(_month(each["month"], shared), each["received"]) for each in statistics["months"][-12:]]
    charts = [
        {
            "name": "volume",
            "of": "",
            "bars": bars([(own(f"short.{each['right']}"), each["received"]) for each in rights]),
        },
        {"name": "months", "of": "", "bars": bars(months)},
        {
            "name": "outcome",
            "of": "",
            "bars": bars([(_named(e, "endings", own), n) for e, n in sorted(endings.items())]),
        },
    ]
    for each in rights:
        if each["closed"]:
            days, limit = each["days_taken"]["by_day"], each["days_allowed"]
            tens = [(low and low + 1, min(low + 10, limit)) for low in range(0, limit, 10)]
            ranges = [(own("days_range", low=low, high=high), _within(days, low, high)) for low, high in tens]
            ranges.append(
                (own("days_over", days=limit), sum(n for day, n in days.items() if int(day) > limit))
            )
            charts.append({"name": "days", "of": own(f"short.{each['right']}"), "bars": bars(ranges)})
    return charts


def _within(days: Mapping[str, int], low: int, high: int) -> int:
    return sum(count for day, count in days.items() if low <= int(day) <= high)


def _month(month: str, words: Words) -> str:
    year, number = month.split("-")
    return f"{words.get('months')[int(number) - 1]} {int(year) + BUDDHIST_OFFSET}"  # type: ignore[index]

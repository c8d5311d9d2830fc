"""What people see: tables with Thai beside English, dates in both eras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from rich.table import Table

from domain.calendar import day_in_bangkok, in_thai
from domain.item import Candidate
from domain.ports import CaseView
from exports import words
from exports.words import Words
from policy.model import Policy


@cache
def _catalogues() -> Mapping[str, Words]:
    return words.load()


def both(key: str, code: str) -> str:
    """A code, and its name in Thai from the catalogue where it has one: `erasure · สิทธิขอให้ลบ...`."""
    thai = _thai(key, code)
    return f"{code} · {thai}" if thai else code


def _thai(key: str, code: str) -> str:
    return _catalogues()["th"].get(f"{key}.{code}") or ""


def day(of: date | str | None) -> str:
    """A day in both eras: `2026-12-22 (22 ธันวาคม 2569)`."""
    if of is None:
        return ""
    of = date.fromisoformat(of) if isinstance(of, str) else of
    return f"{of.isoformat()} ({in_thai(of)})"


def moment(of: str | None) -> str:
    """The Bangkok day of an instant, in both eras."""
    return day(day_in_bangkok(datetime.fromisoformat(of))) if of else ""


def case_table(views: Sequence[CaseView]) -> Table:
    """Cases, a row each."""
    table = Table("Reference", "Right", "State · สถานะ", "Ending · ผล", "Due · ครบกำหนด", "Parked")
    for view in views:
        case = view.case
        table.add_row(
            case.reference,
            case.right.value,
            both("states", view.state.value),
            both("endings", view.ending.value) if view.ending else "",
            day(case.terms.strict),
            ", ".join(parked.system for parked in view.parked),
        )
    return table


def case_facts(told: Mapping[str, Any]) -> Table:
    """One case, from the shape that `shapes.whole` gives."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    plan, bundle = told["plan"], told["bundle"]
    rows = (
        ("Reference · เลขที่คำขอ", told["reference"]),
        ("Right · สิทธิ", f"{told['right']} · {_thai('rights', told['right'] + '.name')} ({told['section']})"),
        ("State · สถานะ", both("states", told["state"])),
        ("Ending · ผล", both("endings", told["ending"]) if told["ending"] else ""),
        ("Received · รับเมื่อ", f"{day(told['received_on'])} by {told['channel']}"),
        ("Decide by · พิจารณาภายใน", day(told["decide_by"])),
        ("Due · ครบกำหนด", f"{day(told['due_on'])}, {told['authority']}"),
        ("Closed · ปิดเมื่อ", moment(told["closed"])),
        ("Waits for · รอ", told["waits_for"] if not told["closed"] else ""),
        ("Next · ขั้นต่อไป", told["command"]),
        *(("Parked · รอแก้ไข", f"{p['system']}: {p['code']} ({p['step']})") for p in told["parked"]),
        ("Plan · แผน", f"version {plan['version']}, {plan['digest']}" if plan else ""),
        *(("", f"{c['system']}: {c['count']} {both('planned', c['outcome'])}") for c in _counts(plan)),
        *(("Done · ดำเนินการแล้ว", _done(receipt)) for receipt in told["receipts"]),
        ("Letters · หนังสือ", ", ".join(_letter(letter) for letter in told["letters"])),
        ("Package · ชุดข้อมูล", f"{bundle['size']} bytes, SHA-256 {bundle['sha256']}" if bundle else ""),
        *(("Kept · เก็บรักษาไว้", _owed(owed)) for owed in told["obligations"]),
    )
    for what, value in rows:
        if value:
            table.add_row(what, value)
    return table


def plan_table(told: Mapping[str, Any]) -> Table:
    """A plan's groups, in codes; `legend` says what they mean."""
    table = Table(title=f"{told['reference']} · version {told['plan']['version']}")
    for column in ("Table", "Data", "Items", "Outcome", "Ground", "Until · ถึงวันที่"):
        table.add_column(column, overflow="fold", justify="right" if column == "Items" else "left")
    for group in told["groups"]:
        table.add_row(
            f"{group['system']}.{group['table']}",
            group["unit"],
            str(group["items"]),
            group["outcome"],
            group["ground"],
            day(group["until"]),
        )
    return table


def legend(told: Mapping[str, Any], policy: Policy) -> Table:
    """What the codes of a plan say, each once: data, outcomes, and grounds with the section of the law."""
    table = Table(show_header=False, box=None, pad_edge=False)
    english = _catalogues()["en"]
    for code in sorted({group["unit"] for group in told["groups"]}):
        if unit := policy.units.get(code):
            table.add_row(code, "", f"{unit.name.th} · {unit.name.en}")
    for outcome in sorted({group["outcome"] for group in told["groups"]}):
        key = f"planned.{outcome}"
        table.add_row(outcome, "", f"{_thai('planned', outcome)} · {english.get(key) or ''}")
    for code in sorted({group["ground"] for group in told["groups"]}):
        if ground := policy.grounds.get(code):
            table.add_row(code, ground.section, f"{ground.wording.th} · {ground.wording.en}")
    return table


def candidate_table(persons: Sequence[Sequence[Candidate]]) -> Table:
    """Persons by number, with what tells them apart."""
    table = Table("N", "System", "Shown")
    for number, rows in enumerate(persons, 1):
        for row in rows:
            table.add_row(str(number), row.system, "\n".join(f"{k}: {v}" for k, v in row.shown.items()))
    return table


def _counts(plan: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    return plan["counts"] if plan else ()


def _done(receipt: Mapping[str, Any]) -> str:
    achieved = ", ".join(
        f"{number} {both('achieved', outcome)}" for outcome, number in receipt["achieved"].items()
    )
    return f"{receipt['system']}: {achieved or receipt['verb']}"


def _owed(owed: Mapping[str, Any]) -> str:
    rules = ", ".join(owed["rules"])
    met = ", met" if owed["met"] else ""
    return f"{owed['system']}: {owed['items']} until {day(owed['due_on'])} ({rules}){met}"


def _letter(letter: Mapping[str, Any]) -> str:
    return (
        str(letter["code"]) if letter["sent"] else f"{letter['code']} (not sent: export it and hand it over)"
    )

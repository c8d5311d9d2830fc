"""What people see: tables with Thai beside English, dates in both eras."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from cli.text import both, catalogues, day, moment, thai
from domain.connector import FieldRole
from domain.item import Candidate
from domain.ports import CaseView
from policy.model import Policy


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


def edit_table(edits: Iterable[Mapping[str, Any]]) -> Table:
    """What officers changed in the plan, by whom, and how much of it still fits."""
    table = Table("Edit", "Table", "Data", "Was", "Becomes", "Ground", "Until · ถึงวันที่", "Items", "By", "At")
    for one in edits:
        items = "taken back" if one["undone"] else f"{one['now']} of {one['items']}"
        becomes = f"takes back {one['undoes']}" if one["undoes"] else one["becomes"]
        table.add_row(
            one["id"],
            f"{one['system']}.{one['table']}",
            one["unit"],
            one["was"],
            becomes,
            one["ground"],
            day(one["until"]),
            "" if one["undoes"] else items,
            one["by"],
            moment(one["at"]),
        )
    return table


def legend(told: Mapping[str, Any], policy: Policy) -> Table:
    """What the codes of a plan say, each once: data, outcomes, and grounds with the section of the law."""
    table = Table(show_header=False, box=None, pad_edge=False)
    english = catalogues()["en"]
    for code in sorted({group["unit"] for group in told["groups"]}):
        if unit := policy.units.get(code):
            table.add_row(code, "", f"{unit.name.th} · {unit.name.en}")
    for outcome in sorted({group["outcome"] for group in told["groups"]}):
        key = f"planned.{outcome}"
        table.add_row(outcome, "", f"{thai('planned', outcome)} · {english.get(key) or ''}")
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


def duplicate_table(found: Iterable[Mapping[str, Any]]) -> Table:
    """Cases beside the earlier ones that may be the same person's, and how they would be merged."""
    table = Table("Case", "May be the same as", "State · สถานะ", "Due · ครบกำหนด", "To merge them")
    for pair in found:
        older = pair["like"]
        state, due = both("states", older["state"]), day(older["due_on"])
        table.add_row(pair["reference"], older["reference"], state, due, pair["command"])
    return table


def task_table(tasks: Iterable[Mapping[str, Any]]) -> Table:
    """What people must do by hand."""
    table = Table("Id", "Case", "Task", "System", "What to do · สิ่งที่ต้องทำ", "Since", "In the hand of", "Done")
    for task in tasks:
        table.add_row(
            str(task["id"]),
            task["reference"],
            task["code"],
            task["system"],
            f"{task['mend']['th']}\n{task['mend']['en']}",
            moment(task["opened"]),
            task["hand"],
            moment(task["closed"]),
        )
    return table


def obligation_table(owed: Iterable[Mapping[str, Any]]) -> Table:
    """What outlives its case, by the day on which it is looked at."""
    table = Table("Due · ครบกำหนด", "Case", "Kind", "System", "Items", "Lost", "Rules", "Met", "Obligation")
    for one in owed:
        what = f"{one['kind']}: {one['code']}" if one["code"] else one["kind"]
        rules, met = ", ".join(one["rules"]), "yes" if one["met"] else ""
        items, lost = str(one["items"] or ""), str(one["lost"] or "")
        table.add_row(
            day(one["due_on"]), one["reference"], what, one["system"], items, lost, rules, met, one["id"]
        )
    return table


def field_table(fields: Mapping[str, frozenset[FieldRole]]) -> Table:
    """Fields that a person may ask to correct; one without a system of record is nobody's to correct."""
    table = Table("Field", "ชื่อ", "Name", "Kept by")
    english = catalogues()["en"]
    for field, roles in sorted(fields.items()):
        kept = "a system of record" if FieldRole.RECORD in roles else "copies only"
        table.add_row(field, thai("fields", field), english.get(f"fields.{field}") or "", kept)
    return table


def wish_table(told: Mapping[str, Any]) -> Table:
    """What a person wrote and asks for; escaped, for they may write anything."""
    table = Table(show_header=False)
    rows = (
        ("Message · ข้อความ", told["message"]),
        *((field, str(value)) for field, value in told["asked"].items()),
        ("Agent · ผู้กระทำการแทน", told["agent"]),
        ("Authority · หลักฐาน", told["authority"]),
    )
    for what, value in rows:
        if value:
            table.add_row(escape(what), escape(value))
    return table

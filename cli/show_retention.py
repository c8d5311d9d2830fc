"""The retention sweep as people see it: what goes, what is kept, and the arithmetic of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from cli.text import both, day, instant


def plan(told: Mapping[str, Any]) -> Iterator[str | Table]:
    """A dry run."""
    yield f"{day(told['as_of'])}: {told['ends']} records go, {told['kept']} are kept or reviewed"
    table = Table("Table", "Data", "Items", "What becomes of it · ผล", "Why", "Until · ถึงวันที่")
    for group in told["groups"]:
        table.add_row(
            escape(f"{group['system']}.{group['table']}"),
            group["unit"],
            str(group["items"]),
            both("outcomes", group["planned"]),
            escape(", ".join((group["ground"], *group["rules"]))),
            day(group["until"]),
        )
    yield table
    yield _why(told["groups"])
    if told["not_counted"]:
        blind = Table("Table", "Data", "No date for · ไม่มีวันที่สำหรับ", title="Where no period can be counted")
        for one in told["not_counted"]:
            missing = ", ".join(one["events"]) or "the policy gives no period"
            blind.add_row(escape(f"{one['system']}.{one['table']}"), one["unit"], escape(missing))
        yield blind


def _why(groups: list[Mapping[str, Any]]) -> Table:
    """Each rule once, reckoned for the record that it lets go last."""
    table = Table("Rule · กฎ", "เหตุใด · why", "ตาม · under")
    seen = set()
    for group in groups:
        for answer in group["why"]:
            told = (answer["rule"], answer["last_day"])
            if told in seen:
                continue
            seen.add(told)
            for number, step in enumerate(answer["why"]):
                name = f"{answer['rule']}\n{answer['reference']}" if not number else ""
                table.add_row(escape(name), escape(f"{step['th']}\n{step['en']}"), escape(step["reference"]))
    return table


def sweeps(told: Sequence[Mapping[str, Any]]) -> Table:
    """All sweeps, a row each."""
    table = Table("Sweep", "Planned for", "To go", "Went", "State · สถานะ", "Approved by")
    for one in told:
        went = sum(each["items"] for each in one["erased"])
        table.add_row(
            one["id"], day(one["day"]), str(one["items"]), str(went), _state(one), one["approved_by"]
        )
    return table


def sweep(told: Mapping[str, Any]) -> Iterator[str | Table]:
    """One sweep: what was planned, and what went."""
    yield escape(f"{told['id']}: {day(told['day'])}, {_state(told)}; policy {told['policy']}")
    yield f"SHA-256 {told['digest']}"
    if told["approved"]:
        yield escape(f"{told['approved_by']}: {instant(told['approved'])}")
    planned = Table("System", "Data", "Items", "What becomes of it · ผล", "Why", "Counts from")
    for one in told["counts"]:
        why = escape(", ".join((one["ground"], *one["rules"])))
        outcome = both("outcomes", one["planned"])
        planned.add_row(one["system"], one["unit"], str(one["items"]), outcome, why, one["since"])
    yield planned
    if told["erased"]:
        went = Table("System", "Data", "Items", "What became of it · ผล", "Counts from", title="Went")
        for one in told["erased"]:
            went.add_row(
                one["system"], one["unit"], str(one["items"]), both("outcomes", one["outcome"]), one["since"]
            )
        yield went


def _state(one: Mapping[str, Any]) -> str:
    if one["done"]:
        return f"done, {instant(one['done'])}"
    return "waits for the DPO" if one["waits"] else "not done yet"

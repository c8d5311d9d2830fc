"""The retention sweep as people see it: what goes, what is kept, and the arithmetic of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from cli.text import both, day


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

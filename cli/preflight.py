"""What `plan` shows beside its groups: fates, what stands in the way, what it costs, and why each date is what it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from cli import law, show_law
from cli.text import day

if TYPE_CHECKING:
    from bootstrap import House
    from domain.ports import CaseView


def told(house: House, view: CaseView) -> dict[str, Any]:
    """For machines: `lines` by fate, `blocks`, `cost`, `due` and `why` with every step of the arithmetic."""
    from activities.batches import calls_for
    from cases.standing import blocks
    from policy.answers import due
    from policy.preflight import preflight

    room, policy, case = house.room, house.policy, view.case
    found = preflight(policy, case.right, room.plans.rows(case.id))
    reckoned = {f"{one.rule}@{one.event.isoformat()}": one for line in found.lines for one in line.why}
    return {
        "lines": [
            {
                **line.model_dump(mode="json", exclude={"why"}),
                "why": [f"{one.rule}@{one.event.isoformat()}" for one in line.why],
            }
            for line in found.lines
        ],
        "blocks": [one.model_dump() for one in blocks(room, view)],
        "cost": {
            "records": dict(found.changes),
            "calls": {system: calls_for(count) for system, count in found.changes.items()},
            "letters_to_recipients": list(found.told),
        },
        "promised": {
            "strict": case.terms.strict.isoformat(),
            "target": case.terms.target.isoformat(),
            "rolled": case.terms.rolled.isoformat(),
            "reference": case.terms.reference,
            "policy": case.terms.policy,
            "version": case.terms.version,
        },
        "due": law.told(due(policy, case.right, view_received(view))),
        "why": {key: law.told(one) for key, one in reckoned.items()},
    }


def view_received(view: CaseView) -> Any:
    """An instant of the Bangkok day of receipt, of which alone the terms were reckoned."""
    from domain.calendar import end_of_day

    return end_of_day(view.case.terms.received_on)


def shown(said: dict[str, Any]) -> Iterator[Table]:
    """For people: what is kept and by which law, what blocks, what it costs; then the arithmetic of each hold once."""
    table = Table("Fate · ผล", "Data", "Items", "Section · บทกฎหมาย", "Mark", "Until · ถึงวันที่")
    for line in said["lines"]:
        evidence = show_law.mark(line["evidence"]) if line["evidence"] else ""
        table.add_row(
            line["fate"],
            f"{line['unit']} {line['table']}",
            str(line["items"]),
            line["section"],
            evidence,
            day(line["until"]),
        )
    yield table
    facts = Table(show_header=False, box=None, pad_edge=False)
    for block in said["blocks"]:
        facts.add_row("Blocks · สิ่งที่ขัดขวาง", escape(f"{block['kind']}: {block['what']}"))
    for system, count in said["cost"]["records"].items():
        calls = said["cost"]["calls"][system]
        facts.add_row("Cost · ค่าใช้จ่าย", f"{system}: {count} records, {calls} calls")
    for name in said["cost"]["letters_to_recipients"]:
        facts.add_row("Told · ต้องแจ้ง", name)
    yield facts
    yield from show_law.answer(said["due"])
    for one in said["why"].values():
        yield from show_law.answer(one)

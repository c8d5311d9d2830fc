"""The law and the policy as people see them: Thai first, dates in both eras, every rule with its source and mark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from cli.text import day, thai

_DATES = (
    ("last_day", "วันสุดท้าย · last day"),
    ("statutory_due", "เลื่อนตามวันหยุด · rolled (s.193/8)"),
    ("internal_target", "กำหนดภายใน · to plan for"),
    ("decide_by", "แจ้งผลพิจารณา · decide by"),
    ("floor_last_day", "กฎหมายกำหนดถึง · the law's own part"),
    ("earliest_erasure", "ลบได้ตั้งแต่ · may be erased from"),
    ("earliest_erasure_unrolled", "หากไม่เลื่อน · without the roll"),
)


def answer(told: Mapping[str, Any]) -> Iterator[Table]:
    """An answer of the law: its dates, where they come from, and the arithmetic."""
    dates = Table(title=escape(f"{told['rule']} · {told['be']}"), show_header=False)
    for key, name in _DATES:
        if told.get(key):
            dates.add_row(name, day(told[key]))
    for name, value in (
        ("บทกฎหมาย · section", told["section"]),
        ("ที่มา · source", told["reference"]),
        ("ระดับความแน่ชัด · mark", mark(told["evidence"])),
        ("นโยบาย · policy", f"{told['policy']} ({told['version']})"),
        ("ปฏิทิน · calendar", told["calendar"]),
    ):
        dates.add_row(name, escape(value))
    if basis := told.get("basis"):
        proposed = " · PROPOSED" if basis["proposed"] else ""
        dates.add_row("เหตุที่บันทึกไว้ · basis", escape(f"{basis['id']}{proposed}: {basis['wording']['th']}"))
    if told.get("founded") is False:
        dates.add_row("เหตุที่บันทึกไว้ · basis", "ไม่มี: เจ้าหน้าที่ต้องพิจารณา · none: people decide")
    if at_once := told.get("at_once"):
        dates.add_row("ทันที · at once", escape(f"{at_once['act']['th']} ({at_once['reference']})"))
    yield dates
    steps = Table("เหตุใด · why", "ตาม · under")
    for step in told["why"]:
        steps.add_row(escape(f"{step['th']}\n{step['en']}"), escape(step["reference"]))
    yield steps


def mark(evidence: str) -> str:
    """An evidence mark and what it means."""
    return f"{evidence} · {thai('law.evidence', evidence)}"

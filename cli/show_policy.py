"""The policy as people read it: codes, words in Thai and English, source, mark and signature."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from cli.show_law import mark
from cli.text import day

_FACTS = {"folder": "โฟลเดอร์ · folder", "version": "ฉบับ · version", "calendar": "ปฏิทิน · calendar"}
_PARTS = {
    "rights": "(5) สิทธิและวิธีใช้สิทธิ",
    "access": "(5) ผู้เข้าถึงข้อมูล",
    "disclosure": "(6) การใช้หรือเปิดเผยโดยไม่ได้รับความยินยอม",
    "refusals": "(7) การปฏิเสธคำขอหรือการคัดค้าน",
    "security": "(8) มาตรการรักษาความมั่นคงปลอดภัย",
}


def checked(told: Mapping[str, Any]) -> Table:
    """A policy that reads."""
    table = Table(show_header=False)
    for key, name in _FACTS.items():
        table.add_row(name, escape(told[key]))
    table.add_row("วันหยุดประกาศถึง · announced to", day(told["holidays_announced_to"] or None))
    table.add_row("กฎ · rules", str(len(told["rules"])))
    unsigned = f"{told['unsigned']} / {told['gaps']}"
    table.add_row("ยังไม่ลงนาม · unsigned", f"{unsigned} (policy gaps)" if told["unsigned"] else unsigned)
    return table


def explained(told: Mapping[str, Any]) -> Table:
    """One entry with everything that is known of it."""
    title = f"{told['code']} · {told['file']}:{told['line']} · {told['policy']} ({told['version']})"
    table = Table(title=escape(title), show_header=False)
    content = told["content"]
    for field, value in content.items() if isinstance(content, dict) else (("", content),):
        table.add_row(field, escape(_words(value)))
    for gap in told["gaps"]:
        table.add_row("ลงนาม · signed", escape(f"{gap['code']}: {_signature(gap)}"))
    for item in told["counsel"]:
        table.add_row(
            "ที่ปรึกษากฎหมาย · counsel", escape(f"{item['question']['th']}\n→ {item['until_answered']['th']}")
        )
    return table


def changed(told: Mapping[str, Any]) -> Table:
    """What differs between two policies."""
    table = Table("ที่ · where", "ช่อง · field", "เดิม · old", "ใหม่ · new")
    table.title = escape(f"{told['old']} → {told['new']}")
    for change in told["changes"]:
        where = f"{change['file']}:{change['line']}"
        table.add_row(where, change["field"], escape(_words(change["old"])), escape(_words(change["new"])))
    return table


def recorded(told: Mapping[str, Any]) -> Iterator[Table]:
    """The record of processing, by the numbers of s.39 ¶1."""
    controller = told["controller"]
    table = Table(title="บันทึกรายการตามมาตรา 39 · record of processing", show_header=False)
    table.add_row("(3) ผู้ควบคุมข้อมูล", escape(f"{controller['name']['th']}\n{controller['address']['th']}"))
    officer = controller["officer"]
    table.add_row("DPO", escape(f"{officer['name']['th']} · {officer['phone']} · {officer['email']}"))
    for key, name in _PARTS.items():
        table.add_row(name, escape(told[key]["th"]))
    yield table
    kinds = Table("", "(1) ข้อมูล", "(2) วัตถุประสงค์", "ฐาน · basis", "(4) ระยะเวลา", "ผู้รับ · to")
    for each in told["categories"]:
        proposed = f"\nPROPOSED: {', '.join(each['proposed'])}" if each["proposed"] else ""
        kinds.add_row(
            each["code"] + proposed,
            escape(f"{each['name']['th']}: {each['data']['th']}"),
            escape(each["purpose"]["th"]),
            ", ".join(each["bases"]) or each["role"],
            escape(each["retention"]["th"]),
            ", ".join(f"{to['name']} ({' '.join(to['countries'])})" for to in each["recipients"]),
        )
    yield kinds


def missing(told: Mapping[str, Any]) -> Iterator[Table]:
    """What is to be answered, signed and published."""
    counsel = Table("คำถามถึงที่ปรึกษากฎหมาย · for counsel", "จนกว่าจะตอบ · until answered", "กฎ · rules")
    for item in told["counsel"]:
        rules = "\n".join(item["affects"])
        question = f"{item['code']}\n{item['question']['th']}\n{item['question']['en']}"
        counsel.add_row(escape(question), escape(item["until_answered"]["th"]), rules)
    yield counsel
    gaps = Table("รายการ · entry", "เหตุ · why", "ลงนาม · signed")
    for gap in told["gaps"]:
        gaps.add_row(gap["code"], gap["why"].upper(), escape(_signature(gap)))
    yield gaps
    clauses = Table("ข้อความสำหรับนโยบายฉบับถัดไป · clauses for the next edition", "ครอบคลุม · covers")
    for clause in told["clauses"]:
        clauses.add_row(
            escape(f"{clause['place']['th']}\n{clause['text']['th']}"), "\n".join(clause["covers"])
        )
    yield clauses


def retimed(told: Mapping[str, Any]) -> Table:
    """Open cases whose days moved under another calendar."""
    table = Table("Case", "แจ้งผล · decide by", "กำหนดภายใน · to plan for", "เลื่อนตามวันหยุด · rolled")
    table.title = escape(f"{told['calendar']}: {len(told['moved'])} / {told['open']}")
    for case in told["moved"]:
        days = (day(case[key]) for key in ("decide_by", "internal_target", "statutory_due"))
        table.add_row(case["reference"], *days)
    return table


def _signature(gap: Mapping[str, Any]) -> str:
    signed = gap["signed"]
    return f"{signed['by']}, {day(signed['on'])}: {signed['reason']}" if signed else "ยังไม่ลงนาม · unsigned"


def _words(value: Any) -> str:
    """A value as it is read: both languages on two lines, the rest as JSON writes it."""
    if isinstance(value, dict) and {"th", "en"} <= value.keys():
        rest = {key: each for key, each in value.items() if key not in {"th", "en"}}
        return "\n".join((value["th"], value["en"], *((_json(rest),) if rest else ())))
    if isinstance(value, dict) and "evidence" in value:
        return f"{value['reference']} · {mark(value['evidence'])}"
    return value if isinstance(value, str) else "" if value is None else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

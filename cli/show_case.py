"""One case on the screen: everything that its status tells, Thai beside English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from cli.text import both, day, instant, moment, thai

Told = Mapping[str, Any]
Row = tuple[str, str]

_BACKWARDS = {
    "after": "is waited for by",
    "follows": "is followed by",
    "replaces": "is replaced by",
    "reopens": "is reopened as",
    "reviews": "is reviewed in",
    "merged": "takes up",
}
_FORWARDS = {
    "after": "waits for",
    "follows": "follows",
    "replaces": "replaces",
    "reopens": "reopens",
    "reviews": "reviews",
    "merged": "goes on in",
}


def case_facts(told: Told) -> Table:
    """One case, from the shape that `shapes.whole` gives."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for part in (_itself, _asked, _time, _waits, _done, _written, _owed):
        for what, value in part(told):
            if value:
                table.add_row(what, value)
    return table


def _itself(told: Told) -> Iterator[Row]:
    right = told["right"]
    yield "Reference · เลขที่คำขอ", told["reference"]
    yield "Right · สิทธิ", f"{right} · {thai('rights', right + '.name')} ({told['section']})"
    yield "Controller · ผู้ควบคุม", told["tenant"]
    yield "State · สถานะ", both("states", told["state"])
    yield "Ending · ผล", both("endings", told["ending"]) if told["ending"] else ""
    for link in told["links"]:
        said = (_BACKWARDS if link["backwards"] else _FORWARDS)[link["relation"]]
        yield "Linked · เกี่ยวข้องกับ", f"{said} {link['reference']} ({link['right']})"


def _asked(told: Told) -> Iterator[Row]:
    wish, identity = told["wish"], told["identity"]
    if wish:
        words = [
            *(f"{what} {', '.join(wish[key])}" for what, key in _LISTS if wish[key]),
            *([f"because {wish['because']}"] if wish["because"] else []),
            *([f"transfer to {wish['transfer_to']}"] if wish["transfer_to"] else []),
            *([f"{wish['unknown']} that no list of ours knows"] if wish["unknown"] else []),
            *(["by an agent"] if wish["agent"] else []),
        ]
        yield "Asks for · ขอ", "; ".join(words)
    if identity:
        yield "Identity · การยืนยันตัวตน", f"shown {identity['level']}, needed {identity['needed']}"


_LISTS = (("against", "against"), ("consents", "purposes"), ("to correct", "fields"), ("only", "units"))


def _time(told: Told) -> Iterator[Row]:
    yield "Received · รับเมื่อ", f"{day(told['received_on'])} by {told['channel']}"
    yield "Decide by · พิจารณาภายใน", day(told["decide_by"])
    yield "Due · ครบกำหนด", f"{day(told['due_on'])}, {told['authority']}"
    yield "Under · ตามนโยบาย", f"{told['policy']}, {told['calendar']}"
    if told["state"] == "cooling":
        ends = instant(told["cooling_ends"]) or "the person answers: no address could be written to"
        yield "Cools off until · ยกเลิกได้ถึง", ends
    yield "Closed · ปิดเมื่อ", moment(told["closed"])


def _waits(told: Told) -> Iterator[Row]:
    yield "Waits for · รอ", told["waits_for"] if not told["closed"] else ""
    yield "Next · ขั้นต่อไป", told["command"]
    for parked in told["parked"]:
        hand = f", in the hand of {parked['hand']}" if parked["hand"] else ""
        yield "Parked · รอแก้ไข", f"{parked['system']}: {parked['code']} ({parked['step']}){hand}"
        if parked["proposer"]:
            said = f"left out on {parked['ground']}, says {parked['proposer']}"
            yield "", f"{said}: another member of staff says the same"
        for language in parked["meaning"]:
            yield "", f"{parked['meaning'][language]}. {parked['mend'][language]}"
    if death := told["death"]:
        second = (
            f", and {death['confirmer']}" if death["complete"] else ": another member of staff says the same"
        )
        yield "Death · การถึงแก่กรรม", f"{death['code']} seen by {death['proposer']}{second}"
    for task in told["tasks"]:
        hand = f", in the hand of {task['hand']}" if task["hand"] else ""
        system = f" ({task['system']})" if task["system"] else ""
        yield "Task · งานที่ต้องทำ", f"{task['id']}: {task['code']}{system}{hand}"


def _done(told: Told) -> Iterator[Row]:
    plan, decision = told["plan"], told["decision"]
    if plan:
        yield "Plan · แผน", f"version {plan['version']}, {plan['digest']}"
        for count in plan["counts"]:
            yield "", f"{count['system']}: {count['count']} {both('planned', count['outcome'])}"
    if decision:
        yield "Decision · การพิจารณา", _decided(decision)
    for receipt in told["receipts"]:
        achieved = ", ".join(
            f"{number} {both('achieved', outcome)}" for outcome, number in receipt["achieved"].items()
        )
        yield "Done · ดำเนินการแล้ว", f"{receipt['system']}: {achieved or receipt['verb']}"


def _decided(decision: Told) -> str:
    what = "approval" if decision["approved"] else f"refusal on {decision['ground']}"
    if not decision["complete"]:
        return f"{what} proposed by {decision['proposer']}, waits for a second person"
    second = f", confirmed by {decision['confirmer']}" if decision["confirmer"] else ""
    return f"{what} by {decision['proposer']}{second}"


def _written(told: Told) -> Iterator[Row]:
    for letter in told["letters"]:
        if not letter["sent"]:
            state = "queued (not sent: export it and hand it over)"
        else:
            fate = f", {letter['fate']}" if letter["fate"] else ""
            state = (
                f"sent {moment(letter['sent'])}{fate}, opened {letter['opened']}, fetched {letter['fetched']}"
            )
        revoked = f", {letter['revoked']} links revoked" if letter["revoked"] else ""
        posted = f", by post {day(letter['posted'])}" if letter["posted"] else ""
        yield "Letter · หนังสือ", f"{letter['code']}: {state}{posted}{revoked}"
    if bundle := told["bundle"]:
        yield "Package · ชุดข้อมูล", f"{bundle['size']} bytes, SHA-256 {bundle['sha256']}"


def _owed(told: Told) -> Iterator[Row]:
    for owed in told["obligations"]:
        why = ", ".join([*owed["rules"], *([owed["code"]] if owed["code"] else [])])
        because = f" ({why})" if why else ""
        items = f"{owed['items']} records, " if owed["items"] else ""
        system = f"{owed['system']}: " if owed["system"] else ""
        met = ", met" if owed["met"] else ""
        yield "Owed · ภาระที่เหลือ", f"{system}{items}{owed['kind']} until {day(owed['due_on'])}{because}{met}"

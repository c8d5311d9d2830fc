"""One invented person's cases, as the activities hand them over."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from domain.case import Case
from domain.documents import CaseFile
from domain.holds import hold_of
from domain.identifiers import IdentifierKind, identifier
from domain.item import Subject
from domain.outcomes import Outcome
from domain.plan import PlanSummary, SystemCount
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from exports.room import Documents
from policy.load import load_policy
from policy.model import Policy

NOW = datetime(2026, 11, 22, 7, 5, tzinfo=UTC)
PORTAL = "https://privacy.siamcrm.example"
NAME = "สมหญิง ปิ่นน้ำคำ"


class StoppedClock:
    def now(self) -> datetime:
        return NOW


@cache
def policy() -> Policy:
    return load_policy()


def documents(**options: Any) -> Documents:
    return Documents(policy(), StoppedClock(), **options)


def hold(year: int, rule: str = "H-BOOKS") -> dict[str, Any]:
    made = hold_of(policy().holds[rule], date(year, 12, 31), policy().calendar)
    return made.model_dump(mode="json")


def group(unit: str, outcome: Outcome, count: int, ground: str = "", **more: Any) -> dict[str, Any]:
    return {
        "system": "crm",
        "unit": unit,
        "outcome": outcome,
        "count": count,
        "ground": ground,
        "until": "",
        "holds": [],
        **more,
    }


def held(unit: str, count: int, year: int) -> dict[str, Any]:
    found = hold(year)
    return group(unit, Outcome.HOLD, count, "EX-LAW", until=found["release_on"], holds=[found])


ERASED = (
    group("U01", Outcome.ERASE, 3, "S33-1"),
    group("U06", Outcome.ANONYMISE, 12, "S33-1"),
    group("U07", Outcome.ERASE, 1480, "S33-3"),
    group("U10", Outcome.DETACH, 2, "S33-2"),
)
KEPT = (
    held("U03", 4, 2022),
    held("U04", 1, 2020),
    group("U01", Outcome.NO_GROUND, 1, "NG-33-1"),
    group("U09", Outcome.BLOCKED, 2, "cascades-to-others"),
    group("U13", Outcome.NOT_CONTROLLER, 7, "P-NOTCTRL"),
)
COPIED = (group("U01", Outcome.COPY, 3, "S30-1"), group("U03", Outcome.COPY, 4, "S30-1"))


def case_file(
    right: Right = Right.ERASURE,
    language: str = "th",
    name: str = NAME,
    groups: tuple[dict[str, Any], ...] = ERASED + KEPT,
    **facts: Any,
) -> CaseFile:
    return CaseFile(
        view=CaseView(
            case=Case(
                id="c" * 26, reference="DSR-2569-000123", right=right, terms=policy().terms(right, NOW)
            ),
            request="r" * 26,
            channel="web",
            language=language,
            tenant="",
            state=State.ANSWERING,
            ending=None,
            opened=NOW,
            closed=None,
            started=True,
        ),
        subject=Subject(
            identifiers=(identifier(IdentifierKind.EMAIL, "somying@example.com"),),
            name=name,
            language=language,
        ),
        plan=PlanSummary(
            case="c" * 26,
            version=1,
            digest="ab" * 32,
            counts=(SystemCount(system="crm", outcome=Outcome.ERASE, count=3),),
        ),
        groups=groups,
        facts=facts,
    )


CHALLENGE: dict[str, Any] = {
    "link": f"{PORTAL}/v/0123456789abcdef",
    "code": "482913",
    "expires": "2026-11-25T07:05:00+00:00",
}
STOPPED = "2026-11-23T02:15:00+00:00"
PORTABLE = (
    group("U01", Outcome.COPY, 3, "S31-1"),
    group("U03", Outcome.NO_GROUND, 4, "R31-SCOPE"),
)
CORRECTED = (
    group("U01", Outcome.CORRECT, 3, "S36-1"),
    group("U03", Outcome.CORRECT_FORWARD, 2, "R36-RECORD"),
)
RESTRICTED = (group("U06", Outcome.RESTRICT, 5, "S34-1"), group("U07", Outcome.NOT_ASKED, 80))
OBJECTED = (group("U10", Outcome.STOP, 2, "S32-2"), group("U07", Outcome.STOP, 1480, "S32-1"))
WITHDRAWN = (group("U12", Outcome.STOP, 2, "S19-5"),)
COMPELLED = (group("U09", Outcome.NO_GROUND, 2, "R32-COMPEL"),)
TO_OTHERS: dict[str, Any] = {
    "recipient": "บริษัท ผู้ใช้บริการ จำกัด",
    "identifiers": ["somying@example.com", "+66812345678"],
    "by": "2026-12-02",
}
TO_ANSWER: dict[str, Any] = {
    "answer_link": "https://privacy.siamcrm.example/e/0123456789",
    "answer_until": "2026-12-31T16:59:59+00:00",
}
ON_A_WORD: dict[str, Any] = {
    "recipient": "บริษัท ผู้ใช้บริการ จำกัด",
    "passed_on_as": "DSR-2569-000120",
    "instructed": "link",
    "instructed_on": "2026-11-25",
    "done_on": "2026-12-01",
}
BREACH: dict[str, Any] = {
    "groups": (),
    "incident_kind": "wrong-recipient",
    "noticed_at": "2026-11-25T02:00:00+00:00",
    "notify_by": "2026-11-28T02:00:00+00:00",
    "risk": "high",
    "people": 1,
    "to_whom": "ลูกค้าอีกรายหนึ่งของบริษัท",
    "concerned": ["ข้อมูลบัญชีผู้ใช้"],
    "disclosed": "ชื่อ อีเมล และสำเนาคำร้องที่แจ้งไว้กับฝ่ายบริการ",
    "effects": "ผู้รับอาจติดต่อเจ้าของข้อมูลหรือนำข้อมูลไปใช้",
    "done_about": "เพิกถอนลิงก์และขอให้ผู้รับลบข้อมูลพร้อมยืนยันเป็นหนังสือ",
}
LETTERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("L1", {}),
    (
        "L1",
        {
            "right": Right.OBJECTION,
            "groups": (),
            "against": ["marketing", "interest"],
            "units": ["U07", "U10"],
            "marketing_stopped": 2,
            "suspended": True,
        },
    ),
    ("L1", {"right": Right.RECTIFICATION, "groups": (), "fields": ["last_name", "shoe_size"]}),
    ("L2", CHALLENGE),
    ("L2", {**CHALLENGE, "right": Right.WITHDRAWAL, "purposes": ["marketing_email"]}),
    (
        "L2-AUTHORITY",
        {"right": Right.ACCESS, "groups": (), "capacity": "agent", "lacking": ["power-of-attorney", "scope"]},
    ),
    ("L2-AUTHORITY", {"groups": (), "capacity": "parent", "lacking": ["birth-record", "second-look"]}),
    ("L3", {"because": "others", "expected_on": "2027-01-15"}),
    (
        "L3",
        {
            "reason_told": "รอคำตอบจากธนาคาร",
            "expected_on": "2027-01-15",
            "carried_out": True,
            "suspended": True,
        },
    ),
    ("DECISION", {}),
    ("L4", {"groups": ERASED, "erased_on": "2026-12-25T03:00:00+00:00", "until": "2027-01-08"}),
    ("L4", {"groups": COPIED, "right": Right.ACCESS, "until": "2026-12-22"}),
    (
        "L4",
        {
            "groups": PORTABLE,
            "right": Right.PORTABILITY,
            "until": "2026-12-22",
            "transfer": "sent",
            "transfer_to": "sendgrid",
            "transfer_receipt": "0123456789abcdef",
        },
    ),
    (
        "L4",
        {
            "groups": CORRECTED,
            "right": Right.RECTIFICATION,
            "fields": ["last_name"],
            "recipients_told": ["Stripe Inc.", "SendGrid Inc. (Twilio)"],
        },
    ),
    ("L4", {"groups": RESTRICTED, "right": Right.RESTRICTION, "because": "accuracy", "stopped_at": STOPPED}),
    (
        "L5",
        {
            "erased_on": "2026-12-25T03:00:00+00:00",
            "backups_gone_by": "2027-01-29",
            "recorded": "company",
        },
    ),
    ("L5", {"groups": COPIED + KEPT[-1:], "right": Right.ACCESS, "until": "2026-12-22"}),
    (
        "L5",
        {"groups": PORTABLE, "right": Right.PORTABILITY, "transfer": "not-possible", "transfer_to": "stripe"},
    ),
    ("L5", {"groups": CORRECTED + KEPT[-1:], "right": Right.RECTIFICATION}),
    ("L6", {"ground": "EX-CLAIM", "recorded": "company"}),
    (
        "L6",
        {
            "groups": (),
            "right": Right.OBJECTION,
            "against": ["interest"],
            "ground": "R32-COMPEL",
            "recorded": "law",
        },
    ),
    ("L7", {"groups": KEPT[-1:], "forwarded_on": "2026-11-24"}),
    (
        "L8",
        {
            "groups": OBJECTED + COMPELLED,
            "right": Right.OBJECTION,
            "against": ["marketing", "interest"],
            "stopped_at": STOPPED,
            "marketing_stopped": 2,
        },
    ),
    (
        "L8",
        {
            "groups": WITHDRAWN,
            "right": Right.WITHDRAWAL,
            "purposes": ["marketing_email"],
            "stopped_at": STOPPED,
            "linked": "DSR-2569-000124",
            "continues": [{"unit": "U01", "basis": "contract"}],
        },
    ),
    (
        "L9",
        {
            "groups": (group("U03", Outcome.ERASE, 4, "S33-1"),),
            "first_letter": "DSR-2569-000123/L5",
            "held_until": "2027-12-31",
            "erased_on": "2028-01-05",
        },
    ),
    ("L10", {**TO_OTHERS, "right": Right.ACCESS, "groups": KEPT[-1:]}),
    (
        "L11",
        {
            **TO_OTHERS,
            "right": Right.RECTIFICATION,
            "groups": CORRECTED,
            "action": "correct",
            "corrections": {"last_name": "ปิ่นน้ำคำ"},
        },
    ),
    ("L11", {**TO_OTHERS, "groups": KEPT[-1:], "action": "erase", **TO_ANSWER}),
    ("L12", {}),
    ("L-NODATA", {"groups": ()}),
    ("L-NODATA", {"groups": (), "searched": True}),
    ("L-NOTHING", {"groups": (), "right": Right.WITHDRAWAL, "purposes": ["event_invitation"]}),
    (
        "L-APOLOGY",
        {"right": Right.OBJECTION, "groups": (), "against": ["marketing"], "happened_on": "2026-11-25"},
    ),
    (
        "L-APOLOGY",
        {"right": Right.WITHDRAWAL, "groups": (), "happened_on": "2026-11-25", "again": True},
    ),
    ("L-BREACH", {**BREACH, "risk": "high"}),
    ("L-BREACH", {**BREACH, "right": Right.OBJECTION, "incident_kind": "marketing-after-objection"}),
    ("L-BREACH-PDPC", {**BREACH, "risk": "high", "late_because": "ผู้พบเหตุเพิ่งแจ้งบริษัท"}),
    ("L-BREACH-PDPC", {**BREACH, "risk": "risk", "to_whom": "", "concerned": []}),
    ("L-SILENT", {"groups": KEPT[-1:]}),
    ("L-SILENT", {"groups": KEPT[-1:], "forwarded_on": "2026-11-24"}),
    (
        "L-INSTRUCTED",
        {**ON_A_WORD, "groups": (group("U13", Outcome.ERASE, 2, "S40-1"),), "backups_gone_by": "2027-01-05"},
    ),
    ("L-INSTRUCTED", {**ON_A_WORD, "groups": ()}),
    ("L-INSTRUCTED", {**ON_A_WORD, "groups": (), "left_out": ["EX-CLAIM"]}),
    (
        "L-LIFTED",
        {"groups": RESTRICTED, "right": Right.RESTRICTION, "stopped_at": STOPPED, "lifted_on": "2026-12-14"},
    ),
    ("L-MERGED", {"groups": (), "linked": "DSR-2569-000120"}),
    ("L-REPLACED", {"groups": (), "linked": "DSR-2569-000125", "linked_right": "restriction"}),
    ("L-CALLEDOFF", {}),
    ("L-CLOSED", {}),
)
"""Every letter, with what it is made from; those that differ by right, for the rights where they differ most."""

"""What each letter must say and be told, whatever the company's own template looks like (pdpa-rules 6.2)."""

from __future__ import annotations

from collections.abc import Mapping

from domain.rights import Right

_COMPLAINT = ("complaint",)
_ALWAYS = ("contact",)

OWED: Mapping[str, tuple[str, ...]] = {
    "L1": ("received", "scope", "due", "at-once", "next", "fee"),
    "L2": ("why", "ways", "mask", "single-use", "send-by", "clock"),
    "L2-AUTHORITY": ("why", "missing", "mask", "single-use", "send-by", "clock"),
    "L3": ("reason", "so-far", "protection", "expected", "power", *_COMPLAINT),
    "DECISION": ("granted", "kept", "cooling", "call-off", "done-by", *_COMPLAINT),
    "L4": ("done", "what", "recipients"),
    "L5": ("granted", "refused", "separated", "later", "recipients", "recorded", *_COMPLAINT),
    "L6": ("summary", "facts", "reasons", "recorded", "alternatives", *_COMPLAINT),
    "L7": ("processor", "forwarded", "decides", "where", "own-part", *_COMPLAINT),
    "L8": ("stopped", "what", "continues", *_COMPLAINT),
    "L9": ("lapsed", "erased", "backups"),
    "L10": ("request", "person", "undone", "functions", "period", "instruct"),
    "L11": ("instruction", "person", "by", "kept", "certify"),
    "L12": ("asked", "missing", "unchanged", "again", *_COMPLAINT),
    "L-NODATA": ("searched", "result", "more", *_COMPLAINT),
    "L-NOTHING": ("searched", "result", "unchanged", "again", *_COMPLAINT),
    "L-APOLOGY": ("happened", "breach", "done", "recorded", *_COMPLAINT),
    "L-BREACH": ("happened", "data", "effects", "done", "advice", *_COMPLAINT),
    "L-BREACH-PDPC": ("happened", "data", "effects", "done", "clock"),
    "L-SILENT": ("silent", "decides", "reached", *_COMPLAINT),
    "L-INSTRUCTED": ("instruction", "result", "recipients", "backups", "answers"),
    "L-LIFTED": ("since", "lifted", "then", "again", *_COMPLAINT),
    "L-MERGED": ("merged", "goes-on", "clock", "contest"),
    "L-REPLACED": ("replaced", "goes-on", "unchanged", "contest"),
    "L-CALLEDOFF": ("called-off", "unchanged", "again"),
    "L-CLOSED": ("closed", "unchanged", "again", *_COMPLAINT),
}
"""The statements of each letter."""

_RESULTS: Mapping[Right, tuple[str, ...]] = {
    Right.ACCESS: ("download",),
    Right.PORTABILITY: ("download", "scope", "transfer"),
    Right.RECTIFICATION: ("source", "documents"),
    Right.RESTRICTION: ("since", "storage", "lifting"),
}
_OWED_TO_RIGHT: Mapping[tuple[str, Right], tuple[str, ...]] = {
    **{(code, right): owed for code in ("L4", "L5") for right, owed in _RESULTS.items()},
    ("L4", Right.ERASURE): ("method", "backups", "service"),
    ("L5", Right.ERASURE): ("backups",),
    ("L6", Right.OBJECTION): ("resumed",),
    ("L8", Right.OBJECTION): ("erasable",),
    ("L8", Right.WITHDRAWAL): ("earlier", "effects", "linked"),
}

_OF_BREACH = ("noticed_at", "incident_kind", "people", "disclosed", "effects", "done_about")

NEEDS: Mapping[str, tuple[str, ...]] = {
    "L2-AUTHORITY": ("capacity", "lacking"),
    "L3": ("because|reason_told", "expected_on"),
    "L6": ("recorded",),
    "L8": ("stopped_at",),
    "L9": ("erased_on",),
    "L-LIFTED": ("lifted_on|notice_days",),
    "L-APOLOGY": ("happened_on",),
    "L-BREACH": _OF_BREACH,
    "L-BREACH-PDPC": (*_OF_BREACH, "risk", "notify_by"),
    "L10": ("identifiers", "by"),
    "L11": ("recipient", "identifiers", "action", "by"),
    "L-INSTRUCTED": ("recipient", "passed_on_as", "instructed_on"),
    "L-MERGED": ("linked",),
    "L-REPLACED": ("linked",),
}
"""Facts without which a letter would say less than it must; of those with a bar between them, one."""

OFFICE = "L-BREACH-PDPC"
"""The notification of a breach to the Office of the PDPC (s.37(4)); it names no data subject."""

BREACHES = frozenset({"L-BREACH", OFFICE})
"""Letters that tell of a breach: they answer no request."""

THIRD_PARTIES = frozenset({"L10", "L11", "L-INSTRUCTED", OFFICE})
"""Letters to others than the person: they name the person by identifiers and by nothing else."""

REPORTS = frozenset({"L-INSTRUCTED"})
"""Those of them that ask for nothing."""


def statements(code: str, right: Right) -> tuple[str, ...]:
    """What the letter must say in a case of that right."""
    return (*OWED[code], *_OWED_TO_RIGHT.get((code, right), ()), *_ALWAYS)

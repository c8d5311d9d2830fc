"""An invented case on which a company's templates are tried before they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from pydantic import JsonValue

from domain.case import Case
from domain.documents import CaseFile
from domain.item import Subject
from domain.outcomes import Outcome
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from domain.wishes import Use
from policy.model import Policy

_LEAST: Mapping[str, JsonValue] = {
    "because": "volume",
    "reason_told": "…",
    "expected_on": "2026-12-01",
    "stopped_at": "2026-11-22T07:05:00+00:00",
    "recorded": "law",
    "erased_on": "2026-12-01",
    "lifted_on": "2026-12-01",
    "recipient": "…",
    "identifiers": ["…"],
    "action": "erase",
    "by": "2026-12-01",
    "linked": "DSR-SPECIMEN-2",
    "capacity": "agent",
    "happened_on": "2026-11-25",
    "passed_on_as": "DSR-SPECIMEN-3",
    "instructed_on": "2026-11-25",
    "lacking": ["power-of-attorney", "scope"],
}
"""What letters need (`owed.NEEDS`), and nothing that only some cases have."""


def case_files(policy: Policy, right: Right, language: str, now: datetime) -> Iterator[CaseFile]:
    """A case in which everything that may be said is there to say, and one that has the least."""
    unit, ground = next(iter(policy.units)), next(iter(policy.grounds))
    everything = tuple(
        {"unit": unit, "outcome": outcome, "count": 1, "ground": ground} for outcome in Outcome
    )
    full: Mapping[str, JsonValue] = {
        "against": [use.value for use in Use],
        "first_letter": "DSR-SPECIMEN/L5",
        "purposes": ["…"],
        "fields": ["name"],
        "corrections": {"name": "…"},
        "transfer_to": "…",
        "transfer": "sent",
        "units": [unit],
        "marketing_stopped": 1,
        "suspended": True,
        "carried_out": True,
        "continues": [{"unit": unit, "basis": "contract"}],
        "recipients_told": ["…"],
        "left_out": [ground],
        "held_until": "2026-11-30",
        "backups_gone_by": "2027-01-05",
    }
    for groups, more in ((everything, full), ((), {})):
        facts = {**_LEAST, "ground": ground, **more}
        yield _case_file(policy, right, language, now).model_copy(update={"groups": groups, "facts": facts})


def _case_file(policy: Policy, right: Right, language: str, now: datetime) -> CaseFile:
    return CaseFile(
        view=CaseView(
            case=Case(id="specimen", reference="DSR-SPECIMEN", right=right, terms=policy.terms(right, now)),
            request="specimen",
            channel="web",
            language=language,
            tenant="",
            state=State.ANSWERING,
            ending=None,
            opened=now,
            closed=None,
            started=True,
        ),
        subject=Subject(identifiers=(), language=language),
    )

"""Invented cases: on which a company's templates are tried before they are used, and that previews are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import JsonValue

from domain.calendar import day_in_bangkok
from domain.case import Case
from domain.documents import CaseFile
from domain.holds import hold_of
from domain.item import Role, Subject
from domain.outcomes import Outcome
from domain.ports import CaseView
from domain.rights import RULES, Right
from domain.states import State
from domain.wishes import Use
from exports.words import Words
from policy.model import Policy, Unit

_SOON, _AGO = timedelta(days=21), timedelta(days=700)

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
    "noticed_at": "2026-11-25T02:00:00+00:00",
    "notify_by": "2026-11-28T02:00:00+00:00",
    "incident_kind": "wrong-recipient",
    "risk": "high",
    "people": 1,
    "disclosed": "…",
    "effects": "…",
    "done_about": "…",
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


def sample(policy: Policy, right: Right, words: Words, now: datetime) -> CaseFile:
    """A case as it might be, for a preview: part of it done, part of it kept by law, every fact that letters need."""
    units = [unit for unit in policy.units.values() if unit.role is Role.CONTROLLER]
    done = Outcome(RULES[right].verb)
    groups = [
        *({"unit": unit.code, "outcome": done, "count": 3 * n} for n, unit in enumerate(units[:3], 1)),
        *_kept(policy, units, now),
    ]
    refusing = [code for code, ground in policy.grounds.items() if right in ground.refuses]
    day = day_in_bangkok(now)
    facts: Mapping[str, JsonValue] = {
        "because": "volume",
        "expected_on": (day + _SOON).isoformat(),
        "stopped_at": now.isoformat(),
        "erased_on": day.isoformat(),
        "lifted_on": (day + _SOON).isoformat(),
        "happened_on": day.isoformat(),
        "by": (day + _SOON).isoformat(),
        "recorded": "law",
        "recipient": words("specimen.recipient"),
        "identifiers": ["somying@example.com"],
        "action": "erase",
        "linked": "DSR-SPECIMEN-2",
        "passed_on_as": "DSR-SPECIMEN-3",
        "instructed_on": day.isoformat(),
        "capacity": "agent",
        "lacking": ["power-of-attorney"],
        **{
            name: _LEAST[name]
            for name in ("incident_kind", "risk", "people", "disclosed", "effects", "done_about")
        },
        "noticed_at": now.isoformat(),
        "notify_by": now.isoformat(),
        **({"ground": refusing[0]} if refusing else {}),
    }
    made = _case_file(policy, right, words.language, now)
    person = made.subject.model_copy(update={"name": words("specimen.name")})
    return made.model_copy(update={"groups": tuple(groups), "facts": facts, "subject": person})


def _kept(policy: Policy, units: Sequence[Unit], now: datetime) -> Iterator[Mapping[str, JsonValue]]:
    """One unit that a law keeps, with the hold that binds it."""
    for unit in units:
        for rule in map(policy.holds.__getitem__, unit.holds):
            hold = hold_of(rule, day_in_bangkok(now) - _AGO, policy.calendar)
            yield {
                "unit": unit.code,
                "outcome": Outcome.HOLD,
                "count": 4,
                "ground": hold.ground,
                "until": hold.release_on.isoformat(),
                "holds": [hold.model_dump(mode="json")],
            }
            return


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

"""An invented case on which a company's templates are tried before they are used."""

from __future__ import annotations

from datetime import datetime

from domain.case import Case
from domain.documents import CaseFile
from domain.item import Subject
from domain.outcomes import Outcome
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from policy.model import Policy


def case_file(policy: Policy, right: Right, language: str, now: datetime) -> CaseFile:
    """One item of the first unit for every outcome that a plan may have, and a ground for a refusal."""
    unit, ground = next(iter(policy.units)), next(iter(policy.grounds))
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
        groups=tuple({"unit": unit, "outcome": outcome, "count": 1, "ground": ground} for outcome in Outcome),
        facts={"ground": ground},
    )

"""Incidents: personal data reached whom it must not, or marketing went on after an objection; the clock of s.37(4).

A personal data breach is told to the Office of the PDPC without delay and within 72 hours of when the company became
aware, unless it is unlikely to put anybody's rights and freedoms at risk; at high risk the data subject hears of it too,
with what is done to remedy it. While one of a wrong recipient is open its case is frozen: nothing of it goes out, is
decided or is carried out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from domain.errors import BadInput, Conflict
from domain.value import Personal, Value

NOTIFY_WITHIN = timedelta(hours=72)
"""s.37(4), from when the company became aware."""

FROZEN = "case-frozen"
"""The code of what a frozen case may not do."""


class IncidentKind(StrEnum):
    """What happened."""

    WRONG_RECIPIENT = "wrong-recipient"
    MARKETING = "marketing-after-objection"


class Risk(StrEnum):
    """What an officer finds the risk to people's rights and freedoms to be."""

    NONE = "none"
    RISK = "risk"
    HIGH = "high"


class Heard(StrEnum):
    """Who is told."""

    PDPC = "pdpc"
    PERSON = "person"


class Closing(StrEnum):
    """How an incident ends."""

    NOTIFIED = "notified"  # whoever had to hear has heard
    NO_RISK = "no-risk"  # assessed, and nobody had to
    MISTAKE = "mistake"  # there was none: opened by mistake


OWED: dict[Risk, tuple[Heard, ...]] = {
    Risk.NONE: (),
    Risk.RISK: (Heard.PDPC,),
    Risk.HIGH: (Heard.PDPC, Heard.PERSON),
}
"""Who must hear, by risk (s.37(4))."""


class Assessment(Personal):
    """What officers found: what was disclosed, to whom, what it may lead to and what was done. Kept sealed.

    `people` is how many data subjects it concerns, `units` which data.
    """

    risk: Risk
    units: tuple[str, ...] = ()
    people: int = 1
    disclosed: str
    to_whom: str
    effects: str
    done: str


class Notice(Value):
    """That somebody was told, and when."""

    heard: Heard
    told: datetime
    by: str


class IncidentView(Value):
    """An incident as lists tell it: references, codes and instants, nothing of anybody.

    `about` tells two of a kind in one case apart: the Bangkok day on which marketing went out. `risk` is that of the
    newest assessment.
    """

    id: str
    case: str
    reference: str
    kind: IncidentKind
    about: str
    noticed: datetime
    due: datetime
    by: str
    opened: datetime
    frozen: bool
    risk: Risk | None = None
    notices: tuple[Notice, ...] = ()
    outcome: Closing | None = None
    closed: datetime | None = None
    closed_by: str = ""

    @property
    def owed(self) -> tuple[Heard, ...]:
        """Who must still hear, as it was assessed."""
        told = {notice.heard for notice in self.notices}
        return tuple(one for one in OWED[self.risk] if one not in told) if self.risk else ()

    @property
    def waits(self) -> bool:
        """Whether the clock still runs: it is open, and the Office has not heard, or nobody knows whether it must."""
        return self.closed is None and (self.risk is None or Heard.PDPC in self.owed)

    def overdue(self, now: datetime) -> bool:
        """Whether the 72 hours are over while the clock runs."""
        return self.waits and self.due < now


def must_end_so(incident: IncidentView, closing: Closing) -> None:
    """Whether it may be closed so.

    Raises:
        Conflict: it is closed; somebody must still hear, nothing was assessed, or somebody heard of what was no mistake.
        BadInput: its risk says otherwise.
    """
    facts = {"incident": incident.id}
    if incident.closed is not None:
        raise Conflict("incident-is-closed", **facts)
    if closing is Closing.MISTAKE:
        if incident.notices:
            raise Conflict("incident-was-told", "close it as what it was told to be", **facts)
        return
    if incident.risk is None:
        raise Conflict("incident-not-assessed", "assess it first", **facts)
    if (closing is Closing.NO_RISK) is not (incident.risk is Risk.NONE):
        raise BadInput("incident-closes-otherwise", "close it as it was assessed", field="outcome", **facts)
    if incident.owed:
        raise Conflict("incident-not-told", "whoever must hear hears first (s.37(4))", **facts)


class IncidentRegister(Protocol):
    """Incidents with their assessments and notices; what officers write is sealed under the key of the case."""

    def open(
        self,
        case: str,
        kind: IncidentKind,
        *,
        actor: str,
        reason: str,
        about: str = "",
        noticed: datetime | None = None,
        freeze: bool = False,
    ) -> IncidentView:
        """Open one; the clock runs from when it was `noticed`, now unless said. The same again is the one that is open.

        Raises `BadInput`: noticed in time to come.
        """
        ...

    def assess(self, incident: str, assessment: Assessment, *, actor: str) -> IncidentView:
        """What officers found; a later assessment takes its place. Raises `NotFound`, `Conflict` once it is closed."""
        ...

    def notify(
        self, incident: str, heard: Heard, *, told: datetime, evidence: str, actor: str
    ) -> IncidentView:
        """Somebody was told, and what shows it; the first stands. Raises as `assess`, and `BadInput`."""
        ...

    def telling(self, incident: str, *, actor: str) -> None:
        """Note who had the person written to. Raises as `assess`."""
        ...

    def close(self, incident: str, closing: Closing, *, actor: str, reason: str) -> IncidentView:
        """Close it, and let the case go on unless another incident freezes it. Raises as `must_end_so`."""
        ...

    def view(self, incident: str) -> IncidentView:
        """One. Raises `NotFound`."""
        ...

    def all(self, *, open_only: bool = False) -> Sequence[IncidentView]:
        """Open ones first, the earliest due first; then closed ones, the newest first."""
        ...

    def of(self, case: str) -> Sequence[IncidentView]:
        """Those of a case, the oldest first."""
        ...

    def assessment(self, incident: str) -> Assessment | None:
        """The newest. Raises `KeyShredded`."""
        ...

    def frozen(self, case: str) -> bool:
        """Whether an open incident freezes the case."""
        ...

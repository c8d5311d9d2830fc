"""What happened in one case, as officers read it: events in order, challenges, verifications, decisions with their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from cases.sealing import Sealing
from cases.tables import challenges, decisions, events, verifications
from cases.unit_of_work import UnitOfWork
from domain.assurance import Method
from domain.events import Event
from domain.value import Personal, Value

_MOST = 2_000
"""Events that are read of one case: a page that told more would be read by nobody."""


class Happened(Value):
    """One event of a case. `no` counts within the case; the facts are codes, counts and dates."""

    no: int
    at: datetime
    event: Event
    actor: str
    facts: Mapping[str, str | int]


class Challenged(Value):
    """A link and code that went out to an address that was given; which one it was is not told."""

    made: datetime
    sent: datetime | None
    answered: datetime | None
    expires: datetime
    attempts: int


class Verified(Value):
    """An officer's own verification."""

    method: Method
    actor: str
    at: datetime


class Decided(Value):
    """A proposal on one version of the plan and what became of it; `voided` when the request changed after it."""

    id: str
    version: int
    approved: bool
    ground: str
    proposer: str
    confirmer: str
    proposed: datetime
    completed: datetime | None
    voided: datetime | None


class Reasons(Personal):
    """What the officers wrote to one decision."""

    proposed: str
    confirmed: str = ""


class Histories:
    """Reads what was told and shown of one case. Methods block."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def events(self, case: str) -> tuple[Happened, ...]:
        """The newest events of a case, the oldest first."""
        told = events.c["case_seq", "at", "event", "actor", "facts"]  # not the bytes of the chain
        wanted = select(*told).where(events.c.case_id == case).order_by(events.c.seq.desc()).limit(_MOST)
        with self._work.read() as connection:
            rows = connection.execute(wanted).all()
        return tuple(
            Happened(no=row.case_seq, at=row.at, event=Event(row.event), actor=row.actor, facts=row.facts)
            for row in reversed(rows)
        )

    def challenges(self, case: str) -> tuple[Challenged, ...]:
        """The challenges of a case, the oldest first."""
        wanted = select(challenges).where(challenges.c.case_id == case)
        with self._work.read() as connection:
            rows = connection.execute(wanted.order_by(challenges.c.made, challenges.c.id)).all()
        return tuple(
            Challenged(
                made=row.made,
                sent=row.sent,
                answered=row.answered,
                expires=row.expires,
                attempts=row.attempts,
            )
            for row in rows
        )

    def verifications(self, case: str) -> tuple[Verified, ...]:
        """What officers recorded in the case itself, the oldest first."""
        wanted = select(verifications).where(verifications.c.case_id == case)
        with self._work.read() as connection:
            rows = connection.execute(wanted.order_by(verifications.c.at, verifications.c.id)).all()
        return tuple(Verified(method=Method(row.method), actor=row.actor, at=row.at) for row in rows)

    def decisions(self, case: str) -> tuple[Decided, ...]:
        """Every proposal of the case, the oldest first: complete, waiting or voided."""
        with self._work.read() as connection:
            rows = connection.execute(_decisions(case)).all()
        return tuple(_decided(row) for row in rows)

    def reasons(self, case: str) -> Mapping[str, Reasons]:
        """What the officers wrote to each of them, unsealed, by its id. Raises `KeyShredded`."""
        with self._work.read() as connection:
            rows = connection.execute(_decisions(case)).all()
        return {row.id: self._opened(row) for row in rows}

    def _opened(self, row: Row[Any]) -> Reasons:
        opened, confirmed = self._sealing.reason_in, ""
        if row.confirmed_why is not None:
            confirmed = opened(row.confirmed_why, f"decisions.confirmed_why:{row.id}")
        return Reasons(
            proposed=opened(row.proposed_why, f"decisions.proposed_why:{row.id}"), confirmed=confirmed
        )


def _decisions(case: str) -> Any:
    return select(decisions).where(decisions.c.case_id == case).order_by(decisions.c.version)


def _decided(row: Row[Any]) -> Decided:
    return Decided(
        id=row.id,
        version=row.version,
        approved=bool(row.approved),
        ground=row.ground,
        proposer=row.proposer,
        confirmer=row.confirmer,
        proposed=row.proposed,
        completed=row.completed,
        voided=row.voided,
    )

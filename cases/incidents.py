"""Incidents in the register: opened, assessed, told, closed; each step an event of the case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from cases.database import insert_once
from cases.facts import checked_actor
from cases.freezing import is_frozen
from cases.ids import new_id
from cases.incident_tables import assessments, incidents, notices
from cases.sealing import Sealing
from cases.tables import cases
from cases.unit_of_work import Transaction, UnitOfWork
from domain.errors import BadInput, Conflict, NotFound
from domain.events import Event
from domain.incidents import (
    NOTIFY_WITHIN,
    Assessment,
    Closing,
    Heard,
    IncidentKind,
    IncidentView,
    Notice,
    Risk,
    must_end_so,
)

_ASSESSMENT: TypeAdapter[Assessment] = TypeAdapter(Assessment)


class IncidentBook:
    """Implements `domain.incidents.IncidentRegister`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

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
        """See `domain.incidents.IncidentRegister.open`."""
        checked_actor(actor)
        made = new_id("i")
        with self._work.begin() as tx:
            tx.lock_case(case)
            since = noticed or tx.now
            if since > tx.now:
                raise BadInput(
                    "noticed-in-time-to-come", "say when the company became aware", field="noticed"
                )
            row = {
                "id": made,
                "case_id": case,
                "kind": kind.value,
                "about": about,
                "noticed": since,
                "due": since + NOTIFY_WITHIN,
                "by": actor,
                "reason": self._sealing.reason(case, reason, f"incidents.reason:{made}"),
                "opened": tx.now,
                "frozen": freeze,
                "outcome": "",
                "closed_by": "",
            }
            if insert_once(tx.connection, incidents, row):
                due = (since + NOTIFY_WITHIN).isoformat()
                tx.tell(Event.INCIDENT_OPENED, case, actor, incident=made, kind=kind, due=due[:10])
                if freeze:
                    tx.tell(Event.CASE_FROZEN, case, actor, incident=made)
            same = (incidents.c.case_id == case, incidents.c.kind == kind.value, incidents.c.about == about)
            [found] = _read(tx.connection, *same, incidents.c.closed.is_(None))
        return found

    def assess(self, incident: str, assessment: Assessment, *, actor: str) -> IncidentView:
        """See `domain.incidents.IncidentRegister.assess`."""
        checked_actor(actor)
        with self._work.begin() as tx:
            before = _open(tx, incident)
            last = select(func.coalesce(func.max(assessments.c.no), 0)).where(
                assessments.c.incident_id == incident
            )
            no = (tx.connection.scalar(last) or 0) + 1
            key = self._sealing.case_key(before.case)
            told = self._sealing.put(key, _ASSESSMENT, assessment, _assessed(incident, no))
            risk = assessment.risk.value
            row = {"incident_id": incident, "no": no, "risk": risk, "units": list(assessment.units)}
            tx.connection.execute(
                insert(assessments).values(**row, people=assessment.people, told=told, by=actor, at=tx.now)
            )
            tx.tell(Event.INCIDENT_ASSESSED, before.case, actor, incident=incident, level=risk, version=no)
            return _one(tx.connection, incident)

    def notify(
        self, incident: str, heard: Heard, *, told: datetime, evidence: str, actor: str
    ) -> IncidentView:
        """See `domain.incidents.IncidentRegister.notify`."""
        checked_actor(actor)
        with self._work.begin() as tx:
            before = _open(tx, incident)
            if not before.noticed <= told <= tx.now:
                raise BadInput("told-out-of-time", "a moment since it was noticed", field="told")
            place = f"incident_notices.evidence:{incident}/{heard}"
            sealed = self._sealing.reason(before.case, evidence, place)
            row = {"incident_id": incident, "heard": heard.value, "told": told, "by": actor}
            if insert_once(tx.connection, notices, {**row, "evidence": sealed, "at": tx.now}):
                late = "late" if heard is Heard.PDPC and told > before.due else ""
                tx.tell(Event.INCIDENT_TOLD, before.case, actor, incident=incident, to=heard, code=late)
            return _one(tx.connection, incident)

    def telling(self, incident: str, *, actor: str) -> None:
        """See `domain.incidents.IncidentRegister.telling`."""
        with self._work.begin() as tx:
            before = _open(tx, incident)
            tx.tell(Event.INCIDENT_LETTER, before.case, checked_actor(actor), incident=incident)

    def close(self, incident: str, closing: Closing, *, actor: str, reason: str) -> IncidentView:
        """See `domain.incidents.IncidentRegister.close`."""
        checked_actor(actor)
        with self._work.begin() as tx:
            before = _one(tx.connection, incident)
            tx.lock_case(before.case)
            must_end_so(_one(tx.connection, incident), closing)
            why = self._sealing.reason(before.case, reason, f"incidents.closed_why:{incident}")
            said = {"outcome": closing.value, "closed_by": actor, "closed_why": why, "closed": tx.now}
            tx.connection.execute(
                update(incidents).where(incidents.c.id == incident).values(**said, frozen=False)
            )
            tx.tell(Event.INCIDENT_CLOSED, before.case, actor, incident=incident, outcome=closing)
            if before.frozen and not is_frozen(tx.connection, before.case):
                tx.tell(Event.CASE_UNFROZEN, before.case, actor, incident=incident)
            return _one(tx.connection, incident)

    def view(self, incident: str) -> IncidentView:
        """One. Raises `NotFound`."""
        with self._work.read() as connection:
            return _one(connection, incident)

    def all(self, *, open_only: bool = False) -> Sequence[IncidentView]:
        """See `domain.incidents.IncidentRegister.all`."""
        with self._work.read() as connection:
            found = _read(connection, *([incidents.c.closed.is_(None)] if open_only else []))
        running = sorted(
            (one for one in found if one.closed is None), key=lambda one: (not one.waits, one.due)
        )
        over = sorted((one for one in found if one.closed), key=lambda one: one.opened, reverse=True)
        return (*running, *over)

    def of(self, case: str) -> Sequence[IncidentView]:
        """Those of a case, the oldest first."""
        with self._work.read() as connection:
            return _read(connection, incidents.c.case_id == case)

    def assessment(self, incident: str) -> Assessment | None:
        """The newest. Raises `KeyShredded`."""
        newest = select(assessments).where(assessments.c.incident_id == incident)
        with self._work.read() as connection:
            row = connection.execute(newest.order_by(assessments.c.no.desc()).limit(1)).one_or_none()
        return self._sealing.take(row.told, _ASSESSMENT, _assessed(incident, row.no)) if row else None

    def frozen(self, case: str) -> bool:
        """Whether an open incident freezes the case."""
        with self._work.read() as connection:
            return is_frozen(connection, case)


def _open(tx: Transaction, incident: str) -> IncidentView:
    tx.lock_case(_one(tx.connection, incident).case)
    found = _one(tx.connection, incident)
    if found.closed is not None:
        raise Conflict("incident-is-closed", incident=incident)
    return found


def _one(connection: Connection, incident: str) -> IncidentView:
    found = _read(connection, incidents.c.id == incident)
    if not found:
        raise NotFound("incident-unknown", "look it up in the list of incidents")
    return found[0]


def _read(connection: Connection, *which: ColumnElement[bool]) -> tuple[IncidentView, ...]:
    wanted = select(incidents, cases.c.reference).join(cases, cases.c.id == incidents.c.case_id).where(*which)
    rows = connection.execute(wanted.order_by(incidents.c.opened, incidents.c.id)).all()
    ids = [row.id for row in rows]
    told: dict[str, list[Notice]] = defaultdict(list)
    heard = select(notices).where(notices.c.incident_id.in_(ids)).order_by(notices.c.told, notices.c.heard)
    for one in connection.execute(heard) if ids else ():
        told[one.incident_id].append(Notice(heard=Heard(one.heard), told=one.told, by=one.by))
    newest = select(assessments.c.incident_id, assessments.c.risk).where(assessments.c.incident_id.in_(ids))
    assessed = connection.execute(newest.order_by(assessments.c.no)) if ids else ()
    risks = {one.incident_id: Risk(one.risk) for one in assessed}
    return tuple(_view(row, risks.get(row.id), tuple(told[row.id])) for row in rows)


def _view(row: Row[Any], risk: Risk | None, told: tuple[Notice, ...]) -> IncidentView:
    return IncidentView(
        id=row.id,
        case=row.case_id,
        reference=row.reference,
        kind=IncidentKind(row.kind),
        about=row.about,
        noticed=row.noticed,
        due=row.due,
        by=row.by,
        opened=row.opened,
        frozen=row.frozen,
        risk=risk,
        notices=told,
        outcome=Closing(row.outcome) if row.outcome else None,
        closed=row.closed,
        closed_by=row.closed_by,
    )


def _assessed(incident: str, no: int) -> str:
    return f"incident_assessments.told:{incident}/{no}"

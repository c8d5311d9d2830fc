"""Scans of requests that came on paper."""

from __future__ import annotations

from sqlalchemy import select

from cases.database import insert_once
from cases.facts import checked_actor
from cases.scan_tables import request_scans
from cases.unit_of_work import UnitOfWork
from domain.case import Bundle
from domain.events import Event
from domain.scans import Scan


class ScanRegister:
    """Implements `domain.scans.Scans`."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def enter(self, case: str, scan: str, kind: str, kept: Bundle, *, actor: str) -> None:
        """It is kept; told once, however often. Raises `NotFound`."""
        checked_actor(actor)
        with self._work.begin() as tx:
            tx.lock_case(case)
            row = {"case_id": case, "id": scan, "kind": kind, "size": kept.size, "sha256": kept.sha256}
            if insert_once(tx.connection, request_scans, {**row, "by": actor, "at": tx.now}):
                facts: dict[str, str | int] = {
                    "document": scan,
                    "kind": kind,
                    "size": kept.size,
                    "sha256": kept.sha256,
                }
                tx.tell(Event.SCAN_KEPT, case, actor, **facts)

    def of(self, case: str) -> tuple[Scan, ...]:
        """Those of a case, the oldest first."""
        mine = select(request_scans).where(request_scans.c.case_id == case)
        with self._work.read() as connection:
            rows = connection.execute(mine.order_by(request_scans.c.at, request_scans.c.id)).all()
        return tuple(
            Scan(
                id=row.id,
                case=row.case_id,
                kind=row.kind,
                size=row.size,
                sha256=row.sha256,
                by=row.by,
                at=row.at,
            )
            for row in rows
        )

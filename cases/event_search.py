"""Searching the audit chain: what was done, when, by whom, about which case; the newest first, page by page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select

from cases.tables import cases, events
from cases.unit_of_work import UnitOfWork
from domain.value import Value

PAGE = 100


class Sought(Value):
    """Which events: every field narrows them; `before` is the number of the last one on the page before."""

    reference: str = ""
    event: str = ""
    actor: str = ""
    before: int = 0


class Told(Value):
    """An event as it stands in the chain; its facts are codes, counts and dates, never personal data."""

    seq: int
    at: datetime
    event: str
    actor: str
    reference: str
    facts: Mapping[str, str | int]


class EventSearch:
    """Reads the chain for the page of the audit."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def find(self, sought: Sought, hidden: Collection[str] = ()) -> tuple[tuple[Told, ...], int]:
        """A page of events, and the number from which the next goes on; 0 where there is none.

        Events of the cases that are `hidden` from who asks are left out.
        """
        wanted = select(events, cases.c.reference).join(cases, cases.c.id == events.c.case_id, isouter=True)
        if sought.reference:
            named = select(cases.c.id).where(cases.c.reference == sought.reference)
            wanted = wanted.where(events.c.case_id == named.scalar_subquery())
        if hidden:
            wanted = wanted.where(events.c.case_id.is_(None) | events.c.case_id.not_in(sorted(hidden)))
        if sought.event:
            wanted = wanted.where(events.c.event == sought.event)
        if sought.actor:
            wanted = wanted.where(events.c.actor == sought.actor)
        if sought.before:
            wanted = wanted.where(events.c.seq < sought.before)
        with self._work.read() as connection:
            rows = connection.execute(wanted.order_by(events.c.seq.desc()).limit(PAGE + 1)).all()
        told = tuple(
            Told(
                seq=row.seq,
                at=row.at,
                event=row.event,
                actor=row.actor,
                reference=row.reference or "",
                facts=row.facts,
            )
            for row in rows[:PAGE]
        )
        return told, told[-1].seq if len(rows) > PAGE else 0

"""Whether anything happened since somebody looked: asked every few seconds by every open page, so it costs next to nothing."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select

from cases.tables import events
from cases.unit_of_work import UnitOfWork

_MOST = 1_000
"""Events that are looked at for a count: who was away for longer learns that it is many."""


class Pulse:
    """Reads the ends of the audit chain, which tells of everything."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def mark(self) -> int:
        """The number of the last event."""
        with self._work.read() as connection:
            return connection.scalar(select(func.max(events.c.seq))) or 0

    def mark_of(self, case: str) -> int:
        """The number of the last event of a case, counted within it."""
        wanted = select(func.max(events.c.case_seq)).where(events.c.case_id == case)
        with self._work.read() as connection:
            return connection.scalar(wanted) or 0

    def changed(self, since: int) -> int:
        """In how many cases something happened after the event of that number, of the first thousand events."""
        later = (
            select(events.c.case_id)
            .where(events.c.seq > since)
            .order_by(events.c.seq)
            .limit(_MOST)
            .subquery()
        )
        with self._work.read() as connection:
            return connection.scalar(select(func.count(later.c.case_id.distinct()))) or 0

    def changed_of(self, cases: Collection[str], since: int) -> frozenset[str]:
        """In which of these cases something happened after it."""
        wanted = select(events.c.case_id).where(events.c.case_id.in_(cases), events.c.seq > since).distinct()
        with self._work.read() as connection:
            return frozenset(connection.scalars(wanted)) if cases else frozenset()

"""What was destroyed, to be destroyed again in a restored backup (Notification B.E. 2567 cl.3: copies and backups too).

Nothing is kept for this alone: the sealed places stand in plans and sweeps, and no case's key is shredded before the last
backup has aged out that may still hold its records. What has no key any more is in no backup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Row, Select, select

from cases.database import streamed
from cases.plans import item_of
from cases.sealing import Sealing
from cases.sweep_tables import sweep_items
from cases.sweeps import sweep_item
from cases.tables import plan_items
from cases.unit_of_work import UnitOfWork
from domain.errors import KeyShredded
from domain.outcomes import DESTROYING, Outcome
from domain.tombstones import Tombstone

_PAGE = 1_000
_GONE = tuple(outcome.value for outcome in DESTROYING)


class Tombstones:
    """Implements `domain.tombstones.Tombstones`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def of(self, system: str) -> Iterator[Tombstone]:
        """What requests and sweeps destroyed there, children before parents within each; streamed. What has no key is left out."""
        planned = (
            select(plan_items)
            .where(plan_items.c.system == system, plan_items.c.achieved.in_(_GONE))
            .order_by(plan_items.c.case_id, plan_items.c.version, plan_items.c.no.desc())
        )
        swept = (
            select(sweep_items)
            .where(sweep_items.c.system == system, sweep_items.c.achieved.in_(_GONE))
            .order_by(sweep_items.c.sweep_id, sweep_items.c.no.desc())
        )
        yield from self._read(planned, self._planned)
        yield from self._read(swept, self._swept)

    def _read(self, wanted: Select[Any], opened: Callable[[Row[Any]], Tombstone]) -> Iterator[Tombstone]:
        with self._work.walk() as connection, streamed(connection, wanted, _PAGE) as found:
            for row in found:
                try:
                    yield opened(row)
                except KeyShredded:
                    continue

    def _planned(self, row: Row[Any]) -> Tombstone:
        item = item_of(self._sealing.ring, row)
        return Tombstone(item=item, outcome=Outcome(row.achieved), case=row.case_id)

    def _swept(self, row: Row[Any]) -> Tombstone:
        return Tombstone(item=sweep_item(self._sealing.ring, row), outcome=Outcome(row.achieved))

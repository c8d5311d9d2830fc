"""What was destroyed, to be destroyed again in a restored backup (Notification B.E. 2567 cl.3: copies and backups too).

Nothing is kept for this alone: the sealed places stand in the plans of cases, whose key lives as long as a backup may hold
their records. What a retention sweep took is not here: its key is destroyed with it, and the next sweep finds what is back
by its dates.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from cases.database import streamed
from cases.plans import item_of
from cases.sealing import Sealing
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
        """What requests destroyed there, children before parents within each; streamed. What has no key is left out."""
        wanted = (
            select(plan_items)
            .where(plan_items.c.system == system, plan_items.c.achieved.in_(_GONE))
            .order_by(plan_items.c.case_id, plan_items.c.version, plan_items.c.no.desc())
        )
        with self._work.walk() as connection, streamed(connection, wanted, _PAGE) as found:
            for row in found:
                try:
                    item = item_of(self._sealing.ring, row)
                except KeyShredded:
                    continue
                yield Tombstone(item=item, outcome=Outcome(row.achieved), case=row.case_id)

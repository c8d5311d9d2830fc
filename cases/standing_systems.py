"""What the register knows of each system: when it last answered, and what waits for a person there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select

from cases.tables import findings, parkings, receipts
from cases.unit_of_work import UnitOfWork
from domain.value import Value


class SystemStanding(Value):
    """A system as cases met it; `answered` is when it last found, changed or proved something for one."""

    system: str
    answered: datetime | None
    waiting: int
    since: datetime | None
    codes: tuple[str, ...]


class SystemStandings:
    """Reads them."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def of(self, systems: Iterable[str]) -> tuple[SystemStanding, ...]:
        """Of these systems, and of any other that still waits: one taken out of the settings is not forgotten."""
        found = select(findings.c.system, func.max(findings.c.at)).group_by(findings.c.system)
        done = select(receipts.c.system, func.max(receipts.c.at)).group_by(receipts.c.system)
        waits = (
            select(
                parkings.c.system,
                func.count().label("waiting"),
                func.min(parkings.c.since).label("since"),
                func.array_agg(parkings.c.code.distinct()).label("codes"),
            )
            .where(parkings.c.repaired.is_(None))
            .group_by(parkings.c.system)
        )
        with self._work.read() as connection:
            answered: dict[str, datetime] = {}
            for system, at in (*connection.execute(found), *connection.execute(done)):
                answered[system] = max(at, answered.get(system, at))
            waiting = {row.system: row for row in connection.execute(waits)}
        names = dict.fromkeys((*systems, *sorted(waiting)))
        return tuple(self._standing(name, answered.get(name), waiting.get(name)) for name in names)

    @staticmethod
    def _standing(system: str, answered: datetime | None, row: object) -> SystemStanding:
        return SystemStanding(
            system=system,
            answered=answered,
            waiting=getattr(row, "waiting", 0),
            since=getattr(row, "since", None),
            codes=tuple(sorted(getattr(row, "codes", ()))),
        )

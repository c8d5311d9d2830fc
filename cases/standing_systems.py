"""What the register knows of each system: when it last answered, and what waits for a person there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert

from cases.staff_tables import system_checks
from cases.tables import findings, parkings, receipts
from cases.unit_of_work import UnitOfWork
from domain.connector import Coverage
from domain.value import Value


class Checked(Value):
    """The last time that somebody had a system looked at: with what code, and when it last was `well`.

    `coverage` is None where its schema is its vendor's, or it could not be read.
    """

    at: datetime
    well: datetime | None
    code: str
    coverage: Coverage | None


class SystemStanding(Value):
    """A system as cases met it; `answered` is when it last found, changed or proved something for one."""

    system: str
    answered: datetime | None
    waiting: int
    since: datetime | None
    codes: tuple[str, ...]
    checked: Checked | None = None


class SystemStandings:
    """Reads them."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def of(self, systems: Iterable[str]) -> tuple[SystemStanding, ...]:
        """Of these systems, and of any other that still waits: one taken out of the settings is not forgotten."""
        located = select(findings.c.system, func.max(findings.c.at)).group_by(findings.c.system)
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
            for system, at in (*connection.execute(located), *connection.execute(done)):
                answered[system] = max(at, answered.get(system, at))
            waiting = {row.system: row for row in connection.execute(waits)}
            looked = {row.system: _checked(row) for row in connection.execute(select(system_checks))}
        names = dict.fromkeys((*systems, *sorted(waiting)))
        found = (self._standing(name, answered.get(name), waiting.get(name)) for name in names)
        return tuple(one.model_copy(update={"checked": looked.get(one.system)}) for one in found)

    def note(self, system: str, code: str, coverage: Coverage | None) -> None:
        """A system was looked at: `code` says why it is not well, or nothing."""
        with self._work.begin() as tx:
            row: dict[str, object] = {"at": tx.now, "code": code}
            row |= dict.fromkeys(Coverage.model_fields) if coverage is None else coverage.model_dump()
            if not code:
                row["well"] = tx.now
            new = insert(system_checks).values({"system": system, **row})
            tx.connection.execute(new.on_conflict_do_update(index_elements=["system"], set_=row))

    @staticmethod
    def _standing(system: str, answered: datetime | None, row: object) -> SystemStanding:
        return SystemStanding(
            system=system,
            answered=answered,
            waiting=getattr(row, "waiting", 0),
            since=getattr(row, "since", None),
            codes=tuple(sorted(getattr(row, "codes", ()))),
        )


def _checked(row: Row[Any]) -> Checked:
    counts = {name: getattr(row, name) for name in Coverage.model_fields}
    whole = None not in counts.values()
    return Checked(
        at=row.at, well=row.well, code=row.code, coverage=Coverage.model_validate(counts) if whole else None
    )

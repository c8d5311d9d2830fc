"""When a member of staff acts no more: their sessions end, and what they had in hand goes to a colleague, or to nobody."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, delete, select, update

from cases import deputies
from cases.closed import closed_to
from cases.desk_tables import hands, resets
from cases.sessions import end_all
from cases.staff_tables import handlers
from cases.tables import parkings, tasks
from cases.unit_of_work import Transaction
from domain.events import Event


def leave(tx: Transaction, member: str, to: str) -> int:
    """In the transaction that disables them: nothing waits unseen for somebody who won't come back.

    `to` is the colleague who goes on, or empty; what is closed to them goes to nobody. How many cases, systems and
    tasks changed hands; each is told, in the engine's name, for whoever disables somebody may be let into no case.
    """
    end_all(tx, member)
    deputies.end_all(tx, member)
    tx.connection.execute(delete(resets).where(resets.c.member == member, resets.c.confirmed.is_(None)))
    tx.connection.execute(delete(handlers).where(handlers.c.member == member))
    closed = closed_to(tx.connection, to) if to else {}
    return sum(
        (
            _cases(tx, member, to, frozenset(closed)),
            _systems(tx, member, to, frozenset(closed)),
            _tasks(tx, member, to, frozenset(closed)),
        )
    )


def _cases(tx: Transaction, member: str, to: str, closed: frozenset[str]) -> int:
    rows = _locked(tx, select(hands.c.case_id).where(hands.c.member == member))
    for row in rows:
        then, mine = _then(row, to, closed), hands.c.case_id == row.case_id
        given = update(hands).values(member=then, at=tx.now) if then else delete(hands)
        tx.connection.execute(given.where(mine))
        tx.tell(Event.CASE_ASSIGNED, row.case_id, staff=then)
    return len(rows)


def _systems(tx: Transaction, member: str, to: str, closed: frozenset[str]) -> int:
    waiting = select(parkings).where(parkings.c.hand == member, parkings.c.repaired.is_(None))
    rows = _locked(tx, waiting)
    for row in rows:
        then = _then(row, to, closed)
        tx.connection.execute(update(parkings).where(parkings.c.id == row.id).values(hand=then))
        tx.tell(Event.SYSTEM_HANDED, row.case_id, system=row.system, staff=then)
    return len(rows)


def _tasks(tx: Transaction, member: str, to: str, closed: frozenset[str]) -> int:
    rows = _locked(tx, select(tasks).where(tasks.c.hand == member, tasks.c.closed.is_(None)))
    for row in rows:
        then = _then(row, to, closed)
        tx.connection.execute(update(tasks).where(tasks.c.id == row.id).values(hand=then or None))
        tx.tell(Event.TASK_HANDED, row.case_id, task=row.id, code=row.code, staff=then)
    return len(rows)


def _locked(tx: Transaction, wanted: Select[Any]) -> list[Row[Any]]:
    return list(tx.connection.execute(wanted.with_for_update()))


def _then(row: Row[Any], to: str, closed: frozenset[str]) -> str:
    return "" if row.case_id in closed else to

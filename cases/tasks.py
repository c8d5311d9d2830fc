"""What people must do by hand: listed, handed to a member of staff, closed with a reason.

Opened by `cases.register`, with the change that asks for it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select, update

from cases.closed import must_take
from cases.database import insert_once
from cases.sealing import Sealing
from cases.staff import must_act
from cases.tables import cases, tasks
from cases.unit_of_work import Transaction, UnitOfWork
from domain.aftermath import Task
from domain.errors import Conflict, NotFound
from domain.events import Event


class TaskRegister:
    """Implements `domain.aftermath.Tasks`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def of(self, case: str = "", *, open_only: bool = True) -> tuple[Task, ...]:
        """Tasks of one case or of all, the oldest first."""
        wanted = select(tasks, cases.c.reference).join(cases, cases.c.id == tasks.c.case_id)
        if case:
            wanted = wanted.where(tasks.c.case_id == case)
        if open_only:
            wanted = wanted.where(tasks.c.closed.is_(None))

        def read(connection: Connection) -> tuple[Task, ...]:
            return tuple(_task(row) for row in connection.execute(wanted.order_by(tasks.c.id)))

        return self._work.once(("tasks", case, open_only), read)

    def hand(self, task: int, to: str, *, actor: str) -> None:
        """Give it to a member of staff; to the same one again changes nothing.

        Raises:
            NotFound: no such task, or nobody who may act has that id.
            NotAllowed: the case is closed to them.
            Conflict: it is done.
        """
        with self._work.begin() as tx:
            row = _locked(tx, task)
            if row.closed is not None:
                raise Conflict("task-done", "nothing is left to do", task=task)
            must_act(tx.connection, to)
            must_take(tx.connection, row.case_id, to)
            if row.hand != to:
                tx.connection.execute(update(tasks).where(tasks.c.id == task).values(hand=to))
                tx.tell(Event.TASK_HANDED, row.case_id, actor, task=task, code=row.code, staff=to)

    def close(self, task: int, *, actor: str, reason: str, done: bool = True) -> str:
        """It is done, or, unless `done`, given up; returns whose case it is. Again changes nothing.

        The reason is kept sealed under the case's key.

        Raises:
            NotFound: no such task.
            KeyShredded: the case's key is gone.
        """
        with self._work.begin() as tx:
            row = _locked(tx, task)
            if row.closed is not None:
                return str(row.case_id)
            why = self._sealing.reason(row.case_id, reason, f"tasks.reason:{task}")
            over = {"closed": tx.now, "closed_by": actor, "undone": not done, "reason": why}
            tx.connection.execute(update(tasks).where(tasks.c.id == task).values(over))
            facts = {"task": task, "code": row.code, "system": row.system, "done": int(done)}
            tx.tell(Event.TASK_CLOSED, row.case_id, actor, **facts)
        return str(row.case_id)


def ask(tx: Transaction, case: str, code: str, system: str = "", *, once: bool = False) -> bool:
    """Open a task of a case that is locked, as `CaseRegister.open_task` tells; whether it was new."""
    row = {"case_id": case, "code": code, "system": system}
    asked = select(tasks.c.id).filter_by(**row).where(~tasks.c.undone).limit(1)
    if once and tx.connection.scalar(asked) is not None:
        return False
    new = insert_once(tx.connection, tasks, {**row, "opened": tx.now, "undone": False})
    if new:
        tx.tell(Event.TASK_OPENED, case, code=code, system=system)
    return new


def _locked(tx: Transaction, task: int) -> Row[Any]:
    row = tx.connection.execute(select(tasks).where(tasks.c.id == task).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("task-unknown", "look it up in the list of tasks", task=task)
    return row


def _task(row: Row[Any]) -> Task:
    return Task(
        id=row.id,
        case=row.case_id,
        reference=row.reference,
        code=row.code,
        system=row.system,
        opened=row.opened,
        closed=row.closed,
        undone=row.undone,
        hand=row.hand or "",
    )

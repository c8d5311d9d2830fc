"""Which errands somebody waits for: what people are asked is not to be done any more once nobody does."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, update

from cases.errand_tables import errands
from cases.tables import cases, parkings, tasks
from cases.unit_of_work import Transaction
from domain.errands import Asks
from domain.events import Event
from domain.ports import ENGINE

CODES = {
    Asks.FIND: "ask-people-what-is-there",
    Asks.COPY: "ask-people-for-copies",
    Asks.CORRECT: "ask-people-to-correct",
    Asks.DESTROY: "ask-people-to-destroy",
}
"""The task under which each is listed."""


def nobody_waits(tx: Transaction, case: str, system: str = "") -> None:
    """The case is over, or goes on without that system: the tasks of what people were asked there are given up."""
    asked = [tasks.c.case_id == case, tasks.c.code.in_(CODES.values()), tasks.c.closed.is_(None)]
    if system:
        asked.append(tasks.c.system == system)
    over = {"closed": tx.now, "closed_by": ENGINE, "undone": True}
    given_up = update(tasks).where(*asked).values(over).returning(tasks.c.id, tasks.c.code, tasks.c.system)
    for task in tx.connection.execute(given_up).all():
        tx.tell(Event.TASK_CLOSED, case, task=task.id, code=task.code, system=task.system, done=0)


def destroying(connection: Connection) -> list[tuple[str, str]]:
    """For which cases people are asked to destroy something, and in which systems."""
    wanted = select(errands.c.case_id, errands.c.system).join(cases, cases.c.id == errands.c.case_id)
    wanted = wanted.where(errands.c.asks == Asks.DESTROY.value, WAITED_FOR).distinct()
    found = connection.execute(wanted.order_by(errands.c.case_id, errands.c.system))
    return [(row.case_id, row.system) for row in found]


def _waited_for() -> ColumnElement[bool]:
    """Whether somebody waits for an answer: a case that goes on with that system, or what came due after its end.

    Of what is to be destroyed the last question counts: one about fewer records took the place of that before it.
    """
    later = errands.alias()
    same = (later.c.case_id == errands.c.case_id, later.c.system == errands.c.system)
    replaced = exists().where(*same, later.c.asks == Asks.DESTROY.value, later.c.id > errands.c.id)
    left_out = exists().where(
        parkings.c.case_id == errands.c.case_id,
        parkings.c.system == errands.c.system,
        parkings.c.ground != "",
        parkings.c.repaired >= errands.c.asked,
    )
    return and_(
        errands.c.answered.is_(None),
        or_(cases.c.closed.is_(None), errands.c.asked > cases.c.closed),
        ~left_out,
        or_(errands.c.asks != Asks.DESTROY.value, ~replaced),
    )


WAITED_FOR = _waited_for()
"""Of an errand, in a statement that joins its case."""

"""What people are asked where no program can look: put once, due by a day, answered by somebody who looked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, exists, select, update

from cases import asking, holds
from cases.database import insert_once
from cases.errand_tables import errands
from cases.facts import checked_actor
from cases.sealing import Sealing
from cases.staff import must_act
from cases.tables import cases, parkings, staff, tasks
from cases.unit_of_work import Transaction, UnitOfWork
from cases.waited_for import CODES, WAITED_FOR
from domain.calendar import day_in_bangkok
from domain.errands import ASKED, EFFECTS, Answer, Asks, Errand, Question
from domain.errors import Conflict, NotFound
from domain.events import Event
from domain.states import State
from domain.value import Value

_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)
_ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)
_LATER = ":later"
"""Ends the key of what is asked after a case's end: what was open then, nobody waits for."""


class Listed(Value):
    """An errand as lists show it: nothing of the person."""

    id: int
    reference: str
    system: str
    asks: str
    due_on: str
    late: bool
    held: bool  # an order binds the person: nothing is to be destroyed meanwhile
    answered: bool


class ErrandRegister:
    """Implements `domain.errands.Errands`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def ask(
        self, case: str, system: str, key: str, question: Question, *, within_days: int, owner: str = ""
    ) -> Errand:
        """Put a question, or find it put already, answered or not; a new one is a task, in its owner's hand.

        Raises:
            NotFound: no such case, or the owner may act no more.
            KeyShredded: nobody may be asked about that person any more.
        """
        with self._work.begin() as tx:
            if tx.lock_case(case).state == State.CLOSED.value:
                key += _LATER
            if owner:
                must_act(tx.connection, owner)
            due = day_in_bangkok(tx.now) + timedelta(days=within_days)
            place = _place("question", case, system, key)
            sealed = self._sealing.put(self._sealing.case_key(case), _QUESTION, question, place)
            row = {
                "case_id": case,
                "system": system,
                "key": key,
                "asks": question.asks.value,
                "question": sealed,
                "due_on": due,
                "asked": tx.now,
            }
            if insert_once(tx.connection, errands, row):
                about = {"system": system, "code": question.asks.value, "due": due.isoformat()}
                tx.tell(Event.ERRAND_ASKED, case, items=len(question.records), **about)
                asking.open_task(tx, CODES[question.asks], case, system, hand=owner)
            mine = (errands.c.case_id == case, errands.c.system == system, errands.c.key == key)
            return self._errand(tx.connection.execute(select(errands).where(*mine)).one())

    def of(self, case: str, system: str) -> tuple[Errand, ...]:
        """What was asked for a case in a system, the oldest first. Raises `KeyShredded`."""
        wanted = select(errands).where(errands.c.case_id == case, errands.c.system == system)
        with self._work.read() as connection:
            return tuple(self._errand(row) for row in connection.execute(wanted.order_by(errands.c.id)))

    def may_be_asked(self, owner: str) -> bool:
        """Whether a member of staff may still act; nobody in particular always may."""
        active = select(staff.c.id).where(staff.c.id == owner, staff.c.disabled.is_(None))
        with self._work.read() as connection:
            return not owner or connection.scalar(active) is not None

    def view(self, errand: int) -> Errand:
        """One, with whom it is about. Raises `NotFound`, `KeyShredded`."""
        with self._work.read() as connection:
            row = connection.execute(select(errands).where(errands.c.id == errand)).one_or_none()
        if row is None:
            raise NotFound("errand-unknown", "look it up in the list of errands")
        return self._errand(row)

    def case(self, errand: int) -> str:
        """Whose case it belongs to; nothing of the person. Raises `NotFound`."""
        with self._work.read() as connection:
            found = connection.scalar(select(errands.c.case_id).where(errands.c.id == errand))
        if found is None:
            raise NotFound("errand-unknown", "look it up in the list of errands")
        return str(found)

    def all(self, *, case: str = "", open_only: bool = True) -> tuple[Listed, ...]:
        """Errands of one case or of all, those due first; nothing of the persons."""
        wanted = select(errands, cases.c.reference).join(cases, cases.c.id == errands.c.case_id)
        if case:
            wanted = wanted.where(errands.c.case_id == case)
        if open_only:
            wanted = wanted.where(WAITED_FOR)
        with self._work.read() as connection:
            rows = connection.execute(wanted.order_by(errands.c.due_on, errands.c.id)).all()
            held = {row.id for row in rows if _destroys(row) and holds.binding(connection, row.case_id)}
        return tuple(
            Listed(
                id=row.id,
                reference=row.reference,
                system=row.system,
                asks=row.asks,
                due_on=row.due_on.isoformat(),
                late=row.answered is None and row.overdue is not None,
                held=row.id in held,
                answered=row.answered is not None,
            )
            for row in rows
        )

    def answer(self, errand: int, answer: Answer, *, actor: str) -> Errand:
        """What somebody found or did. What was found, and copies, may be told anew while the case is not answered.

        What was done is taken down whenever it is told, asked for still or not: it is so. Checked already
        (`domain.errands.check_answer`).

        Raises:
            NotFound: no such errand.
            Conflict: nobody waits to hear what there is, or what was done was told already.
        """
        with self._work.begin() as tx:
            self.take(tx, errand, answer, actor=actor)
        return self.view(errand)

    def take(self, tx: Transaction, errand: int, answer: Answer, *, actor: str) -> None:
        """The same within a change of somebody else's. Raises as `answer`."""
        checked_actor(actor)
        mine = select(errands).where(errands.c.id == errand)
        case = tx.connection.scalar(mine.with_only_columns(errands.c.case_id))
        if case is None:
            raise NotFound("errand-unknown", "look it up in the list of errands")
        closed = tx.lock_case(case).closed
        row = tx.connection.execute(mine).one()  # under the lock: of two who answer at once, one is first
        did = Asks(row.asks) in EFFECTS
        if closed is not None and row.asked <= closed and not did:
            raise Conflict("already-closed", "nobody waits for it any more")
        if row.answered is not None and did:
            raise Conflict("errand-answered", "what was done stays so", number=errand)
        place = _place("answer", row.case_id, row.system, row.key)
        sealed = self._sealing.put(self._sealing.case_key(row.case_id), _ANSWER, answer, place)
        over = {"answer": sealed, "answered": tx.now, "answered_by": actor}
        tx.connection.execute(update(errands).where(errands.c.id == errand).values(over))
        told = {"system": row.system, "code": row.asks, "evidence": len(answer.files)}
        count = len(answer.papers) or len(answer.results)
        tx.tell(Event.ERRAND_ANSWERED, row.case_id, actor, items=count, **told)
        self._close_task(tx, row, actor)

    def overdue(self) -> int:
        """Tell those that are unanswered past their day, once each; how many."""
        with self._work.begin() as tx:
            today = day_in_bangkok(tx.now)
            wanted = (
                select(errands.c.id, errands.c.case_id, errands.c.system, errands.c.asks)
                .join(cases, cases.c.id == errands.c.case_id)
                .where(errands.c.overdue.is_(None), errands.c.due_on < today, WAITED_FOR)
                .order_by(errands.c.case_id, errands.c.id)
            )
            found = tx.connection.execute(wanted).all()
            for row in found:
                tx.lock_case(row.case_id)
                mine = update(errands).where(errands.c.id == row.id)
                tx.connection.execute(mine.values(overdue=tx.now))
                tx.tell(Event.ERRAND_OVERDUE, row.case_id, system=row.system, code=row.asks)
        return len(found)

    def waited_for(self, before: datetime) -> tuple[tuple[str, str], ...]:
        """Case and system where people answered, before that instant, what the system still waits with."""
        answered = exists().where(
            errands.c.case_id == parkings.c.case_id,
            errands.c.system == parkings.c.system,
            errands.c.answered >= parkings.c.since,
            errands.c.answered < before,
        )
        wanted = select(parkings.c.case_id, parkings.c.system).where(
            parkings.c.repaired.is_(None), parkings.c.code == ASKED, answered
        )
        with self._work.read() as connection:
            rows = connection.execute(wanted.order_by(parkings.c.case_id, parkings.c.system))
            return tuple((row.case_id, row.system) for row in rows)

    def _close_task(self, tx: Transaction, row: Row[Any], actor: str) -> None:
        same = (errands.c.case_id == row.case_id, errands.c.system == row.system, errands.c.asks == row.asks)
        waits = select(errands.c.id).join(cases, cases.c.id == errands.c.case_id).where(*same, WAITED_FOR)
        if tx.connection.scalar(waits.limit(1)) is not None:
            return
        code = CODES[Asks(row.asks)]
        mine = (tasks.c.case_id == row.case_id, tasks.c.code == code, tasks.c.system == row.system)
        standing = select(tasks.c.id).where(*mine, tasks.c.closed.is_(None))
        task = tx.connection.scalar(standing)
        if task is None:
            return
        why = self._sealing.reason(row.case_id, "answered", f"tasks.reason:{task}")
        over = {"closed": tx.now, "closed_by": actor, "undone": False, "reason": why}
        tx.connection.execute(update(tasks).where(tasks.c.id == task).values(over))
        tx.tell(Event.TASK_CLOSED, row.case_id, actor, task=task, code=code, system=row.system, done=1)

    def _errand(self, row: Row[Any]) -> Errand:
        question = _place("question", row.case_id, row.system, row.key)
        answer = _place("answer", row.case_id, row.system, row.key)
        return Errand(
            id=row.id,
            case=row.case_id,
            system=row.system,
            key=row.key,
            question=self._sealing.take(row.question, _QUESTION, question),
            due_on=row.due_on,
            asked=row.asked,
            answered=row.answered,
            answer=self._sealing.take(row.answer, _ANSWER, answer) if row.answer is not None else None,
        )


def _destroys(row: Row[Any]) -> bool:
    return row.answered is None and row.asks == Asks.DESTROY.value


def _place(column: str, case: str, system: str, key: str) -> str:
    return f"errands.{column}:{case}/{system}/{key}"

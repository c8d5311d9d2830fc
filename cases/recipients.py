"""What recipients were told to do, by when, and what they answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, select, update

from cases.database import insert_once
from cases.facts import checked_actor
from cases.recipient_tables import recipients
from cases.sealing import Sealing
from cases.tables import cases, tasks
from cases.unit_of_work import Transaction, UnitOfWork
from domain.errands import Evidence
from domain.errors import BadInput, NotFound
from domain.events import Event
from domain.recipients import CONFIRM, SILENT, Instructed, Said

_EVIDENCE: TypeAdapter[tuple[Evidence, ...]] = TypeAdapter(tuple[Evidence, ...])


class RecipientRegister:
    """Implements `domain.recipients.Recipients`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def tell(self, case: str, recipient: str, by: date) -> None:
        """Note that a recipient was told, and by when it is to answer; the first stands."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            row = {"case_id": case, "recipient": recipient, "by_day": by, "told": tx.now, "files": 0}
            if insert_once(tx.connection, recipients, row):
                tx.tell(Event.RECIPIENT_TOLD, case, system=recipient, due=by.isoformat())

    def answered(self, case: str, recipient: str) -> bool:
        """Whether it answered; true too of one that was never told."""
        open_one = select(recipients.c.case_id).where(
            *_mine(case, recipient), recipients.c.answered.is_(None)
        )
        with self._work.read() as connection:
            return connection.scalar(open_one) is None

    def answer(  # an answer is as long
        self, case: str, recipient: str, said: Said, evidence: Sequence[Evidence], *, actor: str, reason: str
    ) -> None:
        """Note what it answered, with what shows it; a later answer takes the place of an earlier. Closes its tasks.

        Raises:
            NotFound: it was never told.
            BadInput: it says that it is done, and nothing shows it.
        """
        with self._work.begin() as tx:
            self.take(tx, case, recipient, said, evidence, actor=actor, reason=reason)

    def take(  # an answer is as long
        self,
        tx: Transaction,
        case: str,
        recipient: str,
        said: Said,
        evidence: Sequence[Evidence],
        *,
        actor: str,
        reason: str,
    ) -> None:
        """The same within a change of somebody else's. Raises as `answer`."""
        checked_actor(actor)
        if said is Said.DONE and not evidence:
            raise BadInput("evidence-missing", "give their certificate or other proof", field="evidence")
        reference = tx.lock_case(case).reference
        mine = _mine(case, recipient)
        if tx.connection.scalar(select(recipients.c.case_id).where(*mine)) is None:
            mend = "look it up in the list of recipients"
            raise NotFound("recipient-not-told", mend, reference=reference, system=recipient)
        place = f"recipients.evidence:{case}/{recipient}"
        kept = self._sealing.put(self._sealing.case_key(case), _EVIDENCE, tuple(evidence), place)
        why = self._sealing.reason(case, reason, f"recipients.reason:{case}/{recipient}")
        over = {"said": said.value, "answered": tx.now, "answered_by": actor}
        over_more = {"files": len(evidence), "evidence": kept, "reason": why}
        tx.connection.execute(update(recipients).where(*mine).values({**over, **over_more}))
        told = {"system": recipient, "code": said.value}
        tx.tell(Event.RECIPIENT_ANSWERED, case, actor, evidence=len(evidence), **told)
        for family in (CONFIRM, SILENT):
            self._close(tx, case, f"{family}{recipient}", actor, reason)

    def of(self, case: str = "", *, open_only: bool = True) -> tuple[Instructed, ...]:
        """Of one case or of all, those due first."""
        wanted = select(recipients, cases.c.reference).join(cases, cases.c.id == recipients.c.case_id)
        if case:
            wanted = wanted.where(recipients.c.case_id == case)
        if open_only:
            wanted = wanted.where(recipients.c.answered.is_(None))
        ordered = wanted.order_by(recipients.c.by_day, recipients.c.case_id, recipients.c.recipient)
        with self._work.read() as connection:
            return tuple(_instructed(row) for row in connection.execute(ordered))

    def _close(self, tx: Transaction, case: str, code: str, actor: str, reason: str) -> None:
        standing = select(tasks.c.id).where(
            tasks.c.case_id == case, tasks.c.code == code, tasks.c.closed.is_(None)
        )
        for task in tx.connection.scalars(standing).all():
            why = self._sealing.reason(case, reason, f"tasks.reason:{task}")
            over = {"closed": tx.now, "closed_by": actor, "undone": False, "reason": why}
            tx.connection.execute(update(tasks).where(tasks.c.id == task).values(over))
            tx.tell(Event.TASK_CLOSED, case, actor, task=task, code=code, done=1)


def _mine(case: str, recipient: str) -> tuple[Any, ...]:
    return (recipients.c.case_id == case, recipients.c.recipient == recipient)


def _instructed(row: Row[Any]) -> Instructed:
    return Instructed(
        case=row.case_id,
        reference=row.reference,
        recipient=row.recipient,
        by=row.by_day,
        told=row.told,
        said=Said(row.said) if row.said else None,
        answered=row.answered,
        evidence=row.files,
    )

"""Notes that staff write on a case: sealed with its key, and gone with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, func, insert, select

from cases.facts import checked_actor
from cases.ids import new_id
from cases.sealing import TEXT, Sealing
from cases.tables import register
from cases.unit_of_work import UnitOfWork
from domain.errors import BadInput
from domain.events import Event
from domain.value import Personal

LONGEST = 4000

case_notes = Table(
    "case_notes",
    register,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("by", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_case_notes_case", "case_id"),
)


class Note(Personal):
    """A note as it is read."""

    id: str
    by: str
    at: datetime
    text: str


class NoteBook:
    """Writes and reads notes. They are never changed: what was wrong, a later one says."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def write(self, case: str, text: str, *, actor: str) -> str:
        """Keep a note, sealed; its id. The chain is told that one was written, never what it says.

        Raises:
            BadInput: it is empty or too long.
            KeyShredded: the case's key is gone.
            NotFound: no such case.
        """
        checked_actor(actor)
        said = text.strip()
        if not said or len(said) > LONGEST:
            raise BadInput("note-empty" if not said else "note-too-long", field="note", count=len(said))
        made = new_id("n")
        with self._work.begin() as tx:
            tx.lock_case(case)
            body = self._sealing.put(self._sealing.case_key(case), TEXT, said, _place(made))
            row = {"id": made, "case_id": case, "by": actor, "body": body, "at": tx.now}
            tx.connection.execute(insert(case_notes).values(**row))
            tx.tell(Event.NOTE_WRITTEN, case, actor, note=made)
        return made

    def of(self, case: str) -> tuple[Note, ...]:
        """The notes of a case, the oldest first. Raises `KeyShredded`."""
        wanted = select(case_notes).where(case_notes.c.case_id == case)
        with self._work.read() as connection:
            rows = connection.execute(wanted.order_by(case_notes.c.at, case_notes.c.id)).all()
        return tuple(
            Note(id=row.id, by=row.by, at=row.at, text=self._sealing.take(row.body, TEXT, _place(row.id)))
            for row in rows
        )

    def count(self, case: str) -> int:
        """How many there are."""
        wanted = select(func.count()).select_from(case_notes).where(case_notes.c.case_id == case)
        with self._work.read() as connection:
            return connection.scalar(wanted) or 0


def _place(note: str) -> str:
    return f"case_notes.body:{note}"

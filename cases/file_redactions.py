"""Files on their way to being redacted: who opened them, which regions go, who burnt what (s.30 ¶2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update

from cases.facts import checked_actor
from cases.file_redaction_tables import file_redactions
from cases.sealing import Sealing
from cases.unit_of_work import Transaction, UnitOfWork
from domain.case import Bundle
from domain.errors import Conflict, NotFound, TooLate
from domain.events import Event
from domain.redacting import FileRedaction, Region, Sheets
from domain.states import BEGUN, State
from domain.third_persons import CODE


class FileRedactionRegister:
    """Implements `domain.redacting.FileRedactions`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def open(
        self, case: str, digest: str, no: int, original: Bundle, sheets: Sheets, *, made: str, actor: str
    ) -> FileRedaction:
        """A file was opened, and waits for its regions. Raises `NotFound`."""
        checked_actor(actor)
        with self._work.begin() as tx:
            tx.lock_case(case)
            values = {
                "id": made,
                "case_id": case,
                "digest": digest,
                "no": no,
                "original": original.sha256,
                "sheets": sheets.model_dump(),
                "regions": [],
                "by": actor,
                "opened": tx.now,
            }
            row = tx.connection.execute(
                insert(file_redactions).values(values).returning(file_redactions)
            ).one()
            tx.tell(Event.FILE_OPENED, case, actor, document=made, kind=sheets.kind, sha256=original.sha256)
        return _told(row)

    def find(self, case: str, made: str) -> FileRedaction:
        """One of that case that was not dropped. Raises `NotFound`."""
        found = [one for one in self.of(case) if one.id == made]
        if not found:
            raise NotFound("file-not-opened")
        return found[0]

    def of(self, case: str) -> tuple[FileRedaction, ...]:
        """All of a case that were not dropped, the oldest first."""
        mine = select(file_redactions).where(
            file_redactions.c.case_id == case, file_redactions.c.dropped.is_(None)
        )
        with self._work.read() as connection:
            rows = connection.execute(mine.order_by(file_redactions.c.opened, file_redactions.c.id)).all()
        return tuple(map(_told, rows))

    def mark(self, case: str, made: str, regions: Sequence[Region], *, before: Sequence[Region]) -> None:
        """These are its regions now. Raises `NotFound`; `Conflict`: others are than `before`, or it is burnt."""
        with self._work.begin() as tx:
            row = self._open(tx, case, made)
            if _told(row).regions != tuple(before):
                raise Conflict("shown-is-older")
            _change(tx, made, regions=[one.model_dump() for one in regions])

    def burn(
        self, case: str, made: str, redacted: Bundle, *, seen: Sequence[Region], actor: str, reason: str
    ) -> FileRedaction:
        """It was burnt with the regions `seen`, which it has.

        Raises:
            NotFound: no such file.
            Conflict: it was burnt already, or has other regions by now.
            TooLate: the package is being made.
        """
        checked_actor(actor)
        with self._work.begin() as tx:
            _must_not_have_begun(tx, case)  # drawing took its time
            row = self._open(tx, case, made)
            if _told(row).regions != tuple(seen):
                raise Conflict("shown-is-older")
            changed = _change(
                tx,
                made,
                burnt=tx.now,
                burnt_by=actor,
                reason=self._sealing.reason(case, reason, f"file_redactions.reason:{made}"),
                redacted=redacted.sha256,
                size=redacted.size,
                ref=redacted.ref,
            )
            tx.tell(
                Event.FILE_REDACTED,
                case,
                actor,
                document=made,
                code=CODE,
                count=len(seen),
                digest=row.original,
                sha256=redacted.sha256,
            )
        return _told(changed)

    def drop(self, case: str, made: str, *, actor: str) -> None:
        """It is no longer wanted. Raises `NotFound`; `TooLate`: the package is being made."""
        checked_actor(actor)
        with self._work.begin() as tx:
            _must_not_have_begun(tx, case)
            self._row(tx, case, made)
            _change(tx, made, dropped=tx.now)
            tx.tell(Event.FILE_REDACTION_DROPPED, case, actor, document=made)

    def _open(self, tx: Transaction, case: str, made: str) -> Row[Any]:
        tx.lock_case(case)
        row = self._row(tx, case, made)
        if row.burnt is not None:
            raise Conflict("file-burnt-already", "open it again")
        return row

    @staticmethod
    def _row(tx: Transaction, case: str, made: str) -> Row[Any]:
        wanted = select(file_redactions).where(
            file_redactions.c.id == made,
            file_redactions.c.case_id == case,
            file_redactions.c.dropped.is_(None),
        )
        row = tx.connection.execute(wanted.with_for_update()).one_or_none()
        if row is None:
            raise NotFound("file-not-opened")
        return row


def _must_not_have_begun(tx: Transaction, case: str) -> None:
    at_case = tx.lock_case(case)
    if State(at_case.state) in BEGUN:
        raise TooLate("fulfilment-has-begun", reference=at_case.reference)


def _change(tx: Transaction, made: str, **values: object) -> Row[Any]:
    changed = update(file_redactions).where(file_redactions.c.id == made).values(values)
    return tx.connection.execute(changed.returning(file_redactions)).one()


def _told(row: Row[Any]) -> FileRedaction:
    return FileRedaction(
        id=row.id,
        case=row.case_id,
        digest=row.digest,
        no=row.no,
        original=row.original,
        sheets=Sheets.model_validate(row.sheets),
        regions=tuple(Region.model_validate(one) for one in row.regions),
        by=row.by,
        opened=row.opened,
        burnt=row.burnt,
        burnt_by=row.burnt_by or "",
        redacted=row.redacted or "",
        size=row.size or 0,
        ref=row.ref or "",
    )

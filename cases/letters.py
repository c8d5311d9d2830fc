"""Letters and packages of a case: queued once, sent once. Their content lies sealed elsewhere, by reference."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from cases.ids import new_id
from cases.tables import bundles, letters
from cases.unit_of_work import UnitOfWork
from domain.case import Bundle
from domain.documents import Letter
from domain.errors import NotFound
from domain.events import Event


class LetterRegister:
    """Implements `domain.documents.Letters`."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def queue(self, case: str, code: str, ref: str, text_sha256: str) -> Letter:
        """Keep a rendered letter; the same case and code again gives the first. Raises `NotFound`."""
        row = {"id": new_id("l"), "case_id": case, "code": code, "ref": ref, "text_sha256": text_sha256}
        with self._work.begin() as tx:
            tx.lock_case(case)
            standing = _find(tx.connection, case, code)
            if standing is not None:
                return standing
            tx.connection.execute(insert(letters).values({**row, "queued": tx.now}))
            tx.tell(Event.LETTER_QUEUED, case, letter=row["id"], code=code, sha256=text_sha256)
        return Letter(id=row["id"], case=case, code=code, ref=ref, text_sha256=text_sha256)

    def find(self, case: str, code: str) -> Letter | None:
        """The letter of that code, if there is one."""
        with self._work.read() as connection:
            return _find(connection, case, code)

    def sent(self, letter: str, at: datetime) -> None:
        """It left; the first time stands. Raises `NotFound`."""
        with self._work.begin() as tx:
            row = tx.connection.execute(
                select(letters).where(letters.c.id == letter).with_for_update()
            ).one_or_none()
            if row is None:
                raise NotFound("letter-unknown", letter=letter)
            if row.sent is None:
                tx.connection.execute(update(letters).where(letters.c.id == letter).values(sent=at))
                tx.tell(Event.LETTER_SENT, row.case_id, letter=letter, code=row.code)

    def of(self, case: str) -> tuple[Letter, ...]:
        """All letters of a case, in the order in which they were queued."""
        wanted = select(letters).where(letters.c.case_id == case).order_by(letters.c.queued, letters.c.code)
        with self._work.read() as connection:
            return tuple(_letter(row) for row in connection.execute(wanted))

    def seal_bundle(self, case: str, bundle: Bundle) -> None:
        """Note the package made for the person; the same again is noted once. Raises `NotFound`."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            if _bundle(tx.connection, case) == bundle:
                return
            tx.connection.execute(
                insert(bundles).values(
                    case_id=case, ref=bundle.ref, sha256=bundle.sha256, size=bundle.size, at=tx.now
                )
            )
            tx.tell(Event.BUNDLE_SEALED, case, sha256=bundle.sha256, size=bundle.size)

    def bundle(self, case: str) -> Bundle | None:
        """The newest package."""
        with self._work.read() as connection:
            return _bundle(connection, case)


def _find(connection: Connection, case: str, code: str) -> Letter | None:
    wanted = select(letters).where(letters.c.case_id == case, letters.c.code == code)
    row = connection.execute(wanted).one_or_none()
    return _letter(row) if row else None


def _letter(row: Row[Any]) -> Letter:
    return Letter(
        id=row.id, case=row.case_id, code=row.code, ref=row.ref, text_sha256=row.text_sha256, sent=row.sent
    )


def _bundle(connection: Connection, case: str) -> Bundle | None:
    newest = select(bundles).where(bundles.c.case_id == case).order_by(bundles.c.id.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return Bundle(ref=row.ref, sha256=row.sha256, size=row.size) if row else None

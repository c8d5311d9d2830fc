"""Copies of identity documents that persons sent in, and what officers found of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, func, insert, select, update

from cases import asking
from cases.facts import checked_actor
from cases.identity_document_tables import identity_documents
from cases.sealing import Sealing
from cases.tables import tasks
from cases.unit_of_work import Transaction, UnitOfWork
from domain.assurance import Method, assurance_of
from domain.errors import Conflict, NotFound
from domain.events import Event
from domain.identifiers import Identifier
from domain.identity_documents import CHECK, MOST_WAITING, Fault, IdentityDocument


class IdentityDocumentRegister:
    """Implements `domain.identity_documents.IdentityDocuments`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def enter(self, case: str, made: str, address: Identifier) -> None:
        """One came; officers are asked to look. Raises `NotFound`; `Conflict`: too many wait for their check."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            if _waiting(tx, case) >= MOST_WAITING:
                raise Conflict("documents-wait", "wait until somebody has looked at them")
            values = {"id": made, "case_id": case, "address_hash": self._hash(address), "received": tx.now}
            tx.connection.execute(insert(identity_documents).values(values))
            asking.open_task(tx, CHECK, case)

    def of(self, case: str, address: Identifier | None = None) -> tuple[IdentityDocument, ...]:
        """Those of a case, the oldest first; only what came by that address where one is given."""
        wanted = select(identity_documents).where(identity_documents.c.case_id == case)
        if address is not None:
            wanted = wanted.where(identity_documents.c.address_hash == self._hash(address))
        order = identity_documents.c.received, identity_documents.c.id
        with self._work.read() as connection:
            return tuple(map(_told, connection.execute(wanted.order_by(*order))))

    def check(self, case: str, made: str, fault: Fault | None, *, actor: str) -> None:
        """An officer looked; the task is done once none waits.

        Raises:
            NotFound: there is no such copy.
            Conflict: it was checked already.
        """
        checked_actor(actor)
        mine = identity_documents.c.case_id == case, identity_documents.c.id == made
        with self._work.begin() as tx:
            tx.lock_case(case)
            row = tx.connection.execute(select(identity_documents).where(*mine)).one_or_none()
            if row is None:
                raise NotFound("document-unknown")
            if row.checked is not None:
                raise Conflict("document-checked")
            values = {"checked": tx.now, "checked_by": actor, "fault": fault.value if fault else None}
            tx.connection.execute(update(identity_documents).where(*mine).values(values))
            told: dict[str, str] = {"document": made, "outcome": "refused" if fault else "taken"}
            if fault:
                told["code"] = fault
            else:
                method = Method.MASKED_DOCUMENT
                told |= {"method": method, "level": assurance_of((method,)).name.lower()}
            tx.tell(Event.IDENTITY_COPY_CHECKED, case, actor, **told)
            if not _waiting(tx, case):
                _close_task(tx, case, actor)

    def _hash(self, address: Identifier) -> str:
        return self._sealing.hash_of(address.kind.value, address.value)


def _waiting(tx: Transaction, case: str) -> int:
    open_ones = identity_documents.c.case_id == case, identity_documents.c.checked.is_(None)
    count: int = tx.connection.scalar(select(func.count()).where(*open_ones)) or 0
    return count


def _close_task(tx: Transaction, case: str, actor: str) -> None:
    mine = tasks.c.case_id == case, tasks.c.code == CHECK, tasks.c.closed.is_(None)
    over = update(tasks).where(*mine).values(closed=tx.now, closed_by=actor, undone=False)
    for task in tx.connection.scalars(over.returning(tasks.c.id)):
        tx.tell(Event.TASK_CLOSED, case, actor, task=task, code=CHECK, done=1)


def _told(row: Row[Any]) -> IdentityDocument:
    return IdentityDocument(
        id=row.id,
        case=row.case_id,
        received=row.received,
        checked=row.checked,
        checked_by=row.checked_by or "",
        fault=Fault(row.fault) if row.fault else None,
    )

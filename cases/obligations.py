"""What outlives a case: records that must go later, letters and follow-ups owed by a day.

The records of an obligation are sealed under a key of its own: shredding the case's key leaves what is owed
readable, and meeting the obligation shreds its key. One without records seals nothing, and has no key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, Integer, Row, Update, cast, or_, select, update
from sqlalchemy import func as sql

from cases.database import insert_once, streamed
from cases.ids import new_id
from cases.owing import item_place, owe
from cases.plans import newest_version
from cases.sealing import Sealing
from cases.tables import obligation_items, obligations
from cases.unit_of_work import Transaction, UnitOfWork
from domain.aftermath import Obligation, Owed
from domain.errors import Conflict, KeyShredded, NotFound
from domain.events import Event
from domain.item import Item
from security.ports import KeyPurpose
from security.seal import unseal_model

_ADDED = 0
"""The plan version of what was added by itself."""
_MET = "obligation-met"
_PAGE = 500


class ObligationRegister:
    """Implements `domain.aftermath.Obligations`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def owe(self, case: str) -> tuple[Obligation, ...]:
        """Write what the newest plan keeps under holds as obligations, one a system and release day.

        Once per plan version; later calls give what stands.

        Raises:
            NotFound: no plan was made yet.
        """
        with self._work.begin() as tx:
            tx.lock_case(case)
            version = newest_version(tx.connection, case)
            if not version:
                raise NotFound("plan-unknown", "no plan was made yet")
            if not _of(tx.connection, case, version):
                owe(tx, self._sealing, case, version)
            return _of(tx.connection, case, version)

    def add(self, case: str, kind: Owed, due_on: date, *, system: str = "", code: str = "") -> Obligation:
        """Write one without records; once per case, kind, system and code: the first day stands.

        Raises:
            NotFound: no such case.
        """
        same = (obligations.c.kind == kind.value, obligations.c.system == system, obligations.c.code == code)
        with self._work.begin() as tx:
            tx.lock_case(case)
            row: dict[str, Any] = {
                "id": new_id("o"),
                "case_id": case,
                "plan_version": _ADDED,
                "kind": kind.value,
                "system": system,
                "code": code,
                "due_on": due_on,
                "items": 0,
                "rules": [],
            }
            if insert_once(tx.connection, obligations, {**row, "owed": tx.now}):
                due = due_on.isoformat()
                facts = {"obligation": row["id"], "kind": kind, "system": system, "code": code, "due": due}
                tx.tell(Event.OBLIGATION_OWED, case, **facts)
            [added] = _read(tx.connection, obligations.c.case_id == case, *same, _added())
        return added

    def of(self, case: str) -> tuple[Obligation, ...]:
        """The obligations of a case: what was added, and what its newest plan that left any keeps; met ones too."""
        with self._work.read() as connection:
            return _read(connection, obligations.c.case_id == case, _standing())

    def due(self, on: date) -> tuple[Obligation, ...]:
        """Everything not met that is due by that day, the oldest first."""
        with self._work.read() as connection:
            return _read(connection, obligations.c.met.is_(None), obligations.c.due_on <= on, _standing())

    def view(self, obligation: str) -> Obligation:
        """One by its id. Raises `NotFound`."""
        with self._work.read() as connection:
            found = _read(connection, obligations.c.id == obligation)
        if not found:
            raise _unknown()
        return found[0]

    def items(self, obligation: str) -> Iterator[Item]:
        """The records of an obligation that are owed still, unsealed under its own key, streamed in order.

        Raises:
            NotFound: no such obligation.
            KeyShredded: it was met.
        """
        self.view(obligation)
        wanted = select(obligation_items).where(*_standing_of(obligation))
        with (
            self._work.walk() as connection,
            streamed(connection, wanted.order_by(obligation_items.c.no), _PAGE) as found,
        ):
            for row in found:
                yield unseal_model(self._sealing.ring, row.item, item_place(obligation, row.no), Item)

    def move(self, obligation: str, due_on: date, *, gone: Sequence[int] = ()) -> None:
        """It is looked at again on another day, and those of its records that are `gone` are owed no more.

        The same again changes nothing.

        Raises:
            NotFound: no such obligation.
            Conflict: it was met.
        """
        with self._work.begin() as tx:
            row = _locked(tx, obligation)
            if row.met is not None:
                raise Conflict("obligation-met", "nothing of it is owed any more", obligation=obligation)
            over = _let_go(tx, obligation, gone)
            if row.due_on == due_on and not over:
                return
            tx.connection.execute(_change(obligation).values(due_on=due_on))
            days = {"from": row.due_on.isoformat(), "due": due_on.isoformat()}
            told: dict[str, Any] = {"obligation": obligation, "system": row.system, **days}
            if over:
                told["items"] = over
            tx.tell(Event.OBLIGATION_MOVED, row.case_id, **told)

    def meet(self, obligation: str, *, items: int = 0) -> None:
        """It is done, with so many records, and its key is destroyed; done again changes nothing.

        The key goes after the commit: a cut between the two leaves a key that the next telling destroys, and never
        an obligation that is owed and can't be read.

        Raises:
            NotFound: no such obligation.
        """
        with self._work.begin() as tx:
            row = _locked(tx, obligation)
            if row.met is None:
                tx.connection.execute(_change(obligation).values(met=tx.now))
                told = {"obligation": obligation, "kind": row.kind, "system": row.system, "code": row.code}
                tx.tell(Event.OBLIGATION_MET, row.case_id, **told, items=items)
        if row.items:
            self._shred(row.case_id, obligation)

    def _shred(self, case: str, obligation: str) -> None:
        try:
            key = self._sealing.ring.for_owner(KeyPurpose.OBLIGATION, obligation)
        except KeyShredded:
            return
        if self._sealing.ring.shred(key.key_id, _MET):
            with self._work.begin() as tx:
                tx.tell(Event.KEY_SHREDDED, case, obligation=obligation, reason_code=_MET)


def _standing_of(obligation: str) -> tuple[ColumnElement[bool], ...]:
    return obligation_items.c.obligation_id == obligation, obligation_items.c.gone.is_(None)


def _let_go(tx: Transaction, obligation: str, numbers: Sequence[int]) -> int:
    if not numbers:
        return 0
    # One array: a statement takes 65,535 parameters, and a person may have more records.
    among = obligation_items.c.no == sql.any(cast(list(numbers), ARRAY(Integer)))
    going = update(obligation_items).where(*_standing_of(obligation), among)
    return tx.connection.execute(going.values(gone=tx.now)).rowcount


def _of(connection: Connection, case: str, version: int) -> tuple[Obligation, ...]:
    return _read(connection, obligations.c.case_id == case, obligations.c.plan_version == version)


def _added() -> ColumnElement[bool]:
    return obligations.c.plan_version == _ADDED


def _standing() -> ColumnElement[bool]:
    """Added by itself, or of the newest plan of its case that left any: what an older one kept is in it too."""
    other = obligations.alias("other")
    newest = select(sql.max(other.c.plan_version)).where(other.c.case_id == obligations.c.case_id)
    return or_(_added(), obligations.c.plan_version == newest.scalar_subquery())


def _read(connection: Connection, *which: ColumnElement[bool]) -> tuple[Obligation, ...]:
    order = (obligations.c.due_on, obligations.c.system, obligations.c.owed, obligations.c.id)
    rows = connection.execute(select(obligations).where(*which).order_by(*order))
    return tuple(
        Obligation(
            id=row.id,
            case=row.case_id,
            kind=row.kind,
            due_on=row.due_on,
            system=row.system,
            items=row.items,
            rules=row.rules,
            code=row.code,
            met=row.met is not None,
        )
        for row in rows
    )


def _locked(tx: Transaction, obligation: str) -> Row[Any]:
    wanted = select(obligations).where(obligations.c.id == obligation).with_for_update()
    row = tx.connection.execute(wanted).one_or_none()
    if row is None:
        raise _unknown()
    return row


def _change(obligation: str) -> Update:
    return update(obligations).where(obligations.c.id == obligation)


def _unknown() -> NotFound:
    return NotFound("obligation-unknown", "look it up in the list of obligations")

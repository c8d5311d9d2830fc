"""What outlives a case: records that must go later, letters and follow-ups owed by a day.

The records of an obligation are sealed under a key of its own: shredding the case's key leaves what is owed
readable, and meeting the obligation shreds its key. One without records seals nothing, and has no key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Update, and_, exists, or_, select, update
from sqlalchemy import func as sql

from cases.database import insert_once, streamed
from cases.ids import new_id
from cases.owing import item_place, left_out, owe
from cases.plans import newest_version
from cases.sealing import Sealing
from cases.settling import let_go, lost_of, note_lost, settle
from cases.tables import obligation_items, obligations, parkings
from cases.unit_of_work import Transaction, UnitOfWork
from domain.aftermath import Obligation, Owed, Settlement
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

        Of a system that was left out of it, what the last plan keeps that lists it. Once per plan version; later
        calls give what stands.

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
            for system, last in left_out(tx.connection, case, version).items():
                if not _of(tx.connection, case, last, system):
                    owe(tx, self._sealing, case, last, system)
            return _read(tx.connection, obligations.c.case_id == case, ~_added(), still_owed())

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
            return _read(connection, obligations.c.case_id == case, still_owed())

    def due(self, on: date) -> tuple[Obligation, ...]:
        """Everything not met that is due by that day, the oldest first."""
        with self._work.read() as connection:
            return _read(connection, obligations.c.met.is_(None), obligations.c.due_on <= on, still_owed())

    def view(self, obligation: str) -> Obligation:
        """One by its id. Raises `NotFound`."""
        with self._work.read() as connection:
            found = _read(connection, obligations.c.id == obligation)
        if not found:
            raise _unknown()
        return found[0]

    def items(self, obligation: str, *, backwards: bool = False) -> Iterator[Item]:
        """The records of an obligation that are owed still, unsealed under its own key, streamed in order.

        Backwards gives children before their parents.

        Raises:
            NotFound: no such obligation.
            KeyShredded: it was met.
        """
        self.view(obligation)
        wanted = select(obligation_items).where(*_standing_of(obligation))
        order = obligation_items.c.no.desc() if backwards else obligation_items.c.no
        with (
            self._work.walk() as connection,
            streamed(connection, wanted.order_by(order), _PAGE) as found,
        ):
            for row in found:
                yield unseal_model(self._sealing.ring, row.item, item_place(obligation, row.no), Item)

    def move(
        self, obligation: str, due_on: date, *, gone: Sequence[int] = (), lost: Collection[int] = ()
    ) -> None:
        """It is looked at again on another day, and those of its records that are `gone` are owed no more.

        `lost` are those that the last look found to be nobody's: officers may settle them. The same again changes
        nothing.

        Raises:
            NotFound: no such obligation.
            Conflict: it was met.
        """
        with self._work.begin() as tx:
            row = _locked(tx, obligation)
            if row.met is not None:
                raise Conflict("obligation-met", "nothing of it is owed any more", obligation=obligation)
            over = let_go(tx.connection, obligation, gone, tx.now)
            note_lost(tx.connection, obligation, lost, tx.now)
            if row.due_on == due_on and not over:
                return
            tx.connection.execute(_change(obligation).values(due_on=due_on))
            days = {"from": row.due_on.isoformat(), "due": due_on.isoformat()}
            told: dict[str, Any] = {"obligation": obligation, "system": row.system, **days}
            if over:
                told["items"] = over
            tx.tell(Event.OBLIGATION_MOVED, row.case_id, **told)

    def lost(self, obligation: str) -> frozenset[int]:
        """The numbers of its records that the last look found to be there, kept by no law, and nobody's."""
        with self._work.read() as connection:
            return frozenset(lost_of(connection, obligation))

    def settle(self, obligation: str, *, actor: str, reason: str) -> Settlement:
        """An officer's word that what is lost of it is owed no more; it is owed until a second one says the same.

        What is let go stays in its system as it is, and nobody asks for it again. With nothing left it is met.

        Raises:
            NotFound: no such obligation.
            SamePerson: the second word is the first person's.
            Conflict: nothing of it is lost, or an order binds the person.
        """
        settled = settle(self._work, self._sealing, obligation, actor=actor, reason=reason)
        if settled.confirmer and not any(True for _ in self.items(obligation)):
            self.meet(obligation, items=0)
        return settled

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


def _of(connection: Connection, case: str, version: int, system: str = "") -> tuple[Obligation, ...]:
    found = _read(connection, obligations.c.case_id == case, obligations.c.plan_version == version)
    return tuple(one for one in found if system in {"", one.system})


def _added() -> ColumnElement[bool]:
    return obligations.c.plan_version == _ADDED


def still_owed() -> ColumnElement[bool]:
    """Added by itself, or of the newest plan of its case that left any: what an older one kept is in it too.

    A system that officers left out is in no newer plan.
    """
    other, skipped = obligations.alias("other"), parkings.alias("skipped")
    newest = select(sql.max(other.c.plan_version)).where(other.c.case_id == obligations.c.case_id)
    of_system = newest.where(other.c.system == obligations.c.system)
    same = (skipped.c.case_id == obligations.c.case_id, skipped.c.system == obligations.c.system)
    out = exists(select(skipped.c.id).where(*same, skipped.c.ground != ""))
    version = obligations.c.plan_version
    last = and_(out, version == of_system.scalar_subquery())
    return or_(_added(), version == newest.scalar_subquery(), last)


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
            plan=row.plan_version,
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

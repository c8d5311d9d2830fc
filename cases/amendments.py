"""What is amended on the way: kept sealed until the workflow takes it up, then put into the request."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, func, insert, select, update

from cases import told
from cases.ids import new_id
from cases.part import Part
from cases.tables import amendments, cases, vault
from cases.told import Told
from cases.unit_of_work import Transaction
from cases.voiding import void_undone
from domain.case import Amend, Moved
from domain.errors import BadInput, Conflict, NotFound, TooLate
from domain.events import Event
from domain.links import Amendment
from domain.rights import Right
from domain.states import BEGUN, State

_AMENDMENT: TypeAdapter[Amendment] = TypeAdapter(Amendment)
_ENDING = frozenset({Moved.RIGHT, Moved.DEATH})
"""They end the case and leave its words as they were."""


class Amendments(Part):
    """The register's part that keeps amendments and puts them into requests."""

    def amend(self, case: str, amendment: Amendment, *, actor: str, reason: str) -> str:
        """Keep an amendment, sealed, until the workflow takes it up; returns its id.

        The same one by the same person while it waits is one.

        Raises:
            BadInput: it does not say what its kind needs: an address, a right.
            TooLate: fulfilment has begun.
        """
        _check(amendment)
        with self._work.begin() as tx:
            row = tx.lock_case(case)
            _must_not_have_begun(row)
            waiting = _waiting(tx.connection, case)
            for each in waiting:
                if each.actor == actor and self._opened(each) == amendment:
                    return str(each.id)
            made, key = new_id("a"), self._sealing.case_key(case)
            numbered = select(func.coalesce(func.max(amendments.c.no), 0) + 1)
            tx.connection.execute(
                insert(amendments).values(
                    {
                        "id": made,
                        "case_id": case,
                        "no": tx.connection.scalar(numbered.where(amendments.c.case_id == case)),
                        "moved": amendment.moved.value,
                        "right": amendment.right.value if amendment.right else None,
                        "amendment": self._sealing.put(key, _AMENDMENT, amendment, _place(made)),
                        "actor": actor,
                        "reason": self._sealing.reason(case, reason, f"amendments.reason:{made}"),
                        "at": tx.now,
                    }
                )
            )
        return made

    def apply_amendments(self, case: str) -> tuple[Moved, ...]:
        """Put what waits into the request, in its order, and tell it; returns the kinds. Again: nothing.

        A proposal or decision on a plan that nothing was done of is void: it was made for another request. What
        would change the request is dropped once fulfilment has begun.
        """
        with self._work.begin() as tx:
            row = tx.lock_case(case)
            waiting = _waiting(tx.connection, case)
            if State(row.state) in BEGUN:
                late = [each for each in waiting if Moved(each.moved) not in _ENDING]
                for each in late:
                    _end(tx.connection, each.id, dropped=tx.now)
                waiting = [each for each in waiting if each not in late]
            changing = [each for each in waiting if Moved(each.moved) not in _ENDING]
            if changing:
                self._put(tx, row, changing)
            for each in waiting:
                _end(tx.connection, each.id, applied=tx.now)
                tx.tell(Event.CASE_AMENDED, case, each.actor, kind=each.moved, right=each.right or "")
            if changing:
                void_undone(tx, case)
        return tuple(Moved(each.moved) for each in waiting)

    def drop_amendment(self, amendment: str) -> None:
        """The workflow would not have it: nothing is changed. Dropping it again is dropping it once.

        Raises:
            NotFound: there is none of that id.
            Conflict: it was applied.
        """
        with self._work.begin() as tx:
            row = tx.connection.execute(
                select(amendments).where(amendments.c.id == amendment).with_for_update()
            ).one_or_none()
            if row is None:
                raise NotFound("amendment-unknown")
            if row.applied is not None:
                raise Conflict("already-applied", "amend the request again")
            if row.dropped is None:
                _end(tx.connection, amendment, dropped=tx.now)

    def unheard(self, before: datetime) -> tuple[tuple[str, Amend], ...]:
        """Amendments of before that instant that no workflow took up, of open cases, the oldest first."""
        wanted = (
            select(amendments)
            .join(cases, cases.c.id == amendments.c.case_id)
            .where(amendments.c.applied.is_(None), amendments.c.dropped.is_(None))
            .where(amendments.c.at < before, cases.c.state != State.CLOSED.value)
            .order_by(amendments.c.at, amendments.c.case_id, amendments.c.no)
        )
        with self._work.read() as connection:
            return tuple((row.case_id, _told(row)) for row in connection.execute(wanted))

    def _put(self, tx: Transaction, row: Row[Any], changing: Iterable[Row[Any]]) -> None:
        words = told.read(tx.connection, self._sealing, row.id)
        since = row.proofs_since
        for each in changing:
            words = amended(words, self._opened(each))
            if each.moved == Moved.OF_AGE:
                since = each.at
        key = self._sealing.case_key(row.id)
        sealed = told.sealed(self._sealing, key, words, told.AMENDED)
        tx.connection.execute(update(vault).where(vault.c.case_id == row.id).values(sealed))
        tx.connection.execute(update(cases).where(cases.c.id == row.id).values(proofs_since=since))

    def _opened(self, row: Row[Any]) -> Amendment:
        return self._sealing.take(row.amendment, _AMENDMENT, _place(row.id))


def amended(words: Told, amendment: Amendment) -> Told:
    """The words of a request with one amendment put into them."""
    match amendment.moved:
        case Moved.SCOPE:
            both = {**words.changes, **amendment.changes}
            return words.model_copy(update={"changes": {k: v for k, v in both.items() if v != ""}})
        case Moved.REPLY_TO if amendment.address:
            replies = dict.fromkeys((*words.replies, amendment.address))
            return words.model_copy(update={"replies": tuple(replies)})
        case Moved.AGENT:
            acts = {"agent": amendment.agent, "authority": amendment.authority}
            return words.model_copy(update=acts)
        case Moved.OF_AGE:
            # A minor's rights are their own from that day (s.20): who acted for them does so no more, and the
            # addresses that they named for answers count no more either.
            return words.model_copy(update={"agent": "", "authority": "", "replies": ()})
        case _:
            return words


def _check(amendment: Amendment) -> None:
    if amendment.moved is Moved.REPLY_TO and amendment.address is None:
        raise BadInput("address-missing", "say where answers are to go", field="address")
    if amendment.moved is Moved.RIGHT and amendment.right is None:
        raise BadInput("right-missing", "say which right instead", field="right")


def _must_not_have_begun(row: Row[Any]) -> None:
    if State(row.state) in BEGUN:
        raise TooLate(
            "fulfilment-begun", "let it end and open another", reference=row.reference, state=row.state
        )


def _waiting(connection: Connection, case: str) -> list[Row[Any]]:
    wanted = (
        select(amendments)
        .where(amendments.c.case_id == case)
        .where(amendments.c.applied.is_(None), amendments.c.dropped.is_(None))
        .order_by(amendments.c.no)
        .with_for_update()
    )
    return list(connection.execute(wanted).all())


def _end(connection: Connection, amendment: str, **when: datetime) -> None:
    connection.execute(update(amendments).where(amendments.c.id == amendment).values(**when))


def _told(row: Row[Any]) -> Amend:
    return Amend(id=row.id, moved=Moved(row.moved), right=Right(row.right) if row.right else None)


def _place(amendment: str) -> str:
    return f"amendments.amendment:{amendment}"

"""What of an obligation is lost: there still, kept by no law, and found by no search. Two officers may let it go.

It may be another person's by now, so no machine erases it; and nothing would ever end it, if nobody could say so.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Connection, Integer, Row, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert

from cases import holds
from cases.due_tables import lost_records, settlements
from cases.ids import new_id
from cases.sealing import Sealing
from cases.tables import obligation_items, obligations
from cases.unit_of_work import Transaction, UnitOfWork
from domain.aftermath import Settlement
from domain.errors import Conflict, NotFound, SamePerson
from domain.events import Event


def note_lost(connection: Connection, obligation: str, numbers: Collection[int], now: datetime) -> None:
    """Keep which of its records the last look found to be lost."""
    seen = {"numbers": sorted(numbers), "seen": now}
    if not numbers and not lost_of(connection, obligation):
        return
    row = insert(lost_records).values(obligation_id=obligation, **seen)
    connection.execute(row.on_conflict_do_update(index_elements=["obligation_id"], set_=seen))


def lost_of(connection: Connection, obligation: str) -> tuple[int, ...]:
    """What the last look found to be lost."""
    wanted = select(lost_records.c.numbers).where(lost_records.c.obligation_id == obligation)
    return tuple(connection.scalar(wanted) or ())


def let_go(connection: Connection, obligation: str, numbers: Collection[int], now: datetime) -> int:
    """These records are owed no more; how many were."""
    if not numbers:
        return 0
    # One array: a statement takes 65,535 parameters, and a person may have more records.
    among = obligation_items.c.no == func.any(cast(sorted(numbers), ARRAY(Integer)))
    standing = (obligation_items.c.obligation_id == obligation, obligation_items.c.gone.is_(None), among)
    return connection.execute(update(obligation_items).where(*standing).values(gone=now)).rowcount


def settle(work: UnitOfWork, sealing: Sealing, obligation: str, *, actor: str, reason: str) -> Settlement:
    """The first officer's word, or the second's, on which what is lost is let go.

    Raises:
        NotFound: no such obligation.
        SamePerson: the second word is the first person's.
        Conflict: nothing of it is lost, or an order binds the person.
    """
    with work.begin() as tx:
        # No order may come in between: what an order keeps is let go by nobody.
        tx.connection.execute(select(func.pg_advisory_xact_lock_shared(holds.LOCK)))
        owed = select(obligations).where(obligations.c.id == obligation).with_for_update()
        row = tx.connection.execute(owed).one_or_none()
        if row is None:
            raise NotFound("obligation-unknown", "look it up in the list of obligations")
        lost = lost_of(tx.connection, obligation)
        if row.met is not None or not lost:
            raise Conflict("nothing-lost", "the last look found nothing to settle", obligation=obligation)
        if orders := holds.binding(tx.connection, row.case_id):
            raise Conflict("order-binds", "what an order keeps is not let go", order=next(iter(orders)))
        waits = _waiting(tx, obligation)
        if waits is None:
            return _propose(tx, sealing, row, lost, (actor, reason))
        if waits.proposer == actor:
            raise SamePerson("same-person", "a second member of staff settles it", obligation=obligation)
        return _confirm(tx, sealing, row, waits, (actor, reason))


def _waiting(tx: Transaction, obligation: str) -> Row[Any] | None:
    wanted = select(settlements).where(settlements.c.obligation_id == obligation)
    return tx.connection.execute(wanted.where(settlements.c.confirmed.is_(None))).one_or_none()


def _propose(
    tx: Transaction, sealing: Sealing, owed: Row[Any], lost: tuple[int, ...], word: tuple[str, str]
) -> Settlement:
    (actor, reason), made = word, new_id("n")
    why = sealing.reason(owed.case_id, reason, f"settlements.proposed_why:{made}")
    who = {"proposer": actor, "proposed_why": why, "proposed": tx.now}
    tx.connection.execute(
        insert(settlements).values(id=made, obligation_id=owed.id, numbers=list(lost), **who)
    )
    told = {"obligation": owed.id, "system": owed.system, "state": "proposed"}
    tx.tell(Event.OBLIGATION_SETTLED, owed.case_id, actor, items=len(lost), **told)
    return Settlement(obligation=owed.id, items=len(lost), proposer=actor)


def _confirm(
    tx: Transaction, sealing: Sealing, owed: Row[Any], waits: Row[Any], word: tuple[str, str]
) -> Settlement:
    actor, reason = word
    why = sealing.reason(owed.case_id, reason, f"settlements.confirmed_why:{waits.id}")
    done = update(settlements).where(settlements.c.id == waits.id)
    tx.connection.execute(done.values(confirmer=actor, confirmed_why=why, confirmed=tx.now))
    # What was found again since is owed as before; what was lost since, nobody has spoken of yet.
    lost = set(lost_of(tx.connection, owed.id))
    over = let_go(tx.connection, owed.id, lost & set(waits.numbers), tx.now)
    note_lost(tx.connection, owed.id, lost - set(waits.numbers), tx.now)
    told = {"obligation": owed.id, "system": owed.system, "state": "confirmed"}
    tx.tell(Event.OBLIGATION_SETTLED, owed.case_id, actor, items=over, **told)
    return Settlement(obligation=owed.id, items=over, proposer=waits.proposer, confirmer=actor)

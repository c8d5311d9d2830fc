"""What happens when a member of staff acts no more: their sessions end, and what they had in hand is nobody's."""

from __future__ import annotations

from sqlalchemy import delete, update

from cases.desk_tables import hands
from cases.sessions import end_all
from cases.tables import parkings, tasks
from cases.unit_of_work import Transaction


def leave(tx: Transaction, member: str) -> None:
    """In the transaction that disables them: nothing waits unseen for somebody who won't come back."""
    end_all(tx, member)
    theirs = update(parkings).where(parkings.c.hand == member, parkings.c.repaired.is_(None))
    tx.connection.execute(theirs.values(hand=""))
    asked = update(tasks).where(tasks.c.hand == member, tasks.c.closed.is_(None))
    tx.connection.execute(asked.values(hand=None))
    tx.connection.execute(delete(hands).where(hands.c.member == member))

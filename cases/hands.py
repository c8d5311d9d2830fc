"""Who sees to a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from cases.closed import must_be_open, must_take
from cases.desk_tables import hands
from cases.staff import must_act
from cases.unit_of_work import UnitOfWork
from domain.events import Event


class CaseHands:
    """Gives cases to members of staff, and takes them back."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def give(self, case: str, to: str, *, actor: str) -> None:
        """Give a case to somebody, or with an empty `to` to nobody; to the same again changes nothing.

        Raises:
            NotFound: no such case, or nobody who may act has that id.
            NotAllowed: it is about them.
        """
        with self._work.begin() as tx:
            tx.lock_case(case)
            must_be_open(tx.connection, case, actor)  # before they could give it to themselves
            mine = hands.c.case_id == case
            before = tx.connection.scalar(select(hands.c.member).where(mine))
            if (before or "") == to:
                return
            if to:
                must_act(tx.connection, to)
                must_take(tx.connection, case, to, leads=True)
                row = {"case_id": case, "member": to, "at": tx.now}
                given = insert(hands).values(row)
                over = {"member": to, "at": tx.now}
                tx.connection.execute(given.on_conflict_do_update(index_elements=["case_id"], set_=over))
            else:
                tx.connection.execute(delete(hands).where(mine))
            tx.tell(Event.CASE_ASSIGNED, case, actor, staff=to)

    def of(self, cases: Iterable[str]) -> Mapping[str, str]:
        """Who has each of these cases; one that nobody has is left out."""
        wanted = select(hands.c.case_id, hands.c.member).where(hands.c.case_id.in_(tuple(cases)))
        with self._work.read() as connection:
            return {row.case_id: row.member for row in connection.execute(wanted)}

"""Whether a person asked for their letters as PDF with the e-mail, beside the link to them."""

from __future__ import annotations

from sqlalchemy import Select, insert, select

from cases.enclosing_table import enclosings
from cases.facts import checked_actor
from cases.unit_of_work import UnitOfWork
from domain.events import Event


class EnclosingRegister:
    """Implements `domain.documents.Enclosing`."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def ask(self, case: str, *, wanted: bool, actor: str) -> None:
        """Note what the person said; the same again notes nothing. Raises `NotFound`."""
        checked_actor(actor)
        with self._work.begin() as tx:
            tx.lock_case(case)
            if bool(tx.connection.scalar(_newest(case))) is wanted:
                return
            row = {"case_id": case, "wanted": wanted, "by": actor, "at": tx.now}
            tx.connection.execute(insert(enclosings).values(row))
            tx.tell(Event.LETTERS_ENCLOSED if wanted else Event.LETTERS_BY_LINK, case, actor)

    def asked(self, case: str) -> bool:
        """Whether the person asked for it, and did not take it back."""
        with self._work.read() as connection:
            return bool(connection.scalar(_newest(case)))


def _newest(case: str) -> Select[tuple[bool]]:
    mine = select(enclosings.c.wanted).where(enclosings.c.case_id == case)
    return mine.order_by(enclosings.c.id.desc()).limit(1)

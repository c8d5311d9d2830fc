"""What one officer says and a second has to say too: kept, completed, and read again for the record of refusals."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from cases.sealing import Sealing
from cases.second_tables import seconded
from cases.tables import amendments, cases
from cases.unit_of_work import Transaction
from domain.errors import SamePerson
from domain.events import Event
from domain.seconding import Word

Said = tuple[str, str]
"""Who says it, and why in their own words."""


DEATH, NOBODY = "death", "nobody"
"""What a word is about: that the person died; that none of those who were found (a keyed digest of them is behind it) is meant."""


def skip_of(parking: int | str) -> str:
    """What a word is about that a system is left out: that one wait of it. What it waits for later is another matter."""
    return f"skip:{parking}"


def say(
    tx: Transaction,
    sealing: Sealing,
    at_case: Row[Any],
    *,
    about: str,
    code: str,
    said: Said,
    told: tuple[Event, Event],
    lapsed: bool = False,
    **facts: str,
) -> Word:
    """One officer's word. It completes another officer's for the same, unless that one has `lapsed`; else it is the newest.

    Once one is complete, that one stands. `told` are the events of a first and of a second word.

    Raises:
        SamePerson: who says it has said the same already.
    """
    (actor, reason), newest = said, last_word(tx.connection, at_case.id, about)
    if newest is not None and newest.completed is not None:
        return word_of(newest)
    if newest is None or lapsed or newest.code != code:
        number = newest.no + 1 if newest is not None else 1
        row = {"case_id": at_case.id, "about": about, "no": number, "code": code, "actor": actor}
        place = _place("reason", at_case.id, about, number)
        row |= {"reason": sealing.reason(at_case.id, reason, place), "at": tx.now, "confirmer": ""}
        tx.connection.execute(insert(seconded).values(row))
        tx.tell(told[0], at_case.id, actor, **facts)
        return Word(code=code, proposer=actor)
    if newest.actor == actor:
        raise SamePerson("same-person", "a second member of staff says the same", reference=at_case.reference)
    place = _place("confirmed_why", at_case.id, about, newest.no)
    second = {"confirmer": actor, "confirmed_why": sealing.reason(at_case.id, reason, place)}
    ours = (seconded.c.case_id == at_case.id, seconded.c.about == about, seconded.c.no == newest.no)
    tx.connection.execute(update(seconded).where(*ours).values(**second, completed=tx.now))
    tx.tell(told[1], at_case.id, actor, **facts)
    return Word(code=code, proposer=newest.actor, confirmer=actor, complete=True)


def death_stands(connection: Connection, request: str) -> bool:
    """Whether two officers said in any case of the request that its person died."""
    ours = (cases.c.request_id == request, seconded.c.about == DEATH, seconded.c.completed.is_not(None))
    said = select(seconded.c.case_id).join(cases, cases.c.id == seconded.c.case_id).where(*ours)
    return connection.execute(said.limit(1)).one_or_none() is not None


def last_word(connection: Connection, case: str, about: str) -> Row[Any] | None:
    """The row of what was said last about it."""
    wanted = select(seconded).where(seconded.c.case_id == case, seconded.c.about == about)
    return connection.execute(wanted.order_by(seconded.c.no.desc()).limit(1)).one_or_none()


def word_of(row: Row[Any]) -> Word:
    """A word, from its row."""
    complete = row.completed is not None
    return Word(code=row.code, proposer=row.actor, confirmer=row.confirmer, complete=complete)


def sealed_words(row: Row[Any]) -> tuple[tuple[bytes | None, str], ...]:
    """The sealed reasons of a word, with the place that each is sealed to."""
    named = row._mapping  # noqa: SLF001 - SQLAlchemy's own name
    return tuple(
        (named[column], _place(column, row.case_id, row.about, row.no))
        for column in ("reason", "confirmed_why")
    )


def amended_since(connection: Connection, row: Row[Any]) -> bool:
    """Whether the request was amended since that row was written: a ground may not hold for another request."""
    since = select(amendments.c.id).where(
        amendments.c.case_id == row.case_id, amendments.c.at > row.at, amendments.c.dropped.is_(None)
    )
    return connection.execute(since.limit(1)).one_or_none() is not None


def _place(column: str, case: str, about: str, number: int) -> str:
    return f"seconded.{column}:{case}:{about}:{number}"

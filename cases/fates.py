"""What became of letters: delivered, sent back, never sent, never read, and by post in the end.

A provider's word is kept once, whatever it repeats or whoever replays it. Only letters that wait for a proved address
go by post: who never showed who they are has no address that is known to be theirs. To the dead nothing goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text, update

from cases.database import insert_once
from cases.fate_tables import delivery_fates, delivery_marks, posts
from cases.sealing import TEXT, Sealing
from cases.tables import deliveries, letters, tasks
from cases.tasks import ask
from cases.unit_of_work import Transaction, UnitOfWork
from domain.delivery import LOOKED_BACK, Fate, Notice, Posted, goes_by_post
from domain.errors import NotFound
from domain.events import Event
from domain.outcomes import Ending

_EVENTS: Mapping[Fate, Event] = {
    Fate.DELIVERED: Event.DELIVERY_DELIVERED,
    Fate.BOUNCED: Event.DELIVERY_BOUNCED,
    Fate.DROPPED: Event.DELIVERY_DROPPED,
}

# An address counts as reached while nothing was told of it; what came back after it was taken did not arrive.
_UNREACHED = text("""
SELECT NOT EXISTS (
    SELECT FROM deliveries d WHERE d.letter_id = :letter AND (d.fetched > 0 OR NOT EXISTS (
        SELECT FROM delivery_fates f JOIN deliveries o ON o.id = f.delivery_id
        WHERE o.letter_id = d.letter_id AND o.address_hash = d.address_hash AND f.fate <> 'delivered'
          AND NOT EXISTS (SELECT FROM delivery_fates g JOIN deliveries p ON p.id = g.delivery_id
                          WHERE p.letter_id = o.letter_id AND p.address_hash = o.address_hash
                            AND g.fate = 'delivered' AND g.at > f.at))))
""")
_UNREAD = text("""
SELECT l.id, l.case_id, l.code, min(d.sent) AS sent, min((t.terms ->> 'due')::timestamptz) AS due
FROM letters l JOIN deliveries d ON d.letter_id = l.id
JOIN cases c ON c.id = l.case_id JOIN terms t ON t.case_id = c.id AND t.version = c.terms_version
WHERE c.ending IS DISTINCT FROM 'deceased' AND NOT EXISTS (SELECT FROM posts p WHERE p.letter_id = l.id)
  AND NOT EXISTS (SELECT FROM tasks k WHERE k.case_id = l.case_id AND k.code = 'post-' || l.code AND NOT k.undone)
GROUP BY l.id HAVING max(d.fetched) = 0 AND bool_and(d.proved = 1) AND bool_or(d.revoked IS NULL)
  AND min(d.sent) >= :since
ORDER BY l.case_id, l.code
""")


class FateRegister:
    """Implements `domain.delivery.Fates`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def take(self, notices: Sequence[Notice]) -> int:
        """Note what a provider tells; how much of it was new and about a letter of ours."""
        with self._work.read() as connection:
            ours = _ours(connection, {notice.mark for notice in notices})
        # One by one: a batch that speaks of many cases must not hold them all.
        return sum(self._noted(ours[notice.mark], notice) for notice in notices if notice.mark in ours)

    def unread(self) -> int:
        """Ask for the post of every letter that nobody fetched in time; how many."""
        now = self._work.now()
        with self._work.read() as connection:
            waiting = connection.execute(_UNREAD, {"since": now - LOOKED_BACK}).all()
        overdue = [row for row in waiting if goes_by_post(row.sent, row.due) <= now]
        for row in overdue:
            with self._work.begin() as tx:
                tx.lock_case(row.case_id)
                _by_post(tx, row)
        return len(overdue)

    def posted(self, case: str, code: str, *, on: date, tracking: str, actor: str) -> None:
        """A letter went by post; its task is done. The first proof stands. Raises `NotFound`, `KeyShredded`."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            wanted = select(letters.c.id).where(letters.c.case_id == case, letters.c.code == code)
            letter = tx.connection.scalar(wanted)
            if letter is None:
                raise NotFound("letter-unknown", "look it up in the case's status", letter=code)
            if tx.connection.scalar(select(posts.c.letter_id).where(posts.c.letter_id == letter)):
                return
            sealed = self._sealing.put(
                self._sealing.case_key(case), TEXT, tracking, f"posts.tracking:{letter}"
            )
            row = {"letter_id": letter, "case_id": case, "posted_on": on, "tracking": sealed}
            tx.connection.execute(insert(posts).values({**row, "by": actor, "at": tx.now}))
            tx.tell(Event.LETTER_POSTED, case, actor, letter=letter, code=code, received=on.isoformat())
            task = f"post-{code}"
            mine = tasks.c.case_id == case, tasks.c.code == task, tasks.c.closed.is_(None)
            over = update(tasks).where(*mine).values(closed=tx.now, closed_by=actor).returning(tasks.c.id)
            for done in tx.connection.scalars(over):
                tx.tell(Event.TASK_CLOSED, case, actor, task=done, code=task, system="", done=1)

    def posts(self, case: str) -> tuple[Posted, ...]:
        """What of a case went by post, the oldest first. Raises `KeyShredded`."""
        wanted = select(posts, letters.c.code).join(letters, letters.c.id == posts.c.letter_id)
        wanted = wanted.where(posts.c.case_id == case).order_by(posts.c.at, posts.c.letter_id)
        with self._work.read() as connection:
            return tuple(self._post(row) for row in connection.execute(wanted))

    def _noted(self, delivery: Row[Any], notice: Notice) -> bool:
        with self._work.begin() as tx:
            died = tx.lock_case(delivery.case_id).ending == Ending.DECEASED.value
            row = {"event": notice.event, "delivery_id": delivery.id, "fate": notice.fate.value}
            if not insert_once(tx.connection, delivery_fates, {**row, "at": notice.at, "noted": tx.now}):
                return False
            told = {"delivery": delivery.id, "letter": delivery.letter_id, "code": delivery.code}
            tx.tell(_EVENTS[notice.fate], delivery.case_id, **told)
            lost = tx.connection.scalar(_UNREACHED, {"letter": delivery.letter_id})
            if delivery.proved and lost and not died:
                _by_post(tx, delivery)
        return True

    def _post(self, row: Row[Any]) -> Posted:
        tracking = self._sealing.take(row.tracking, TEXT, f"posts.tracking:{row.letter_id}")
        return Posted(letter=row.letter_id, code=row.code, on=row.posted_on, tracking=tracking)


def _by_post(tx: Transaction, letter: Row[Any]) -> None:
    """Ask for a letter to go by post, once: what an officer gave up is asked for anew."""
    ask(tx, letter.case_id, f"post-{letter.code}", once=True)


def _ours(connection: Connection, marks: set[str]) -> dict[str, Row[Any]]:
    wanted = (
        select(delivery_marks.c.mark, deliveries, letters.c.code)
        .join(deliveries, deliveries.c.id == delivery_marks.c.delivery_id)
        .join(letters, letters.c.id == deliveries.c.letter_id)
        .where(delivery_marks.c.mark.in_(sorted(marks)))
    )
    return {row.mark: row for row in connection.execute(wanted)}

"""Who stands in for whom, from one day to another: the absent one's work shows at the deputy's desk.

A deputy acts in their own name and by their own role. What takes two persons takes two still: nobody becomes another.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, insert, select, update

from cases.staff_tables import deputies
from cases.tables import staff
from cases.unit_of_work import Transaction, UnitOfWork
from domain.calendar import day_in_bangkok
from domain.errors import BadInput, Conflict, NotFound, SamePerson
from domain.events import Event
from domain.value import Value

MOST_DAYS = 180
"""An absence that lasts longer wants the work given away, not stood in for."""


class Deputy(Value):
    """Somebody who stands in for a member from one Bangkok day to another, both in it."""

    id: int
    member: str
    deputy: str
    since: date
    until: date


class Deputies:
    """Names them, and says whose work is theirs today."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def name(self, member: str, deputy: str, since: date, until: date) -> int:
        """A member of staff names who stands in for them; the number of that word.

        Raises:
            BadInput: days the wrong way round, over, or too many; or the deputy has another role.
            NotFound: nobody who may act has that id.
            SamePerson: oneself.
            Conflict: somebody stands in for them on one of these days already.
        """
        if deputy == member:
            raise SamePerson("own-deputy", "name a colleague")
        with self._work.begin() as tx:
            _must_be_days(since, until, day_in_bangkok(tx.now))
            _must_be_alike(tx, member, deputy)
            standing = _standing().where(deputies.c.member == member)
            standing = standing.where(deputies.c.since <= until, deputies.c.until >= since)
            if tx.connection.execute(standing).first() is not None:
                raise Conflict("deputy-named-already", "end that one first", field="since")
            row = {"member": member, "deputy": deputy, "since": since, "until": until, "named": tx.now}
            number = int(tx.connection.scalar(insert(deputies).values(row).returning(deputies.c.id)) or 0)
            days = {"not_before": since.isoformat(), "until": until.isoformat()}
            tx.tell(Event.DEPUTY_NAMED, actor=member, staff=deputy, **days)
        return number

    def end(self, number: int, *, member: str) -> None:
        """A member takes that word back; again changes nothing. Raises `NotFound` for what is not theirs."""
        with self._work.begin() as tx:
            mine = (deputies.c.id == number, deputies.c.member == member)
            row = tx.connection.execute(select(deputies).where(*mine).with_for_update()).one_or_none()
            if row is None:
                raise NotFound("deputy-unknown")
            if row.ended is None:
                tx.connection.execute(update(deputies).where(*mine).values(ended=tx.now))
                tx.tell(Event.DEPUTY_ENDED, actor=member, staff=row.deputy)

    def of(self, member: str) -> tuple[Deputy, ...]:
        """Whom a member named for today or later, by day."""
        wanted = _standing().where(deputies.c.member == member, deputies.c.until >= self._today())
        return self._read(wanted)

    def covered_by(self, deputy: str) -> tuple[str, ...]:
        """For whom a member stands in today, by id: only while both have the same role still."""
        return tuple(one.member for one in self.covers(deputy))

    def covers(self, deputy: str) -> tuple[Deputy, ...]:
        """The same, with the days."""
        today, absent, present = self._today(), staff.alias(), staff.alias()
        wanted = (
            _standing()
            .join(absent, absent.c.id == deputies.c.member)
            .join(present, present.c.id == deputies.c.deputy)
            .where(deputies.c.deputy == deputy, deputies.c.since <= today, deputies.c.until >= today)
            .where(absent.c.role == present.c.role, present.c.disabled.is_(None))
        )
        return self._read(wanted)

    def _today(self) -> date:
        return day_in_bangkok(self._work.now())

    def _read(self, wanted: Select[tuple[object, ...]]) -> tuple[Deputy, ...]:
        with self._work.read() as connection:
            rows = connection.execute(wanted.order_by(deputies.c.since, deputies.c.id)).all()
        return tuple(Deputy.model_validate(row, from_attributes=True) for row in rows)


def end_all(tx: Transaction, member: str) -> None:
    """They stand in for nobody any more, and nobody for them."""
    either = (deputies.c.member == member) | (deputies.c.deputy == member)
    tx.connection.execute(update(deputies).where(either, deputies.c.ended.is_(None)).values(ended=tx.now))


def _standing() -> Select[tuple[object, ...]]:
    named = deputies.c["id", "member", "deputy", "since", "until"]
    return select(*named).where(deputies.c.ended.is_(None))


def _must_be_days(since: date, until: date, today: date) -> None:
    if until < since:
        raise BadInput("days-the-wrong-way", "the last day is not before the first", field="until")
    if until < today:
        raise BadInput("day-is-over", "name days to come", field="until")
    if (until - since).days >= MOST_DAYS:
        raise BadInput("days-too-many", f"at most {MOST_DAYS}", field="until")


def _must_be_alike(tx: Transaction, member: str, deputy: str) -> None:
    active = select(staff.c.id, staff.c.role).where(
        staff.c.id.in_((member, deputy)), staff.c.disabled.is_(None)
    )
    roles = {row.id: row.role for row in tx.connection.execute(active)}
    if roles.keys() != {member, deputy}:
        raise NotFound("staff-unknown", "look them up in the list of staff")
    if roles[member] != roles[deputy]:
        raise BadInput("deputy-of-another-role", "name a colleague with your role", field="deputy")

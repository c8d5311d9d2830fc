"""Sessions of staff: begun at sign-in, turned every few minutes, ended at once where they must.

The refresh token turns at every use. One that was turned before shows that somebody has a copy: the session ends,
for both. Two cases are no theft (ADR 48). Two pages that open in the same moment send the same token; and an answer may
be lost on the way, so that the browser still has the token just turned. So that one is taken still: for a few seconds,
and once within a little more, from the browser in which the session began. It gives the very token that it gave before.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, or_, select, update

from cases.desk_tables import sessions
from cases.ids import new_id
from cases.sealing import TEXT, Sealing
from cases.tables import staff
from cases.unit_of_work import Transaction, UnitOfWork
from domain.errors import NotAllowed
from domain.events import Event
from domain.staffing import Role
from domain.value import Personal, Value
from security.tokens import TokenUse, hash_token, next_token

IDLE, LONGEST = timedelta(hours=1), timedelta(hours=12)
"""A session ends after so long without a page, and after so long in any case."""

_TOGETHER, _LOST = timedelta(seconds=20), timedelta(minutes=2)
_SEPARATOR = "."


class Begun(Value):
    """A session, and its refresh token."""

    session: str
    member: str
    refresh: str


class Present(Personal):
    """Who is signed in."""

    member: str
    name: str
    role: Role


class StaffSessions:
    """Which sessions stand."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def begin(self, member: str, browser: str = "") -> Begun:
        """A new session, always under a new id: none that somebody planted beforehand becomes theirs.

        `browser` is how the browser names itself; kept as a keyed hash.
        """
        session, secret = new_id("w"), secrets.token_urlsafe(32)
        with self._work.begin() as tx:
            hashed = self._hash(session, secret)
            row = {"id": session, "member": member, "current": hashed, "before": ""}
            row |= {"browser": self._named(session, browser)}
            tx.connection.execute(insert(sessions).values(row | {"started": tx.now, "turned": tx.now}))
            tx.tell(Event.STAFF_SIGNED_IN, actor=member, staff=member)
        return Begun(session=session, member=member, refresh=f"{session}{_SEPARATOR}{secret}")

    def turn(self, refresh: str, browser: str = "") -> Begun:
        """The session of a refresh token, and the next token.

        Raises:
            NotAllowed: there is none, it is over, or the token was turned before: then the session ends.
        """
        session, _, secret = refresh.partition(_SEPARATOR)
        given, fresh = self._hash(session, secret), self._next(session, secret)
        with self._work.begin() as tx:
            mine = sessions.c.id == session
            row = tx.connection.execute(
                select(sessions).where(mine, sessions.c.ended.is_(None)).with_for_update()
            ).one_or_none()
            if row is None or tx.now >= min(row.turned + IDLE, row.started + LONGEST):
                raise _over()
            turned: dict[str, object] = {}
            if given == row.current:
                turned = {"current": self._hash(session, fresh), "before": given, "turned": tx.now}
                turned |= {"again": None}
            elif given == row.before and self._was_lost(row, tx.now, browser):
                turned = {"again": tx.now}
            if turned:
                tx.connection.execute(update(sessions).where(mine).values(turned))
                return Begun(session=session, member=row.member, refresh=f"{session}{_SEPARATOR}{fresh}")
            _end(tx, mine)
            tx.tell(Event.STAFF_SESSION_STOLEN, actor=row.member, staff=row.member)
        raise _over()

    def present(self, session: str) -> Present:
        """Who is signed in by a session that stands, as they are now.

        Raises:
            NotAllowed: it is over, or they were disabled.
        """
        wanted = (
            select(staff.c.id, staff.c.role, staff.c.name)
            .join(sessions, sessions.c.member == staff.c.id)
            .where(sessions.c.id == session, sessions.c.ended.is_(None), staff.c.disabled.is_(None))
            .where(sessions.c.started > self._work.now() - LONGEST)
        )
        with self._work.read() as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            raise _over()
        name = self._sealing.take(row.name, TEXT, f"staff.name:{row.id}")
        return Present(member=row.id, name=name, role=Role(row.role))

    def end(self, session: str) -> None:
        """Sign out; again changes nothing."""
        with self._work.begin() as tx:
            for member in _end(tx, sessions.c.id == session):
                tx.tell(Event.STAFF_SIGNED_OUT, actor=member, staff=member)

    def forget(self, refresh: str) -> None:
        """End the session of a refresh token, if it is one; for a browser in which somebody signs in anew.

        Who has just shown password and code may bring a token that turned long ago: nobody stole that.
        """
        session, _, secret = refresh.partition(_SEPARATOR)
        given = self._hash(session, secret)
        with self._work.begin() as tx:
            mine = (sessions.c.id == session, or_(sessions.c.current == given, sessions.c.before == given))
            for member in _end(tx, *mine):
                tx.tell(Event.STAFF_SIGNED_OUT, actor=member, staff=member)

    def _was_lost(self, row: Row[Any], now: datetime, browser: str) -> bool:
        """Whether the token before the present one may be a browser's that never heard of the present one."""
        same = bool(browser) and row.browser == self._named(row.id, browser)
        if now < row.turned + _TOGETHER:
            return same or not row.browser
        return same and row.again is None and now < row.turned + _LOST

    def _next(self, session: str, secret: str) -> str:
        """What comes after a token: the same each time, so that whoever asks twice is given one and not two."""
        return next_token(self._sealing.engine_key(), TokenUse.STAFF, secret, session)

    def _named(self, session: str, browser: str) -> str:
        return self._hash(f"{session}{_SEPARATOR}browser", browser) if browser else ""

    def _hash(self, session: str, secret: str) -> str:
        return hash_token(self._sealing.engine_key(), TokenUse.STAFF, secret, session)


def end_all(tx: Transaction, member: str) -> None:
    """End every session of a member, at once."""
    _end(tx, sessions.c.member == member)


def _end(tx: Transaction, *which: ColumnElement[bool]) -> list[str]:
    over = update(sessions).where(*which, sessions.c.ended.is_(None)).values(ended=tx.now)
    return list(tx.connection.scalars(over.returning(sessions.c.member)))


def _over() -> NotAllowed:
    return NotAllowed("session-over", "sign in again")

"""The way back of who lost a factor: begun by them, granted by two colleagues, and of use to nobody else.

Whoever lost password or phone begins in a browser (or a file) of their own, which alone keeps a secret, and is shown a
number. They tell the number to two colleagues, who name it with their word. What is granted then opens only where it
was begun: neither colleague ever sees a credential or a factor.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from cases.sealing import Sealing
from cases.staff import SEPARATOR, must_act
from cases.staff_tables import comebacks
from cases.tables import staff
from cases.unit_of_work import Transaction, UnitOfWork
from domain.errors import Conflict, NotAllowed, NotFound
from domain.events import Event
from domain.value import Personal
from security.credentials import hash_credential, new_credential
from security.tokens import TokenUse, hash_token

LIFE = timedelta(hours=24)
"""So long colleagues have for it, and so long what they grant is good."""

_KEPT = timedelta(days=30)
_DIGITS = 8
_TRIES = 5


class Comeback(Personal):
    """One that was begun: the `number` to tell colleagues; `granted` once they said their word."""

    number: str
    granted: bool


class Comebacks:
    """Begins and ends them; between the two stands `StaffDoors.reset`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def begin(self) -> str:
        """A new one: its token, `<number>.<secret>`, for the browser or the file of who lost a factor."""
        secret = secrets.token_urlsafe(32)
        with self._work.begin() as tx:
            old = comebacks.c.made < tx.now - _KEPT
            tx.connection.execute(delete(comebacks).where(old))
            number = _free_number(tx.connection)
            row = {"number": number, "secret": self._hash(number, secret), "made": tx.now}
            tx.connection.execute(insert(comebacks).values(row))
        return f"{number}{SEPARATOR}{secret}"

    def standing(self, token: str) -> Comeback:
        """How it stands. Raises `NotAllowed`: there is none of that token, it was used, or its time is over."""
        number, _, secret = token.partition(SEPARATOR)
        good = (comebacks.c.number == number, comebacks.c.secret == self._hash(number, secret))
        with self._work.read() as connection:
            row = connection.execute(select(comebacks).where(*good)).one_or_none()
        if row is None or row.used is not None or _is_over(row.made, self._work.now()):
            raise NotAllowed("comeback-over", "begin again")
        return Comeback(number=number, granted=row.member is not None)

    def use(self, token: str) -> tuple[str, str]:
        """Who came back, and their fresh credential, shown this once; the first sign-in goes on from it.

        Raises:
            NotAllowed: as `standing`; or colleagues have not both said their word.
            NotFound: they were disabled since.
        """
        self.standing(token)
        number, secret = token.partition(SEPARATOR)[0], new_credential()
        hashed = hash_credential(secret)
        with self._work.begin() as tx:
            mine = comebacks.c.number == number
            row = tx.connection.execute(select(comebacks).where(mine).with_for_update()).one()
            if row.member is None or row.used is not None:
                raise NotAllowed("comeback-waits", "two colleagues name its number first")
            must_act(tx.connection, row.member)
            tx.connection.execute(update(comebacks).where(mine).values(used=tx.now))
            tx.connection.execute(update(staff).where(staff.c.id == row.member).values(credential=hashed))
            tx.tell(Event.STAFF_CAME_BACK, actor=row.member, staff=row.member)
        return row.member, f"{row.member}{SEPARATOR}{secret}"

    def _hash(self, number: str, secret: str) -> str:
        return hash_token(self._sealing.engine_key(), TokenUse.STAFF, secret, f"comeback:{number}")


def must_stand(connection: Connection, number: str, now: datetime) -> None:
    """Whoever lost a factor has begun under that number, and nobody was named with it yet.

    Raises:
        NotFound: no such number, or its time is over.
        Conflict: somebody was named with it.
    """
    row = connection.execute(select(comebacks).where(comebacks.c.number == number)).one_or_none()
    if row is None or _is_over(row.made, now):
        mend = "have them begin at the sign-in page, and tell you the number that they are shown"
        raise NotFound("comeback-unknown", mend, field="number")
    if row.member is not None:
        raise Conflict("comeback-taken", "have them begin again", field="number")


def grant(tx: Transaction, number: str, member: str) -> None:
    """Two colleagues named that number for that member."""
    must_stand(tx.connection, number, tx.now)
    tx.connection.execute(update(comebacks).where(comebacks.c.number == number).values(member=member))


def plain(number: str) -> str:
    """A number however it was written: with blanks or hyphens in it."""
    return "".join(sign for sign in number if sign.isdecimal())


def _is_over(made: datetime, now: datetime) -> bool:
    return now >= made + LIFE


def _free_number(connection: Connection) -> str:
    for _ in range(_TRIES):
        number = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
        if connection.scalar(select(comebacks.c.number).where(comebacks.c.number == number)) is None:
            return number
    raise Conflict("numbers-taken", "try again")

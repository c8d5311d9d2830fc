"""How a member of staff comes in: a name, a password, and a code from their phone (RFC 6238), each taken once.

Passwords rest as argon2id, the codes' secret sealed, the sign-in name as a keyed hash. What was wrong is never told.
These methods take their time on purpose; an event loop asks them through a thread.
"""

from __future__ import annotations

import hmac
from typing import Any

import pyotp
from sqlalchemy import Row, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from cases.comebacks import grant, must_stand
from cases.desk_tables import doors, resets
from cases.facts import checked_actor
from cases.sealing import TEXT, Sealing
from cases.sessions import end_all
from cases.staff import StaffRegister, must_act
from cases.tables import staff
from cases.unit_of_work import UnitOfWork
from domain.errors import BadInput, Conflict, NotAllowed, NotFound, SamePerson
from domain.events import Event
from domain.passwords import check_password
from domain.value import Personal, Value
from security.credentials import check_credential, hash_credential, new_credential

SECONDS, DRIFT = 30, 1
"""A code's life, and how many steps beside the present one are taken: clocks of phones differ."""

_LOGIN_AT_MOST = 120
_LOGIN = "staff-login"
_ISSUER = "Sitthi"


class Enrolment(Personal):
    """What a phone's app is given on the first sign-in: the secret in letters, and as an address to scan."""

    member: str
    secret: str
    address: str


class Reset(Value):
    """A lost factor that a second person is to confirm."""

    member: str
    asked_by: str


class StaffDoors:
    """Sign-in, the first one among them, and the way back for who lost a factor."""

    def __init__(self, work: UnitOfWork, sealing: Sealing, register: StaffRegister) -> None:
        self._work = work
        self._sealing = sealing
        self._register = register

    def enter(self, called: str, password: str, code: str) -> str:
        """The member of that name or id whose password and code these are; the code is then used up.

        Raises:
            NotAllowed: something is wrong, they were disabled, or have not come in before; which of these is not told.
        """
        row = self._row(called)
        checked = check_credential(
            row.password if row is not None and row.disabled is None else None, password
        )
        if row is not None and checked.ok and self._used(row, code):
            return str(row.id)
        with self._work.begin() as tx:
            tx.tell(Event.STAFF_REFUSED, staff=row.id if row is not None else "")
        raise NotAllowed("sign-in-refused", "check name, password and code")

    def admit(self, credential: str) -> Enrolment:
        """Let somebody in who comes for the first time, by the credential that `staff add` printed.

        Raises:
            NotAllowed: it is nobody's, or who has it came in before: then it opens the command line only.
        """
        member = self._register.authenticate(credential)
        with self._work.begin() as tx:
            fresh = insert(doors).values(member=member, step=0).on_conflict_do_nothing()
            tx.connection.execute(fresh)
            row = tx.connection.execute(select(doors).where(doors.c.member == member).with_for_update()).one()
            if row.enrolled is not None:
                raise NotAllowed("came-in-before", "sign in with name, password and code")
            # A page that is opened again shows the same: what was scanned before stays good.
            secret = pyotp.random_base32() if row.secret is None else self._open(member, row.secret)
            if row.secret is None:
                sealed = self._sealing.put(self._sealing.engine_key(), TEXT, secret, _place(member))
                tx.connection.execute(update(doors).where(doors.c.member == member).values(secret=sealed))
        return _enrolment(member, secret)

    def enrolling(self, member: str) -> Enrolment:
        """What `admit` gave, again. Raises `NotAllowed` once they have come in."""
        with self._work.read() as connection:
            row = connection.execute(select(doors).where(doors.c.member == member)).one_or_none()
        if row is None or row.enrolled is not None or row.secret is None:
            raise NotAllowed("came-in-before", "sign in with name, password and code")
        return _enrolment(member, self._open(member, row.secret))

    def enrol(self, member: str, *, login: str, password: str, code: str) -> None:
        """Set name and password, once a code shows that the phone has the secret.

        Raises:
            BadInput: the name is taken or none, the password too short or too common, or the code wrong; `field` says which.
            NotAllowed: they came in before.
        """
        called = _called(login)
        if not called or len(called) > _LOGIN_AT_MOST or called.startswith("s-"):
            raise BadInput("login-malformed", "give a name of your own, as a work address", field="login")
        check_password(password, called)
        step = _step(self.enrolling(member).secret, code, self._now(), after=0)
        if step is None:
            raise BadInput("code-wrong", "give the code that the app shows now", field="code")
        hashed, digest = hash_credential(password), self._digest(called)
        with self._work.begin() as tx:
            taken = select(doors.c.member).where(doors.c.login == digest, doors.c.member != member)
            if tx.connection.scalar(taken) is not None:
                raise BadInput("login-taken", "choose another", field="login")
            set_up = {"login": digest, "password": hashed, "step": step, "enrolled": tx.now}
            open_still = update(doors).where(doors.c.member == member, doors.c.enrolled.is_(None))
            if tx.connection.execute(open_still.values(set_up)).rowcount != 1:
                raise NotAllowed("came-in-before", "sign in with name, password and code")
            tx.tell(Event.STAFF_ENROLLED, actor=member, staff=member)

    def ask_reset(self, member: str, *, actor: str, reason: str, number: str) -> None:
        """A factor was lost: the first of two persons says so, with the number that who lost it was shown.

        Raises:
            NotFound: nobody who may act has that id, or nobody began under that number.
            SamePerson: one's own.
            Conflict: it was said already, or the number was named for another.
        """
        _not_oneself(member, actor)
        with self._work.begin() as tx:
            must_act(tx.connection, member)
            must_stand(tx.connection, number, tx.now)
            # Of an earlier number nothing comes any more once they began under another.
            other = (resets.c.member == member, resets.c.confirmed.is_(None))
            tx.connection.execute(delete(resets).where(*other, resets.c.number.is_distinct_from(number)))
            row = {"member": member, "asked_by": checked_actor(actor), "asked": tx.now, "number": number}
            why = self._sealing.put(self._sealing.engine_key(), TEXT, reason, f"staff_resets.reason:{member}")
            new = insert(resets).values(row | {"reason": why}).on_conflict_do_nothing().returning(resets.c.id)
            if tx.connection.scalar(new) is None:
                raise Conflict("reset-asked-already", "another person confirms it")
            tx.tell(Event.FACTOR_RESET_ASKED, actor=actor, staff=member)

    def reset(self, member: str, *, actor: str, number: str) -> None:
        """The second person's word, with the same number: password and factor are gone, and sessions end.

        A fresh credential is made where the number was begun, for nobody else to see (`cases.comebacks`).

        Raises:
            NotFound: nobody asked for it, they were disabled since, or the number's time is over.
            SamePerson: who asked for it, or one's own.
            BadInput: another number than the first person was told.
        """
        _not_oneself(member, actor)
        nobodys = hash_credential(new_credential())  # the old one opens nothing from now on
        with self._work.begin() as tx:
            must_act(tx.connection, member)
            waits = (resets.c.member == member, resets.c.confirmed.is_(None))
            row = tx.connection.execute(select(resets).where(*waits).with_for_update()).one_or_none()
            if row is None:
                raise NotFound("reset-unknown", "another person asks for it first")
            if row.asked_by == actor:
                raise SamePerson("same-person", "let a third person confirm")
            if row.number != number:
                raise BadInput("number-differs", "ask them for the number once more", field="number")
            grant(tx, number, member)
            said = {"confirmed_by": checked_actor(actor), "confirmed": tx.now}
            tx.connection.execute(update(resets).where(resets.c.id == row.id).values(said))
            empty = {"login": None, "password": None, "secret": None, "step": 0, "enrolled": None}
            tx.connection.execute(update(doors).where(doors.c.member == member).values(empty))
            tx.connection.execute(update(staff).where(staff.c.id == member).values(credential=nobodys))
            end_all(tx, member)
            tx.tell(Event.FACTOR_RESET, actor=actor, staff=member)

    def resets(self) -> tuple[Reset, ...]:
        """Those that wait for a second person, the oldest first."""
        wanted = select(resets).where(resets.c.confirmed.is_(None)).order_by(resets.c.id)
        with self._work.read() as connection:
            return tuple(
                Reset(member=row.member, asked_by=row.asked_by) for row in connection.execute(wanted)
            )

    def enrolled(self) -> frozenset[str]:
        """Ids of those who have come in before."""
        with self._work.read() as connection:
            return frozenset(connection.scalars(select(doors.c.member).where(doors.c.enrolled.is_not(None))))

    def _row(self, called: str) -> Row[Any, Any, Any, Any] | None:
        named = or_(func.lower(staff.c.id) == _called(called), doors.c.login == self._digest(_called(called)))
        wanted = (
            select(staff.c.id, staff.c.disabled, doors.c.password, doors.c.secret)
            .join(doors, doors.c.member == staff.c.id)
            .where(named, doors.c.enrolled.is_not(None))
        )
        with self._work.read() as connection:
            return connection.execute(wanted).one_or_none()

    def _used(self, row: Row[Any, Any, Any, Any], code: str) -> bool:
        """Whether the code is good and was not used; it then is."""
        secret = self._open(row.id, row.secret)
        with self._work.begin() as tx:
            mine = doors.c.member == row.id
            last = tx.connection.scalar(select(doors.c.step).where(mine).with_for_update())
            step = _step(secret, code, int(tx.now.timestamp()), after=int(last or 0))
            if step is not None:
                tx.connection.execute(update(doors).where(mine).values(step=step))
            return step is not None

    def _open(self, member: str, sealed: bytes) -> str:
        return self._sealing.take(sealed, TEXT, _place(member))

    def _digest(self, called: str) -> str:
        return self._sealing.hash_of(_LOGIN, called)

    def _now(self) -> int:
        return int(self._work.now().timestamp())


def _step(secret: str, code: str, now: int, *, after: int) -> int | None:
    """The step of which this is the code, if it is later than the last one taken."""
    app, present = pyotp.TOTP(secret, interval=SECONDS), now // SECONDS
    good = None
    for step in range(present - DRIFT, present + DRIFT + 1):
        if hmac.compare_digest(app.at(step * SECONDS).encode(), code.encode()) and step > after:
            good = step
    return good


def _enrolment(member: str, secret: str) -> Enrolment:
    address = pyotp.TOTP(secret, interval=SECONDS).provisioning_uri(name=member, issuer_name=_ISSUER)
    return Enrolment(member=member, secret=secret, address=address)


def _called(name: str) -> str:
    return name.strip().casefold()


def _place(member: str) -> str:
    return f"staff_doors.secret:{member}"


def _not_oneself(member: str, actor: str) -> None:
    if member == actor:
        raise SamePerson("own-factor", "let two others do it")

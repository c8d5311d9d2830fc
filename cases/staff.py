"""Members of staff: opaque ids with credentials. The register knows their names only sealed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from cases.facts import checked_actor
from cases.leaving import leave
from cases.sealing import TEXT, Sealing
from cases.tables import staff
from cases.unit_of_work import UnitOfWork
from domain.errors import BadInput, NotAllowed, NotFound, SamePerson
from domain.events import Event
from domain.ports import ENGINE
from domain.staffing import Role, role_of
from domain.value import Value
from security.credentials import check_credential, hash_credential, new_credential

SEPARATOR = "."
"""Between the id and the secret of a credential."""

_FIRST_OF_STAFF = 0x53544146


class Member(Value):
    """A member of staff as lists show them."""

    id: str
    role: Role
    added: datetime
    disabled: bool


def must_act(connection: Connection, member: str) -> None:
    """Whoever is given something to do may do it. Raises `NotFound` for nobody, and for whom was disabled."""
    active = select(staff.c.id).where(staff.c.id == member, staff.c.disabled.is_(None))
    if connection.scalar(active) is None:
        raise NotFound("staff-unknown", "look them up in the list of staff")


def _must_follow(connection: Connection, member: str, role: str, to: str) -> None:
    must_act(connection, to)
    if to == member or connection.scalar(select(staff.c.role).where(staff.c.id == to)) != role:
        raise BadInput("successor-of-another-role", "name a colleague with the same role", field="to")


class StaffRegister:
    """Who may act, and whether they are who they say."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    @contextmanager
    def alone(self) -> Iterator[None]:
        """For as long as the block lasts nobody else is in such a block: of two who would both be the first, one waits."""
        with self._work.walk() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_FIRST_OF_STAFF)))
            yield

    def add(self, name: str, role: str, *, actor: str = ENGINE) -> tuple[str, str]:
        """A new member of staff: their id ("S-...") and the credential, which is shown this once.

        The credential is `<id>.<secret>`, so that checking it costs one hash and not one a member.

        Raises:
            BadInput: there is no such role.
        """
        role = role_of(role)
        member, secret = f"S-{secrets.token_hex(6)}", new_credential()
        with self._work.begin() as tx:
            tx.connection.execute(
                insert(staff).values(
                    id=member,
                    role=role.value,
                    name=self._sealing.put(self._sealing.engine_key(), TEXT, name, f"staff.name:{member}"),
                    credential=hash_credential(secret),
                    added=tx.now,
                )
            )
            tx.tell(Event.STAFF_ADDED, actor=actor, staff=member, role=role)
        return member, f"{member}{SEPARATOR}{secret}"

    def authenticate(self, credential: str) -> str:
        """The id of the member of staff whose credential this is.

        Raises:
            NotAllowed: it is nobody's, or they were disabled; which of these is not told.
        """
        member, _, secret = credential.partition(SEPARATOR)
        with self._work.read() as connection:
            row = connection.execute(select(staff).where(staff.c.id == member)).one_or_none()
        # Checked outside any transaction: the hash takes its time on purpose.
        checked = check_credential(row.credential if row and row.disabled is None else None, secret)
        if row is None or not checked.ok:
            with self._work.begin() as tx:
                tx.tell(Event.STAFF_REFUSED, staff=row.id if row else "")
            raise NotAllowed("credential-refused", "use the credential of an active member of staff")
        if checked.rehash:
            with self._work.begin() as tx:
                fresh = update(staff).where(staff.c.id == member, staff.c.credential == row.credential)
                tx.connection.execute(fresh.values(credential=hash_credential(secret)))
        return member

    def disable(self, member: str, *, actor: str, to: str = "") -> int:
        """Let somebody act no more: their sessions end, and what they had in hand goes to a colleague, or to nobody.

        All of it at once; how many cases, systems and tasks changed hands. Again changes nothing.

        Raises:
            NotFound: nobody has that id, or `to` is nobody who may act.
            BadInput: `to` has another role, or is the one who goes.
        """
        checked_actor(actor)
        moved = 0
        with self._work.begin() as tx:
            row = tx.connection.execute(
                select(staff.c.disabled, staff.c.role).where(staff.c.id == member).with_for_update()
            ).one_or_none()
            if row is None:
                raise NotFound("staff-unknown", "look them up in the list of staff")
            if row.disabled is None:
                if to:
                    _must_follow(tx.connection, member, row.role, to)
                tx.connection.execute(update(staff).where(staff.c.id == member).values(disabled=tx.now))
                tx.tell(Event.STAFF_DISABLED, actor=actor, staff=member, to=to)
                moved = leave(tx, member, to)
        return moved

    def leave(self, member: str, *, actor: str, to: str = "") -> int:
        """`disable` for anybody but oneself, so that somebody is left who can. Raises also `SamePerson`."""
        if member == actor:
            raise SamePerson("own-credential", "let another member of staff disable you")
        return self.disable(member, actor=actor, to=to)

    def change_role(self, member: str, role: str, *, actor: str) -> None:
        """From now on they may do what that role may; the same role again changes nothing.

        Raises:
            BadInput: there is no such role.
            NotFound: nobody has that id.
            SamePerson: one's own.
        """
        wanted = role_of(role)
        if member == checked_actor(actor):
            raise SamePerson("own-role", "let another member of staff change it")
        with self._work.begin() as tx:
            row = tx.connection.execute(
                select(staff.c.role).where(staff.c.id == member).with_for_update()
            ).one_or_none()
            if row is None:
                raise NotFound("staff-unknown", "look them up in the list of staff")
            if row.role != wanted:
                tx.connection.execute(update(staff).where(staff.c.id == member).values(role=wanted.value))
                tx.tell(Event.STAFF_ROLE_CHANGED, actor=actor, staff=member, role=wanted)

    def members(self) -> tuple[Member, ...]:
        """Everybody, in the order in which they were added."""
        with self._work.read() as connection:
            rows = connection.execute(select(staff).order_by(staff.c.added, staff.c.id)).all()
        return tuple(
            Member(id=row.id, role=Role(row.role), added=row.added, disabled=row.disabled is not None)
            for row in rows
        )

    def names(self) -> Mapping[str, str]:
        """The names of everybody, by id, unsealed: for the pages on which colleagues meet. In the order of `members`."""
        with self._work.read() as connection:
            rows = connection.execute(
                select(staff.c.id, staff.c.name).order_by(staff.c.added, staff.c.id)
            ).all()
        return {row.id: self._sealing.take(row.name, TEXT, f"staff.name:{row.id}") for row in rows}

    def name(self, member: str) -> str:
        """The name of a member of staff, unsealed: for the documents that must carry it.

        Raises:
            NotFound: nobody has that id.
        """
        with self._work.read() as connection:
            sealed = connection.scalar(select(staff.c.name).where(staff.c.id == member))
        if sealed is None:
            raise NotFound("staff-unknown", "look them up in the list of staff")
        return self._sealing.take(sealed, TEXT, f"staff.name:{member}")

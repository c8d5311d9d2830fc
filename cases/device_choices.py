"""What devices said of cookies: words are added, never changed; the last one on a cookie stands."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select

from cases.device_tables import device_choices
from cases.sealing import Sealing
from cases.unit_of_work import UnitOfWork
from domain.devices import Choice, Cookie, Said
from domain.events import Event
from domain.identifiers import IdentifierKind
from domain.ports import PERSON


class DeviceChoiceRegister:
    """Implements `domain.devices.DeviceChoices`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def said(self, device: str) -> Choice:
        """What a device said; looking changes nothing."""
        hashed = self._hash(device)
        with self._work.read() as connection:
            return _said(connection, hashed)

    def say(self, device: str, cookie: Cookie, *, given: bool) -> Choice:
        """Note a choice, and what is said by now. Nobody is told of whom: a device may be anybody's."""
        hashed = self._hash(device)
        with self._work.begin() as tx:
            # Of two presses at once one comes second, and finds the word said.
            tx.connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(hashed, 0))))
            standing = _said(tx.connection, hashed)
            if cookie in standing and standing[cookie].given is given:
                return standing
            row = {"device_hash": hashed, "cookie": cookie.value, "given": given, "at": tx.now}
            tx.connection.execute(insert(device_choices).values(row))
            tx.tell(
                Event.COOKIES_CHOSEN,
                actor=PERSON,
                purpose=cookie.value,
                mode="given" if given else "withdrawn",
            )
            return _said(tx.connection, hashed)

    def _hash(self, device: str) -> str:
        return self._sealing.hash_of(IdentifierKind.DEVICE.value, device)


def _said(connection: Connection, hashed: str) -> Choice:
    column = device_choices.c
    last = (
        select(func.max(column.number))
        .where(column.device_hash == hashed)
        .group_by(column.cookie)
        .scalar_subquery()
    )
    rows = connection.execute(select(device_choices).where(column.number.in_(last)))
    return {Cookie(row.cookie): Said(given=row.given, at=row.at, number=row.number) for row in rows}

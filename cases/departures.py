"""Tenants whose contracts ended: seen, told, gone, certified; or back again (s.40 ¶3)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Row, insert, select, update

from cases.database import insert_once
from cases.departure_tables import departures, tenant_certificates
from cases.ids import new_id
from cases.proofs import ADDRESS
from cases.sealing import TEXT, Sealing
from cases.unit_of_work import Transaction, UnitOfWork
from domain.agreements import Certificate, Departure, EndedContract, Told
from domain.errors import NotFound
from domain.events import Event
from domain.identifiers import Identifier
from security.seal import seal, unseal

_BUDDHIST_ERA = 543


class DepartureRegister:
    """Implements `domain.agreements.Departures`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def see(self, found: Iterable[EndedContract]) -> tuple[Departure, ...]:
        """Note those that are new, and that those are back which are found no more.

        A contract that ended on another day than was known is another one: what the first was told does not count.
        """
        ended: dict[str, EndedContract] = {}
        for one in found:  # of several systems the one that it left last
            known = ended.get(one.tenant)
            if known is None or one.ended_on > known.ended_on:
                ended[one.tenant] = one
        with self._work.begin() as tx:
            standing = tx.connection.execute(_standing().with_for_update()).all()
            for row in standing:
                known = ended.get(row.tenant)
                if known is not None and known.ended_on == row.ended_on:
                    self._learn(tx, row, ended.pop(row.tenant))
                    continue
                tx.connection.execute(update(departures).where(departures.c.id == row.id).values(back=tx.now))
                tx.tell(Event.TENANT_BACK, agreement=row.id)
            for one in ended.values():
                self._add(tx, one)
        return self.standing()

    def standing(self) -> tuple[Departure, ...]:
        """Those that have left and are not back, by tenant."""
        with self._work.read() as connection:
            rows = connection.execute(_standing().order_by(departures.c.tenant)).all()
        return tuple(_departure(row) for row in rows)

    def view(self, departure: str) -> Departure:
        """One by its id. Raises `NotFound`."""
        return _departure(self._row(departure))

    def contact(self, departure: str) -> Identifier | None:
        """The tenant's address."""
        sealed = self._row(departure).contact
        return None if sealed is None else self._sealing.take(sealed, ADDRESS, _contact(departure))

    def reach(self, tenant: str, contact: Identifier, *, actor: str, reason: str) -> Departure:
        """An officer names the tenant's address under its agreement. Raises `NotFound`."""
        key = self._sealing.engine_key()
        with self._work.begin() as tx:
            row = tx.connection.execute(
                _standing().where(departures.c.tenant == tenant).with_for_update()
            ).one_or_none()
            if row is None:
                raise NotFound(
                    "contract-not-ended", "`tenant ended` lists those whose contract has", field="TENANT"
                )
            told = {
                "contact": self._sealing.put(key, ADDRESS, contact, _contact(row.id)),
                "contact_by": actor,
                "contact_why": self._sealing.put(key, TEXT, reason, f"departures.contact_why:{row.id}"),
            }
            tx.connection.execute(update(departures).where(departures.c.id == row.id).values(told))
            tx.tell(Event.TENANT_REACHED, actor=actor, agreement=row.id)
        return self.view(row.id)

    def tell(self, departure: str, told: Told, on: date, *, actor: str, reason: str = "") -> Departure:
        """Note that the tenant was told; the first time stands. Raises `NotFound`."""
        why = (
            self._sealing.put(self._sealing.engine_key(), TEXT, reason, f"departures.told_why:{departure}")
            if reason
            else None
        )
        with self._work.begin() as tx:
            row = self._locked(tx, departure)
            if row.told_on is None:
                values = {"told": told.value, "told_on": on, "told_by": actor, "told_why": why}
                tx.connection.execute(update(departures).where(departures.c.id == departure).values(values))
                tx.tell(
                    Event.TENANT_TOLD, actor=actor, agreement=departure, method=told, received=on.isoformat()
                )
        return self.view(departure)

    def certify(self, departure: str, sweep: str, proof: str, pdf: bytes) -> Certificate:
        """Keep a certificate and tell it; of a sweep the first stands."""
        sha256 = hashlib.sha256(pdf).hexdigest()
        sealed = seal(self._sealing.engine_key(), pdf, _pdf(sweep))  # it may name a trader, who is a person
        row = {"sweep_id": sweep, "departure_id": departure, "proof": proof, "sha256": sha256, "pdf": sealed}
        with self._work.begin() as tx:
            if insert_once(tx.connection, tenant_certificates, {**row, "issued": tx.now}):
                tx.tell(
                    Event.CERTIFICATE_ISSUED, agreement=departure, sweep=sweep, proof=proof, sha256=sha256
                )
        return _certificate(self._issued(sweep))

    def certificates(self, departure: str = "") -> tuple[Certificate, ...]:
        """Those that were issued, of one contract or of all, the oldest first."""
        of = (tenant_certificates.c.departure_id == departure,) if departure else ()
        wanted = select(*_SHOWN).where(*of)
        with self._work.read() as connection:
            rows = connection.execute(
                wanted.order_by(tenant_certificates.c.issued, tenant_certificates.c.sweep_id)
            )
            return tuple(_certificate(row) for row in rows)

    def pdf(self, sweep: str) -> bytes:
        """The file of a certificate. Raises `NotFound`."""
        return unseal(self._sealing.ring, self._issued(sweep, tenant_certificates.c.pdf).pdf, _pdf(sweep))

    def sent(self, sweep: str) -> None:
        """The tenant was told of its certificate."""
        with self._work.begin() as tx:
            change = update(tenant_certificates).where(
                tenant_certificates.c.sweep_id == sweep, tenant_certificates.c.sent.is_(None)
            )
            tx.connection.execute(change.values(sent=tx.now))

    def handed(self, sweep: str, *, actor: str) -> None:
        """An officer took the file to hand it over; told each time. Raises `NotFound`."""
        issued = self._issued(sweep)
        with self._work.begin() as tx:
            tx.tell(
                Event.CERTIFICATE_HANDED,
                actor=actor,
                agreement=issued.departure_id,
                sweep=sweep,
                sha256=issued.sha256,
            )

    def _add(self, tx: Transaction, one: EndedContract) -> None:
        made = new_id("g")
        row = {"id": made, "tenant": one.tenant, "ended_on": one.ended_on, "seen": tx.now}
        tx.connection.execute(insert(departures).values(**row, contact=self._sealed(made, one.contact)))
        tx.tell(Event.TENANT_LEFT, agreement=made, until=one.ended_on.isoformat())

    def _learn(self, tx: Transaction, row: Row[Any], one: EndedContract) -> None:
        """A system's own contact, as it is now; an officer's word stands before it."""
        if row.contact_by is None and one.contact is not None:
            sealed = self._sealed(row.id, one.contact)
            tx.connection.execute(update(departures).where(departures.c.id == row.id).values(contact=sealed))

    def _sealed(self, departure: str, contact: Identifier | None) -> bytes | None:
        if contact is None:
            return None
        return self._sealing.put(self._sealing.engine_key(), ADDRESS, contact, _contact(departure))

    def _row(self, departure: str) -> Row[Any]:
        with self._work.read() as connection:
            row = connection.execute(select(departures).where(departures.c.id == departure)).one_or_none()
        if row is None:
            raise _unknown()
        return row

    def _locked(self, tx: Transaction, departure: str) -> Row[Any]:
        wanted = select(departures).where(departures.c.id == departure).with_for_update()
        row = tx.connection.execute(wanted).one_or_none()
        if row is None:
            raise _unknown()
        return row

    def _issued(self, sweep: str, *further: Any) -> Row[Any]:
        wanted = select(*_SHOWN, *further).where(tenant_certificates.c.sweep_id == sweep)
        with self._work.read() as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            raise NotFound("certificate-unknown", "`tenant ended` lists those that were issued")
        return row


_SHOWN = tuple(column for column in tenant_certificates.c if column.name != "pdf")


def _standing() -> Any:
    return select(departures).where(departures.c.back.is_(None))


def _contact(departure: str) -> str:
    return f"departures.contact:{departure}"


def _pdf(sweep: str) -> str:
    return f"tenant_certificates.pdf:{sweep}"


def _departure(row: Row[Any]) -> Departure:
    return Departure(
        id=row.id,
        reference=f"DPA-{row.ended_on.year + _BUDDHIST_ERA}-{row.number:06d}",
        tenant=row.tenant,
        ended_on=row.ended_on,
        seen=row.seen,
        contact=row.contact is not None,
        told=row.told and Told(row.told),
        told_on=row.told_on,
        back=row.back,
    )


def _certificate(row: Row[Any]) -> Certificate:
    return Certificate(
        departure=row.departure_id,
        sweep=row.sweep_id,
        proof=row.proof,
        sha256=row.sha256,
        issued=row.issued,
        sent=row.sent,
    )


def _unknown() -> NotFound:
    return NotFound("contract-unknown", "`tenant ended` lists those whose contract has")

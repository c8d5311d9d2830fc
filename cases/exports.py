"""Exports for the regulator: asked for, approved by a second person where they name people, made, and told.

An export of everything needs a written order. Its number and its scan are kept sealed under the engine's key, for an
order outlives the cases that it speaks of; the digest binds them and the scope to the approval.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from cases.canonical import canonical
from cases.export_tables import audit_exports
from cases.ids import new_id
from cases.sealing import TEXT, Sealing
from cases.unit_of_work import Transaction, UnitOfWork
from domain.errors import Conflict, NotAllowed, NotFound, SamePerson
from domain.events import Event
from domain.inspection import Export, Made, Order, Scope
from security.seal import seal, unseal

_LOCK = 0x4558504F  # serial numbers have no gap that nobody can explain: one is taken at a time


class ExportRegister:
    """The register of exports."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def ask(self, scope: Scope, *, actor: str, reason_code: str, order: Order | None = None) -> Export:
        """Enter that an export is wanted; the same again, while the first was not made, is that one.

        Raises:
            Conflict: everything is asked for without an order.
        """
        if scope.full and order is None:
            raise Conflict(
                "order-missing", "people are named on a written order only: give its number and scan"
            )
        digest, made = self._digest(scope, order), new_id("x")
        with self._work.begin() as tx:
            tx.connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            wanted = select(audit_exports).where(
                audit_exports.c.digest == digest, audit_exports.c.serial.is_(None)
            )
            standing = tx.connection.execute(wanted).one_or_none()
            if standing is not None and scope.full:
                return _export(standing)
            row = {
                "id": made,
                "scope": scope.model_dump(mode="json"),
                # One that needs no approval is never the same as another: each is made when it is asked for.
                "digest": digest if scope.full else f"{digest}:{made}",
                "asked_by": actor,
                "asked": tx.now,
                "reason_code": reason_code,
                **self._sealed(made, order),
            }
            tx.connection.execute(insert(audit_exports).values(row))
            tx.tell(Event.EXPORT_ASKED, None, actor, export=made, reason_code=reason_code, **_facts(scope))
        return self.find(made)

    def approve(self, export: str, *, actor: str) -> Export:
        """A second person lets an export be made; again changes nothing.

        Raises:
            NotFound: no such export.
            SamePerson: who asked for it cannot approve it.
            Conflict: it was made already, or needs nobody's approval.
        """
        with self._work.begin() as tx:
            row = self._locked(tx, export)
            if row.serial is not None or not row.scope["full"]:
                raise Conflict("export-needs-no-approval", "look at `audit exports`", export=export)
            if row.asked_by == actor:
                raise SamePerson(
                    "second-person-needed", "let another member of staff approve it", export=export
                )
            if row.approved is None:
                _change(tx, export, approved_by=actor, approved=tx.now)
                tx.tell(Event.EXPORT_APPROVED, None, actor, export=export, digest=row.digest)
        return self.find(export)

    def begin(self, export: str, *, actor: str) -> Export:
        """Give an export its serial number, from when on it counts as made out; told before anything is read.

        Raises:
            NotFound: no such export.
            NotAllowed: it names people, and nobody approved it yet.
            Conflict: it was made out before.
        """
        with self._work.begin() as tx:
            tx.connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            row = self._locked(tx, export)
            if row.serial is not None:
                raise Conflict("export-made-already", "ask for a new one", export=export)
            if row.scope["full"] and row.approved is None:
                raise NotAllowed("export-not-approved", "another member of staff approves it", export=export)
            last = tx.connection.scalar(select(func.coalesce(func.max(audit_exports.c.serial), 0))) or 0
            _change(tx, export, serial=last + 1)
            tx.tell(Event.EXPORT_BEGUN, None, actor, export=export, serial=last + 1)
        return self.find(export)

    def made(self, export: str, made: Made, *, actor: str) -> None:
        """Note the package that was made. Raises `NotFound`."""
        with self._work.begin() as tx:
            row = self._locked(tx, export)
            _change(tx, export, made=tx.now, sha256=made.sha256, size=made.size, timestamp=made.timestamp)
            facts = {"sha256": made.sha256, "size": made.size, "count": made.head.count, "serial": row.serial}
            tx.tell(Event.EXPORT_MADE, None, actor, export=export, timestamp=made.timestamp, **facts)

    def find(self, export: str) -> Export:
        """One of them. Raises `NotFound`."""
        with self._work.read() as connection:
            row = connection.execute(select(audit_exports).where(audit_exports.c.id == export)).one_or_none()
        if row is None:
            raise NotFound("export-unknown", "look it up in `audit exports`")
        return _export(row)

    def all(self) -> tuple[Export, ...]:
        """Every export, the oldest first."""
        wanted = select(audit_exports).order_by(audit_exports.c.asked, audit_exports.c.id)
        with self._work.read() as connection:
            return tuple(_export(row) for row in connection.execute(wanted))

    def order(self, export: str) -> Order | None:
        """The written order of an export, unsealed. Raises `NotFound`."""
        with self._work.read() as connection:
            row = connection.execute(select(audit_exports).where(audit_exports.c.id == export)).one_or_none()
        if row is None:
            raise NotFound("export-unknown", "look it up in `audit exports`")
        if row.order_ref is None:
            return None
        ref = self._sealing.take(row.order_ref, TEXT, f"audit_exports.order_ref:{export}")
        scan = unseal(self._sealing.ring, row.order_scan, f"audit_exports.order_scan:{export}")
        return Order(ref=ref, scan=scan, suffix=row.order_suffix)

    def last_serial(self) -> int:
        """How many exports were made out by now."""
        with self._work.read() as connection:
            return connection.scalar(select(func.coalesce(func.max(audit_exports.c.serial), 0))) or 0

    def _digest(self, scope: Scope, order: Order | None) -> str:
        told: dict[str, Any] = {"scope": scope.model_dump(mode="json")}
        if order is not None:
            # Keyed: an order's number can be guessed, and the digest stands in the chain.
            told["order"] = self._sealing.hash_of("order", order.ref)
            told["scan"] = hashlib.sha256(order.scan).hexdigest()
        return hashlib.sha256(canonical(told)).hexdigest()

    def _sealed(self, export: str, order: Order | None) -> Mapping[str, Any]:
        if order is None:
            return {}
        key = self._sealing.engine_key()
        return {
            "order_ref": self._sealing.put(key, TEXT, order.ref, f"audit_exports.order_ref:{export}"),
            "order_scan": seal(key, order.scan, f"audit_exports.order_scan:{export}"),
            "order_suffix": order.suffix,
        }

    @staticmethod
    def _locked(tx: Transaction, export: str) -> Row[Any]:
        wanted = select(audit_exports).where(audit_exports.c.id == export).with_for_update()
        row = tx.connection.execute(wanted).one_or_none()
        if row is None:
            raise NotFound("export-unknown", "look it up in `audit exports`")
        return row


def _facts(scope: Scope) -> dict[str, str | int]:
    return {
        "scope": f"{scope.since.isoformat()}/{scope.until.isoformat()}",
        "mode": "full" if scope.full else "minimised",
        "cases": len(scope.cases),
    }


def _change(tx: Transaction, export: str, **changed: Any) -> None:
    tx.connection.execute(update(audit_exports).where(audit_exports.c.id == export).values(**changed))


def _export(row: Row[Any]) -> Export:
    return Export(
        id=row.id,
        scope=Scope.model_validate(row.scope),
        asked_by=row.asked_by,
        asked=row.asked,
        approved_by=row.approved_by or "",
        approved=row.approved,
        serial=row.serial or 0,
        made=row.made,
        sha256=row.sha256 or "",
        timestamp=row.timestamp or "",
    )

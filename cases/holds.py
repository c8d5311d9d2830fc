"""Hold orders: what an officer or a court places on one case or on all, on top of what the rules compute.

An order is meant for the person: placed on one case, open or closed, it binds every case that shares an
identifier with it, or a second request would undo what the first may not. Two people who share an address
are then both held, for what was kept too long can still go, and what went is gone.

A complaint to สคส. (s.73) is an order too: until it is released it freezes the erasures of that person and what
is still owed after their cases, for both ask `binding` before they touch anything.

Placing one takes exclusively the lock that every batch of an erasure holds shared (`cases.effects`): an order
waits for the batches that run, and no batch begins between the question "may I?" and the deed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from cases import asking
from cases.ids import new_id
from cases.sealing import TEXT, Sealing
from cases.tables import cases, hold_orders, identifier_hashes
from cases.unit_of_work import Transaction, UnitOfWork
from cases.waited_for import destroying
from domain.errors import BadInput, Conflict, NotFound
from domain.events import Event
from domain.holds import Bound, InForce, OrderKind
from domain.identifiers import Identifier
from domain.value import Personal

LOCK = 0x484F4C44
HOLD_BACK = "hold-back-destruction"
"""The task of an officer: an order came while people were asked to destroy what it may bind."""


class HoldOrder(Personal):
    """An order in force or released. `case` is empty where it binds every case, `units` where it names none."""

    id: str
    case: str
    kind: OrderKind
    units: tuple[str, ...] = ()
    order_ref: str
    reason: str
    placed_by: str
    placed: datetime
    released: datetime | None = None


class HoldOrders:
    """Places and releases hold orders."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def place(
        self,
        case: str | None,
        order_ref: str,
        *,
        actor: str,
        reason: str,
        kind: OrderKind = OrderKind.ORDER,
        units: Collection[str] = (),
    ) -> str:
        """Place an order on one case and with it on its person, or on all (None); returns its id.

        `units` are the data units that it names: what it does not name may go (s.33). Waits for running batches.
        Sent twice, even at once, it is one: the second would bind for ever after the first is released. Two orders are
        the same where case, kind, units and number are; numbers are unsealed to compare them, under the lock.

        Raises:
            NotFound: no such case.
            Conflict: the same order stands, and is not released.
            BadInput: no number of the order, no reason, or a complaint that is nobody's.
        """
        for field, said in (("order", order_ref), ("reason", reason)):
            if not said.strip():
                raise BadInput(
                    f"{field}-missing", "an order is kept with its number and its reason", field=field
                )
        if case is None and kind is OrderKind.COMPLAINT:
            raise BadInput(
                "complaint-without-case", "name the case of the person who complained", field="kind"
            )
        order = new_id("h")
        key = self._sealing.engine_key()  # an order outlives the case's key
        with self._work.begin() as tx:
            tx.connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            known = case is None or tx.connection.scalar(select(cases.c.id).where(cases.c.id == case))
            if not known:
                raise NotFound("case-unknown", "look it up in the list of cases")
            if order_ref.strip() in self._numbers(tx.connection, case, kind, units):
                raise Conflict("order-known", "the order stands already: release that one", field="order")
            tx.connection.execute(
                insert(hold_orders).values(
                    id=order,
                    case_id=case,
                    kind=kind.value,
                    units=sorted(set(units)),
                    order_ref=self._sealing.put(key, TEXT, order_ref, f"hold_orders.order_ref:{order}"),
                    reason=self._sealing.put(key, TEXT, reason, f"hold_orders.reason:{order}"),
                    placed_by=actor,
                    placed=tx.now,
                )
            )
            scope = ":".join(
                part for part in ("case" if case else "all", ",".join(sorted(set(units)))) if part
            )
            tx.tell(Event.HOLD_PLACED, case, actor, order=order, kind=kind, scope=scope)
            if kind is OrderKind.COMPLAINT:
                tx.tell(Event.COMPLAINT_MADE, case, actor, order=order)
            _hold_back(tx, order)
        return order

    def _numbers(
        self, connection: Connection, case: str | None, kind: OrderKind, units: Collection[str]
    ) -> set[str]:
        """The numbers of the orders in force on the same, of the same kind."""
        alike = and_(
            hold_orders.c.released.is_(None),
            hold_orders.c.case_id.is_not_distinct_from(case),
            hold_orders.c.kind == kind.value,
        )
        named, take = sorted(set(units)), self._sealing.take
        return {
            take(row.order_ref, TEXT, f"hold_orders.order_ref:{row.id}").strip()
            for row in connection.execute(select(hold_orders).where(alike))
            if row.units == named
        }

    def release(self, order: str, *, actor: str, reason: str) -> None:
        """Release an order; releasing it again changes nothing.

        Raises:
            NotFound: no such order.
        """
        key = self._sealing.engine_key()
        with self._work.begin() as tx:
            row = tx.connection.execute(
                select(hold_orders).where(hold_orders.c.id == order).with_for_update()
            ).one_or_none()
            if row is None:
                raise NotFound("order-unknown", "look it up in the list of hold orders")
            if row.released is not None:
                return
            why = self._sealing.put(key, TEXT, reason, f"hold_orders.released_why:{order}")
            tx.connection.execute(
                update(hold_orders)
                .where(hold_orders.c.id == order)
                .values(released_by=actor, released_why=why, released=tx.now)
            )
            tx.tell(Event.HOLD_RELEASED, row.case_id, actor, order=order)

    def binding(self, case: str) -> tuple[str, ...]:
        """Ids of the orders that bind a case now."""
        with self._work.read() as connection:
            return tuple(binding(connection, case))

    def on_person(self, known_by: Sequence[Identifier]) -> tuple[Bound, ...]:
        """The orders that would bind a case of whom these identifiers mean: those on all, and on a case of theirs."""
        wanted = select(hold_orders.c.id, hold_orders.c.kind, hold_orders.c.units).where(
            hold_orders.c.released.is_(None), _on_person(self._sealing, known_by)
        )
        with self._work.read() as connection:
            return tuple(_bound(row) for row in connection.execute(wanted))

    def orders(self) -> tuple[HoldOrder, ...]:
        """All orders, unsealed, the oldest first."""
        with self._work.read() as connection:
            rows = connection.execute(
                select(hold_orders).order_by(hold_orders.c.placed, hold_orders.c.id)
            ).all()
        take = self._sealing.take
        return tuple(
            HoldOrder(
                id=row.id,
                case=row.case_id or "",
                kind=OrderKind(row.kind),
                units=tuple(row.units),
                order_ref=take(row.order_ref, TEXT, f"hold_orders.order_ref:{row.id}"),
                reason=take(row.reason, TEXT, f"hold_orders.reason:{row.id}"),
                placed_by=row.placed_by,
                placed=row.placed,
                released=row.released,
            )
            for row in rows
        )


def _on_person(sealing: Sealing, known_by: Sequence[Identifier]) -> ColumnElement[bool]:
    digests = [one.digest for one in sealing.hashes(known_by)]
    theirs = select(identifier_hashes.c.case_id).where(identifier_hashes.c.digest.in_(digests))
    return or_(hold_orders.c.case_id.is_(None), hold_orders.c.case_id.in_(theirs))


def _hold_back(tx: Transaction, order: str) -> None:
    """Nothing asks again before people answered: whoever may hold a paper in hand by then is told to wait."""
    for case, system in destroying(tx.connection):
        if order in binding(tx.connection, case):
            asking.open_task(tx, HOLD_BACK, case, system)


def in_force(connection: Connection) -> tuple[InForce, ...]:
    """Every order in force, on whomever, the oldest first."""
    wanted = select(hold_orders).where(hold_orders.c.released.is_(None))
    found = connection.execute(wanted.order_by(hold_orders.c.placed, hold_orders.c.id))
    return tuple(InForce(id=row.id, case=row.case_id or "", bound=_bound(row)) for row in found)


def binding(connection: Connection, case: str) -> dict[str, Bound]:
    """The orders in force on this case, on another of its person, or on all, the oldest first, by id."""
    own, theirs = identifier_hashes.alias("own"), identifier_hashes.alias("theirs")
    persons = select(theirs.c.case_id).join(own, own.c.digest == theirs.c.digest).where(own.c.case_id == case)
    meant = or_(
        hold_orders.c.case_id.is_(None), hold_orders.c.case_id == case, hold_orders.c.case_id.in_(persons)
    )
    in_force = and_(hold_orders.c.released.is_(None), meant)
    wanted = select(hold_orders.c.id, hold_orders.c.kind, hold_orders.c.units).where(in_force)
    found = connection.execute(wanted.order_by(hold_orders.c.placed, hold_orders.c.id))
    return {row.id: _bound(row) for row in found}


def _bound(row: Row[Any, Any, Any]) -> Bound:
    return Bound(kind=OrderKind(row.kind), units=tuple(row.units))

"""What outlives a case: held records that must go later, each obligation under a key of its own.

Shredding the case's key then leaves what is owed readable, and shredding the obligation's key ends that too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, select, true
from sqlalchemy import func as sql

from cases.database import streamed
from cases.ids import new_id
from cases.plans import item_of, newest_version
from cases.sealing import Sealing
from cases.tables import obligation_items, obligations, plan_items
from cases.unit_of_work import Transaction, UnitOfWork
from domain.aftermath import Obligation, Owed
from domain.calendar import day_in_bangkok
from domain.errors import NotFound
from domain.events import Event
from domain.item import Item
from domain.outcomes import Outcome
from security.keyring import DataKey
from security.ports import KeyPurpose
from security.seal import seal_model, unseal_model

_ADDED = 0
"""The plan version of what was added by itself."""
_MET = "obligation-met"
_PAGE = 500


class ObligationRegister:
    """Implements `domain.aftermath.Obligations`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def owe(self, case: str) -> tuple[Obligation, ...]:
        """Write what the newest plan keeps under holds as obligations, one a system and release day.

        Once per plan version; later calls give what stands.

        Raises:
            NotFound: no plan was made yet.
        """
        with self._work.begin() as tx:
            tx.lock_case(case)
            version = newest_version(tx.connection, case)
            if not version:
                raise NotFound("plan-unknown", "no plan was made yet")
            if not _of(tx.connection, case, version):
                for group in _groups(tx.connection, case, version):
                    self._write(tx, case, version, group)
            return _of(tx.connection, case, version)

    def of(self, case: str) -> tuple[Obligation, ...]:
        """The obligations of a case, under its newest plan that left any."""
        with self._work.read() as connection:
            version = connection.scalar(
                select(sql.max(obligations.c.plan_version)).where(obligations.c.case_id == case)
            )
            return _of(connection, case, version) if version else ()

    def items(self, obligation: str) -> Iterator[Item]:
        """The items of an obligation, unsealed under its own key, streamed. Raises `KeyShredded`."""
        wanted = select(obligation_items).where(obligation_items.c.obligation_id == obligation)
        with (
            self._work.read() as connection,
            streamed(connection, wanted.order_by(obligation_items.c.no), _PAGE) as found,
        ):
            for row in found:
                yield unseal_model(self._sealing.ring, row.item, _place(obligation, row.no), Item)

    def _write(self, tx: Transaction, case: str, version: int, group: Row[Any, Any, Any]) -> None:
        owed = new_id("o")
        due = group.until or day_in_bangkok(tx.now)
        # Made in another database: should this transaction fail, a key is left that opens nothing.
        key = self._sealing.ring.create(KeyPurpose.OBLIGATION, owed)
        tx.connection.execute(
            insert(obligations).values(
                id=owed,
                case_id=case,
                plan_version=version,
                kind=Owed.HELD if group.until else Owed.ORDERED,
                system=group.system,
                code="",
                due_on=due,
                items=group.items,
                rules=_rules(tx.connection, case, version, group),
                owed=tx.now,
            )
        )
        held = select(plan_items).where(_held(case, version), *_in(group)).order_by(plan_items.c.no)
        with streamed(tx.connection, held, _PAGE) as found:
            for page in found.partitions():
                tx.connection.execute(insert(obligation_items), [self._sealed(key, row) for row in page])
        tx.tell(
            Event.OBLIGATION_OWED,
            case,
            obligation=owed,
            system=group.system,
            due=due.isoformat(),
            items=group.items,
        )

    def _sealed(self, key: DataKey, row: Row[Any]) -> dict[str, Any]:
        item = item_of(self._sealing.ring, row)
        sealed = seal_model(key, item, _place(key.owner, row.no))
        return {"obligation_id": key.owner, "no": row.no, "item": sealed}


def _held(case: str, version: int) -> ColumnElement[bool]:
    return and_(
        plan_items.c.case_id == case,
        plan_items.c.version == version,
        # What was to go and was held back by an order or a hold that came in between is kept too.
        sql.coalesce(plan_items.c.achieved, plan_items.c.planned) == Outcome.HOLD.value,
    )


def _in(group: Row[Any, Any, Any]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return plan_items.c.system == group.system, plan_items.c.until.is_not_distinct_from(group.until)


def _groups(connection: Connection, case: str, version: int) -> Sequence[Row[Any, Any, Any]]:
    """What is held, by system and release day, with how many items."""
    by = (plan_items.c.system, plan_items.c.until)
    counted = select(*by, sql.count().label("items")).where(_held(case, version)).group_by(*by)
    return connection.execute(counted.order_by(*by)).all()


def _rules(connection: Connection, case: str, version: int, group: Row[Any, Any, Any]) -> list[str]:
    hold = sql.jsonb_array_elements(plan_items.c.holds).table_valued("value", name="hold")
    rule = sql.jsonb_extract_path_text(hold.c.value, "rule")
    wanted = select(rule).distinct().select_from(plan_items.join(hold, true()))
    wanted = wanted.where(_held(case, version), *_in(group)).order_by(rule)
    return list(connection.scalars(wanted))


def _of(connection: Connection, case: str, version: int) -> tuple[Obligation, ...]:
    wanted = select(obligations).where(obligations.c.case_id == case, obligations.c.plan_version == version)
    rows = connection.execute(wanted.order_by(obligations.c.system, obligations.c.due_on))
    return tuple(
        Obligation(
            id=row.id,
            case=row.case_id,
            kind=row.kind,
            due_on=row.due_on,
            system=row.system,
            items=row.items,
            rules=row.rules,
            met=row.met is not None,
        )
        for row in rows
    )


def _place(obligation: str, no: int) -> str:
    return f"obligation_items.item:{obligation}/{no}"

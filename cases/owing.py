"""What a plan leaves to be done: the records that it keeps under holds, or in doubt of one, by system and release day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, true
from sqlalchemy import func as sql

from cases.database import streamed
from cases.ids import new_id
from cases.plans import item_of
from cases.sealing import Sealing
from cases.tables import obligation_items, obligations, parkings, plan_items
from cases.unit_of_work import Transaction
from domain.aftermath import Owed
from domain.calendar import day_in_bangkok
from domain.events import Event
from domain.outcomes import IN_DOUBT, Outcome
from security.keyring import DataKey
from security.ports import KeyPurpose
from security.seal import seal_model

_PAGE = 500


def owe(tx: Transaction, sealing: Sealing, case: str, version: int, system: str = "") -> None:
    """Write what one version of a plan keeps, of one system or of all.

    Each obligation's records are sealed under a key of its own.
    """
    for group in _groups(tx.connection, case, version):
        if system in {"", group.system}:
            _write(tx, sealing, case, version, group)


def left_out(connection: Connection, case: str, newest: int) -> dict[str, int]:
    """Systems that officers left out of the newest plan, each with the last version that lists it.

    What that version holds is held all the same: the law asks nobody whether a system was skipped.
    """
    skipped = select(parkings.c.system).where(parkings.c.case_id == case, parkings.c.ground != "")
    ours = (plan_items.c.case_id == case, plan_items.c.system.in_(skipped))
    found = select(plan_items.c.system, sql.max(plan_items.c.version).label("last")).where(*ours)
    rows = connection.execute(found.group_by(plan_items.c.system).order_by(plan_items.c.system))
    return {row.system: row.last for row in rows if row.last < newest}


def item_place(obligation: str, no: int) -> str:
    """The place in which a record of an obligation is sealed."""
    return f"obligation_items.item:{obligation}/{no}"


def _write(tx: Transaction, sealing: Sealing, case: str, version: int, group: Row[Any, Any, Any]) -> None:
    owed = new_id("o")
    due = group.until or day_in_bangkok(tx.now)
    # Made in another database: should this transaction fail, a key is left that opens nothing.
    key = sealing.ring.create(KeyPurpose.OBLIGATION, owed)
    tx.connection.execute(
        insert(obligations).values(
            id=owed,
            case_id=case,
            plan_version=version,
            kind=(Owed.HELD if group.until else Owed.ORDERED).value,
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
            tx.connection.execute(insert(obligation_items), [_sealed(sealing, key, row) for row in page])
    tx.tell(
        Event.OBLIGATION_OWED,
        case,
        obligation=owed,
        system=group.system,
        due=due.isoformat(),
        items=group.items,
    )


def _sealed(sealing: Sealing, key: DataKey, row: Row[Any]) -> dict[str, Any]:
    item = item_of(sealing.ring, row)
    sealed = seal_model(key, item, item_place(key.owner, row.no))
    return {"obligation_id": key.owner, "no": row.no, "item": sealed}


def _held(case: str, version: int) -> ColumnElement[bool]:
    # What was to go and was held back by an order or a hold that came in between is kept too.
    became = sql.coalesce(plan_items.c.achieved, plan_items.c.planned)
    # What goes of a held record has a line of its own; the record is owed by the other.
    whole = plan_items.c.planned != Outcome.CLEAR.value
    # And what may be held: once the account is gone, nobody could find it again by asking.
    doubted = and_(became == Outcome.REVIEW.value, plan_items.c.ground.in_(IN_DOUBT))
    return and_(
        plan_items.c.case_id == case,
        plan_items.c.version == version,
        whole,
        or_(became == Outcome.HOLD.value, doubted),
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

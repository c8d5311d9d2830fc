"""Edits of plans: what officers changed, in codes, and single records known by keyed hashes of their places."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, insert, select, update

from cases.canonical import canonical
from cases.database import streamed
from cases.facts import checked_actor
from cases.freezing import must_not_be_frozen
from cases.ids import new_id
from cases.plan_edit_tables import plan_edits
from cases.plan_edited import must_not_be_edited
from cases.plans import item_of, newest_version, row_of
from cases.sealing import Sealing
from cases.tables import cases, decisions, plan_items, plans
from cases.unit_of_work import Transaction, UnitOfWork
from domain.calendar import day_in_bangkok
from domain.errors import BadInput, Conflict, NotFound, StalePlan
from domain.events import Event
from domain.item import Item, place
from domain.outcomes import Outcome
from domain.plan import PlanRow
from domain.plan_edits import Change, Edit, Standing, must_be_sayable, why_not
from domain.rights import Right
from domain.states import State
from security.keyring import DataKey

_PAGE = 500


class PlanEditRegister:
    """Implements `domain.plan_edits.PlanEdits`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    def make(
        self, case: str, right: Right, change: Change, *, digest: str, actor: str, reason: str, harm: str = ""
    ) -> Edit:
        """See `domain.plan_edits.PlanEdits.make`."""
        today = day_in_bangkok(self._work.now())
        rule = must_be_sayable(right, change, today, harm=harm)
        version = self._version_of(case, digest)
        key = self._sealing.case_key(case)
        marks, items = list[str](), 0
        for row, item in self._meant(case, version, change):
            if code := why_not(rule, change, row, item.found, today):
                raise BadInput(
                    code, "change what the law leaves to you, by number", field=_field(code), rows=row.no
                )
            items += 1
            if change.numbers:
                marks.append(_key_of(key, item))
        if not items or (change.numbers and items != len(set(change.numbers))):
            raise BadInput("edit-of-nothing", "name records of that line", field="numbers")
        about = _columns(change) | {"marks": marks, "items": items, "undoes": None}
        return self._keep(case, about, digest=digest, actor=actor, reason=f"{reason}\n{harm}".strip())

    def undo(self, case: str, edit: str, *, digest: str, actor: str, reason: str) -> Edit:
        """See `domain.plan_edits.PlanEdits.undo`."""
        with self._work.read() as connection:
            standing = {row.id: row for row in connection.execute(_standing(case))}
        if edit not in standing:
            raise NotFound("edit-unknown", "look it up in the plan", edit=edit)
        same = standing[edit]._mapping  # noqa: SLF001 - SQLAlchemy's own name
        again = {name: same[name] for name in (*_OF_CHANGE, "marks", "items")}
        return self._keep(case, again | {"undoes": edit}, digest=digest, actor=actor, reason=reason)

    def drop(self, edit: str) -> None:
        """See `domain.plan_edits.PlanEdits.drop`."""
        with self._work.begin() as tx:
            found = tx.connection.execute(select(plan_edits).where(plan_edits.c.id == edit)).one_or_none()
            if found is None or found.dropped is not None:
                return
            tx.connection.execute(update(plan_edits).where(plan_edits.c.id == edit).values(dropped=tx.now))
            tx.tell(Event.PLAN_EDIT_DROPPED, found.case_id, edit=edit, version=found.version)

    def standing(self, case: str, right: Right, today: date) -> Standing:
        """See `domain.plan_edits.PlanEdits.standing`."""
        with self._work.read() as connection:
            rows = connection.execute(_standing(case)).all()
        key = self._sealing.case_key(case) if rows else None
        return Standing(
            right=right,
            today=today,
            edits=tuple(_edit(row) for row in rows),
            keys={row.id: frozenset(row.marks) for row in rows},
            key_of=lambda item: _key_of(key, item) if key else "",
        )

    def of(self, case: str) -> tuple[Edit, ...]:
        """See `domain.plan_edits.PlanEdits.of`."""
        undone = exists().where(_UNDOING.c.undoes == plan_edits.c.id, _UNDOING.c.dropped.is_(None))
        wanted = _wanted(undone.label("undone")).where(
            plan_edits.c.case_id == case, plan_edits.c.dropped.is_(None)
        )
        with self._work.read() as connection:
            rows = connection.execute(wanted).all()
            now = _now(connection, case, newest_version(connection, case)) if rows else {}
        return tuple(_edit(row, undone=row.undone, now=now.get(row.id, 0)) for row in rows)

    def reasons(self, case: str) -> Mapping[str, str]:
        """What officers wrote to their edits, by id. Raises `KeyShredded`."""
        with self._work.read() as connection:
            rows = connection.execute(select(plan_edits).where(plan_edits.c.case_id == case)).all()
        return {row.id: self._sealing.reason_in(row.reason, _place(row.id)) for row in rows}

    def lost(self, case: str, version: int) -> tuple[str, ...]:
        """See `domain.plan_edits.PlanEdits.lost`."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            now = _now(tx.connection, case, version)
            less = [
                row
                for row in tx.connection.execute(_standing(case))
                if now.get(row.id, 0) < row.items and row.lost != version
            ]
            for row in less:
                tx.connection.execute(
                    update(plan_edits).where(plan_edits.c.id == row.id).values(lost=version)
                )
                left = now.get(row.id, 0)
                tx.tell(Event.PLAN_EDIT_LOST, case, edit=row.id, version=version, left=left, items=row.items)
        return tuple(dict.fromkeys(row.system for row in less))

    def unheard(self, before: datetime) -> tuple[tuple[str, Edit], ...]:
        """See `domain.plan_edits.PlanEdits.unheard`."""
        newest = select(func.max(plans.c.version)).where(plans.c.case_id == plan_edits.c.case_id)
        wanted = (
            _wanted()
            .join(cases, cases.c.id == plan_edits.c.case_id)
            .where(cases.c.state == State.DECIDING.value, plan_edits.c.at < before)
            .where(plan_edits.c.dropped.is_(None), plan_edits.c.version == newest.scalar_subquery())
        )
        with self._work.read() as connection:
            return tuple((row.case_id, _edit(row)) for row in connection.execute(wanted))

    def _version_of(self, case: str, digest: str) -> int:
        with self._work.read() as connection:
            newest = newest_version(connection, case)
            mine = (plans.c.case_id == case, plans.c.version == newest, plans.c.digest == digest)
            if connection.scalar(select(plans.c.version).where(*mine)) is None:
                raise StalePlan("plan-is-older", "read the newest plan", version=newest)
        return newest

    def _meant(self, case: str, version: int, change: Change) -> Iterator[tuple[PlanRow, Item]]:
        line = (
            plan_items.c.system == change.system,
            plan_items.c.table_name == change.table,
            plan_items.c.unit == change.unit,
            plan_items.c.planned == change.was.value,
            *([plan_items.c.no.in_(change.numbers)] if change.numbers else []),
        )
        wanted = select(plan_items).where(plan_items.c.case_id == case, plan_items.c.version == version)
        with (
            self._work.walk() as connection,
            streamed(connection, wanted.where(*line).order_by(plan_items.c.no), _PAGE) as found,
        ):
            for row in found:
                yield row_of(row), item_of(self._sealing.ring, row)

    def _keep(self, case: str, about: Mapping[str, Any], *, digest: str, actor: str, reason: str) -> Edit:
        checked_actor(actor)
        made = new_id("e")
        with self._work.begin() as tx:
            at_case = tx.lock_case(case)
            version = newest_version(tx.connection, case)
            must_not_be_edited(tx.connection, case, version)
            must_not_be_frozen(tx.connection, case, at_case.reference)
            mine = (plans.c.case_id == case, plans.c.version == version)
            if tx.connection.scalar(select(plans.c.digest).where(*mine)) != digest:
                raise StalePlan("plan-is-older", "read the newest plan", version=version)
            if at_case.state != State.DECIDING.value:
                raise Conflict("not-deciding", reference=at_case.reference, state=at_case.state)
            self._void(tx, case, version, at_case.reference)
            row = {
                **about,
                "id": made,
                "case_id": case,
                "version": version,
                "digest": digest,
                "by": actor,
                "reason": self._sealing.reason(case, reason, _place(made)),
                "at": tx.now,
            }
            tx.connection.execute(insert(plan_edits).values(row))
            tx.tell(Event.PLAN_EDIT_UNDONE if row["undoes"] else Event.PLAN_EDITED, case, actor, **_told(row))
            kept = tx.connection.execute(_wanted().where(plan_edits.c.id == made)).one()
        return _edit(kept)

    @staticmethod
    def _void(tx: Transaction, case: str, version: int, reference: str) -> None:
        """A proposal was made on what is no more the plan; a decision that is complete stands, and nothing is edited."""
        mine = (decisions.c.case_id == case, decisions.c.version == version, decisions.c.voided.is_(None))
        for row in tx.connection.execute(select(decisions).where(*mine)):
            if row.completed is not None:
                raise Conflict("already-decided", reference=reference, decision=row.id)
            tx.connection.execute(update(decisions).where(decisions.c.id == row.id).values(voided=tx.now))
            tx.tell(Event.DECISION_VOIDED, case, decision=row.id, version=version)


_UNDOING = plan_edits.alias()
_OF_CHANGE = ("system", "table_name", "unit", "was", "becomes", "ground", "until", "numbers")


def _wanted(*more: ColumnElement[Any]) -> Select[Any]:
    return select(plan_edits, *more).order_by(plan_edits.c.version, plan_edits.c.at, plan_edits.c.id)


def _standing(case: str) -> Select[Any]:
    undone = exists().where(_UNDOING.c.undoes == plan_edits.c.id, _UNDOING.c.dropped.is_(None))
    mine = (plan_edits.c.case_id == case, plan_edits.c.dropped.is_(None), plan_edits.c.undoes.is_(None))
    return _wanted().where(*mine, ~undone)


def _now(connection: Connection, case: str, version: int) -> dict[str, int]:
    """How many records each edit changes in a version."""
    mine = (plan_items.c.case_id == case, plan_items.c.version == version, plan_items.c.edit != "")
    counted = select(plan_items.c.edit, func.count().label("items")).where(*mine).group_by(plan_items.c.edit)
    return {row.edit: row.items for row in connection.execute(counted)}


def _columns(change: Change) -> dict[str, Any]:
    return {
        "system": change.system,
        "table_name": change.table,
        "unit": change.unit,
        "was": change.was.value,
        "becomes": change.becomes.value,
        "ground": change.ground,
        "until": change.until,
        "numbers": sorted(set(change.numbers)),
    }


def _told(row: Mapping[str, Any]) -> dict[str, str | int]:
    said = {"system": row["system"], "unit": row["unit"], "from": row["was"], "to": row["becomes"]}
    return {
        "edit": row["undoes"] or row["id"],
        "version": row["version"],
        "ground": row["ground"],
        "items": row["items"],
        "until": row["until"].isoformat() if row["until"] else "",
        **said,
    }


def _edit(row: Row[Any], *, undone: bool = False, now: int = 0) -> Edit:
    change = Change(
        system=row.system,
        table=row.table_name,
        unit=row.unit,
        was=Outcome(row.was),
        becomes=Outcome(row.becomes),
        ground=row.ground,
        until=row.until,
        numbers=tuple(row.numbers),
    )
    return Edit(
        id=row.id,
        case=row.case_id,
        version=row.version,
        digest=row.digest,
        change=change,
        single=bool(row.marks),
        items=row.items,
        by=row.by,
        at=row.at,
        undoes=row.undoes or "",
        undone=undone,
        now=now,
    )


def _key_of(key: DataKey, item: Item) -> str:
    """Of a record's place, keyed: a bare hash of a number could be guessed."""
    where = canonical([item.found.system, *place(item)])
    return hmac.digest(key.derive(b"plan-edit/1"), where, "sha256").hex()


def _place(edit: str) -> str:
    return f"plan_edits.reason:{edit}"


def _field(code: str) -> str:
    """The field of the form that a refusal is about."""
    about = {"edit-day-out-of-reach": "until", "edit-contract-over": "ground"}
    return about.get(code, "becomes")

"""Intents before an effect, receipts after it, and the gate that hold orders wait at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ARRAY, Connection, Integer, Row, Text, cast, func, select, update

from cases import holds
from cases.database import insert_once
from cases.sealing import Sealing
from cases.tables import cases, intents, plan_items, plans, receipts
from cases.unit_of_work import UnitOfWork
from domain.case import Receipt, Task
from domain.connector import Foreseen
from domain.errors import Conflict, NotFound
from domain.events import Event
from domain.holds import Bound, InForce
from domain.outcomes import Outcome
from domain.rights import Verb

_FORESEEN: TypeAdapter[tuple[Foreseen, ...]] = TypeAdapter(tuple[Foreseen, ...])


class EffectRegister:
    """Implements `domain.ports.Effects`."""

    def __init__(self, work: UnitOfWork, sealing: Sealing) -> None:
        self._work = work
        self._sealing = sealing

    @contextmanager
    def gate(self, case: str) -> Iterator[Mapping[str, Bound]]:
        """The shared side of the hold lock for the length of the block; gives the orders that bind the case, by id.

        No order, and no restriction that keeps a record, can be placed while the block runs: what it gives, and
        what is asked inside it, stays true until it ends.

        Raises:
            NotFound: no such case.
        """
        with self._work.walk() as connection:
            connection.execute(select(func.pg_advisory_xact_lock_shared(holds.LOCK)))
            if connection.scalar(select(cases.c.id).where(cases.c.id == case)) is None:
                raise NotFound("case-unknown", "look it up in the list of cases")
            # A statement of its own, so that it sees what was placed while we waited for the lock.
            yield holds.binding(connection, case)

    @contextmanager
    def gate_of_all(self) -> Iterator[tuple[InForce, ...]]:
        """The same gate for records that no case asked for; gives every order in force, the oldest first."""
        with self._work.walk() as connection:
            connection.execute(select(func.pg_advisory_xact_lock_shared(holds.LOCK)))
            yield holds.in_force(connection)

    def intend(self, task: Task, foreseen: Sequence[Foreseen]) -> tuple[Foreseen, ...]:
        """Commit what a batch will do, once: a retry gets what the first attempt intended.

        The hashes are sealed: one of a short row could be guessed.
        """
        place = _place(task.key)
        key = self._sealing.case_key(task.case)
        row = {
            "key": task.key,
            "case_id": task.case,
            "foreseen": self._sealing.put(key, _FORESEEN, tuple(foreseen), place),
        }
        with self._work.begin() as tx:
            if insert_once(tx.connection, intents, {**row, "at": tx.now}):
                tx.tell(
                    Event.EFFECT_INTENDED,
                    task.case,
                    key=task.key,
                    system=task.system,
                    verb=task.verb or "",
                    items=len(foreseen),
                )
                return tuple(foreseen)
            first = tx.connection.execute(
                select(intents.c.foreseen).where(intents.c.key == task.key)
            ).scalar_one()
        return self._sealing.take(first, _FORESEEN, place)

    def intended(self, task: Task) -> tuple[Foreseen, ...] | None:
        """What an earlier attempt committed to do under the task's key, if one did. Raises `KeyShredded`."""
        with self._work.read() as connection:
            first = connection.scalar(select(intents.c.foreseen).where(intents.c.key == task.key))
        return None if first is None else self._sealing.take(first, _FORESEEN, _place(task.key))

    def receipt(self, key: str) -> Receipt | None:
        """What was done under that key, if it was."""
        with self._work.read() as connection:
            return _receipt(connection, key)

    def done(
        self,
        receipt: Receipt,
        case: str,
        achieved: Mapping[int, Outcome],
        stayed: Mapping[int, str] | None = None,
        *,
        version: int = 0,
    ) -> Receipt:
        """Store a receipt and what became of each item of that plan, or of the newest; the first one stands.

        `stayed`: of those that were left as they were, on which ground.

        Raises:
            Conflict: an item is not in the plan.
        """
        row = {
            "key": receipt.key,
            "case_id": case,
            "system": receipt.system,
            "verb": receipt.verb.value,
            "achieved": {outcome.value: count for outcome, count in receipt.achieved.items()},
        }
        with self._work.begin() as tx:
            if not insert_once(tx.connection, receipts, {**row, "at": tx.now}):
                standing = _receipt(tx.connection, receipt.key)
                return standing or receipt
            if achieved:
                _achieve(tx.connection, case, version, achieved, stayed or {})
            tx.tell(
                Event.EFFECT_DONE,
                case,
                key=receipt.key,
                system=receipt.system,
                verb=receipt.verb,
                items=sum(receipt.achieved.values()),
            )
        return receipt

    def when(self, case: str) -> dict[str, datetime]:
        """When each receipt of a case was stored, by key."""
        wanted = select(receipts.c.key, receipts.c.at).where(receipts.c.case_id == case)

        def read(connection: Connection) -> tuple[tuple[str, datetime], ...]:
            return tuple((row.key, row.at) for row in connection.execute(wanted))

        return dict(self._work.once(("when", case), read))

    def receipts(self, case: str) -> tuple[Receipt, ...]:
        """Everything done in a case, in the order in which it was done."""
        wanted = select(receipts).where(receipts.c.case_id == case).order_by(receipts.c.at, receipts.c.key)
        with self._work.read() as connection:
            return tuple(_as_receipt(row) for row in connection.execute(wanted))


def _place(key: str) -> str:
    return f"intents.foreseen:{key}"


def _achieve(
    connection: Connection,
    case: str,
    version: int,
    achieved: Mapping[int, Outcome],
    stayed: Mapping[int, str],
) -> None:
    newest = select(func.max(plans.c.version)).where(plans.c.case_id == case).scalar_subquery()
    # Arrays and not rows of values: a statement takes 65,535 parameters, and a person may have more records.
    became = (
        func.unnest(
            cast(list(achieved), ARRAY(Integer)),
            cast([outcome.value for outcome in achieved.values()], ARRAY(Text)),
            cast([stayed.get(no) for no in achieved], ARRAY(Text)),
        )
        .table_valued("no", "outcome", "stayed", name="became")
        .render_derived()
    )
    written = connection.execute(
        update(plan_items)
        .where(plan_items.c.case_id == case, plan_items.c.version == (version or newest))
        .where(plan_items.c.no == became.c.no)
        .values(achieved=became.c.outcome, stayed=became.c.stayed)
    ).rowcount
    if written != len(achieved):
        raise Conflict("item-not-planned", "only what the plan lists can be achieved")


def _receipt(connection: Connection, key: str) -> Receipt | None:
    row = connection.execute(select(receipts).where(receipts.c.key == key)).one_or_none()
    return _as_receipt(row) if row else None


def _as_receipt(row: Row[Any]) -> Receipt:
    return Receipt(key=row.key, system=row.system, verb=Verb(row.verb), achieved=row.achieved)

"""Fulfilling: foresee by doing it and taking it back, then do it, one transaction a batch.

Nobody knows better than the database what it will refuse and what its triggers make of a change. So
`foresee` carries the batch out in a transaction that is rolled back and reads the content that would stand:
every constraint, domain and trigger has had its say before the first write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from connectors.base import intended
from connectors.content import content_hash
from connectors.sql_change import Changes
from connectors.sql_engine import prepare_to_write, settle
from connectors.sql_keys import Row, chunks
from connectors.sql_model import Model
from connectors.sql_write import BATCH, delete, update
from domain.connector import ABSENT, Batch, Effect, EffectKind, Foreseen, Order
from domain.errors import Refused


@dataclass(frozen=True, slots=True)
class _Now:
    """A row as it stands: its values and their hash; neither where it is absent."""

    order: Order
    key: Row
    values: Mapping[str, Any] | None
    hash: str


class Fulfiller:
    """Carries batches out on a connection whose transaction the caller ends."""

    def __init__(self, model: Model, changes: Changes) -> None:
        self._model = model
        self._changes = changes

    def foresee(self, connection: sa.Connection, batch: Batch) -> tuple[Foreseen, ...]:
        """The after-hashes. The caller rolls back."""
        prepare_to_write(connection)
        after = self._carry_out(connection, batch, lambda now: now.values is not None)
        settle(connection)
        return tuple(Foreseen(no=order.no, hash_after=after[order.no]) for order in batch.orders)

    def observe(self, connection: sa.Connection, batch: Batch) -> tuple[Foreseen, ...]:
        """The hashes as they stand; reads only."""
        now = {
            one.order.no: one.hash
            for name, orders in self._children_first(batch)
            for one in self._read(connection, name, orders, lock=False)
        }
        return tuple(Foreseen(no=order.no, hash_after=now[order.no]) for order in batch.orders)

    def apply(
        self, connection: sa.Connection, batch: Batch, foreseen: Sequence[Foreseen]
    ) -> tuple[Effect, ...]:
        """The effects. The caller commits.

        Raises:
            Refused: a constraint, a cascade, or content that came out otherwise than foreseen.
        """
        intent = intended(batch, foreseen, self._model.system)
        kinds: dict[int, EffectKind] = {}

        def is_to_do(now: _Now) -> bool:
            kinds[now.order.no] = kind = _kind_of(now, intent[now.order.no])
            return kind is EffectKind.DONE

        prepare_to_write(connection)
        after = self._carry_out(connection, batch, is_to_do)
        for order in batch.orders:
            if kinds[order.no] is EffectKind.DONE and after[order.no] != intent[order.no]:
                raise Refused(
                    "outcome-not-as-foreseen",
                    "columns that the database writes by itself are of kind bookkeeping",
                    system=self._model.system,
                    table=order.table,
                )
        settle(connection)
        return tuple(_effect(order, kinds[order.no]) for order in batch.orders)

    def _carry_out(
        self, connection: sa.Connection, batch: Batch, is_to_do: Callable[[_Now], bool]
    ) -> dict[int, str]:
        """Do what is to be done, children before parents; the content hash of every item afterwards."""
        after: dict[int, str] = {}
        for name, orders in self._children_first(batch):
            going: list[Row] = []
            changing: list[tuple[Row, dict[str, Any]]] = []
            remaining: list[Order] = []
            for now in self._read(connection, name, orders, lock=True):
                after[now.order.no] = now.hash
                if not is_to_do(now) or now.values is None:
                    continue
                values = self._changes.of(batch, now.order, now.values)
                if values is None:
                    going.append(now.key)
                    after[now.order.no] = ABSENT
                else:
                    changing.append((now.key, values))
                    remaining.append(now.order)
            update(connection, self._model, name, changing)
            delete(connection, self._model, name, going)
            after |= {now.order.no: now.hash for now in self._read(connection, name, remaining, lock=False)}
        return after

    def _children_first(self, batch: Batch) -> Iterator[tuple[str, list[Order]]]:
        by_table: dict[str, list[Order]] = {}
        for order in batch.orders:
            if order.table not in self._model.map.tables:
                raise Refused("table-not-mapped", "plan again", system=self._model.system, table=order.table)
            by_table.setdefault(order.table, []).append(order)
        for name in reversed(self._model.order):
            if name in by_table:
                yield name, by_table[name]

    def _read(
        self, connection: sa.Connection, name: str, orders: Sequence[Order], *, lock: bool
    ) -> Iterator[_Now]:
        keys = self._model.keys[name]
        columns = self._model.hashed(name)
        names = [column.name for column in columns]
        positions = [names.index(column) for column in keys.columns]
        query = sa.select(*columns).where(keys.among(keys.table, "wanted")).order_by(*keys.of(keys.table))
        if lock:
            query = query.with_for_update()
        for some in chunks(orders, BATCH):
            wanted = [keys.parse(order.locator) for order in some]
            rows = {
                tuple(row[at] for at in positions): row
                for row in connection.execute(query, {"wanted": keys.bind(wanted)})
            }
            for order, key in zip(some, wanted, strict=True):
                row = rows.get(key)
                if row is None:
                    yield _Now(order, key, None, ABSENT)
                else:
                    yield _Now(order, key, dict(zip(names, row, strict=True)), content_hash(row))


def _kind_of(now: _Now, hash_after: str) -> EffectKind:
    """What we find when we come: as planned, as intended, or drifted."""
    if now.hash == hash_after:
        return EffectKind.ALREADY
    return EffectKind.DONE if now.hash == now.order.hash_before else EffectKind.DRIFTED


def _effect(order: Order, kind: EffectKind) -> Effect:
    achieved = None if kind is EffectKind.DRIFTED else order.outcome
    return Effect(no=order.no, kind=kind, achieved=achieved)

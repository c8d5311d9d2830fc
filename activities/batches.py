"""Batches: carry out orders in one system so that each is carried out once, whatever dies in between.

For every batch: foresee -> commit the intent -> apply in one transaction of the system -> receipt. Killed anywhere,
the retry finds the receipt, or the intent and a row that is already as intended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from pydantic import JsonValue

from activities.tools import Tools
from domain.case import Receipt, Task
from domain.connector import Batch, Connector, EffectKind, Foreseen, Order
from domain.ledger import Ledger
from domain.outcomes import Outcome
from domain.ports import PlannedItem
from domain.rights import Verb

BATCH = 1000
"""Items a transaction: enough to be fast, few enough that a heartbeat comes in time."""

_T = TypeVar("_T")


def calls_for(count: int) -> int:
    """How often a system is called for so many changes: each batch is foreseen, then applied; none for none."""
    return 2 * -(-count // BATCH)


def chunks(items: Iterator[_T], size: int = 0) -> Iterator[tuple[_T, ...]]:
    """So many at a time; a batch's unless said."""
    while chunk := tuple(islice(items, size or BATCH)):
        yield chunk


def planned_batches(
    tools: Tools, task: Task, outcomes: frozenset[Outcome]
) -> Iterator[tuple[Task, tuple[PlannedItem, ...]]]:
    """What a plan has for a system, batch by batch under keys that are always the same; an erasure backwards."""
    planned = tools.plans.items(task.case, task.system, outcomes, backwards=task.verb in {None, Verb.ERASE})
    for number, chunk in enumerate(chunks(planned)):
        yield task.model_copy(update={"batch": f"v{task.version}-{number}"}), chunk


@dataclass(frozen=True)
class Way:
    """How a verb is carried out: the values and the instant that its orders bear, and what they are ordered as.

    `outcome` stands in for the planned one: what is to be stopped for good is at first suspended only.
    """

    verb: Verb
    values: Mapping[str, JsonValue] | None = None
    at: datetime | None = None
    outcome: Outcome | None = None

    def batch(self, task: Task, items: Sequence[PlannedItem]) -> Batch:
        """The orders for these items."""
        orders = tuple(
            Order(
                no=one.row.no,
                table=one.row.table,
                locator=one.item.locator,
                outcome=self.outcome or one.row.planned,
                hash_before=one.item.content_hash,
                values=self.values or {},
            )
            for one in items
        )
        return Batch(key=task.key, verb=self.verb, orders=orders, at=self.at)


def carry_out(
    ledger: Ledger,
    connector: Connector,
    task: Task,
    chunk: Sequence[PlannedItem],
    way: Way,
    *,
    spared: Callable[[PlannedItem], str] = lambda _planned: "",
) -> Receipt:
    """One batch under the task's key; `spared` tells on which ground a record must be left as it is now, if on any."""
    if done := ledger.receipt(task.key):
        return done
    became = _already(ledger, connector, task, chunk, way)
    left = [one for one in chunk if one.row.no not in became]
    stays = {one.row.no: ground for one in left if (ground := spared(one))}
    free = [one for one in left if one.row.no not in stays]
    became |= {one.row.no: Outcome.HOLD for one in left}
    if free:
        intended = ledger.intended(task) or ledger.intend(task, connector.foresee(way.batch(task, free)))
        # What was held at the first attempt has no intent: it stays for the next decision.
        numbers = {one.no for one in intended} & {one.row.no for one in free}
        batch = way.batch(task, [one for one in free if one.row.no in numbers])
        became |= _applied(connector, batch, [one for one in intended if one.no in numbers])
    receipt = Receipt(key=task.key, system=task.system, verb=way.verb, achieved=Counter(became.values()))
    return ledger.done(receipt, task.case, became, stays, version=task.version)


def _already(
    ledger: Ledger, connector: Connector, task: Task, chunk: Sequence[PlannedItem], way: Way
) -> dict[int, Outcome]:
    """What an earlier attempt did before it died: rows that stand as it intended.

    Asked before anything is spared: an order that came in between keeps nothing that is gone, and its receipt
    must not say so.
    """
    intended = ledger.intended(task)
    if intended is None:
        return {}
    after = {one.no: one.hash_after for one in intended}
    planned = {p.row.no: p for p in chunk if p.row.no in after}
    now = connector.observe(way.batch(task, list(planned.values())))
    return {
        one.no: way.outcome or planned[one.no].row.planned
        for one in now
        if one.hash_after == after[one.no] and one.hash_after != planned[one.no].item.content_hash
    }


def _applied(connector: Connector, batch: Batch, intended: Sequence[Foreseen]) -> dict[int, Outcome]:
    """What became of each order. What has drifted is reviewed: proof finds it and asks for a new decision."""
    planned = {order.no: order.outcome for order in batch.orders}
    return {
        effect.no: Outcome.REVIEW
        if effect.kind is EffectKind.DRIFTED
        else effect.achieved or planned[effect.no]
        for effect in connector.apply(batch, intended)
    }

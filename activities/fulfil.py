"""Fulfil: carry out a decided plan, system by system, batch by batch, each batch once.

For every batch: take the shared side of the hold lock -> ask the holds again -> foresee -> commit the intent ->
apply in one transaction of the system -> receipt. Killed anywhere, the retry finds the receipt, or the intent
and a row that is already as intended. Fulfilment may do less than was approved (a hold came), never more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice

from activities.plan import record_holds
from activities.tools import Step, Tools, step
from domain.calendar import day_in_bangkok
from domain.case import Receipt, Task
from domain.connector import Batch, Capability, Connector, EffectKind, Foreseen, Order
from domain.errors import BadInput
from domain.outcomes import DESTROYING, Outcome
from domain.ports import PlannedItem
from domain.rights import Verb

BATCH = 1000
"""Items a transaction: enough to be fast, few enough that a heartbeat comes in time."""


class Erase(Step):
    """Erases, destroys, anonymises or detaches what the plan says, in one system."""

    @step("erase")
    def erase(self, task: Task) -> Receipt:
        """The system's part, children before parents; the sum of its batches' receipts.

        `task.version` is the plan's: a supplementary decision makes new batches under new keys.
        """
        tools = self.tools
        connector = tools.connector(task.system, Capability.ERASE)
        tools.register.enter(task.case, task.step)
        achieved: Counter[Outcome] = Counter()
        planned = tools.plans.items(task.case, task.system, DESTROYING, backwards=True)
        for number, chunk in enumerate(_chunks(planned)):
            batch = task.model_copy(update={"batch": f"v{task.version}-{number}"})
            receipt = tools.effects.receipt(batch.key) or _erase_batch(tools, connector, batch, chunk)
            achieved.update(receipt.achieved)
        return Receipt(key=task.key, system=task.system, verb=Verb.ERASE, achieved=achieved)


def _chunks(planned: Iterator[PlannedItem]) -> Iterator[tuple[PlannedItem, ...]]:
    while chunk := tuple(islice(planned, BATCH)):
        yield chunk


def _erase_batch(tools: Tools, connector: Connector, task: Task, chunk: Sequence[PlannedItem]) -> Receipt:
    with tools.effects.gate(task.case) as orders_in_force:
        today = day_in_bangkok(tools.clock.now())
        free = [p for p in chunk if not orders_in_force and not _held(tools, p, today)]
        became = {p.row.no: Outcome.HOLD for p in chunk}
        if free:
            batch = Batch(key=task.key, verb=Verb.ERASE, orders=tuple(_order(p) for p in free))
            intended = tools.effects.intend(task, connector.foresee(batch))
            became |= _applied(connector, batch, intended)
        receipt = Receipt(
            key=task.key, system=task.system, verb=Verb.ERASE, achieved=Counter(became.values())
        )
        return tools.effects.done(receipt, task.case, became)


def _applied(connector: Connector, batch: Batch, intended: Sequence[Foreseen]) -> Mapping[int, Outcome]:
    """What became of each order. What has drifted is reviewed: proof finds it and asks for a new decision."""
    planned = {order.no: order.outcome for order in batch.orders}
    return {
        effect.no: Outcome.REVIEW
        if effect.kind is EffectKind.DRIFTED
        else effect.achieved or planned[effect.no]
        for effect in connector.apply(batch, intended)
    }


def _held(tools: Tools, planned: PlannedItem, today: date) -> bool:
    """Whether a hold binds the record now; one without its date counts as held (fails closed)."""
    try:
        return any(hold.binds(today) for hold in record_holds(tools, planned.item.found))
    except BadInput:
        return True


def _order(planned: PlannedItem) -> Order:
    return Order(
        no=planned.row.no,
        table=planned.row.table,
        locator=planned.item.locator,
        outcome=planned.row.planned,
        hash_before=planned.item.content_hash,
    )

"""Fulfil: carry out a decided plan, system by system, batch by batch, each batch once.

First the whole system is looked at again: days of cooling off have passed, and what is no longer as the officers
read it (a contract renewed, a row that another person now shares) stays for a new decision.
For every batch: take the shared side of the hold lock -> ask the holds again -> foresee -> commit the intent ->
apply in one transaction of the system -> receipt. Killed anywhere, the retry finds the receipt, or the intent
and a row that is already as intended. Fulfilment may do less than was approved (a hold came), never more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

from activities.look_again import look_again
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
        looked = look_again(tools, connector, task)
        achieved: Counter[Outcome] = Counter(looked.achieved)
        stayed = {no for no, became in tools.plans.achieved(task.case).items() if became is Outcome.REVIEW}
        planned = tools.plans.items(task.case, task.system, DESTROYING, backwards=True)
        for number, chunk in enumerate(_chunks(planned)):
            batch = task.model_copy(update={"batch": f"v{task.version}-{number}"})
            receipt = tools.effects.receipt(batch.key) or _erase_batch(
                tools, connector, batch, [one for one in chunk if one.row.no not in stayed]
            )
            achieved.update(receipt.achieved)
        return Receipt(key=task.key, system=task.system, verb=Verb.ERASE, achieved=achieved)


def _chunks(planned: Iterator[PlannedItem]) -> Iterator[tuple[PlannedItem, ...]]:
    while chunk := tuple(islice(planned, BATCH)):
        yield chunk


def _erase_batch(tools: Tools, connector: Connector, task: Task, chunk: Sequence[PlannedItem]) -> Receipt:
    with tools.effects.gate(task.case) as orders_in_force:
        today = day_in_bangkok(tools.clock.now())
        became = _already(tools, connector, task, chunk)
        left = [p for p in chunk if p.row.no not in became]
        free = [p for p in left if not orders_in_force and not _held(tools, p, today)]
        became |= {p.row.no: Outcome.HOLD for p in left}
        if free:
            intended = tools.effects.intended(task) or tools.effects.intend(
                task, connector.foresee(_batch(task, free))
            )
            # What was held at the first attempt has no intent: it stays for the next decision.
            numbers = {one.no for one in intended} & {one.row.no for one in free}
            batch = _batch(task, [one for one in free if one.row.no in numbers])
            became |= _applied(connector, batch, [one for one in intended if one.no in numbers])
        receipt = Receipt(
            key=task.key, system=task.system, verb=Verb.ERASE, achieved=Counter(became.values())
        )
        return tools.effects.done(receipt, task.case, became)


def _already(
    tools: Tools, connector: Connector, task: Task, chunk: Sequence[PlannedItem]
) -> dict[int, Outcome]:
    """What an earlier attempt did before it died: rows that stand as it intended.

    Asked before the holds are: an order that came in between keeps nothing that is gone, and its receipt
    must not say so.
    """
    intended = tools.effects.intended(task)
    if intended is None:
        return {}
    after = {one.no: one.hash_after for one in intended}
    planned = {p.row.no: p for p in chunk if p.row.no in after}
    now = connector.observe(_batch(task, list(planned.values())))
    return {
        one.no: planned[one.no].row.planned
        for one in now
        if one.hash_after == after[one.no] and one.hash_after != planned[one.no].item.content_hash
    }


def _batch(task: Task, items: Sequence[PlannedItem]) -> Batch:
    return Batch(key=task.key, verb=Verb.ERASE, orders=tuple(_order(one) for one in items))


def _applied(connector: Connector, batch: Batch, intended: Sequence[Foreseen]) -> dict[int, Outcome]:
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

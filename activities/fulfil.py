"""Fulfil: carry out a decided plan, system by system, batch by batch, each batch once (`activities.batches`).

Before every attempt the whole system is looked at again: days have passed, and what is no longer as the officers read it (a
contract renewed, a row that is another person's now) stays for a new decision. Before anything is erased, every
batch takes the shared side of the hold lock and asks the holds again, the orders, and the restrictions that others
of the person's cases placed. Fulfilment may do less than was approved (a hold came), never more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from activities.asked import asked_of, received_at, wish_of
from activities.batches import Way, carry_out, chunks, planned_batches
from activities.consents import stands_now
from activities.freezing import must_not_be_frozen
from activities.look_again import look_again
from activities.plan import held
from activities.restrictions import kept_by_restriction
from activities.suspend import block, by_register, without_place
from activities.tools import Step, Tools, step
from activities.watch import erased, watching
from domain.calendar import day_in_bangkok
from domain.case import Receipt, Task
from domain.connector import Capability, Connector, Kept, Locker
from domain.item import place
from domain.keeping import ordered_for
from domain.outcomes import DESTROYING, Outcome
from domain.ports import PlannedItem
from domain.rights import Verb

_FULFILLED_BY = {
    Verb.ERASE: DESTROYING,
    Verb.CORRECT: frozenset({Outcome.CORRECT}),
    Verb.STOP: frozenset({Outcome.STOP}),
}
FORWARD = "correct-forward"
"""The task of whoever keeps the books: an issued document stands, and the next one is right."""


class Fulfil(Step):
    """Does in one system what the plan says: erases, corrects, or stops."""

    @step("fulfil")
    def fulfil(self, task: Task) -> Receipt:
        """The system's part, children before parents; the sum of its batches' receipts.

        `task.version` is the plan's: a supplementary decision makes new batches under new keys.
        """
        tools, verb = self.tools, task.verb or Verb.ERASE
        outcomes = _FULFILLED_BY[verb]
        # A system that knows no consents may still note that a record is not to be used.
        needed = Capability.LOCATE if verb is Verb.STOP else Capability(verb)
        connector = tools.connector(task.system, needed)
        tools.register.enter(task.case, task.step)
        must_not_be_frozen(tools, task.case)
        achieved = look_again(tools, connector, task, outcomes, moot=_consents_anew(tools, task.case, verb))
        stayed = {no for no, became in tools.plans.achieved(task.case).items() if became is Outcome.REVIEW}
        way = _way(tools, task, verb)
        for batch, chunk in planned_batches(tools, task, outcomes):
            must_not_be_frozen(tools, task.case)  # a large part takes hours, and the word may come meanwhile
            items = [one for one in chunk if one.row.no not in stayed]
            achieved.update(_one_batch(tools, connector, batch, items, way).achieved)
        if verb is Verb.ERASE and isinstance(connector, Locker):
            _lock_held(tools, connector, task)
        if DESTROYING & achieved.keys():
            erased(tools, task.case)
        if verb is Verb.CORRECT:
            achieved.update(_forward(tools, task).achieved)
        return Receipt(key=task.key, system=task.system, verb=verb, achieved=achieved)


def _consents_anew(tools: Tools, case: str, verb: Verb) -> bool:
    """Whether what rested on a withdrawn consent is erased while a new one stands: that is planned anew."""
    rests_on_none = verb is Verb.ERASE and tools.register.view(case).case.consent_only
    return rests_on_none and stands_now(tools, case)


def _lock_held(tools: Tools, connector: Locker, task: Task) -> None:
    """What a hold keeps to a day the system itself keeps to that day, if it can: nobody deletes it too early."""
    for chunk in chunks(tools.plans.items(task.case, task.system, frozenset({Outcome.HOLD}))):
        connector.lock(
            [
                Kept(table=one.row.table, locator=one.item.locator, until=one.row.until)
                for one in chunk
                if one.row.until is not None
            ]
        )


def _way(tools: Tools, task: Task, verb: Verb) -> Way:
    match verb:
        case Verb.CORRECT:
            return Way(verb, values=wish_of(tools, task.case).corrections)
        case Verb.STOP:
            return Way(verb, at=received_at(tools, task.case))
        case _:
            return Way(verb)


def _one_batch(
    tools: Tools, connector: Connector, batch: Task, items: list[PlannedItem], way: Way
) -> Receipt:
    if way.verb is Verb.STOP:
        return _stopped(tools, connector, batch, items, way)
    if way.verb is not Verb.ERASE:
        with watching(tools, connector, batch.case, items):
            return carry_out(tools.effects, connector, batch, items, way)
    asked, today = asked_of(tools, batch.case), day_in_bangkok(tools.clock.now())
    with tools.effects.gate(batch.case) as orders:
        resting = kept_by_restriction(tools, asked, batch.case, batch.system, [one.item for one in items])
        return carry_out(
            tools.effects,
            connector,
            batch,
            items,
            way,
            spared=lambda one: (
                ordered_for(orders.values(), one.row.unit)
                # A law keeps what it needs of a record, and is no reason to spare the rest.
                or (one.row.planned is not Outcome.CLEAR and held(tools, one.item.found, today))
                or resting.get(place(one.item), "")
                or ""
            ),
        )


def _stopped(tools: Tools, connector: Connector, batch: Task, items: list[PlannedItem], way: Way) -> Receipt:
    """What a system has no place for is kept from use by the register, and people see to it there."""
    placed, placeless = without_place(items)
    block(tools, batch, items)
    if Capability.STOP not in connector.capabilities:
        way = replace(way, verb=Verb.RESTRICT)
    done = carry_out(tools.effects, connector, batch, placed, way) if placed else _nothing(batch)
    if not placeless:
        return done
    receipt = by_register(tools, batch, placeless, way.verb, Outcome.STOP)
    return done.model_copy(update={"achieved": Counter(done.achieved) + Counter(receipt.achieved)})


def _nothing(batch: Task) -> Receipt:
    return Receipt(key=batch.key, system=batch.system, verb=Verb.STOP)


def _forward(tools: Tools, task: Task) -> Receipt:
    """Issued documents stand as they are; finance issues what takes their place (R36-RECORD)."""
    forward = task.model_copy(update={"batch": f"v{task.version}-forward"})
    planned: Iterator[PlannedItem] = tools.plans.items(
        task.case, task.system, frozenset({Outcome.CORRECT_FORWARD})
    )
    achieved = {one.row.no: Outcome.CORRECT_FORWARD for one in planned}
    receipt = Receipt(
        key=forward.key, system=task.system, verb=Verb.CORRECT, achieved=Counter(achieved.values())
    )
    if not achieved:
        return receipt
    tools.register.open_task(task.case, FORWARD, task.system)
    return tools.effects.done(receipt, task.case, achieved)

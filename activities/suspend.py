"""Suspend and resume: data that may not be used for the time being (s.32 ¶2, s.34).

The register keeps which records are blocked, for which case; a system that has a place for it notes it there too,
and for one that has none a task tells people to keep the records from use. A record that two cases block is free
when the last of them lets go, and what a system had noted before us is never lifted by us.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from activities.batches import Way, carry_out, chunks
from activities.tools import Step, Tools, step
from domain.aftermath import Block
from domain.case import Receipt, Task
from domain.connector import Batch, Capability, Connector, Order
from domain.item import Item, place
from domain.outcomes import SUSPENDING, Outcome
from domain.ports import ENGINE, PlannedItem
from domain.rights import Verb
from domain.states import State

KEEP_FROM_USE, USE_AGAIN = "keep-from-use", "use-again"
"""Tasks for whoever runs a system that has no place to note a restriction."""

_SUSPENDS = Way(Verb.RESTRICT, outcome=Outcome.RESTRICT)


class Suspend(Step):
    """Blocks the use of what a plan suspends or stops, and lifts that again."""

    @step("suspend")
    def suspend(self, task: Task) -> Receipt:
        """Block the system's records; consents that end are not suspended before."""
        tools = self.tools
        tools.register.enter(task.case, task.step)
        achieved: Counter[Outcome] = Counter()
        planned = tools.plans.items(task.case, task.system, SUSPENDING)
        for number, chunk in enumerate(chunks(planned)):
            batch = task.model_copy(update={"batch": f"v{task.version}-{number}"})
            items = [one for one in chunk if not ends(one)]
            placed, placeless = without_place(items)
            block(tools, batch, items)
            if placed:
                connector = tools.connector(task.system, Capability.RESTRICT)
                achieved.update(carry_out(tools.effects, connector, batch, placed, _SUSPENDS).achieved)
            if placeless:
                receipt = by_register(tools, batch, placeless, Verb.RESTRICT, Outcome.RESTRICT)
                achieved.update(receipt.achieved)
        return Receipt(key=task.key, system=task.system, verb=Verb.RESTRICT, achieved=achieved)

    @step("suspended")
    def suspended(self, task: Task) -> tuple[str, ...]:
        """The systems in which records are blocked for the case now."""
        return self.tools.blocks.systems(task.case)

    @step("resume")
    def resume(self, task: Task) -> Receipt:
        """Lift what the case blocked in a system, where no other case and nobody before us blocks it.

        `task.grounds`: the ground of what stays blocked all the same, as the answer is no to the rest only.
        """
        tools, achieved = self.tools, Counter[Outcome]()
        if task.step is not State.CLOSED:
            tools.register.enter(task.case, task.step)
        but = next(iter(task.grounds), "")
        for number, chunk in enumerate(chunks(tools.blocks.free(task.case, task.system, but=but))):
            placed = [item for item in chunk if item.found.restrictable]
            if placed:
                batch = task.model_copy(update={"batch": f"resume-v{task.version}-{number}"})
                achieved.update(_resumed(tools, batch, placed).achieved)
            if len(placed) < len(chunk):
                tools.register.open_task(task.case, USE_AGAIN, task.system)
        tools.blocks.lift(task.case, task.system, but=but)
        if task.system not in tools.blocks.systems(task.case):
            _no_longer(tools, task, KEEP_FROM_USE, USE_AGAIN)
        return Receipt(key=task.key, system=task.system, verb=Verb.RESUME, achieved=achieved)


def ends(one: PlannedItem) -> bool:
    """Whether the record is a consent that is to end, and not one whose use is to rest."""
    return one.item.found.consent is not None and one.row.planned is Outcome.STOP


def without_place(items: Sequence[PlannedItem]) -> tuple[list[PlannedItem], list[PlannedItem]]:
    """Those whose system can note it (a restriction, the end of a consent), and those only the register can."""
    placed: list[PlannedItem] = []
    placeless: list[PlannedItem] = []
    for one in items:
        (placed if one.item.found.restrictable or ends(one) else placeless).append(one)
    return placed, placeless


def block(tools: Tools, task: Task, items: Sequence[PlannedItem]) -> None:
    """Keep records from use in the register, before their system hears of it: none is ever blocked unseen.

    A record that its system already keeps from use, while nobody here had it blocked, was so before us.
    """
    blockable = [one for one in items if not ends(one)]
    if not blockable:
        return
    placed = [one for one in blockable if one.item.found.restrictable]
    placeless = [one for one in blockable if not one.item.found.restrictable]
    if placed:
        _place(tools, task, placed, _standing(tools, task, placed))
    if placeless:
        new = _place(tools, task, placeless, frozenset())
        # What is kept from use by hand already stays so: nobody is asked for it twice.
        tools.register.open_task(task.case, KEEP_FROM_USE, task.system, once=not new)
        _no_longer(tools, task, USE_AGAIN, KEEP_FROM_USE)


def _place(tools: Tools, task: Task, items: Sequence[PlannedItem], stood: frozenset[int]) -> int:
    blocks = [Block(item=one.item, stood=one.row.no in stood, ground=one.row.ground) for one in items]
    return tools.blocks.place(task.case, task.system, blocks)


def kept_by_hand(tools: Tools, case: str) -> bool:
    """Whether people have yet to see to it that records are not used, where a system has no place to note that."""
    return any(task.code == KEEP_FROM_USE for task in tools.tasks.of(case))


def _no_longer(tools: Tools, task: Task, code: str, because: str) -> None:
    """Nobody is asked for a thing any more once they are asked for its opposite."""
    for other in tools.tasks.of(task.case):
        if (other.code, other.system) == (code, task.system):
            tools.tasks.close(other.id, actor=ENGINE, reason=because, done=False)


def _standing(tools: Tools, task: Task, placed: Sequence[PlannedItem]) -> frozenset[int]:
    """The numbers of records that their system keeps from use already, and not for any case of ours."""
    # The register first: a case that lets go in between would else leave a note of ours that looks like one of
    # theirs, and nobody would ever lift it.
    ours = tools.blocks.among(task.system, [place(one.item) for one in placed])
    connector = tools.connector(task.system, Capability.RESTRICT)
    batch = _SUSPENDS.batch(task, placed)
    now = {one.no: one.hash_after for one in connector.observe(batch)}
    after = {one.no: one.hash_after for one in connector.foresee(batch)}
    return frozenset(
        one.row.no for one in placed if now[one.row.no] == after[one.row.no] and place(one.item) not in ours
    )


def by_register(
    tools: Tools, batch: Task, items: Sequence[PlannedItem], verb: Verb, outcome: Outcome
) -> Receipt:
    """The receipt for records that no system notes: the register alone keeps them from use."""
    of_register = batch.model_copy(update={"batch": f"{batch.batch}-register"})
    achieved = {one.row.no: outcome for one in items}
    receipt = Receipt(
        key=of_register.key, system=batch.system, verb=verb, achieved=Counter(achieved.values())
    )
    return tools.effects.done(receipt, batch.case, achieved)


def _resumed(tools: Tools, task: Task, items: Sequence[Item]) -> Receipt:
    if done := tools.effects.receipt(task.key):
        return done
    connector = tools.connector(task.system, Capability.RESUME)
    batch = _lifting(connector, task, items)
    intended = tools.effects.intended(task) or tools.effects.intend(task, connector.foresee(batch))
    # What drifted since was changed by others and is theirs: it is looked at no more.
    kinds = Counter(effect.kind for effect in connector.apply(batch, intended))
    receipt = Receipt(
        key=task.key, system=task.system, verb=Verb.RESUME, achieved={Outcome.RESTRICT: kinds.total()}
    )
    return tools.effects.done(receipt, task.case, {})


def _lifting(connector: Connector, task: Task, items: Sequence[Item]) -> Batch:
    """Orders on the records as they stand now: what happened to them meanwhile is no reason to keep them blocked."""
    orders = tuple(
        Order(
            no=number,
            table=item.found.table,
            locator=item.locator,
            outcome=Outcome.RESTRICT,
            hash_before=item.content_hash,
        )
        for number, item in enumerate(items, 1)
    )
    batch = Batch(key=task.key, verb=Verb.RESUME, orders=orders)
    now = {one.no: one.hash_after for one in connector.observe(batch)}
    return batch.model_copy(
        update={"orders": tuple(o.model_copy(update={"hash_before": now[o.no]}) for o in orders)}
    )

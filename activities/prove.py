"""Prove: locate again. What is found must be what the plan says; anything else is told by name."""

from __future__ import annotations

from collections.abc import Sequence

from activities.asked import received_at, wish_of
from activities.batches import Way
from activities.look_again import located
from activities.suspend import without_place
from activities.tools import Step, Tools, step
from activities.watch import settled
from domain.case import Proof, Proved, Task
from domain.connector import Capability, Connector
from domain.item import Item, place
from domain.outcomes import KEEPING, Outcome
from domain.ports import PlannedItem
from domain.rights import RULES, Verb

_CHANGED = frozenset(
    {
        *(Outcome.ANONYMISE, Outcome.DETACH, Outcome.CLEAR),
        *(Outcome.CORRECT, Outcome.RESTRICT, Outcome.STOP),
    }
)
"""Outcomes after which the row is still there: with other content, without its link to the person, or unused."""


class Prove(Step):
    """Looks again, system by system."""

    @step("prove")
    def prove(self, task: Task) -> Proved:
        """Compare what is found now with what the plan keeps and what it changed.

        An erasure answers for every record that is found; another right only for those that its plan lists.
        What a vendor may need time for is pending until that time is over, and only then left over.
        """
        tools = self.tools
        connector = tools.connector(task.system, Capability.LOCATE)
        tools.register.enter(task.case, task.step)
        verb = RULES[tools.register.view(task.case).case.right].verb
        kept = {place(one.item) for one in tools.plans.items(task.case, task.system, KEEPING)}
        changed = {place(one.item): one for one in tools.plans.items(task.case, task.system, _CHANGED)}
        left = wrong = 0
        for page in located(tools, connector, task.case):
            left += len(page)
            if verb is Verb.ERASE:
                wrong += sum(place(item) not in kept and place(item) not in changed for item in page)
            again = [_as_now(changed[p], item) for item in page if (p := place(item)) in changed]
            wrong += _unlike(tools, connector, task, verb, again)
        proved = Proved(
            system=task.system,
            proof=_proof(tools, connector, task, wrong),
            left=left,
            leftover=wrong,
        )
        if verb is Verb.ERASE and proved.proof is not Proof.PENDING:
            settled(tools, connector, task.case)
        tools.findings.proved(task.case, proved)
        return proved


def _proof(tools: Tools, connector: Connector, task: Task, wrong: int) -> Proof:
    if not wrong:
        return Proof.CLEAN
    settles, when = connector.settles_within, tools.effects.when(task.case)
    done = (when[one.key] for one in tools.effects.receipts(task.case) if one.system == task.system)
    last = max(done, default=None) if settles else None
    settling = last is not None and tools.clock.now() < last + settles
    return Proof.PENDING if settling else Proof.LEFTOVER


def _as_now(planned: PlannedItem, item: Item) -> PlannedItem:
    """The planned item with the content that it has now."""
    return planned.model_copy(
        update={"item": planned.item.model_copy(update={"content_hash": item.content_hash})}
    )


def _unlike(tools: Tools, connector: Connector, task: Task, verb: Verb, items: Sequence[PlannedItem]) -> int:
    """How many rows are not yet what their outcome makes of them: for one that is, nothing would change."""
    if verb in {Verb.STOP, Verb.RESTRICT}:
        items, placeless = without_place(items)
        free = sum(not tools.blocks.blocked(task.system, o.row.table, o.item.locator) for o in placeless)
    else:
        free = 0
    if not items:
        return free
    way = _way(tools, connector, task, verb)
    foreseen = connector.foresee(way.batch(task, items))
    after = {one.no: one.hash_after for one in foreseen}
    return free + sum(after[one.row.no] != one.item.content_hash for one in items)


def _way(tools: Tools, connector: Connector, task: Task, verb: Verb) -> Way:
    if verb is Verb.CORRECT:
        return Way(verb, values=wish_of(tools, task.case).corrections)
    if verb is Verb.STOP and Capability.STOP in connector.capabilities:
        return Way(verb, at=received_at(tools, task.case))
    return Way(Verb.RESTRICT if verb is Verb.STOP else verb)

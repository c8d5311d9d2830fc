"""Prove: locate again. What is left must equal what the plan keeps; anything else is told by name."""

from __future__ import annotations

from collections.abc import Sequence

from activities.look_again import located, place
from activities.tools import Step, step
from domain.case import Proof, Proved, Task
from domain.connector import Batch, Capability, Connector, Order
from domain.item import Item
from domain.outcomes import KEEPING, Outcome
from domain.rights import Verb

_CHANGED = frozenset({Outcome.ANONYMISE, Outcome.DETACH})
"""Outcomes after which the row is still there, with other content or without its link to the person."""


class Prove(Step):
    """Looks again, system by system."""

    @step("prove")
    def prove(self, task: Task) -> Proved:
        """Compare what is found now with what the plan keeps and what it changed."""
        tools = self.tools
        connector = tools.connector(task.system, Capability.LOCATE)
        tools.register.enter(task.case, task.step)
        kept = {place(e.item) for e in tools.plans.items(task.case, task.system, KEEPING)}
        changed = {place(e.item): e.row.planned for e in tools.plans.items(task.case, task.system, _CHANGED)}
        left = wrong = 0
        for page in located(tools, connector, task.case):
            left += len(page)
            wrong += sum(place(item) not in kept and place(item) not in changed for item in page)
            wrong += _unlike(connector, task, [(i, changed[p]) for i in page if (p := place(i)) in changed])
        proved = Proved(
            system=task.system,
            proof=Proof.LEFTOVER if wrong else Proof.CLEAN,
            left=left,
            leftover=wrong,
        )
        tools.findings.proved(task.case, proved)
        return proved


def _unlike(connector: Connector, task: Task, items: Sequence[tuple[Item, Outcome]]) -> int:
    """How many rows are not yet what their outcome makes of them: for one that is, nothing would change."""
    if not items:
        return 0
    orders = tuple(
        Order(
            no=number,
            table=item.found.table,
            locator=item.locator,
            outcome=outcome,
            hash_before=item.content_hash,
        )
        for number, (item, outcome) in enumerate(items)
    )
    foreseen = connector.foresee(Batch(key=task.key, verb=Verb.ERASE, orders=orders))
    after = {one.no: one.hash_after for one in foreseen}
    return sum(after[order.no] != order.hash_before for order in orders)

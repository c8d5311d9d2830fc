"""Sweep: every night, what nobody asks for goes when its time is over (s.37(3)); planned, approved where it must be, done.

Just before anything is erased the systems are looked at again, and every batch asks the holds, the orders and the
restrictions once more behind the hold lock: a sweep that waited for days does less than was planned, never more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from activities.batches import Way, carry_out, chunks
from activities.plan import held
from activities.sweeping import Ordered, expired, judged, ordered, pages, restricted
from activities.tools import Step, Tools, step
from domain.agreements import BACK, TenantKeeper
from domain.calendar import day_in_bangkok
from domain.case import Receipt, Task
from domain.connector import Capability, Connector
from domain.item import Item, place
from domain.outcomes import Outcome
from domain.ports import PlannedItem
from domain.rights import Verb
from domain.states import State
from domain.sweep import Swept
from domain.sweeping import Part, Sweep


class Sweeping(Step):
    """Plans a sweep, carries out one system's part of it, and closes it."""

    @step("sweep-plan")
    def plan(self) -> Sweep | None:
        """The sweep that stands, or a new one; None where nothing's time is over."""
        tools = self.tools
        standing = tools.sweeps.standing()
        if standing is not None:
            return standing
        policy, today = tools.policy, day_in_bangkok(tools.clock.now())
        return tools.sweeps.write(today, policy.version, policy.sweep_ceiling, self._found())

    def _found(self) -> Iterator[tuple[Item, Swept]]:
        tools, today = self.tools, day_in_bangkok(self.tools.clock.now())
        with tools.effects.gate_of_all() as orders:
            pass
        for connector in tools.able(Capability.EXPIRE):
            yield from expired(tools, connector, today, ordered(tools, connector, orders))

    @step("sweep")
    def sweep(self, part: Part) -> Receipt:
        """Erase what is to go in one system; the sum of its batches' receipts. A retry finds what was done."""
        tools, sweep = self.tools, self.tools.sweeps.view(part.sweep)
        achieved: Counter[Outcome] = Counter()
        task = Task(case=part.sweep, step=State.FULFILLING, system=part.system, verb=Verb.ERASE)
        if not sweep.waits and sweep.done is None:
            connector = tools.connector(part.system, Capability.ERASE)
            tenant = tools.departures.view(sweep.departure).tenant if sweep.departure else ""
            gate = _Gate(tools, connector, tenant)
            tools.sweeps.look(part.sweep, part.system, gate.found())
            for number, chunk in enumerate(chunks(tools.sweeps.items(part.sweep, part.system))):
                batch = task.model_copy(update={"batch": f"n{number}"})
                achieved.update(gate.pass_through(batch, chunk).achieved)
        return Receipt(key=task.key, system=part.system, verb=Verb.ERASE, achieved=achieved)

    @step("sweep-end")
    def end(self, sweep: str) -> int:
        """Close it, if all its parts are done; how many records went."""
        return sum(one.items for one in self.tools.sweeps.finish(sweep).erased)


@dataclass
class _Gate:
    """Where every batch is asked once more what keeps its records. Whose they are is looked up when the orders change."""

    tools: Tools
    connector: Connector
    tenant: str = ""
    _kept: Ordered | None = None

    def found(self) -> Iterator[Sequence[tuple[Item, Swept]]]:
        """What becomes of it today, page by page, as the system stands now."""
        tools, today = self.tools, day_in_bangkok(self.tools.clock.now())
        with tools.effects.gate_of_all() as orders:
            pass
        kept = ordered(tools, self.connector, orders, self.tenant)
        for items in pages(tools, self.connector, today, self.tenant):
            yield [*judged(tools, self.connector.name, items, today, kept)]

    def pass_through(self, batch: Task, chunk: Sequence[PlannedItem]) -> Receipt:
        """Carry out one batch while no order and no restriction can be placed."""
        tools = self.tools
        with tools.effects.gate_of_all() as orders:
            if self._kept is None or self._kept.orders != orders:
                self._kept = ordered(tools, self.connector, orders, self.tenant)
            spared = self._spared(self._kept, chunk)
            way = Way(Verb.ERASE)
            return carry_out(tools.sweeps, self.connector, batch, chunk, way, spared=spared)

    def _spared(self, kept: Ordered, chunk: Sequence[PlannedItem]) -> Callable[[PlannedItem], str]:
        tools, today = self.tools, day_in_bangkok(self.tools.clock.now())
        resting = restricted(tools, self.connector.name, [one.item for one in chunk])
        back = BACK if self.tenant and not self._has_left(today) else ""

        def ground(one: PlannedItem) -> str:
            where = place(one.item)
            return (
                back
                or kept.ground(where, one.item.found.unit)
                or resting.get(where, "")
                or held(tools, one.item.found, today)
            )

        return ground

    def _has_left(self, today: date) -> bool:
        """Whether the tenant's contract has ended still: asked of the system itself, just before each batch."""
        keeper = self.connector
        return isinstance(keeper, TenantKeeper) and any(
            one.tenant == self.tenant for one in keeper.ended(today)
        )

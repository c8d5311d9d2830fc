"""A restored backup before it serves anybody: what was erased since is erased again (Notification B.E. 2567 cl.3 and cl.4).

No activity: whoever restores runs it while nothing else does, and again until nothing is back. A record is found by its
key, which no system gives twice, whatever the snapshot says in it: what stood otherwise that day was to go all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from activities.batches import chunks
from activities.tools import Tools
from domain.connector import ABSENT, Batch, Capability, Connector, Foreseen, Order
from domain.errors import Integrity
from domain.keeping import ordered_for
from domain.rights import Verb
from domain.tombstones import Replayed, Tombstone, Tombstones


def replay(tools: Tools, tombstones: Tombstones, system: str, *, look_only: bool = False) -> Replayed:
    """Destroy again what stands in a system again; with `look_only` it is counted and left.

    What an order placed since names is spared: it may not be destroyed now, whoever destroyed it before.

    Raises:
        NotFound: no such system.
        CapabilityMissing: it cannot erase, so nobody restores it from here.
        Integrity: something still stands after it was to go: the system must not serve yet.
    """
    connector = tools.connector(system, Capability.ERASE)
    pass_over = _Pass(tools, connector, look_only=look_only)
    for number, chunk in enumerate(chunks(tombstones.of(system))):
        pass_over.take(number, chunk)
    found = pass_over.found
    if not look_only and found["back"] > found["gone"] + found["spared"]:
        raise Integrity("restored-records-remain", "run it again, and look at the system", system=system)
    return Replayed(system=system, **found)


@dataclass
class _Pass:
    tools: Tools
    connector: Connector
    look_only: bool
    found: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("known", "back", "gone", "spared"), 0)
    )

    def take(self, number: int, chunk: Sequence[Tombstone]) -> None:
        """One batch: what is as it was left needs nothing."""
        orders = [
            Order(
                no=no,
                table=one.item.found.table,
                locator=one.item.locator,
                outcome=one.outcome,
                hash_before=ABSENT,
            )
            for no, one in enumerate(chunk)
        ]
        batch = Batch(key=f"replay-{number}", verb=Verb.ERASE, orders=tuple(orders))
        back = self._back(batch)
        spared = {order.no for order in back.orders if self._ordered(chunk[order.no])}
        free = back.model_copy(update={"orders": tuple(one for one in back.orders if one.no not in spared)})
        self._count(known=len(chunk), back=len(back.orders), spared=len(spared))
        if free.orders and not self.look_only:
            self.connector.apply(free, self.connector.foresee(free))
            self._count(gone=len(free.orders) - len(self._back(free).orders))

    def _back(self, batch: Batch) -> Batch:
        """Those orders whose record stands there otherwise than destroyed, each with the content that it has now."""
        now = _hashes(self.connector.observe(batch))
        there = tuple(
            one.model_copy(update={"hash_before": now[one.no]})
            for one in batch.orders
            if now[one.no] != ABSENT
        )
        standing = batch.model_copy(update={"orders": there})
        after = _hashes(self.connector.foresee(standing)) if there else {}
        # What was anonymised or detached stays, and is as it would be left.
        left = tuple(one for one in there if after[one.no] != now[one.no])
        return standing.model_copy(update={"orders": left})

    def _ordered(self, one: Tombstone) -> bool:
        with self.tools.effects.gate(one.case) as orders:
            return bool(ordered_for(orders.values(), one.item.found.unit))

    def _count(self, **more: int) -> None:
        for name, count in more.items():
            self.found[name] += count


def _hashes(seen: Sequence[Foreseen]) -> dict[int, str]:
    return {one.no: one.hash_after for one in seen}

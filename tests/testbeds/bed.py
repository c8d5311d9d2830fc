"""A test-bed: a real schema with data and an oracle, which stand outside this repository; the map is ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from activities.plan import judge
from activities.tools import Tools
from cli.locate import items_of, subject_of, told
from connectors.datamap_read import load_map
from connectors.sql import SqlConnector
from domain.assess import Asked
from domain.connector import Batch, EffectKind, Order
from domain.item import Item, Subject
from domain.outcomes import DESTROYING
from domain.rights import Right, Verb
from policy.load import load_policy

ROOT = Path(__file__).parents[2]
MAPS = Path(__file__).with_name("maps")
_BATCH = 500


class Bed:
    """One database under a map of ours, on one day."""

    def __init__(self, name: str, url: str, as_of: date) -> None:
        self.connector = SqlConnector(
            name, url, load_map(MAPS / f"{name}.map.yaml"), secret=b"testbed", today=lambda: as_of
        )
        self._as_of = as_of
        self._tools = cast("Tools", SimpleNamespace(policy=load_policy(ROOT / "policy")))

    def subject(self, *known_by: tuple[str, str]) -> Subject:
        return subject_of(self.connector, known_by, "")

    def located(self, subject: Subject) -> list[dict[str, Any]]:
        """What `starter.py locate --json` tells."""
        return [told(self._tools, item, self._as_of) for item in items_of(self.connector, subject)]

    def erase(self, subject: Subject) -> int:
        """Carry out what an erasure on that day would; how many records it reached."""
        orders = list(self._orders(items_of(self.connector, subject)))
        orders.reverse()  # children before parents over the batches too
        for at in range(0, len(orders), _BATCH):
            self._carry_out(tuple(orders[at : at + _BATCH]), at)
        return len(orders)

    def _orders(self, items: Iterator[Item]) -> Iterator[Order]:
        for item in items:
            row = judge(self._tools, Asked(right=Right.ERASURE), item.found, self._as_of, kept_on="")
            if row and row.planned in DESTROYING:
                yield Order(
                    no=item.found.no,
                    table=item.found.table,
                    locator=item.locator,
                    outcome=row.planned,
                    hash_before=item.content_hash,
                )

    def _carry_out(self, orders: Sequence[Order], at: int) -> None:
        batch = Batch(
            key=f"bed:fulfilling:{self.connector.name}:erase:{at}", verb=Verb.ERASE, orders=tuple(orders)
        )
        effects = self.connector.apply(batch, self.connector.foresee(batch))
        assert EffectKind.DRIFTED not in {effect.kind for effect in effects}

    def close(self) -> None:
        self.connector.close()

"""What a measurement is, how two are taken side by side, and how all are printed."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One measured thing: what it costs us, what the floor of the same run costs, and the most it may be.

    `limit` is on `ours` or on the `ratio`; without one the row only informs. Of a rate more is better, so its
    ratio is turned round: above 1 we are always the slower, and its limit on `ours` is the least that it may be.
    """

    what: str
    ours: float
    unit: str
    floor: float | None = None
    limit: float | None = None
    limit_on: Literal["ours", "ratio"] = "ratio"
    rate: bool = False

    @property
    def ratio(self) -> float | None:
        if not self.floor or not self.ours:
            return None
        return self.floor / self.ours if self.rate else self.ours / self.floor

    @property
    def ok(self) -> bool | None:
        """None where nothing is promised."""
        measured = self.ours if self.limit_on == "ours" else self.ratio
        if self.limit is None or measured is None:
            return None
        least = self.rate and self.limit_on == "ours"
        return measured >= self.limit if least else measured <= self.limit


def seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def side_by_side(
    ours: Callable[[], object], floor: Callable[[], object], *, times: int, warm: int = 1
) -> tuple[float, float]:
    """Medians in seconds. Taken in turns, so that what else the machine does hits both."""
    for _ in range(warm):
        ours()
        floor()
    pairs = [(seconds_of(ours), seconds_of(floor)) for _ in range(times)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def as_json(rows: Sequence[Row]) -> str:
    told = [asdict(row) | {"ratio": row.ratio, "ok": row.ok} for row in rows]
    return json.dumps({"rows": told, "ok": all(row.ok is not False for row in rows)}, indent=2)


def show(rows: Sequence[Row], console: Console) -> None:
    table = Table("what", "ours", "floor", "ratio", "limit", "ok")
    for row in rows:
        floor = "" if row.floor is None else f"{_number(row.floor)} {row.unit}"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        ok = {None: "", True: "yes", False: "[bold red]NO[/]"}[row.ok]
        table.add_row(row.what, f"{_number(row.ours)} {row.unit}", floor, ratio, _limit(row), ok)
    console.print(table)


def _limit(row: Row) -> str:
    if row.limit is None:
        return ""
    return f"{row.limit:g} {row.unit}" if row.limit_on == "ours" else f"{row.limit:g} x"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

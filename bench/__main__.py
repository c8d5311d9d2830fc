"""`python -m bench [--json] [--only NAME] [--quick]`: measure, print, and exit 1 when a limit is broken."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence

from rich.console import Console

from bench import (
    cases,
    crowd,
    documents,
    erasing,
    inspecting,
    large,
    objects,
    reading,
    rights,
    rows,
    sealing,
    search,
)
from bench.place import Place, furnished
from bench.rows import Row

FULL, QUICK = 3, 1
"""How often everything is done, in multiples of what each part takes for one look."""

PARTS: dict[str, Callable[[Place, int], list[Row]]] = {
    "cases": lambda place, effort: asyncio.run(
        cases.measure(place, sequential=5 * effort, blocks=effort, block=60)
    ),
    "rights": lambda place, effort: asyncio.run(rights.measure(place, times=rights.TIMES * effort // FULL)),
    "documents": lambda place, effort: documents.measure(place, reading.active_customer(), times=5 * effort),
    "search": lambda place, effort: search.measure(place, times=15 * effort),
    "sealing": lambda place, _: sealing.measure(place),
    "large": lambda place, effort: large.measure(place, times=effort),
    "erasing": lambda place, effort: erasing.measure(place, times=effort),
    "objects": lambda place, effort: objects.measure(place, times=effort),
    "crowd": lambda place, effort: crowd.measure(place, times=effort),
    "inspecting": lambda place, effort: inspecting.measure(place, count=inspecting.CASES * effort // FULL),
}
"""In this order: `large`, `erasing`, `crowd` and `inspecting` fill tables, so that what is small is measured before."""


def main(said: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part (may be repeated)")
    parser.add_argument("--quick", action="store_true", help="once each: a look, not a measurement")
    asked = parser.parse_args(said)
    aside = Console(stderr=True)
    measured: list[Row] = []
    with furnished() as place:
        for name in asked.only or PARTS:
            aside.print(f"measuring {name} ...", style="dim")
            found = PARTS[name](place, QUICK if asked.quick else FULL)
            measured += found
            if not asked.json:
                # At once: what breaks in a later part must not take along what was measured.
                rows.show(found, Console())
    if asked.json:
        sys.stdout.write(rows.as_json(measured) + "\n")
    return 1 if any(row.ok is False for row in measured) else 0


if __name__ == "__main__":
    sys.exit(main())

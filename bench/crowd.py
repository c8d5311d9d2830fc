"""One person with ninety thousand rows: located, copied, written as JSON and CSV, in a process of its own.

Run as a program it is that process: it builds the house from its environment, as a worker does, so that all
that a worker has in memory counts.
"""

from __future__ import annotations

import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import sqlalchemy as sa

from bench.reading import SYSTEM, ByHand, active_customer, records_of, subject_of
from bench.rows import Row
from demo.scenarios import FORMER_CUSTOMER
from exports import words
from exports.dossier import Dossier

if TYPE_CHECKING:
    from bench.place import Place

ROWS, MANY = 90_000, 1_000_000
LIMIT_SECONDS = 3.0
LIMIT_MEGABYTES, LIMIT_GROWTH = 200.0, 50.0
_USER = FORMER_CUSTOMER.user_ids[0]
_FIRST = 10_000_000
_ALONE = "--alone"
_MEGABYTE = 1 << 20

_VIEWS = sa.text(
    "insert into page_views (id, user_id, visitor_id, path, feature, duration_ms, ip_address, browser,"
    " operating_system, viewed_at) select :first + n, :user, null, '/contacts/' || n, 'contacts', n % 9000,"
    " '192.0.2.' || n % 250, 'Chrome 141', 'Windows 11',"
    " timestamptz '2024-01-01 00:00+00' + n * interval '1 minute' from generate_series(1, :rows) n"
)
_LOGINS = sa.text(
    "insert into login_events (id, user_id, happened_at, outcome, ip_address, user_agent)"
    " select :first + n, :user, timestamptz '2024-01-01 00:00+00' + n * interval '1 minute', 'ok',"
    " '192.0.2.' || n % 250, 'Mozilla/5.0 (X11; Linux x86_64) Firefox/144.0' from generate_series(1, :rows) n"
)


def fill(crm: sa.Engine, rows: int, *, beside: int = 0) -> None:
    """Give the person so many rows, beside those that were given before."""
    with crm.begin() as connection:
        for statement in (_VIEWS, _LOGINS):
            bound = {"first": _FIRST + beside, "user": _USER, "rows": (rows - beside) // 2}
            connection.execute(statement, bound)
    with crm.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("analyze"))


def measure(place: Place, *, times: int) -> list[Row]:
    fill(place.crm, ROWS)
    runs = [_child(place) for _ in range(times)]
    ours, floor, peak, grown = (
        statistics.median(run[name] for run in runs) for name in ("ours", "floor", "peak", "grown")
    )
    what = f"{int(runs[0]['records']):,} rows"
    fill(place.crm, MANY, beside=ROWS)
    most = _child(place, _ALONE)  # the floor holds all of it in memory
    return [
        Row(f"{what}: locate, copy, JSON, CSV", ours, "s", floor, LIMIT_SECONDS, limit_on="ours"),
        Row(f"{what}: resident at the most", peak, "MB", None, LIMIT_MEGABYTES, limit_on="ours"),
        Row(f"{what}: resident growth", grown, "MB"),
        Row(
            f"{int(most['records']):,} rows: resident growth",
            most["grown"],
            "MB",
            limit=LIMIT_GROWTH,
            limit_on="ours",
        ),
    ]


def _child(place: Place, *asked: str) -> dict[str, float]:
    ended = subprocess.run(
        [sys.executable, "-m", "bench.crowd", *asked],
        env=place.installation.environment(),
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        check=True,
    )
    told: dict[str, float] = json.loads(ended.stdout)
    return told


def _package(place_for_files: Path, connector: Any, policy: Any, subject: Any) -> int:
    about = {"reference": "DSR-BENCH", "language": "th"}
    dossier = Dossier(about, connector.describe(), policy, words.load()["th"])
    counted = 0

    def counting() -> Iterator[Any]:
        nonlocal counted
        for record in records_of(connector, subject):
            counted += 1
            yield record

    with (place_for_files / "ours.zip").open("wb") as out:
        dossier.write(counting(), out, lambda _: {})
    return counted


def _by_hand(place_for_files: Path, crm: sa.Engine) -> None:
    """The same rows to plain JSON and CSV, no digest, no zip, no seal."""
    with (place_for_files / "floor.json").open("w", encoding="utf-8") as out:
        tables = groupby(ByHand(crm).copy(_USER), key=tuple)
        for number, (columns, rows) in enumerate(tables):
            with (place_for_files / f"{number}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(columns)
                for row in rows:
                    writer.writerow(row.values())
                    json.dump(row, out, default=str, ensure_ascii=False)


def _peak() -> float:
    """Of this process alone, as the kernel saw it: `ru_maxrss` would carry the parent's over."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """The child: one warm-up on a small person, then the large one, then the floor."""
    import_module("weasyprint")  # which a worker has loaded since its first letter
    from bootstrap import build
    from settings import Settings
    from worker import settle_memory

    settings = Settings.from_environment()
    house = build(settings)
    settle_memory()
    connector = house.tools.connectors[SYSTEM]
    crm = sa.create_engine(connector._engine.url)  # type: ignore[attr-defined]  # noqa: SLF001
    with tempfile.TemporaryDirectory() as directory:
        files = Path(directory)
        _package(files, connector, house.policy, active_customer())
        before = psutil.Process().memory_info().rss / _MEGABYTE
        started = time.perf_counter()
        records = _package(files, connector, house.policy, subject_of(_USER, FORMER_CUSTOMER.email))
        ours, peak = time.perf_counter() - started, _peak()
        started = time.perf_counter()
        if _ALONE not in sys.argv:
            _by_hand(files, crm)
        floor = time.perf_counter() - started
    told = {"records": records, "ours": ours, "floor": floor, "peak": peak, "grown": peak - before}
    sys.stdout.write(json.dumps(told))
    house.close()


if __name__ == "__main__":
    main()

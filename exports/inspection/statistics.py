"""Counted while the register of requests passes by: volume, outcome, and days taken against the limit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.inspected import BY_NAME

_PLACE = {column.name: place for place, column in enumerate(BY_NAME["cases"].columns)}


@dataclass
class _Right:
    received: int = 0
    open: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    days: Counter[int] = field(default_factory=Counter)
    late: int = 0
    allowed: int = 0


class Statistics:
    """Keeps a few counters a right and a month, however many cases there are."""

    def __init__(self) -> None:
        self._rights: defaultdict[str, _Right] = defaultdict(_Right)
        self._months: Counter[str] = Counter()

    def watch(self, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """The rows as they come, counted."""
        right, ending = _PLACE["right"], _PLACE["ending"]
        received, taken = _PLACE["received_on"], _PLACE["days_taken"]
        allowed, in_time = _PLACE["days_allowed"], _PLACE["in_time"]
        for row in rows:
            of = self._rights[row[right]]
            of.received += 1
            of.allowed = max(of.allowed, row[allowed])
            self._months[row[received].strftime("%Y-%m")] += 1
            if row[ending] is None:
                of.open += 1
            else:
                of.endings[row[ending]] += 1
                of.days[row[taken]] += 1
                of.late += not row[in_time]
            yield row

    def told(self) -> dict[str, Any]:
        """As JSON: by right and by month of receipt."""
        return {
            "format": "sitthi-audit-statistics",
            "version": 1,
            "rights": [
                {
                    "right": name,
                    "received": of.received,
                    "open": of.open,
                    "closed": of.received - of.open,
                    "in_time": of.received - of.open - of.late,
                    "late": of.late,
                    "endings": dict(sorted(of.endings.items())),
                    "days_allowed": of.allowed,
                    "days_taken": {
                        "median": _median(of.days),
                        "longest": max(of.days, default=None),
                        "by_day": {str(day): of.days[day] for day in sorted(of.days)},
                    },
                }
                for name, of in sorted(self._rights.items())
            ],
            "months": [{"month": month, "received": self._months[month]} for month in sorted(self._months)],
        }


def bars(counts: Mapping[str, int] | Sequence[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """For a chart: each name with its count and its length in hundredths of the longest."""
    pairs = list(counts.items()) if isinstance(counts, Mapping) else list(counts)
    most = max((count for _, count in pairs), default=0)
    return [(name, count, round(100 * count / most) if most else 0) for name, count in pairs]


def _median(days: Counter[int]) -> int | None:
    """The lower median."""
    half, seen = (days.total() + 1) // 2, 0
    for day in sorted(days):
        seen += days[day]
        if seen >= half:
            return day
    return None

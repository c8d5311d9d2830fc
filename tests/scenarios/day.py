"""A clock that tests set: the scenarios name their day, and years pass in a moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from domain.calendar import BANGKOK

TODAY = date(2026, 11, 22)
"""The day of every scenario that names no other: a Sunday."""


def at(day: date, hour: int = 10) -> datetime:
    """An hour of that day in Bangkok, in UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=BANGKOK).astimezone(UTC)


class DayClock:
    """Goes on from wherever it was set."""

    def __init__(self, now: datetime) -> None:
        self.set(now)

    def now(self) -> datetime:
        """The instant that it shows."""
        return self._since + timedelta(seconds=time.monotonic() - self._began)

    def set(self, now: datetime) -> None:
        """Show that instant, and go on from there."""
        self._since, self._began = now, time.monotonic()

    @contextmanager
    def on(self, day: date, hour: int = 10) -> Iterator[None]:
        """Be at that hour of that day, and then where it was before."""
        before = self.now()
        self.set(at(day, hour))
        try:
            yield
        finally:
            self.set(before)

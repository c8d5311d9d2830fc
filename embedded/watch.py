"""Start again what dies: at once at first, then after ever longer pauses."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from domain.errors import SitthiError

_LOOK_SECONDS = 0.2
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_HEALTHY_SECONDS = 60.0  # after so long without dying, its earlier deaths are forgotten


class Service(Protocol):
    """Something that is kept up."""

    @property
    def name(self) -> str:
        """What people call it."""

    def start(self) -> None:
        """Start it and return when it is usable."""

    def stop(self) -> None:
        """Stop it in order."""

    def alive(self) -> bool:
        """Tell whether its process runs."""


@dataclass
class _Record:
    service: Service
    pause: float = 0.0
    not_before: float = 0.0
    started: float = 0.0


class Watch:
    """A thread that keeps services up; `revived` is called with each that it started again.

    Hold `paused` while starting or stopping services by hand.
    """

    def __init__(self, say: Callable[[str], None], revived: Callable[[Service], None]) -> None:
        self.paused = threading.RLock()
        self._say = say
        self._revived = revived
        self._records: list[_Record] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def add(self, service: Service) -> None:
        """Keep this up from now on; it was just started."""
        with self.paused:
            self._records.append(_Record(service, started=time.monotonic()))
            if not self._thread.is_alive():
                self._thread.start()

    def end(self) -> list[Service]:
        """Stop watching; return the services, the last added first."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        return [record.service for record in reversed(self._records)]

    def _run(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            with self.paused:
                for record in self._records:
                    if not record.service.alive() and time.monotonic() >= record.not_before:
                        self._revive(record)

    def _revive(self, record: _Record) -> None:
        now = time.monotonic()
        if now - record.started > _HEALTHY_SECONDS:
            record.pause = 0.0
        record.pause = min(max(_FIRST_PAUSE, record.pause * 2), _LONGEST_PAUSE)
        record.not_before = now + record.pause
        self._say(f"{record.service.name} ended unasked; starting it again")
        try:
            record.service.start()
        except (SitthiError, OSError) as error:  # OSError: its program is gone, or no memory for it
            self._say(f"{record.service.name}: {error}")
            return
        record.started = time.monotonic()
        self._revived(record.service)

"""Switchable faults of the stand-in: what a vendor does on a bad day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """What goes wrong.

    `lost` carries the request out and breaks the answer off; `dropped` breaks it off before anything is done.
    """

    RATE_LIMIT = "rate-limit"
    ERROR = "error"
    TIMEOUT = "timeout"
    LOST = "lost"
    DROPPED = "dropped"


@dataclass
class Trouble:
    """A fault that strikes every request after so many; `writes_only`: reads are neither counted nor struck."""

    fault: Fault
    after: int = 0
    writes_only: bool = False
    times: int = 1_000_000
    seconds: float = 1.0
    path: str = ""

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is struck; counts it."""
        if (self.writes_only and method == "GET") or self.path not in path:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return self.times >= 0


@dataclass
class Faults:
    """The faults that are switched on. `a_second` limits the rate for all requests, as Stripe's test mode does."""

    on: list[Trouble] = field(default_factory=list)
    a_second: int = 0
    _now: tuple[int, int] = (0, 0)

    @contextmanager
    def while_on(self, trouble: Trouble) -> Iterator[None]:
        """Switch a fault on, and off again."""
        self.on.append(trouble)
        try:
            yield
        finally:
            self.on.remove(trouble)

    def strike(self, method: str, path: str) -> Trouble | None:
        """The fault that strikes a request."""
        return next((one for one in self.on if one.strikes(method, path)), None)

    def too_many(self, second: int) -> bool:
        """Whether the rate is over its limit in this second."""
        if not self.a_second:
            return False
        at, count = self._now
        self._now = (second, count + 1 if at == second else 1)
        return self._now[1] > self.a_second

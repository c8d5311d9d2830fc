"""What was destroyed, for the day on which a backup is restored that still holds it (Notification B.E. 2567 cl.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from domain.item import Item
from domain.outcomes import Outcome
from domain.value import Personal, Value


class Tombstone(Personal):
    """A record that was destroyed, in which way, and in which case."""

    item: Item
    outcome: Outcome
    case: str


class Tombstones(Protocol):
    """What requests destroyed."""

    def of(self, system: str) -> Iterator[Tombstone]:
        """Of one system, children before parents within each case; streamed. What has no key is left out."""
        ...


class Replayed(Value):
    """What destroying again came to: how many records were asked about, stood there again, went, and were spared by an order."""

    system: str
    known: int = 0
    back: int = 0
    gone: int = 0
    spared: int = 0

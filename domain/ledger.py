"""What is written before and after an effect, so that done twice it is done once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.case import Receipt, Task
from domain.connector import Foreseen
from domain.outcomes import Outcome


class Ledger(Protocol):
    """Intents before an effect, receipts after it. `Task.case` is whatever the effect is done for."""

    def intend(self, task: Task, foreseen: Sequence[Foreseen]) -> tuple[Foreseen, ...]:
        """Commit what a batch will do, once: a retry gets what the first attempt intended."""
        ...

    def intended(self, task: Task) -> tuple[Foreseen, ...] | None:
        """What an earlier attempt committed to do under the task's key, if one did."""
        ...

    def receipt(self, key: str) -> Receipt | None:
        """What was done under that key, if it was."""
        ...

    def done(
        self,
        receipt: Receipt,
        case: str,
        achieved: Mapping[int, Outcome],
        stayed: Mapping[int, str] | None = None,
        *,
        version: int = 0,
    ) -> Receipt:
        """Store a receipt and what became of each item, and why it `stayed` where it did; the first one stands.

        The items are numbered as that `version` of a plan numbers them, or the newest.
        """
        ...

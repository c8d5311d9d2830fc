"""What is written before and after an effect, so that done twice it is done once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from domain.case import Receipt, Task
from domain.connector import Foreseen
from domain.holds import Bound, InForce
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


class Effects(Ledger, Protocol):
    """The ledger of cases, and the gate that hold orders wait at."""

    def gate(self, case: str) -> AbstractContextManager[Mapping[str, Bound]]:
        """The shared side of the lock that placing a hold takes exclusively, for the length of a batch.

        Gives the hold orders that bind this case now, by id.
        """
        ...

    def gate_of_all(self) -> AbstractContextManager[tuple[InForce, ...]]:
        """The same gate for records that no case asked for: gives every hold order in force, the oldest first."""
        ...

    def when(self, case: str) -> Mapping[str, datetime]:
        """When each receipt of a case was stored, by key."""
        ...

    def receipts(self, case: str) -> tuple[Receipt, ...]:
        """Everything done in a case."""
        ...

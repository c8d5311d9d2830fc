"""A sweep as the register keeps it: planned, approved where the DPO must, carried out, and counted for the regulator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Protocol

from domain.case import Receipt
from domain.item import Item
from domain.ledger import Ledger
from domain.outcomes import DESTROYING, Outcome
from domain.ports import PlannedItem
from domain.retention import Since
from domain.sweep import Swept
from domain.value import Value


class SweepCount(Value):
    """How many records of one kind of data: what was planned, on which ground, by which limit or under which holds."""

    system: str
    unit: str
    planned: Outcome
    ground: str
    since: Since
    rules: tuple[str, ...] = ()
    items: int


class Erased(Value):
    """What was erased of one kind of data, and by which limit: all that is kept of it."""

    system: str
    unit: str
    since: Since
    outcome: Outcome
    items: int


class Stayed(Value):
    """What stayed of one kind of data though it was to go, and why."""

    system: str
    unit: str
    outcome: Outcome
    ground: str
    items: int


class Sweep(Value):
    """One sweep: `items` are to go, `counts` tell those that stay too. No personal data.

    It `waits` where the DPO must approve it and has not: the first one (of each tenant its own), and any above the
    policy's ceiling. With a `departure` it is of what is held for that tenant alone (`domain.agreements`); `dropped` says
    that the tenant came back.
    """

    id: str
    day: date
    policy: str
    digest: str
    items: int
    departure: str = ""
    counts: tuple[SweepCount, ...] = ()
    waits: bool = False
    approved_by: str = ""
    approved: datetime | None = None
    done: datetime | None = None
    dropped: bool = False
    erased: tuple[Erased, ...] = ()

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems in which something is to go."""
        going = (count.system for count in self.counts if count.planned in DESTROYING)
        return tuple(dict.fromkeys(going))


class Part(Value):
    """One system's part of a sweep, for its own queue."""

    sweep: str
    system: str


class Sweeps(Ledger, Protocol):
    """The register of sweeps; as a ledger, `Task.case` is the sweep's id."""

    def standing(self, departure: str = "") -> Sweep | None:
        """The one that is not done, if there is one: of the company's own records, or of that departure's."""
        ...

    def write(
        self,
        day: date,
        policy: str,
        ceiling: int,
        found: Iterable[tuple[Item, Swept]],
        departure: str = "",
    ) -> Sweep | None:
        """A new one, streamed in one transaction; None where nothing is to go, or while another is not done.

        The records that are to go are sealed under a key of the sweep; of those that stay only counts are kept.
        """
        ...

    def drop(self, sweep: str) -> Sweep:
        """Give up what is not carried out of it, and close it: its tenant came back. Again: nothing."""
        ...

    def stayed(self, sweep: str) -> tuple[Stayed, ...]:
        """What was to go and stayed, by kind of data and ground."""
        ...

    def receipts(self, sweep: str) -> tuple[Receipt, ...]:
        """Everything done in a sweep, by key."""
        ...

    def view(self, sweep: str) -> Sweep:
        """One by its id. Raises `NotFound`."""
        ...

    def all(self) -> tuple[Sweep, ...]:
        """All of them, the newest first."""
        ...

    def approve(self, sweep: str, *, actor: str, reason: str) -> Sweep:
        """The DPO's word; said again it changes nothing. Raises `NotFound`; `Conflict` when it is done."""
        ...

    def look(self, sweep: str, system: str, found: Iterable[Sequence[tuple[Item, Swept]]]) -> None:
        """Mark what is to go still, by pages, once: what was to go and is no more among it stays, on its ground of today."""
        ...

    def items(self, sweep: str, system: str) -> Iterator[PlannedItem]:
        """What is to go in a system and was found so again, children before parents, unsealed, streamed."""
        ...

    def finish(self, sweep: str) -> Sweep:
        """Nothing of it is left to be done: its key is destroyed. One of which something is left stays open."""
        ...

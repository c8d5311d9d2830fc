"""A sweep as the register keeps it: planned, approved where the DPO must, carried out, and counted for the regulator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Protocol

from domain.item import Item
from domain.ledger import Ledger
from domain.outcomes import Outcome
from domain.ports import PlannedItem
from domain.retention import Since
from domain.sweep import ENDED, Swept
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


class Sweep(Value):
    """One sweep: `items` are to go, `counts` tell those that stay too. No personal data.

    It `waits` where the DPO must approve it and has not: the first one, and any above the policy's ceiling.
    """

    id: str
    day: date
    policy: str
    digest: str
    items: int
    counts: tuple[SweepCount, ...] = ()
    waits: bool = False
    approved_by: str = ""
    approved: datetime | None = None
    done: datetime | None = None
    erased: tuple[Erased, ...] = ()

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems in which something is to go."""
        going = (count.system for count in self.counts if count.ground == ENDED)
        return tuple(dict.fromkeys(going))


class Part(Value):
    """One system's part of a sweep, for its own queue."""

    sweep: str
    system: str


class Sweeps(Ledger, Protocol):
    """The register of sweeps; as a ledger, `Task.case` is the sweep's id."""

    def standing(self) -> Sweep | None:
        """The one that is not done, if there is one."""
        ...

    def write(
        self, day: date, policy: str, ceiling: int, found: Iterable[tuple[Item, Swept]]
    ) -> Sweep | None:
        """A new one, streamed in one transaction; None where nothing is to go, or while another is not done.

        The records that are to go are sealed under a key of the sweep; of those that stay only counts are kept.
        """
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

    def look(self, sweep: str, system: str, going: Iterable[Sequence[Item]]) -> None:
        """Mark what is to go still, by pages, once: what was to go and is no more among it stays as it is."""
        ...

    def items(self, sweep: str, system: str) -> Iterator[PlannedItem]:
        """What is to go in a system and was found so again, children before parents, unsealed, streamed."""
        ...

    def finish(self, sweep: str) -> Sweep:
        """Nothing of it is left to be done: its key is destroyed. One of which something is left stays open."""
        ...

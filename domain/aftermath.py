"""Ports for what outlives a step or a case: blocks on use, obligations, tasks for people, disclosures."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from pydantic import JsonValue

from domain.item import Item, Place
from domain.keeping import Restriction
from domain.value import Personal, Value


class Owed(StrEnum):
    """Kinds of obligations."""

    HELD = "held-records"  # a rule of law keeps them until a day that is known
    ORDERED = "ordered-records"  # an order, a restriction or a doubt keeps them until it is over: every pass asks again
    BACKUPS = "backups"  # the same data in backups, beyond use until the last of them has aged out
    RESTRICTED = "restricted-records"  # use is suspended until an officer lifts it, with notice (s.34)
    IDENTITY_COPY = "identity-copy"  # destroyed a few days after identity was decided
    LETTER = "letter"  # a letter owed later
    FOLLOW_UP = "follow-up"  # something that people must see to by a day


class Obligation(Value):
    """What outlives the case. `due_on` is when it is looked at again; `code` says which letter or follow-up.

    `plan` is the version of the plan that left its records, and numbers them; 0 where it has none.
    """

    id: str
    case: str
    kind: str
    due_on: date
    system: str = ""
    items: int = 0
    rules: tuple[str, ...] = ()
    code: str = ""
    met: bool = False
    plan: int = 0


class Obligations(Protocol):
    """What is owed after the case. Each has a key of its own, under which the locators it needs are sealed."""

    def owe(self, case: str) -> tuple[Obligation, ...]:
        """Write what the newest plan keeps under holds as obligations, one a system and release day.

        Once per plan version.
        """
        ...

    def add(self, case: str, kind: Owed, due_on: date, *, system: str = "", code: str = "") -> Obligation:
        """Write one without records; once per case, kind, system and code."""
        ...

    def of(self, case: str) -> tuple[Obligation, ...]:
        """The obligations of a case, met ones too."""
        ...

    def due(self, on: date) -> tuple[Obligation, ...]:
        """Everything not met that is due by that day, the oldest first."""
        ...

    def view(self, obligation: str) -> Obligation:
        """One by its id. Raises `NotFound`."""
        ...

    def items(self, obligation: str, *, backwards: bool = False) -> Iterator[Item]:
        """Those of its records that are owed still, unsealed, streamed in order. Raises `NotFound`, `KeyShredded`."""
        ...

    def move(
        self, obligation: str, due_on: date, *, gone: Sequence[int] = (), lost: Collection[int] = ()
    ) -> None:
        """It is looked at again on another day, for something still binds; what is `gone` of it is owed no more.

        `lost` are those that the last look found to be nobody's. The same again changes nothing.
        """
        ...

    def lost(self, obligation: str) -> frozenset[int]:
        """Those of its records that the last look found to be there, kept by no law, and nobody's: people must say."""
        ...

    def meet(self, obligation: str, *, items: int = 0) -> None:
        """It is done, with so many records; done again changes nothing."""
        ...


class Settlement(Value):
    """The word of officers that what is lost of an obligation is owed no more; complete once a second one confirms it.

    `items` is how many records it is about.
    """

    obligation: str
    items: int
    proposer: str
    confirmer: str = ""


class Block(Personal):
    """A record that may not be used, for a case, and on which ground.

    `stood`: its system had noted so before, and not for us.
    """

    item: Item
    stood: bool = False
    ground: str = ""


class Blocks(Protocol):
    """Which records may not be used, for which case: what a system has no place for stands here alone.

    Two cases may block one record; it is free again when the last of them lets go.
    """

    def place(self, case: str, system: str, blocks: Sequence[Block]) -> int:
        """Keep these records from use; those blocked for the case already are passed over. How many are new."""
        ...

    def free(self, case: str, system: str, *, but: str = "") -> Iterator[Item]:
        """Records blocked for this case, for no other, and not noted by the system before us: streamed.

        What is blocked on the ground `but` stays so.
        """
        ...

    def lift(self, case: str, system: str, *, but: str = "") -> int:
        """The case lets go of its records of that system, save those on the ground `but`; how many. Again: none."""
        ...

    def systems(self, case: str) -> tuple[str, ...]:
        """The systems in which records are blocked for the case now."""
        ...

    def blocked(self, system: str, table: str, locator: Mapping[str, JsonValue]) -> bool:
        """Whether a record may not be used now: for whoever runs a system that has no place for it."""
        ...

    def among(self, system: str, places: Sequence[Place]) -> frozenset[Place]:
        """Those of these records that may not be used now, for whichever case."""
        ...

    def restrictions(
        self, case: str, system: str, places: Sequence[Place]
    ) -> Mapping[Place, tuple[Restriction, ...]]:
        """Which of these records restrictions of other cases keep (s.34), and on which grounds.

        Asked for a page of records at a time.
        """
        ...


class Task(Value):
    """Something that people must do by hand; `code` says what."""

    id: int
    case: str
    reference: str
    code: str
    system: str
    opened: datetime
    closed: datetime | None = None
    undone: bool = False  # closed, and not done: nothing may be told of it as if it were
    hand: str = ""  # the member of staff it was handed to


class Tasks(Protocol):
    """What people must do by hand."""

    def of(self, case: str = "", *, open_only: bool = True) -> tuple[Task, ...]:
        """Tasks of one case or of all, the oldest first."""
        ...

    def hand(self, task: int, to: str, *, actor: str) -> None:
        """Give it to a member of staff. Raises `NotFound`; `Conflict` when it is done."""
        ...

    def close(self, task: int, *, actor: str, reason: str, done: bool = True) -> str:
        """It is done, or given up; the reason is kept sealed. Returns its case. Again changes nothing.

        Raises `NotFound`.
        """
        ...


class Disclosure(Personal):
    """What was given to whom (policy 3.2; s.39 ¶1(6)): kept sealed, with the person's keyed hashes.

    `power` is the law or the request it stands on, `order` the document; `units` which data. Until `secret_until`
    the person is not told of it, where the power forbids that.
    """

    id: str
    recipient: str
    power: str
    order: str
    units: tuple[str, ...]
    given_on: date
    by: str
    what: str = ""
    secret_until: date | None = None


class Disclosures(Protocol):
    """The disclosure register."""

    def concerning(self, case: str) -> tuple[Disclosure, ...]:
        """Disclosures that are surely of the person of a case, the oldest first; secret ones too."""
        ...

"""The record of refusals (s.39 ¶1(7)): what was refused, on which ground, for what reasons, and by whom.

The Act names refusals under s.30 ¶3, s.31 ¶3, s.32 ¶3 and s.36 ¶1; the others are recorded as well, for the company
must be able to show the Expert Committee why it kept what it kept (s.33 ¶2). `Refused.demanded` tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from domain.identifiers import Identifier
from domain.value import Personal, Value


class Scope(StrEnum):
    """How much of a request one entry speaks of."""

    WHOLE = "whole"  # all of it
    RECORDS = "records"  # some records, on one ground; the rest was done
    SYSTEM = "system"  # a system was left out by an officer


class Refused(Value):
    """What is refused on one ground. `ground` and `section` are the policy's; an obstacle has no section.

    `demanded`: s.39 ¶1(7) itself asks for the entry. `units` are data units, `laws` what holds the records,
    `items` how many records there are.
    """

    scope: Scope
    ground: str
    section: str = ""
    demanded: bool = False
    system: str = ""
    units: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()
    items: int = 0


class Refusal(Personal):
    """An entry as it is read: what was refused, and what the register knows of how that came about.

    `reasons` are the officers' own words, empty unless asked for, and for ever once the entry's key is gone.
    `told` is when the letter left, or an officer had handed it over; `policy` the version of the ground's wording.
    """

    id: str
    case: str
    reference: str
    right: str
    refused: Refused
    policy: str
    proposer: str
    confirmer: str
    received: datetime
    decided: datetime | None
    letter: str
    told: datetime | None
    recorded: datetime
    keep_until: date
    reasons: tuple[str, ...] = ()


class Refusals(Protocol):
    """The record of refusals; it outlives the case and its key."""

    def record(
        self,
        case: str,
        refused: Sequence[Refused],
        identifiers: Sequence[Identifier],
        *,
        letter: str,
        policy: str,
        keep_until: date,
    ) -> None:
        """Enter what a case was refused, once a scope, ground and system; the same again changes nothing.

        The person is kept as keyed hashes of their identifiers, the officers' reasons sealed under a key of the
        record's own. `letter` is the code of the letter that tells the person.
        """
        ...

    def all(self, case: str = "", *, reasons: bool = False) -> tuple[Refusal, ...]:
        """Entries of one case or of all, the oldest first; with the officers' words where they are asked for."""
        ...

    def over(self, today: date) -> tuple[str, ...]:
        """Cases whose entries have all been kept until their day, and of which nothing is open any more."""
        ...

    def end(self, case: str, today: date) -> bool:
        """Destroy the key of a case's entries, if they are over and nothing of the case is open; whether it was done.

        What remains names nobody: grounds, units, counts and days. Again changes nothing.
        """
        ...

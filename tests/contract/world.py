"""What a connector needs around it to be held against the contract: a person, others, and ways to break."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import date
from enum import StrEnum
from typing import Protocol

from pydantic import JsonValue

from domain.connector import Connector, Ended
from domain.identifiers import Identifier
from domain.item import Item, Subject


class Fault(StrEnum):
    """How a system that is spoken to over a network goes wrong, reads and writes alike."""

    LIMITED = "limited"  # it says when to come back (429)
    BROKEN = "broken"  # it answers that it is ill (5xx)
    SLOW = "slow"  # it answers too late
    LOST = "lost"  # it does what it is told, and the answer never comes


class World(Protocol):
    """One system with people in it, made afresh for each test.

    `subject` has several pages of records, all of which the connector can erase; `stranger` is nobody's.
    """

    @property
    def connector(self) -> Connector:
        """The system under test."""
        ...

    @property
    def subject(self) -> Subject:
        """The person, resolved."""
        ...

    @property
    def stranger(self) -> Identifier:
        """An address that nobody has."""
        ...

    @property
    def corrections(self) -> Mapping[str, JsonValue]:
        """New values by field, all of which the connector knows; they stand in several of the person's records."""
        ...

    @property
    def ended(self) -> Ended:
        """By unit and event, the day of the subject's own events: a day earlier, and none of their records is over."""
        ...

    @property
    def as_of(self) -> date:
        """A day on which the subject's contract runs no more."""
        ...

    @property
    def transactional(self) -> bool:
        """Whether a batch is done whole or not at all; else a retry does what is left of it."""
        ...

    @property
    def movable(self) -> str:
        """A table in which `touch` can change several records of the person."""
        ...

    @property
    def many(self) -> str:
        """Another table with several records of the person, each of which can be erased by itself."""
        ...

    @property
    def withholds(self) -> bool:
        """Whether some columns of the person's records are withheld from a copy."""
        ...

    @property
    def faults(self) -> frozenset[Fault]:
        """What `failing` can bring about; empty where `cut` shows it all."""
        ...

    def suppressed(self) -> list[str]:
        """The addresses in the list of those who get no direct marketing, as often as each stands there."""
        ...

    def others(self) -> dict[str, str]:
        """A checksum of everything that is not the subject's, by table or place."""
        ...

    def reopened(self) -> Connector:
        """The same system after our process was killed: nothing remembered."""
        ...

    def refused(self) -> Connector:
        """The same system with credentials that it does not take."""
        ...

    def cut(self, after: int = 2) -> AbstractContextManager[None]:
        """While it lasts, an effect breaks after so many writes: the connection is lost, or the system gone."""
        ...

    def failing(self, fault: Fault) -> AbstractContextManager[None]:
        """While it lasts, every request goes wrong in this way."""
        ...

    def touch(self, item: Item) -> None:
        """Somebody changes that record behind our back."""
        ...

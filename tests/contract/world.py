"""What a connector needs around it to be held against the contract: a person, others, and ways to break."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

from pydantic import JsonValue

from domain.connector import Connector, Ended
from domain.identifiers import Identifier
from domain.item import Item, Subject


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

    def touch(self, item: Item) -> None:
        """Somebody changes that record behind our back."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...

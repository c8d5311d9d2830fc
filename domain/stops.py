"""Stopping a case on the company's own word. Whoever it is done to did not ask for it, so it needs a reason that can be told.

What is in effect a refusal is one: on a ground of the law, by two members of staff, recorded (s.39 ¶1(7)). What was
opened by mistake is no refusal, for nobody asked; yet only while nobody has shown who they are does one officer say so alone.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.outcomes import Ending
from domain.value import Value


class Mistake(StrEnum):
    """Why there is nothing to answer: the whole list."""

    DUPLICATE = "duplicate"  # the same request was entered twice
    TEST = "test"  # somebody tried the system out
    MISTAKE = "mistake"  # entered by mistake: nobody asked for anything


UNASKED = frozenset({Mistake.TEST, Mistake.MISTAKE})
"""Nobody asked for anything: what was noted at once must not stand. Who asked twice did ask."""


class Stop(Value):
    """The word of officers that a case is to be stopped: for a `mistake`, or on a `ground` that refuses it.

    `complete` once a second person said the same, or where one may say it alone.
    """

    proposer: str
    confirmer: str = ""
    mistake: Mistake | None = None
    ground: str = ""
    complete: bool = False

    @property
    def ending(self) -> Ending:
        """How the case ends where nothing of what was asked was carried out yet."""
        return Ending.REFUSED if self.ground else Ending.STOPPED


class StopAs(Value):
    """What the workflow is told before its cancel reaches it."""

    ending: Ending


class Stops(Protocol):
    """The register's part that knows who stopped a case."""

    def stopping(
        self,
        case: str,
        *,
        mistake: Mistake | None = None,
        ground: str = "",
        actor: str,
        reason: str,
        alone: bool = False,
    ) -> Stop:
        """An officer's word that the case is to be stopped; complete where a second one said the same, or one may.

        Raises `Conflict` when it is closed, `SamePerson` for the same word of the same officer.
        """
        ...

    def stop_of(self, case: str) -> Stop | None:
        """The newest word for stopping the case, complete or waiting for a second person.

        None where the request was amended before a second one said the same: nobody can confirm it any more.
        """
        ...

    def unheard_stops(self, before: datetime) -> tuple[tuple[str, Stop], ...]:
        """Complete stops of open cases, of before that instant: for the reconcile sweep."""
        ...

"""What recipients of data were told to do (s.37(2), s.40 ¶1(1)), by when, and what they answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from domain.errands import Evidence
from domain.value import Value

CONFIRM, SILENT = "confirm-", "recipient-silent-"
"""What an officer is asked, with the recipient's code behind it: to ask for the answer; to see to who never gave one."""


class Said(StrEnum):
    """What a recipient answered."""

    DONE = "done"
    KEPT = "kept"  # a law of theirs keeps some of it, which they named
    NOTHING = "nothing"  # they hold nothing of the person
    REFUSED = "refused"


class Instructed(Value):
    """An instruction, and the answer if there is one."""

    case: str
    reference: str
    recipient: str
    by: date
    told: datetime
    said: Said | None = None
    answered: datetime | None = None
    evidence: int = 0


class Recipients(Protocol):
    """Instructions to recipients, one a case and recipient."""

    def tell(self, case: str, recipient: str, by: date) -> None:
        """Note that a recipient was told, and by when it is to answer; the first stands."""
        ...

    def answered(self, case: str, recipient: str) -> bool:
        """Whether it answered; true too of one that was never told."""
        ...

    def answer(  # an answer is as long
        self, case: str, recipient: str, said: Said, evidence: Sequence[Evidence], *, actor: str, reason: str
    ) -> None:
        """Note what it answered, with what shows it. Raises `NotFound`; `BadInput` for done without evidence."""
        ...

    def of(self, case: str = "", *, open_only: bool = True) -> tuple[Instructed, ...]:
        """Of one case or of all, those due first."""
        ...

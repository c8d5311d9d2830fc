"""What takes effect once two members of staff said the same: a system left out (a refusal of what it keeps), a death."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.value import Value


class DeathShown(StrEnum):
    """What an officer has seen of a death: the whole list. The heirs' word alone ends nobody's request."""

    CERTIFICATE = "death-certificate"  # มรณบัตร
    REGISTER = "civil-registration"  # an extract of the civil registration that tells it


class Word(Value):
    """An officer's word, of which `code` says what: a ground, or what was seen. `complete` once another said the same."""

    code: str
    proposer: str
    confirmer: str = ""
    complete: bool = False


class Seconding(Protocol):
    """The register's part that knows what one officer said and another has to say too."""

    def leaving_out(
        self,
        case: str,
        system: str,
        *,
        ground: str,
        actor: str,
        reason: str,
        seen: datetime | None = None,
    ) -> Word:
        """An officer's word that a parked system is to be left out on a ground; complete once a second said the same.

        Raises `Conflict` when it does not wait, `SamePerson` for the same word of the same officer.
        """
        ...

    def death_of(self, case: str) -> Word | None:
        """The newest word in this case that the person died, complete or waiting for a second officer."""
        ...

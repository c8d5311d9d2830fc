"""What takes effect once two members of staff said the same: a system left out (a refusal of what it keeps)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.value import Value


class Word(Value):
    """An officer's word, of which `code` says what: a ground. `complete` once another said the same."""

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

"""What an import asks over the network before it loads somebody; needs no Temporal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.events import Event
from domain.identifiers import Identifier
from domain.programs import Programs
from domain.suppression import Suppressions, Verdict
from workflows.programs import Gate


class _Trail(Protocol):
    def note(self, event: str, facts: Mapping[str, str | int]) -> None: ...


@dataclass(frozen=True)
class ImportCheck:
    """Whether persons may be loaded, for a program with a token."""

    suppressions: Suppressions
    tokens: Programs
    trail: _Trail

    async def admit(self, secret: str, *scopes: str) -> str:
        """See `Gate.admit`."""
        return await Gate(self.tokens, self.trail).admit(secret, *scopes)

    async def check(self, token: str, persons: Sequence[Sequence[Identifier]]) -> tuple[Verdict, ...]:
        """What stands against each; told to the audit chain before it is answered. Raises `Unavailable`."""
        facts: dict[str, str | int] = {"token": token, "count": len(persons)}
        await asyncio.to_thread(self.trail.note, Event.SUPPRESSION_CHECKED, facts)
        return await asyncio.to_thread(self.suppressions.check, persons)

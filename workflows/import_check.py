"""What an import asks over the network before it loads somebody; needs no Temporal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.events import Event
from domain.identifiers import Identifier
from domain.suppression import Suppressions, Verdict

SCOPE = "suppressions:check"


class _Tokens(Protocol):
    def authenticate(self, secret: str, scope: str) -> str: ...


class _Trail(Protocol):
    def note(self, event: str, facts: Mapping[str, str | int]) -> None: ...


@dataclass(frozen=True)
class ImportCheck:
    """Whether persons may be loaded, for a program with a token."""

    suppressions: Suppressions
    tokens: _Tokens
    trail: _Trail

    async def admit(self, secret: str) -> str:
        """The id of the token. Raises `NotAllowed`, `Unavailable`."""
        return await asyncio.to_thread(self.tokens.authenticate, secret, SCOPE)

    async def check(self, token: str, persons: Sequence[Sequence[Identifier]]) -> tuple[Verdict, ...]:
        """What stands against each; told to the audit chain before it is answered. Raises `Unavailable`."""
        facts: dict[str, str | int] = {"token": token, "count": len(persons)}
        await asyncio.to_thread(self.trail.note, Event.SUPPRESSION_CHECKED, facts)
        return await asyncio.to_thread(self.suppressions.check, persons)

"""What providers tell us without being asked: needs no workflow, and stands while Temporal is away."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from domain.delivery import Fates, Notice


class Reader(Protocol):
    """Knows a provider's own words from anybody's."""

    def read(self, body: bytes, signature: str, timestamp: str) -> tuple[Notice, ...]:
        """What it tells. Raises `NotAllowed`, `BadInput`."""
        ...


@dataclass(frozen=True)
class MailHook:
    """Takes the word of the mail provider."""

    reader: Reader
    fates: Fates

    async def take(self, body: bytes, signature: str, timestamp: str) -> int:
        """How much of it was new.

        Raises:
            NotAllowed: it is not the provider's word, or is too old.
            BadInput: it is, and makes no sense.
            Unavailable: the register is away.
        """
        return await asyncio.to_thread(lambda: self.fates.take(self.reader.read(body, signature, timestamp)))

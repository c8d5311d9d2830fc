"""A bound on tries, and on how many slow hashes are made at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from starlette.datastructures import FormData
from starlette.requests import Request

from portal.safety import Throttle, place_of
from workflows.front import run

_AT_ONCE = 2  # of 64 MiB each
_AT_MOST = 400
_T = TypeVar("_T")


@dataclass(frozen=True)
class Tries:
    """`places` bounds the tries from one address, `names` those of one name from anywhere."""

    places: Throttle = field(default_factory=lambda: Throttle(20, 600))
    names: Throttle = field(default_factory=lambda: Throttle(6, 600))
    _hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    def wait(self, request: Request, name: str = "") -> float:
        """Seconds until they may try again; 0 when they may now, which is then counted."""
        if wait := self.places.wait(place_of(request)):
            return wait
        # Known or not, a name is bounded alike: nothing is told of who works here.
        return self.names.wait(name.strip().casefold()) if name.strip() else 0.0

    async def slowly(self, work: Callable[[], _T]) -> _T:
        """Do what hashes, off the event loop and few at once: each takes a lane of processors and its memory."""
        async with self._hashing:
            return await run(work)


async def fields(request: Request, *names: str) -> dict[str, str]:
    """The fields of a form, cut to what is ever read of them."""
    sent = await request.form(max_files=0, max_fields=16)
    return {name: text_of(sent, name)[:_AT_MOST] for name in names}


def text_of(sent: FormData, name: str) -> str:
    """The text of a field; nothing where there is none, or a file."""
    value = sent.get(name, "")
    return value if isinstance(value, str) else ""

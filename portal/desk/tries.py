"""A bound on tries, and on how many slow hashes are made at once."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
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


class Patience:
    """After `free` wrong tries each further one doubles the wait for the next: from `first` to `most` seconds.

    Kept in this process, for at most `names` of them, the one unseen longest forgotten first; who was quiet for four times
    `most` begins anew.
    """

    def __init__(
        self,
        free: int = 4,
        first: float = 5,
        most: float = 900,
        *,
        names: int = 10_000,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free, self._first, self._most = free, first, most
        self._names, self._now = names, now
        self._missed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, name: str) -> float:
        """Seconds until the next try; 0 when it may be now, which is then counted as a wrong one."""
        now = self._now()
        missed, until = self._missed.pop(name, (0, now))
        if now - until > 4 * self._most:
            missed = 0
        if until <= now:
            # Counted before it is known to be wrong: of many at once each counts.
            missed += 1
            doubled = self._first * 2 ** min(missed - self._free, 16)
            until = now + (min(doubled, self._most) if missed >= self._free else 0)
            wait = 0.0
        else:
            wait = until - now
        self._missed[name] = (missed, until)
        while len(self._missed) > self._names:
            self._missed.popitem(last=False)
        return wait

    def forget(self, name: str) -> None:
        """The try was a good one: so are those before it."""
        self._missed.pop(name, None)


@dataclass(frozen=True)
class Tries:
    """`places` bounds the tries from one address, `names` those of one name from one address.

    Not those of a name from anywhere: then whoever knows a colleague's name could keep them out. Who guesses from many
    addresses needs the password and the code of that half minute in one try.
    """

    places: Throttle = field(default_factory=lambda: Throttle(20, 600))
    names: Patience = field(default_factory=Patience)
    _hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    def wait(self, request: Request, name: str = "") -> float:
        """Seconds until they may try again; 0 when they may now, which is then counted."""
        if wait := self.places.wait(place_of(request)):
            return wait
        # Known or not, a name is bounded alike: nothing is told of who works here.
        return self.names.wait(_who(request, name)) if name.strip() else 0.0

    def good(self, request: Request, name: str) -> None:
        """Who tried came in: the wrong tries before it are forgiven."""
        self.names.forget(_who(request, name))

    async def slowly(self, work: Callable[[], _T]) -> _T:
        """Do what hashes, off the event loop and few at once: each takes a lane of processors and its memory."""
        async with self._hashing:
            return await run(work)


def _who(request: Request, name: str) -> str:
    return f"{place_of(request)} {name.strip().casefold()}"


async def fields(request: Request, *names: str) -> dict[str, str]:
    """The fields of a form, cut to what is ever read of them."""
    sent = await request.form(max_files=0, max_fields=16)
    return {name: text_of(sent, name)[:_AT_MOST] for name in names}


def text_of(sent: FormData, name: str) -> str:
    """The text of a field; nothing where there is none, or a file."""
    value = sent.get(name, "")
    return value if isinstance(value, str) else ""

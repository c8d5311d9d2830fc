"""The systems: whether they answer, when they last did, what waits there, and how much of them is mapped."""

from __future__ import annotations

from asyncio import gather
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from domain.connector import Coverage
from domain.errors import NotFound, SitthiError
from domain.staffing import Deed
from portal.desk.gate import Gate
from portal.desk.pages import DeskPages
from portal.desk.tries import text_of

SYSTEMS = "/desk/systems"
CHECK = "desk/system-check"
"""Our form."""

EVERY = "*"


@dataclass(frozen=True)
class SystemPages:
    """The page /desk/systems."""

    gate: Gate
    pages: DeskPages

    async def page(self, request: Request) -> Response:
        """GET /desk/systems; POST reaches one of them now, or all, holds its map against it, and keeps what came of it."""
        signed = await self.gate.enter(request, Deed.SEE_SYSTEMS)
        parts = self.gate.parts
        looked: tuple[str, ...] = ()
        if request.method == "POST":
            sent = await self.gate.must_prove(request, signed, CHECK)
            asked = text_of(sent, "system")
            looked = tuple(parts.systems) if asked == EVERY else (asked,)
            if not parts.systems.keys() >= set(looked):
                raise NotFound("system-unknown")
            await gather(*(self._look(system) for system in looked))
        standings = await parts.read(lambda: parts.room.systems.of(parts.systems))
        return self.pages.page(
            request,
            signed,
            "systems.html",
            standings=standings,
            connected=parts.systems.keys(),
            looked=looked,
        )

    async def _look(self, system: str) -> None:
        parts, code = self.gate.parts, ""
        try:
            await parts.read(parts.systems[system])
        except SitthiError as error:
            code = error.code
        found = await parts.read(lambda: self._coverage(system))
        await parts.read(lambda: parts.room.systems.note(system, code, found))

    def _coverage(self, system: str) -> Coverage | None:
        """How much of it is classified; of one that cannot be reached, nothing is known."""
        ask = self.gate.parts.mapped.get(system)
        try:
            return ask() if ask else None
        except SitthiError:
            return None

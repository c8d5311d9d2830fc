"""The systems: whether they answer, when they last did, and what waits there."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from domain.errors import NotFound, SitthiError
from domain.staffing import Deed
from portal.desk.gate import Gate
from portal.desk.pages import DeskPages
from portal.desk.tries import text_of

SYSTEMS = "/desk/systems"
CHECK = "desk/system-check"
"""Our form."""


@dataclass(frozen=True)
class SystemPages:
    """The page /desk/systems."""

    gate: Gate
    pages: DeskPages

    async def page(self, request: Request) -> Response:
        """GET /desk/systems; POST reaches one of them now, and holds its map against it."""
        signed = await self.gate.enter(request, Deed.SEE_SYSTEMS)
        parts, checked, outcome = self.gate.parts, "", ""
        if request.method == "POST":
            sent = await self.gate.must_prove(request, signed, CHECK)
            checked = text_of(sent, "system")
            if checked not in parts.systems:
                raise NotFound("system-unknown")
            try:
                await parts.read(parts.systems[checked])
            except SitthiError as error:
                outcome = error.code
        standings = await parts.read(lambda: parts.room.systems.of(parts.systems))
        return self.pages.page(
            request,
            signed,
            "systems.html",
            standings=standings,
            connected=parts.systems.keys(),
            checked=checked,
            outcome=outcome,
        )

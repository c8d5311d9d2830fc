"""The board: every case with its day, the most pressing first."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from domain.staffing import Deed
from portal.desk.gate import Gate
from portal.desk.pages import DeskPages


@dataclass(frozen=True)
class Board:
    """The page /desk."""

    gate: Gate
    pages: DeskPages

    async def page(self, request: Request) -> Response:
        """GET /desk."""
        signed = await self.gate.enter(request, Deed.SEE_CASES)
        return self.pages.page(request, signed, "board.html")

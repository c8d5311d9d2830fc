"""One's own page: who one is here, and the way out."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from domain.staffing import MAY, Deed
from portal.desk.gate import Gate
from portal.desk.pages import DeskPages


@dataclass(frozen=True)
class Account:
    """The page /desk/account."""

    gate: Gate
    pages: DeskPages

    async def page(self, request: Request) -> Response:
        """GET /desk/account."""
        signed = await self.gate.enter(request, Deed.OWN_ACCOUNT)
        deeds = [deed for deed in Deed if deed is not Deed.OWN_ACCOUNT and signed.role in MAY[deed]]
        return self.pages.page(request, signed, "account.html", deeds=deeds)

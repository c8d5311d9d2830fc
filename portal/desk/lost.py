"""Who lost a phone or a password: they begin here, two colleagues say their word, and what is new opens here alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases.comebacks import LIFE, Comeback
from domain.errors import NotAllowed, NotFound
from portal.desk.first import LIFE as TO_ENROL
from portal.desk.first import USE as ENROLLING
from portal.desk.gate import STALE, Gate
from portal.desk.pages import DeskPages
from portal.desk.tries import Tries
from portal.safety import COMEBACK, ENROL, foreign
from security.staff_tokens import Bearer

LOST = "/desk/lost"


@dataclass(frozen=True)
class LostFactor:
    """The page /desk/lost, for who is not signed in."""

    gate: Gate
    pages: DeskPages
    tries: Tries

    async def page(self, request: Request) -> Response:
        """GET shows how it stands in this browser; POST begins, or, once colleagues said their word, comes back."""
        standing = await self._standing(request)
        if request.method == "GET":
            return self._show(request, standing)
        if foreign(request):
            raise NotAllowed(STALE)
        if wait := self.tries.wait(request):
            return self.pages.notice(request, "limited", 429, wait=wait)
        if standing is None:
            return await self._begin()
        return await self._come_back(request) if standing.granted else RedirectResponse(LOST, 303)

    async def _standing(self, request: Request) -> Comeback | None:
        token = self.pages.pages.cookies.read(request, COMEBACK)
        if not token:
            return None
        try:
            return await self.gate.parts.read(lambda: self.gate.parts.room.comebacks.standing(token))
        except NotAllowed:
            return None

    async def _begin(self) -> Response:
        token = await self.gate.parts.read(self.gate.parts.room.comebacks.begin)
        response = RedirectResponse(LOST, 303)
        self.pages.pages.cookies.keep(response, COMEBACK, token, _seconds(LIFE))
        return response

    async def _come_back(self, request: Request) -> Response:
        """The fresh credential, shown to nobody else and this once; the first sign-in is open in this browser."""
        parts, cookies = self.gate.parts, self.pages.pages.cookies
        token = cookies.read(request, COMEBACK)
        try:
            member, credential = await self.tries.slowly(lambda: parts.room.comebacks.use(token))
            await self.tries.slowly(lambda: parts.room.doors.admit(credential))
        except (NotAllowed, NotFound):
            return RedirectResponse(LOST, 303)
        response = self.pages.bare(request, "back.html", member=member, credential=credential)
        bearer = parts.tokens.make(ENROLLING, Bearer(member, member), parts.clock.now(), TO_ENROL)
        cookies.forget(response, COMEBACK)
        cookies.keep(response, ENROL, bearer, _seconds(TO_ENROL))
        return response

    def _show(self, request: Request, standing: Comeback | None) -> Response:
        number = f"{standing.number[:4]} {standing.number[4:]}" if standing else ""
        return self.pages.bare(
            request, "lost.html", number=number, granted=bool(standing and standing.granted)
        )


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())

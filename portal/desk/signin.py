"""The sign-in of staff: a name, a password and a code. One answer for everything that is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import NotAllowed
from domain.staffing import Deed
from portal.desk.gate import STALE, Gate
from portal.desk.pages import SIGN_OUT, DeskPages, home_of
from portal.desk.tries import Tries, fields
from portal.forms import digits
from portal.safety import REFRESH, foreign

_BACK = re.compile(r"/desk(?:/[A-Za-z0-9_-]{1,64}){0,4}")


@dataclass(frozen=True)
class SignIn:
    """The pages /desk/sign-in and /desk/sign-out."""

    gate: Gate
    pages: DeskPages
    tries: Tries

    async def page(self, request: Request) -> Response:
        """GET and POST /desk/sign-in; who is signed in goes on to their first page."""
        if request.method == "POST":
            return await self._enter(request)
        try:
            signed = await self.gate.enter(request, Deed.OWN_ACCOUNT)
        except NotAllowed:
            return self._form(request, to=request.query_params.get("to", ""))
        return RedirectResponse(home_of(signed.role), 303)

    async def out(self, request: Request) -> Response:
        """POST /desk/sign-out: the session ends on the server, whatever the browser keeps."""
        signed = await self.gate.enter(request, Deed.OWN_ACCOUNT)
        await self.gate.must_prove(request, signed, SIGN_OUT)
        await self.gate.parts.read(lambda: self.gate.parts.room.sessions.end(signed.session))
        request.state.begun = None  # a session that was turned on the way is not put back
        response = RedirectResponse("/desk/sign-in", 303)
        self.gate.let_out(response)
        return response

    async def _enter(self, request: Request) -> Response:
        if foreign(request):
            raise NotAllowed(STALE)
        sent = await fields(request, "login", "password", "code", "to")
        if wait := self.tries.wait(request, sent["login"]):
            return self.pages.notice(request, "limited", 429, wait=wait)
        room = self.gate.parts.room
        try:
            member = await self.tries.slowly(
                lambda: room.doors.enter(sent["login"], sent["password"], digits(sent["code"]))
            )
        except NotAllowed:
            return self._form(request, error="refused", typed=sent["login"], to=sent["to"])
        self.tries.good(request, sent["login"])
        # Whatever session this browser had goes: nobody's earlier one lives on beside it.
        if before := self.pages.pages.cookies.read(request, REFRESH):
            await self.gate.parts.read(lambda: room.sessions.forget(before))
        begun = await self.gate.parts.read(lambda: room.sessions.begin(member))
        present = await self.gate.parts.read(lambda: room.sessions.present(begun.session))
        to = sent["to"] if _BACK.fullmatch(sent["to"]) else home_of(present.role)
        response = RedirectResponse(to, 303)
        self.gate.let_in(response, begun)
        return response

    def _form(self, request: Request, *, error: str = "", typed: str = "", to: str = "") -> Response:
        return self.pages.bare(
            request,
            "sign-in.html",
            status=422 if error else 200,
            error=error,
            typed=typed,
            to=to if _BACK.fullmatch(to) else "",
            fresh="set" in request.query_params,
        )

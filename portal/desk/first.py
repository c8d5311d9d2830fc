"""The first sign-in: by the credential that `staff add` printed; a phone gets its secret, a password is set."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta

import segno
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases.doors import Enrolment
from domain.errors import BadInput, NotAllowed
from domain.passwords import LEAST
from portal.desk.gate import STALE, Gate
from portal.desk.pages import DeskPages
from portal.desk.tries import Tries, fields
from portal.forms import digits
from portal.safety import ENROL, foreign
from security.staff_tokens import Bearer

LIFE = timedelta(minutes=15)
USE = "enrol"
"""What the token of somebody on the way in is good for."""
_FIRST, _SET, _SIGN_IN = "/desk/first", "/desk/first/set", "/desk/sign-in"


@dataclass(frozen=True)
class FirstTime:
    """The pages /desk/first and /desk/first/set."""

    gate: Gate
    pages: DeskPages
    tries: Tries

    async def page(self, request: Request) -> Response:
        """GET and POST /desk/first: the credential."""
        if request.method == "GET":
            return self.pages.bare(request, "first.html", error="")
        if foreign(request):
            raise NotAllowed(STALE)
        credential = (await fields(request, "credential"))["credential"].strip()
        if wait := self.tries.wait(request, credential.partition(".")[0]):
            return self.pages.notice(request, "limited", 429, wait=wait)
        parts = self.gate.parts
        try:
            enrolment = await self.tries.slowly(lambda: parts.room.doors.admit(credential))
        except NotAllowed:
            return self.pages.bare(request, "first.html", status=422, error="refused")
        self.tries.good(request, credential.partition(".")[0])
        response = RedirectResponse(_SET, 303)
        token = parts.tokens.make(USE, Bearer(enrolment.member, enrolment.member), parts.clock.now(), LIFE)
        self.pages.pages.cookies.keep(response, ENROL, token, int(LIFE.total_seconds()))
        return response

    async def set_up(self, request: Request) -> Response:
        """GET and POST /desk/first/set: the code to scan; name, password and a code come back."""
        parts, cookies = self.gate.parts, self.pages.pages.cookies
        bearer = parts.tokens.read(USE, cookies.read(request, ENROL), parts.clock.now())
        if bearer is None:
            return RedirectResponse(_FIRST, 303)
        try:
            enrolment = await parts.read(lambda: parts.room.doors.enrolling(bearer.member))
            if request.method == "GET":
                return self._form(request, enrolment)
            return await self._set(request, enrolment)
        except NotAllowed as refused:
            if refused.code == STALE:
                raise
            response = RedirectResponse(_SIGN_IN, 303)
            cookies.forget(response, ENROL)
            return response

    async def _set(self, request: Request, enrolment: Enrolment) -> Response:
        if foreign(request):
            raise NotAllowed(STALE)
        if wait := self.tries.wait(request, enrolment.member):
            return self.pages.notice(request, "limited", 429, wait=wait)
        sent = await fields(request, "login", "password", "again", "code")
        if sent["password"] != sent["again"]:
            wrong = BadInput("passwords-differ", field="again")
            return self._form(request, enrolment, wrong, sent["login"])
        try:
            await self.tries.slowly(
                lambda: self.gate.parts.room.doors.enrol(
                    enrolment.member,
                    login=sent["login"],
                    password=sent["password"],
                    code=digits(sent["code"]),
                )
            )
        except BadInput as wrong:
            return self._form(request, enrolment, wrong, sent["login"])
        response = RedirectResponse(f"{_SIGN_IN}?set=1", 303)
        self.pages.pages.cookies.forget(response, ENROL)
        return response

    def _form(
        self, request: Request, enrolment: Enrolment, wrong: BadInput | None = None, typed: str = ""
    ) -> Response:
        return self.pages.bare(
            request,
            "first-set.html",
            status=422 if wrong else 200,
            member=enrolment.member,
            secret=enrolment.secret,
            picture=_picture(enrolment.address),
            least=LEAST,
            error=wrong.code if wrong else "",
            field=wrong.facts["field"] if wrong else "",
            typed=typed,
        )


def _picture(address: str) -> str:
    """The QR code as an SVG element: dark on light in any colour scheme, as cameras need it."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=True,
        scale=5,
        border=3,
        dark="#000",
        light="#fff",
        svgclass="qr",
    )
    return drawn.getvalue().decode()

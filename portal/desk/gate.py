"""The gate of the desk: who comes in, whether they may, and whether a form is theirs.

A page begins with `signed = await gate.enter(request, Deed...)`. What it raises becomes an answer in
`portal.desk.doorway`: a redirect to the sign-in, or a page that says they may not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from cases.ids import showable
from cases.sessions import LONGEST, Begun
from domain.errors import NotAllowed
from domain.events import Event
from domain.staffing import Deed, Role, may
from portal.desk.parts import Parts
from portal.pages import Pages
from portal.safety import REFRESH, STAFF, foreign, form_proof, proves
from security.staff_tokens import LIFE, Bearer

SIGN_IN_FIRST, MAY_NOT, STALE = "sign-in-first", "role-may-not", "form-stale"
"""Codes of what `Gate` raises."""

_USE = "desk"
_MOST_FILES, _MOST_FIELDS = 10, 400


@dataclass(frozen=True)
class Signed:
    """Who is signed in. `language` is that of the page."""

    member: str
    name: str
    role: Role
    session: str
    language: str

    def may(self, deed: Deed | str) -> bool:
        """Whether they may do that; templates ask by its word."""
        return may(self.role, Deed(deed))


@dataclass(frozen=True)
class Gate:
    """Lets staff in."""

    parts: Parts
    pages: Pages

    async def enter(self, request: Request, deed: Deed) -> Signed:
        """Who is signed in and may do that.

        Raises:
            NotAllowed: nobody is signed in (`sign-in-first`), their role does not let them (`role-may-not`), or the
                case that the address names is closed to them (`cases.closed`); the last two are told to the chain.
        """
        session = await self._session(request)
        if not session:
            raise NotAllowed(SIGN_IN_FIRST)
        try:
            present = await self.parts.read(lambda: self.parts.room.sessions.present(session))
        except NotAllowed:
            raise NotAllowed(SIGN_IN_FIRST) from None
        signed = Signed(
            member=present.member,
            name=present.name,
            role=present.role,
            session=session,
            language=self.pages.language(request),
        )
        if not may(signed.role, deed):
            await self._turned_away(signed, deed)
            raise NotAllowed(MAY_NOT)
        if reference := showable(request.path_params.get("reference", "")):
            await self._must_be_open(signed, reference)
        return signed

    async def _must_be_open(self, signed: Signed, reference: str) -> None:
        try:
            await self.parts.read(lambda: self.parts.room.access.must_be_open(reference, signed.member))
        except NotAllowed as closed:
            await self._turned_away(signed, closed.code, reference=reference)
            raise

    async def _turned_away(self, signed: Signed, code: str, **about: str) -> None:
        facts = {"actor": signed.member, "staff": signed.member, "role": str(signed.role), "code": str(code)}
        await self.parts.read(lambda: self.parts.room.audit.note(Event.STAFF_TURNED_AWAY, {**facts, **about}))

    def proof(self, signed: Signed, form: str) -> str:
        """What a form of that name brings back from this session."""
        return form_proof(self.parts.tokens.form_secret(signed.session), form)

    async def must_prove(
        self,
        request: Request,
        signed: Signed,
        form: str,
        *,
        read: Callable[[Request], Awaitable[FormData]] | None = None,
    ) -> FormData:
        """The fields of a form that came from our page, in this session; in `proof` it brought its proof.

        `read` reads it otherwise than into memory and, where it is long, onto the disk; the caller closes what it gives.

        Raises:
            NotAllowed: it did not (`form-stale`).
        """
        if foreign(request):
            raise NotAllowed(STALE)
        if read is not None:
            sent = await read(request)
        else:
            sent = await request.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS)
        proof = sent.get("proof")
        if not isinstance(proof, str) or not proves(
            proof, self.parts.tokens.form_secret(signed.session), form
        ):
            raise NotAllowed(STALE)
        return sent

    def let_in(self, response: Response, begun: Begun) -> None:
        """Put a session that was begun or turned into the browser's cookies."""
        cookies, now = self.pages.cookies, self.parts.clock.now()
        token = self.parts.tokens.make(_USE, Bearer(begun.member, begun.session), now)
        cookies.keep(response, STAFF, token, _seconds(LIFE))
        if begun.refresh:
            cookies.keep(response, REFRESH, begun.refresh, _seconds(LONGEST))

    def let_out(self, response: Response) -> None:
        """Take the session out of the browser."""
        for cookie in (STAFF, REFRESH):
            self.pages.cookies.forget(response, cookie)

    async def _session(self, request: Request) -> str:
        cookies, now = self.pages.cookies, self.parts.clock.now()
        bearer = self.parts.tokens.read(_USE, cookies.read(request, STAFF), now)
        if bearer is not None:
            return bearer.session
        refresh = cookies.read(request, REFRESH)
        if not refresh:
            return ""
        try:
            begun = await self.parts.read(lambda: self.parts.room.sessions.turn(refresh))
        except NotAllowed:
            return ""
        request.state.begun = begun  # the doorway puts it on whatever is answered
        return begun.session


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())

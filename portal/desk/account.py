"""One's own page: who one is here, who stands in for one, by what one is known oneself, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.calendar import day_in_bangkok, parse_day
from domain.errors import BadInput, Conflict, NotFound, SamePerson
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.staffing import MAY, Deed
from portal.desk.gate import Gate, Signed
from portal.desk.pages import DeskPages
from portal.desk.tries import text_of

ACCOUNT = "/desk/account"
SELF, DEPUTY = "desk/account-self", "desk/account-deputy"
"""Our forms."""

_KNOWN_BY = (IdentifierKind.EMAIL, IdentifierKind.PHONE)
_MOST, _TYPED_AT_MOST = 10, 2000


@dataclass(frozen=True)
class _Wrong:
    """A form that came back: which, what is the matter, and what was typed."""

    form: str = ""
    code: str = ""
    place: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Account:
    """The pages /desk/account, /desk/account/self and /desk/account/deputy."""

    gate: Gate
    pages: DeskPages

    async def page(self, request: Request) -> Response:
        """GET /desk/account."""
        signed = await self.gate.enter(request, Deed.OWN_ACCOUNT)
        return await self._show(request, signed)

    async def know_oneself(self, request: Request) -> Response:
        """POST /desk/account/self: one's own addresses and numbers, a line each; kept as keyed hashes."""
        signed = await self.gate.enter(request, Deed.OWN_ACCOUNT)
        sent = await self.gate.must_prove(request, signed, SELF)
        typed, room = text_of(sent, "known")[:_TYPED_AT_MOST], self.gate.parts.room
        try:
            known = _known_by(typed)
        except BadInput as wrong:
            return await self._show(request, signed, _Wrong(SELF, wrong.code, "known", {"known": typed}))
        await self.gate.parts.read(lambda: room.access.know_oneself(signed.member, known))
        return RedirectResponse(f"{ACCOUNT}?done=self", 303)

    async def deputy(self, request: Request) -> Response:
        """POST /desk/account/deputy: name who stands in, from one day to another; or take that back."""
        signed = await self.gate.enter(request, Deed.OWN_ACCOUNT)
        sent = await self.gate.must_prove(request, signed, DEPUTY)
        deputies, read = self.gate.parts.room.deputies, self.gate.parts.read
        if number := text_of(sent, "end"):
            if not number.isdecimal():
                raise NotFound("deputy-unknown")
            await read(lambda: deputies.end(int(number), member=signed.member))
            return RedirectResponse(ACCOUNT, 303)
        try:
            since, until = (parse_day(text_of(sent, name), field=name) for name in ("since", "until"))
            to = text_of(sent, "deputy")
            await read(lambda: deputies.name(signed.member, to, since, until))
        except (BadInput, Conflict, NotFound, SamePerson) as wrong:
            return await self._show(request, signed, _wrong_deputy(wrong, sent))
        return RedirectResponse(f"{ACCOUNT}?done=deputy", 303)

    async def _show(self, request: Request, signed: Signed, wrong: _Wrong | None = None) -> Response:
        room, read = self.gate.parts.room, self.gate.parts.read
        members, names = await read(room.staff.members), await read(room.staff.names)
        alike = [one.id for one in members if one.role is signed.role and not one.disabled]
        done = request.query_params.get("done", "")
        return self.pages.page(
            request,
            signed,
            "account.html",
            status=422 if wrong else 200,
            deeds=[deed for deed in Deed if deed is not Deed.OWN_ACCOUNT and signed.role in MAY[deed]],
            names=names,
            known=await read(lambda: room.access.known_by(signed.member)),
            deputies=await read(lambda: room.deputies.of(signed.member)),
            covers=await read(lambda: room.deputies.covers(signed.member)),
            colleagues=[(one, names[one]) for one in alike if one != signed.member],
            today=day_in_bangkok(self.gate.parts.clock.now()),
            wrong=wrong or _Wrong(),
            done=done if done in {"self", "deputy"} else "",
        )


def _wrong_deputy(wrong: BadInput | Conflict | NotFound | SamePerson, sent: FormData) -> _Wrong:
    typed = {name: text_of(sent, name) for name in ("deputy", "since", "until")}
    return _Wrong(DEPUTY, wrong.code, str(wrong.facts.get("field", "deputy")), typed)


def _known_by(typed: str) -> tuple[Identifier, ...]:
    """What somebody may be known by, a line each. Raises `BadInput` for a line that is neither address nor number."""
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    if len(lines) > _MOST:
        raise BadInput("too-many-lines", field="known")
    return tuple(dict.fromkeys(_one(line) for line in lines))


def _one(line: str) -> Identifier:
    for kind in _KNOWN_BY:
        with suppress(BadInput):
            return identifier(kind, line)
    raise BadInput("neither-address-nor-number", field="known")

"""The form of each act on a case: shown, judged, asked once more where it can't be taken back, done once."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import BadInput, Conflict, NotAllowed, NotFound, SitthiError, Unavailable
from domain.staffing import Deed, may
from portal import words
from portal.desk.act_forms import Act, Doing, Kind, Once, Seen, Typed, older, place_of, read
from portal.desk.acts import BY_NAME
from portal.desk.case_read import CaseReader
from portal.desk.case_view import CasePage
from portal.desk.case_words import Sayings
from portal.desk.gate import Gate, Signed
from portal.desk.pages import DeskPages
from portal.forms import SPEAK

_TOKEN, _SHOWN = 40, 4000
_READ_AGAIN = frozenset({"plan-is-older", "shown-is-older", "request-amended"})
"""What was read is no more: a form for what stands now would be pressed unread, so the case page comes first."""
_log = logging.getLogger("sitthi.portal")


@dataclass(frozen=True)
class Filled:
    """A form as it came back: what was typed, what is wrong by field, and what is the matter with all of it."""

    typed: Typed = field(default_factory=Typed)
    wrong: Mapping[str, str] = field(default_factory=dict)
    code: str = ""

    @property
    def status(self) -> int:
        """422 where something is wrong."""
        return 422 if self.wrong or self.code else 200


@dataclass(frozen=True)
class CaseActs:
    """The pages under /desk/case/{reference}/do/{act}."""

    gate: Gate
    pages: DeskPages
    reader: CaseReader
    once: Once = field(default_factory=Once)

    async def act(self, request: Request) -> Response:
        """GET and POST /desk/case/{reference}/do/{act}."""
        act = BY_NAME.get(request.path_params["act"])
        if act is None:
            raise NotFound("page-unknown")
        for deed in act.deeds:
            signed = await self.gate.enter(request, deed)
        if request.method != "POST":
            return await self._form(request, signed, act, Filled(_pointed_at(act, request)))
        sent = await self.gate.must_prove(request, signed, f"case-{act.name}")
        return await self._press(request, signed, act, sent)

    async def _press(self, request: Request, signed: Signed, act: Act, sent: FormData) -> Response:
        seen = await self._seen(request, signed)
        typed, wrong = read(act, sent, seen)
        if sent.get(SPEAK):
            return await self._form(request, signed, act, Filled(typed))
        once = str(sent.get("once", ""))[:_TOKEN]
        # What was begun under this very form is answered as it was, though the case has gone on since.
        if not self.once.knows(signed.member, once):
            if wrong or not act.open(seen.page):
                return await self._form(request, signed, act, Filled(typed, wrong))
            if code := older(act, typed.one, seen.page):
                return await self._form(request, signed, act, Filled(typed, code=code))
            if act.final(seen.page) and sent.get("sure") != "yes":
                return self._ask_again(request, signed, act, seen, typed, once)
        try:
            to = await self.once.do(signed.member, once, lambda: self._do(act, signed, seen, typed))
        except (BadInput, Conflict, NotAllowed, NotFound, Unavailable) as refused:
            return await self._refused(request, signed, act, typed, refused)
        return RedirectResponse(f"/desk/case/{to or seen.page.reference}?done={act.name}", 303)

    async def _do(self, act: Act, signed: Signed, seen: Seen, typed: Typed) -> str | None:
        desk = await self.gate.parts.desk()
        return await act.do(Doing(desk, self.gate.parts.room, seen.page, signed.member, typed))

    def _ask_again(  # noqa: PLR0917 - what the page repeats
        self, request: Request, signed: Signed, act: Act, seen: Seen, typed: Typed, once: str
    ) -> Response:
        labels = {each.name: dict(each.options(seen)) if each.options else {} for each in act.fields}
        return self.pages.page(
            request,
            signed,
            "sure.html",
            act=act,
            page=seen.page,
            say=seen.say,
            typed=typed,
            labels=labels,
            once=once,
        )

    async def _refused(
        self, request: Request, signed: Signed, act: Act, typed: Typed, refused: SitthiError
    ) -> Response:
        """The form again, with what was typed and what is the matter."""
        _log.info("an act was refused: %s %s", act.name, refused.code)
        place = place_of(refused, act)
        filled = Filled(typed, {place: refused.code}) if place else Filled(typed, code=refused.code)
        return await self._form(request, signed, act, filled)

    async def _form(self, request: Request, signed: Signed, act: Act, filled: Filled) -> Response:
        """The form, for what was read: as it came back with it, else as the link of the case page carries it."""
        seen = await self._seen(request, signed)
        given = {**request.query_params, **filled.typed.one}
        shown = {name: given.get(name, value)[:_SHOWN] for name, value in act.hidden(seen.page).items()}
        code = filled.code or ("" if act.open(seen.page) else "not-open") or older(act, shown, seen.page)
        return self.pages.page(
            request,
            signed,
            "act.html",
            status=422 if code else filled.status,
            act=act,
            page=seen.page,
            say=seen.say,
            options={each.name: list(each.options(seen)) for each in act.fields if each.options},
            hidden=shown,
            read_again=code in _READ_AGAIN,
            typed=filled.typed,
            wrong=filled.wrong,
            code=code,
            once=secrets.token_urlsafe(12),
        )

    async def _seen(self, request: Request, signed: Signed) -> Seen:
        reference, room = request.path_params["reference"], self.gate.parts.room

        def seen() -> tuple[CasePage, dict[str, str]]:
            active = (one for one in room.staff.members() if not one.disabled)
            members = (one.id for one in active if may(one.role, Deed.WRITE_NOTE))
            return self.reader.page(reference), {member: room.staff.name(member) for member in members}

        page, colleagues = await self.gate.parts.read(seen)
        say = Sayings(words.load()[signed.language], self.gate.parts.policy, page.names)
        return Seen(page, say, colleagues)


def _pointed_at(act: Act, request: Request) -> Typed:
    """What a link of the case page points at: choices alone, which the form offers all the same."""
    chosen = (each.name for each in act.fields if each.kind is Kind.CHOICE)
    return Typed(
        {name: request.query_params[name][:_SHOWN] for name in chosen if name in request.query_params}
    )

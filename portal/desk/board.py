"""The board: every case with its day, the most pressing first; search, assignment, and boards that one keeps."""

from __future__ import annotations

import re
from asyncio import gather
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases.board import Asks, Line, Reader
from domain.calendar import BUDDHIST_OFFSET, day_in_bangkok
from domain.errors import BadInput, NotFound
from domain.events import Event
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.rights import Right
from domain.staffing import Deed, may
from domain.states import State
from portal import words
from portal.desk.gate import Gate, Signed
from portal.desk.pages import DeskPages
from portal.desk.tries import text_of

BOARD = "/desk"
SEARCH, ASSIGN, SAVE, DROP = "desk/search", "desk/assign", "desk/save", "desk/drop"
"""Our forms."""

_REFERENCE = re.compile(r"(?:DSR-)?(?:(\d{4})-)?(\d{1,6})", re.IGNORECASE)
_FIELDS = ("state", "right", "due", "system", "member")
_NAME_AT_MOST, _TYPED_AT_MOST = 60, 320
_ME = "me"
_SOUGHT = (IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.REF, IdentifierKind.DEVICE)


@dataclass(frozen=True)
class BoardPages:
    """The pages /desk, /desk/search, /desk/assign and /desk/views."""

    gate: Gate
    pages: DeskPages

    async def page(self, request: Request) -> Response:
        """GET /desk: what the address asks for; a word in it that we don't know asks for nothing."""
        signed = await self.gate.enter(request, Deed.SEE_CASES)
        asks, query = _asked(request.query_params, signed), request.query_params
        room, read, reader = self.gate.parts.room, self.gate.parts.read, await self._reader(signed)
        shown, tally, systems, saved = await gather(
            read(lambda: room.board.page(asks, query.get("after", ""), reader)),
            read(lambda: room.board.tally(reader)),
            read(room.board.parked_systems),
            read(lambda: room.saved_views.of(signed.member)),
        )
        kept = _kept(query)
        return await self._board(
            request,
            signed,
            shown.lines,
            tally=tally,
            systems=systems,
            saved=[(view.id, view.name, _address(view.asks, signed)) for view in saved],
            kept=kept,
            narrowed=bool(kept),
            here_again=_link(kept),
            next=_link(kept | {"after": shown.after}) if shown.after else "",
            further="after" in query,
            covers=reader.covers,
        )

    async def search(self, request: Request) -> Response:
        """POST /desk/search: by reference, or by what the person is known by; it never stands in an address."""
        signed = await self.gate.enter(request, Deed.SEE_CASES)
        sent = await self.gate.must_prove(request, signed, SEARCH)
        typed = text_of(sent, "sought")[:_TYPED_AT_MOST].strip()
        lines, found_by = await self._found(signed, typed)
        return await self._board(request, signed, lines, sought=typed, found_by=found_by)

    async def assign(self, request: Request) -> Response:
        """POST /desk/assign: give the chosen cases to somebody, or to nobody."""
        signed = await self.gate.enter(request, Deed.ASSIGN)
        sent = await self.gate.must_prove(request, signed, ASSIGN)
        to, room = text_of(sent, "to"), self.gate.parts.room
        chosen = [case for case in sent.getlist("case") if isinstance(case, str)]
        if to and to not in dict(await self._hands()):
            raise NotFound("staff-unknown")
        for case in chosen:
            await self.gate.parts.read(lambda case=case: room.hands.give(case, to, actor=signed.member))  # type: ignore[misc]
        return RedirectResponse(_back(text_of(sent, "back")), 303)

    async def views(self, request: Request) -> Response:
        """POST /desk/views: keep a board under a name, or keep it no longer."""
        signed = await self.gate.enter(request, Deed.SEE_CASES)
        saved, read = self.gate.parts.room.saved_views, self.gate.parts.read
        if "drop" in await request.form():
            sent = await self.gate.must_prove(request, signed, DROP)
            number = text_of(sent, "drop")
            if not number.isdecimal():
                raise NotFound("view-unknown")
            await read(lambda: saved.drop(signed.member, int(number)))
            return RedirectResponse(BOARD, 303)
        sent = await self.gate.must_prove(request, signed, SAVE)
        asks = _asked(QueryParams({name: text_of(sent, name) for name in _FIELDS}), signed)
        if called := " ".join(text_of(sent, "name").split())[:_NAME_AT_MOST]:
            await read(lambda: saved.save(signed.member, called, asks))
        return RedirectResponse(_address(asks, signed), 303)

    async def _board(
        self, request: Request, signed: Signed, lines: tuple[Line, ...], **values: object
    ) -> Response:
        parts = self.gate.parts
        names = await parts.read(parts.room.staff.names)
        given: dict[str, Any] = {
            "sought": None,
            "found_by": "",
            "tally": None,
            "saved": (),
            "kept": {},
            "systems": (),
            "covers": (),
        }
        given |= {"narrowed": False, "next": "", "further": False, "here_again": BOARD} | values
        hands = await self._hands() if signed.may(Deed.ASSIGN) else []
        today = day_in_bangkok(parts.clock.now())
        return self.pages.page(
            request,
            signed,
            "board.html",
            lines=lines,
            names=names,
            hands=hands,
            today=today,
            days=_days,
            **given,
            **self._choices(signed),
        )

    @staticmethod
    def _choices(signed: Signed) -> dict[str, Any]:
        t = words.load()[signed.language]
        return {
            "states": [(state, t(f"desk.states.{state}")) for state in State],
            "right_names": [(right, t(f"desk.rights.{right}")) for right in Right],
        }

    async def _reader(self, signed: Signed) -> Reader:
        room, read = self.gate.parts.room, self.gate.parts.read
        hidden, covers = await gather(
            read(lambda: room.access.closed_to(signed.member)),
            read(lambda: room.deputies.covered_by(signed.member)),
        )
        return Reader(member=signed.member, hidden=frozenset(hidden), covers=covers)

    async def _hands(self) -> list[tuple[str, str]]:
        """Who may be given a case: ids and names."""
        staff, read = self.gate.parts.room.staff, self.gate.parts.read
        names = await read(staff.names)
        members = await read(staff.members)
        active = [each for each in members if not each.disabled and may(each.role, Deed.WRITE_NOTE)]
        return [(each.id, names[each.id]) for each in active]

    async def _found(self, signed: Signed, typed: str) -> tuple[tuple[Line, ...], str]:
        parts = self.gate.parts
        board, year = parts.room.board, day_in_bangkok(parts.clock.now()).year + BUDDHIST_OFFSET
        reader = await self._reader(signed)
        if named := _REFERENCE.fullmatch(typed):
            reference = f"DSR-{named[1] or year}-{int(named[2]):06d}"
            if lines := await parts.read(lambda: board.named([reference], reader)):
                return lines, "reference"
        given = _identifiers(typed)
        if not given or not signed.may(Deed.FIND_PERSON):
            return (), "reference" if not signed.may(Deed.FIND_PERSON) else ""
        # Whoever looks for a person leaves a trace, whether there is one or not; what was looked for stays out of it.
        looked = {"actor": signed.member, "command": "desk-search"}
        await parts.read(lambda: parts.room.audit.note(Event.STAFF_LOOKED, looked))
        return await parts.read(lambda: board.of_person(given, reader)), "person"


def _identifiers(typed: str) -> list[Identifier]:
    """What somebody may be known by who is known by that."""
    found = []
    for kind in _SOUGHT:
        try:
            found.append(identifier(kind, typed))
        except BadInput:
            continue
    return found


def _asked(query: QueryParams, signed: Signed) -> Asks:
    told = {name: query[name] for name in _FIELDS if query.get(name)}
    if told.get("member") == _ME:
        told["member"] = signed.member
    try:
        return Asks.model_validate(told)
    except ValidationError:
        return Asks()


def _kept(query: QueryParams) -> dict[str, str]:
    return {name: query[name] for name in _FIELDS if query.get(name)}


def _address(asks: Asks, signed: Signed) -> str:
    told = asks.model_dump(mode="json", exclude_defaults=True)
    if told.get("member") == signed.member:
        told["member"] = _ME
    return _link(told)


def _link(told: dict[str, str]) -> str:
    return f"{BOARD}?{urlencode(told)}" if told else BOARD


def _back(to: str) -> str:
    """Where a form came from, if it was the board."""
    return to if to == BOARD or to.startswith(f"{BOARD}?") else BOARD


def _days(due: date, today: date) -> int:
    """Days that are left; below zero, days too late."""
    return (due - today).days

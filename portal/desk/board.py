"""The board: every case with its day, the most pressing first; search, and boards that one keeps."""

from __future__ import annotations

import re
from asyncio import gather
from collections.abc import Mapping
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
from portal.desk.live import live, scripted, since_of
from portal.desk.pages import DeskPages
from portal.desk.parts import Parts
from portal.desk.tries import text_of

BOARD = "/desk"
ALL = f"{BOARD}?all=1"
"""All open cases, whatever board opens for who looks."""

SEARCH, TOGETHER, SAVE, DROP = "desk/search", "desk/together", "desk/save", "desk/drop"
"""Our forms; that of `TOGETHER` is answered by `portal.desk.together`."""

_REFERENCE = re.compile(r"(?:DSR-)?(?:(\d{4})-)?(\d{1,6})", re.IGNORECASE)
_FIELDS = ("state", "right", "due", "system", "member")
_NAME_AT_MOST, _TYPED_AT_MOST, _DIGITS = 60, 320, 12
_ME = "me"
_SOUGHT = (IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.REF, IdentifierKind.DEVICE)


@dataclass(frozen=True)
class BoardPages:
    """The pages /desk, /desk/search and /desk/views."""

    gate: Gate
    pages: DeskPages

    async def page(self, request: Request) -> Response:
        """GET /desk: what the address asks for, else the board that they open with.

        A word in the address that we don't know asks for nothing.
        """
        signed = await self.gate.enter(request, Deed.SEE_CASES)
        asks, query = asked(request.query_params, signed), request.query_params
        room, read, reader = (
            self.gate.parts.room,
            self.gate.parts.read,
            await reader_of(self.gate.parts, signed),
        )
        if not query.keys() - {"lang"} and (to := await self._opens_with(signed)) != BOARD:
            return RedirectResponse(to, 303)
        # The mark first: what happens while the rest is read is then told once more, and never missed.
        mark, since = await read(room.pulse.mark), since_of(request)
        shown, tally, systems, saved = await gather(
            read(lambda: room.board.page(asks, query.get("after", ""), reader)),
            read(lambda: room.board.tally(reader)),
            read(room.board.parked_systems),
            read(lambda: room.saved_views.of(signed.member)),
        )
        kept, ids = _kept(query), [line.id for line in shown.lines]
        fresh = await read(lambda: room.pulse.changed_of(ids, since)) if since else frozenset()
        count = await read(lambda: room.pulse.changed(since)) if since else 0
        here = kept | ({"after": query["after"]} if "after" in query else {})
        page = await self._board(
            request,
            signed,
            shown.lines,
            tally=tally,
            systems=systems,
            saved=[(view, _address(view.asks, signed)) for view in saved],
            kept=kept,
            narrowed=bool(kept),
            here_again=_link(kept),
            listed=f"/desk/list.csv?{urlencode(kept)}",
            fresh=fresh,
            live=live(self.gate, signed, mark, _link(here | {"since": str(mark)}), changed=count),
            next=_link(kept | {"after": shown.after}) if shown.after else "",
            further="after" in query,
            covers=reader.covers,
        )
        return scripted(page)

    async def _opens_with(self, signed: Signed) -> str:
        """Where the desk of a member begins."""
        first = await self.gate.parts.read(lambda: self.gate.parts.room.saved_views.first(signed.member))
        return _address(first, signed) if first else BOARD

    async def search(self, request: Request) -> Response:
        """POST /desk/search: by reference, or by what the person is known by; it never stands in an address."""
        signed = await self.gate.enter(request, Deed.SEE_CASES)
        sent = await self.gate.must_prove(request, signed, SEARCH)
        typed = text_of(sent, "sought")[:_TYPED_AT_MOST].strip()
        lines, found_by = await self._found(signed, typed)
        return await self._board(request, signed, lines, sought=typed, found_by=found_by)

    async def views(self, request: Request) -> Response:
        """POST /desk/views: keep a board under a name, keep it no longer, or let the desk open with it."""
        signed = await self.gate.enter(request, Deed.SEE_CASES)
        saved, read = self.gate.parts.room.saved_views, self.gate.parts.read
        form = await request.form()
        if form.keys() & {"drop", "first", "last"}:
            sent = await self.gate.must_prove(request, signed, DROP)
            if number := text_of(sent, "first"):
                await read(lambda: saved.open_with(signed.member, _number(number)))
            elif text_of(sent, "last"):
                await read(lambda: saved.open_with(signed.member, None))
            else:
                await read(lambda: saved.drop(signed.member, _number(text_of(sent, "drop"))))
            return RedirectResponse(ALL, 303)
        sent = await self.gate.must_prove(request, signed, SAVE)
        asks = asked(QueryParams({name: text_of(sent, name) for name in _FIELDS}), signed)
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
            "fresh": frozenset(),
            "live": None,
            "covers": (),
        }
        given |= {"narrowed": False, "next": "", "further": False, "here_again": BOARD, "listed": ""} | values
        rules = parts.policy.deadlines.values()
        return self.pages.page(
            request,
            signed,
            "board.html",
            lines=lines,
            names=names,
            hands=await hands(parts, names),
            extendable=any(rule.extension_reference for rule in rules),
            today=day_in_bangkok(parts.clock.now()),
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

    async def _found(self, signed: Signed, typed: str) -> tuple[tuple[Line, ...], str]:
        parts = self.gate.parts
        board, year = parts.room.board, day_in_bangkok(parts.clock.now()).year + BUDDHIST_OFFSET
        reader = await reader_of(parts, signed)
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


async def reader_of(parts: Parts, signed: Signed) -> Reader:
    """What is closed to them, and for whom they stand in."""
    room, read = parts.room, parts.read
    hidden, covers = await gather(
        read(lambda: room.access.closed_to(signed.member)),
        read(lambda: room.deputies.covered_by(signed.member)),
    )
    return Reader(member=signed.member, hidden=frozenset(hidden), covers=covers)


async def hands(parts: Parts, names: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """Who may be given a case: ids and names."""
    known = await parts.read(parts.room.staff.names) if names is None else names
    members = await parts.read(parts.room.staff.members)
    active = [each for each in members if not each.disabled and may(each.role, Deed.WRITE_NOTE)]
    return [(each.id, known[each.id]) for each in active]


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > _DIGITS:
        raise NotFound("view-unknown")
    return int(text)


def _identifiers(typed: str) -> list[Identifier]:
    """What somebody may be known by who is known by that."""
    found = []
    for kind in _SOUGHT:
        try:
            found.append(identifier(kind, typed))
        except BadInput:
            continue
    return found


def asked(query: QueryParams, signed: Signed) -> Asks:
    """What an address asks for."""
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


def back(to: str) -> str:
    """Where a form came from, if it was the board."""
    return to if to == BOARD or to.startswith(f"{BOARD}?") else BOARD


def _days(due: date, today: date) -> int:
    """Days that are left; below zero, days too late."""
    return (due - today).days

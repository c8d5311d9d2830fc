"""What is done to many cases at once: each is answered for itself, done or refused with why. Never a decision.

Assigning is the register's alone. The others are asked for once more, with their reason, on a page that names the cases;
what that page showed of a case comes back with the form, so that nothing is done to one that changed since, nor twice.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from starlette.concurrency import iterate_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from cases.board import Line
from domain.calendar import day_in_bangkok
from domain.errors import BadInput, Conflict, NotAllowed, NotFound, Unavailable
from domain.events import Event
from domain.ports import CaseView
from domain.staffing import Deed
from policy.model import Policy
from portal.desk.board import TOGETHER, asked, back, hands, reader_of
from portal.desk.gate import Gate, Signed
from portal.desk.pages import DeskPages
from portal.desk.tries import text_of
from workflows.desk import Desk

LIST = "/desk/list.csv"
_MOST, _AT_A_TIME, _REASON, _DIGITS = 50, 8, 4000, 3
_COLUMNS = (
    *("reference", "right", "state", "ending", "due", "urgency", "received", "closed"),
    *("channel", "assigned", "waits"),
)


@dataclass(frozen=True)
class Told:
    """What was typed for all of them, what is wrong with it by field, and the board that they were chosen on."""

    back: str
    reason: str = ""
    days: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Many:
    """Something that may be done to many: by whom, to which, what a page shows of each, and how it is done to one.

    `seen` is what the act is about: it is done only while the case would show the same.
    """

    name: str
    deed: Deed
    days: bool
    open: Callable[[CaseView, Policy], bool]
    seen: Callable[[CaseView], str]
    do: Callable[[Desk, CaseView, Told, str], Awaitable[None]]


@dataclass(frozen=True)
class Answered:
    """A case, and the code of what refused it; empty where it was done."""

    view: CaseView | None
    code: str


async def _retry(desk: Desk, view: CaseView, told: Told, actor: str) -> None:
    for system in sorted(one.system for one in view.parked):
        await desk.repair(view.case.reference, system, retry=True, actor=actor, reason=told.reason)


async def _extend(desk: Desk, view: CaseView, told: Told, actor: str) -> None:
    await desk.extend(view.case.reference, int(told.days), actor=actor, reason=told.reason)


def _may_extend(view: CaseView, policy: Policy) -> bool:
    return view.closed is None and bool(policy.deadlines[view.case.right].extension_reference)


MANY = {
    "retry": Many(
        "retry",
        Deed.REPAIR,
        days=False,
        open=lambda view, _: bool(view.parked),
        seen=lambda view: ",".join(sorted(f"{one.system}@{one.since.isoformat()}" for one in view.parked)),
        do=_retry,
    ),
    "extend": Many(
        "extend",
        Deed.EXTEND,
        days=True,
        open=_may_extend,
        seen=lambda view: str(view.case.terms.version),
        do=_extend,
    ),
}


@dataclass(frozen=True)
class TogetherPages:
    """The pages /desk/assign, /desk/together/{act} and /desk/list.csv."""

    gate: Gate
    pages: DeskPages

    async def assign(self, request: Request) -> Response:
        """POST /desk/assign: give the chosen cases to somebody, or to nobody, in one transaction."""
        signed = await self.gate.enter(request, Deed.ASSIGN)
        sent = await self.gate.must_prove(request, signed, TOGETHER)
        to, room = text_of(sent, "to"), self.gate.parts.room
        if to and to not in dict(await hands(self.gate.parts)):
            raise NotFound("staff-unknown")
        chosen = _chosen(sent)
        given = await self.gate.parts.read(lambda: room.hands.give_all(chosen, to, actor=signed.member))
        if not any(given.values()):
            return RedirectResponse(back(text_of(sent, "back")), 303)
        answered = [Answered(await self._view(case, signed), given[case]) for case in chosen]
        return self._told(request, signed, "assign", answered, back(text_of(sent, "back")))

    async def act(self, request: Request) -> Response:
        """POST /desk/together/{act}: asked once more with its reason, then done to each that would show the same."""
        signed = await self.gate.enter(request, Deed.REPAIR)
        sent = await self.gate.must_prove(request, signed, TOGETHER)
        many = MANY.get(request.path_params["act"])
        if many is None:
            raise NotFound("page-unknown")
        signed = await self.gate.enter(request, many.deed)
        views = [view for case in _chosen(sent) if (view := await self._view(case, signed))]
        told = _told(sent, many) if sent.get("sure") else Told(back(text_of(sent, "back")))
        if not sent.get("sure") or told.wrong or not views:
            return self._ask(request, signed, many, views, told)
        seen = dict(value.partition("=")[::2] for value in sent.getlist("seen") if isinstance(value, str))
        room = asyncio.Semaphore(_AT_A_TIME)

        async def one(view: CaseView) -> Answered:
            async with room:
                return Answered(view, await self._do(many, view, told, seen.get(view.case.id, ""), signed))

        return self._told(request, signed, many.name, await asyncio.gather(*map(one, views)), told.back)

    async def listed(self, request: Request) -> Response:
        """GET /desk/list.csv: every line that the address asks for, without anybody's name; noted, as a look is."""
        signed = await self.gate.enter(request, Deed.SEE_CASES)
        asks, parts = asked(request.query_params, signed), self.gate.parts
        looked = {"actor": signed.member, "command": "desk-list"}
        await parts.read(lambda: parts.room.audit.note(Event.STAFF_LOOKED, looked))
        today = day_in_bangkok(parts.clock.now())
        headers = {"Content-Disposition": f'attachment; filename="cases-{today}.csv"'}
        lines = parts.room.board.every(asks, await reader_of(parts, signed))
        rows = _csv(iterate_in_threadpool(lines), today)
        return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)

    async def _view(self, case: str, signed: Signed) -> CaseView | None:
        """The case; none where there is none, or it is closed to them."""
        parts = self.gate.parts
        try:
            view = await parts.read(lambda: parts.room.register.view(case))
            await self.gate.must_be_open(signed, view.case.reference)
        except (NotFound, NotAllowed):
            return None
        return view

    async def _do(self, many: Many, view: CaseView, told: Told, seen: str, signed: Signed) -> str:
        """What refused it; empty where it was done."""
        if not many.open(view, self.gate.parts.policy):
            return "not-open"
        if seen != many.seen(view):
            return "shown-is-older"
        try:
            desk = await self.gate.parts.desk()
            await many.do(desk, view, told, signed.member)
        except (BadInput, Conflict, NotAllowed, NotFound, Unavailable) as refused:
            return refused.code
        return ""

    def _ask(
        self, request: Request, signed: Signed, many: Many, views: list[CaseView], told: Told
    ) -> Response:
        policy = self.gate.parts.policy
        return self.pages.page(
            request,
            signed,
            "together.html",
            status=422 if told.wrong else 200,
            many=many,
            ready=[(view, many.seen(view)) for view in views if many.open(view, policy)],
            rest=[view for view in views if not many.open(view, policy)],
            told=told,
            back=told.back,
        )

    def _told(
        self, request: Request, signed: Signed, what: str, answered: list[Answered], to: str
    ) -> Response:
        done = sum(not one.code for one in answered)
        return self.pages.page(
            request, signed, "together-done.html", what=what, answered=answered, done=done, back=to
        )


def _chosen(sent: FormData) -> list[str]:
    """The cases that were ticked, each once; no page has more."""
    return [*dict.fromkeys(case for case in sent.getlist("case") if isinstance(case, str))][:_MOST]


def _told(sent: FormData, many: Many) -> Told:
    reason, days = text_of(sent, "reason").strip(), text_of(sent, "days").strip()
    wrong = {} if reason else {"reason": "missing"}
    if len(reason) > _REASON:
        wrong["reason"] = "too-long"
    if many.days and not (days.isascii() and days.isdecimal() and len(days) <= _DIGITS):
        wrong["days"] = "not-a-number" if days else "missing"
    return Told(back(text_of(sent, "back")), reason, days, wrong)


async def _csv(lines: AsyncIterator[Line], today: date) -> AsyncIterator[str]:
    """Line by line, with a mark by which Excel knows UTF-8. Days are of Bangkok, instants UTC."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("as of", today.isoformat()))
    writer.writerow(_COLUMNS)
    yield "\ufeff" + out.getvalue()
    async for line in lines:
        out.seek(0)
        out.truncate()
        writer.writerow(_cells(line))
        yield out.getvalue()


def _cells(line: Line) -> tuple[str, ...]:
    return (
        *(line.reference, line.right, line.state, line.ending or ""),
        *(line.terms.strict.isoformat(), line.urgency),
        *(line.received.isoformat(), line.closed.isoformat() if line.closed else ""),
        *(line.channel, line.hand, " ".join(line.parked)),
    )

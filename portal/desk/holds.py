"""Hold orders: placed by an officer, released by an approver; what an order keeps is not erased (s.33 ¶2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases.holds import HoldOrder
from domain.calendar import day_in_bangkok
from domain.errors import BadInput, Conflict, NotFound
from domain.events import Event
from domain.holds import OrderKind
from domain.staffing import Deed
from portal.desk.gate import Gate, Signed
from portal.desk.pages import DeskPages
from portal.desk.tries import text_of

HOLDS = "/desk/holds"
PLACE, RELEASE = "desk/hold-place", "desk/hold-release"
"""Our forms; that of placing one is bound to how many there are, so that sent twice it places one."""

REVIEW_DAYS = 90
"""A litigation hold is looked at again after so many days: it lasts while the dispute does, not for ever."""

_AT_MOST, _NUMBER_AT_MOST = 1000, 200  # percent-encoded Thai is nine bytes a letter; a form is 16 kB at most


@dataclass(frozen=True)
class HoldPages:
    """The pages /desk/holds and /desk/holds/{order}."""

    gate: Gate
    pages: DeskPages

    async def page(self, request: Request) -> Response:
        """GET /desk/holds: the orders; their numbers and reasons are shown to who may see data, and that is noted."""
        signed = await self.gate.enter(request, Deed.SEE_HOLDS)
        return await self._list(request, signed)

    async def place(self, request: Request) -> Response:
        """POST /desk/holds: place an order on a case and its person, or on all."""
        signed = await self.gate.enter(request, Deed.PLACE_HOLD)
        room, read = self.gate.parts.room, self.gate.parts.read
        count = len(await read(room.holds.orders))
        sent = await self.gate.must_prove(request, signed, _placing(count))
        try:
            case = await self._case(sent)
            units = self._units(sent)
            await read(
                lambda: room.holds.place(
                    case,
                    text_of(sent, "order")[:_NUMBER_AT_MOST].strip(),
                    actor=signed.member,
                    reason=text_of(sent, "reason")[:_AT_MOST].strip(),
                    kind=_kind(sent),
                    units=units,
                )
            )
        except (BadInput, Conflict, NotFound) as wrong:
            return await self._list(request, signed, wrong, sent)
        return RedirectResponse(HOLDS, 303)

    async def release(self, request: Request) -> Response:
        """POST /desk/holds/{order}: release it; what it kept is looked at again when it is next asked for."""
        signed = await self.gate.enter(request, Deed.RELEASE_HOLD)
        sent = await self.gate.must_prove(request, signed, RELEASE)
        parts, order = self.gate.parts, request.path_params["order"]
        reason = text_of(sent, "reason")[:_AT_MOST].strip()
        if not reason:
            return await self._list(request, signed, about=order)
        await parts.read(lambda: parts.room.holds.release(order, actor=signed.member, reason=reason))
        [case] = [one.case for one in await parts.read(parts.room.holds.orders) if one.id == order]
        if case:
            await parts.read(lambda: parts.released(case, order))
        return RedirectResponse(HOLDS, 303)

    async def _case(self, sent: FormData) -> str | None:
        reference, everybody = text_of(sent, "reference").strip().upper(), bool(text_of(sent, "all"))
        if bool(reference) == everybody:
            raise BadInput("one-case-or-all", field="reference")
        if everybody:
            return None
        register = self.gate.parts.room.register
        return (await self.gate.parts.read(lambda: register.view(reference))).case.id

    def _units(self, sent: FormData) -> list[str]:
        units = [unit for unit in sent.getlist("unit") if isinstance(unit, str)]
        if unknown := set(units) - self.gate.parts.policy.units.keys():
            raise BadInput("unit-unknown", field="unit", count=len(unknown))
        return units

    async def _list(
        self,
        request: Request,
        signed: Signed,
        wrong: BadInput | Conflict | NotFound | None = None,
        sent: FormData | None = None,
        *,
        about: str = "",
    ) -> Response:
        parts = self.gate.parts
        room, read = parts.room, parts.read
        every, closed = (
            await read(room.holds.orders),
            await read(lambda: room.access.closed_to(signed.member)),
        )
        orders = [order for order in every if order.case not in closed]
        if orders and signed.may(Deed.SEE_DATA):
            looked = {"actor": signed.member, "command": "desk-holds"}
            await read(lambda: room.audit.note(Event.STAFF_LOOKED, looked))
        lines = await read(lambda: room.board.of_ids({order.case for order in orders if order.case}))
        today = day_in_bangkok(parts.clock.now())
        field = str(wrong.facts.get("field", "reference")) if wrong else ""
        return self.pages.page(
            request,
            signed,
            "holds.html",
            status=422 if wrong or about else 200,
            orders=sorted(orders, key=lambda order: order.released is not None),
            references={line.id: line.reference for line in lines},
            names=await read(room.staff.names),
            units=parts.policy.units,
            kinds=list(OrderKind),
            review={order.id: review_of(order, today) for order in orders},
            today=today,
            placing=_placing(len(every)),
            error=wrong.code if wrong else "",
            field=field,
            sent=sent or {},
            about=about,
        )


def review_of(order: HoldOrder, today: date) -> date | None:
    """The next day on which a litigation hold is to be looked at again; nothing else has one."""
    if order.kind is not OrderKind.LITIGATION or order.released:
        return None
    placed = day_in_bangkok(order.placed)
    periods = max(1, -(-(today - placed).days // REVIEW_DAYS))
    return placed + timedelta(days=periods * REVIEW_DAYS)


def _kind(sent: FormData) -> OrderKind:
    try:
        return OrderKind(text_of(sent, "kind"))
    except ValueError:
        raise BadInput("unknown-word", field="kind") from None


def _placing(orders: int) -> str:
    return f"{PLACE}/{orders}"

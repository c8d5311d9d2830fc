"""The staff: who is let in and out, what each may do, and the way back for who lost a factor."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases.comebacks import plain
from domain.errors import BadInput, Conflict, NotFound
from domain.staffing import Deed, Role
from portal.desk.gate import Gate, Signed
from portal.desk.pages import DeskPages
from portal.desk.tries import text_of

STAFF, RESETS = "/desk/staff", "/desk/resets"
CHANGE, CONFIRM = "desk/staff-change", "desk/reset-confirm"
"""Our forms; that of adding somebody is bound to how many there are, so that sent twice it adds one."""

_NAME_AT_MOST, _REASON_AT_MOST = 200, 1000


@dataclass(frozen=True)
class StaffPages:
    """The pages /desk/staff, /desk/staff/{member} and /desk/resets."""

    gate: Gate
    pages: DeskPages

    async def page(self, request: Request) -> Response:
        """GET and POST /desk/staff: everybody; who is added gets a credential, shown once."""
        signed = await self.gate.enter(request, Deed.MANAGE_STAFF)
        if request.method == "GET":
            return await self._list(request, signed)
        staff, read = self.gate.parts.room.staff, self.gate.parts.read
        sent = await self.gate.must_prove(request, signed, _adding(len(await read(staff.members))))
        name, role = " ".join(text_of(sent, "name").split()), text_of(sent, "role")
        if not name or len(name) > _NAME_AT_MOST or role not in set(Role):
            return await self._list(
                request, signed, error="name" if role in set(Role) else "role", typed=name
            )
        member, credential = await self.gate.parts.tries.slowly(
            lambda: staff.add(name, role, actor=signed.member)
        )
        return self._credential(request, signed, member, name, credential)

    async def change(self, request: Request) -> Response:
        """POST /desk/staff/{member}: another role, a lost factor, or no more."""
        signed = await self.gate.enter(request, Deed.MANAGE_STAFF)
        sent = await self.gate.must_prove(request, signed, CHANGE)
        room, member = self.gate.parts.room, request.path_params["member"]
        match text_of(sent, "deed"):
            case "role":
                role = text_of(sent, "role")
                await self.gate.parts.read(lambda: room.staff.change_role(member, role, actor=signed.member))
            case "disable":
                to = text_of(sent, "to")
                await self.gate.parts.read(lambda: room.staff.leave(member, actor=signed.member, to=to))
            case "reset":
                if wrong := await self._ask_reset(signed, member, sent):
                    return await self._list(request, signed, error=wrong, about=member)
            case _:
                raise BadInput("unknown-word", field="deed")
        return RedirectResponse(STAFF, 303)

    async def _ask_reset(self, signed: Signed, member: str, sent: FormData) -> str:
        """The first person's word; or the field that is wrong."""
        room, number = self.gate.parts.room, plain(text_of(sent, "number"))
        reason = text_of(sent, "reason").strip()[:_REASON_AT_MOST]
        if not reason:
            return "reason"
        said = {"actor": signed.member, "reason": reason, "number": number}
        try:
            await self.gate.parts.read(lambda: room.doors.ask_reset(member, **said))
        except (Conflict, NotFound) as wrong:
            if wrong.facts.get("field") != "number":
                raise
            return "number"
        return ""

    async def resets(self, request: Request) -> Response:
        """GET and POST /desk/resets: what waits for a second person, who was told the same number."""
        signed = await self.gate.enter(request, Deed.CONFIRM_RESET)
        room, read = self.gate.parts.room, self.gate.parts.read
        if request.method == "GET":
            return await self._resets(request, signed)
        sent = await self.gate.must_prove(request, signed, CONFIRM)
        member, number = text_of(sent, "member"), plain(text_of(sent, "number"))
        if member not in await read(room.staff.names):
            raise NotFound("staff-unknown")
        try:
            await self.gate.parts.tries.slowly(
                lambda: room.doors.reset(member, actor=signed.member, number=number)
            )
        except (BadInput, Conflict, NotFound) as wrong:
            if wrong.facts.get("field") != "number":
                raise
            return await self._resets(request, signed, wrong=member)
        return RedirectResponse(f"{RESETS}?done=1", 303)

    async def _resets(self, request: Request, signed: Signed, *, wrong: str = "") -> Response:
        room, read = self.gate.parts.room, self.gate.parts.read
        return self.pages.page(
            request,
            signed,
            "resets.html",
            status=422 if wrong else 200,
            waiting=await read(room.doors.resets),
            names=await read(room.staff.names),
            wrong=wrong,
            done="done" in request.query_params,
        )

    async def _list(
        self, request: Request, signed: Signed, *, error: str = "", typed: str = "", about: str = ""
    ) -> Response:
        room, read = self.gate.parts.room, self.gate.parts.read
        members = await read(room.staff.members)
        return self.pages.page(
            request,
            signed,
            "staff.html",
            status=422 if error else 200,
            members=members,
            names=await read(room.staff.names),
            enrolled=await read(room.doors.enrolled),
            waiting={each.member: each.asked_by for each in await read(room.doors.resets)},
            roles=list(Role),
            adding=_adding(len(members)),
            error=error,
            typed=typed,
            about=about,
        )

    def _credential(
        self, request: Request, signed: Signed, member: str, name: str, credential: str
    ) -> Response:
        return self.pages.page(
            request, signed, "credential.html", member=member, called=name, credential=credential
        )


def _adding(members: int) -> str:
    return f"desk/staff-add/{members}"

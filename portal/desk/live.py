"""What lets open pages renew themselves: whether something happened since they were made, and who may ask without a press.

A page that asks by itself must not keep a session alive that nobody sits at. So it brings a token of its own, good for as
long as a session may be idle, and what it asks for never turns the session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.calendar import BANGKOK
from domain.staffing import Deed
from portal.desk.gate import Gate, Signed
from portal.safety import POLICY, SCRIPTED

PULSE = "/desk/pulse"
_DIGITS = 18


@dataclass(frozen=True)
class Live:
    """What a page carries: its mark, the case that it is of or none, its token, when it was made, where it is looked at again."""

    mark: int
    case: str
    token: str
    made: str
    again: str
    changed: int = 0


def live(gate: Gate, signed: Signed, mark: int, again: str, *, case: str = "", changed: int = 0) -> Live:
    """What a page that shows the state of `mark` carries."""
    now: datetime = gate.parts.clock.now()
    made = f"{now.astimezone(BANGKOK):%H:%M}"
    return Live(mark, case, gate.live_token(signed), made, again, changed)


def scripted(page: Response) -> Response:
    """The page, with leave to run the script that renews it."""
    page.headers[POLICY] = SCRIPTED
    return page


def since_of(request: Request) -> int:
    """The mark that an address brings; 0 where it brings none."""
    text = request.query_params.get("since", "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= _DIGITS else 0


@dataclass(frozen=True)
class LivePages:
    """The address /desk/pulse."""

    gate: Gate

    async def pulse(self, request: Request) -> Response:
        """GET /desk/pulse: the present mark, of a case where one is named, and in how many cases something happened."""
        signed = await self.gate.enter(request, Deed.SEE_CASES)
        room, read = self.gate.parts.room, self.gate.parts.read
        since, reference = since_of(request), request.query_params.get("case", "")
        if reference:
            view = await read(lambda: room.register.view(reference))
            await self.gate.must_be_open(signed, view.case.reference)
            mark = await read(lambda: room.pulse.mark_of(view.case.id))
            return JSONResponse({"mark": mark, "changed": int(mark > since)})
        mark = await read(room.pulse.mark)
        changed = await read(lambda: room.pulse.changed(since)) if mark > since else 0
        return JSONResponse({"mark": mark, "changed": changed})

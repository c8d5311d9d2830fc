"""The audit: what was done and by whom, and the export for the PDPC (s.39, s.72 and the following)."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from starlette.background import BackgroundTask
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from cases.closed import OWN
from cases.event_search import Sought
from domain.calendar import day_in_bangkok, parse_day
from domain.errors import BadInput, NotFound
from domain.events import Event
from domain.inspection import Scope
from domain.staffing import Deed, Role
from portal.desk.gate import Gate, Signed
from portal.desk.pages import DeskPages
from portal.desk.tries import text_of

AUDIT = "/desk/audit"
EXPORT, APPROVE = "desk/audit-export", "desk/audit-approve"
"""Our forms."""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
_NUMBER = re.compile(r"\d{1,15}")
_ACTOR = re.compile(r"person|engine|S-[0-9a-f]{12}")


@dataclass(frozen=True)
class AuditPages:
    """The pages /desk/audit, /desk/audit/export and /desk/audit/approve."""

    gate: Gate
    pages: DeskPages

    async def page(self, request: Request) -> Response:
        """GET /desk/audit: the newest events, or those that the address asks for."""
        signed = await self.gate.enter(request, Deed.SEE_AUDIT)
        return await self._list(request, signed)

    async def export(self, request: Request) -> Response:
        """POST /desk/audit/export: make the minimised export of a span of days, and send it at once.

        It names nobody but who signs it, so that one person may make it. What names people needs a written order and
        a second person, and is made on the command line, where the scan of the order is.
        """
        signed = await self.gate.enter(request, Deed.MAKE_EXPORT)
        sent = await self.gate.must_prove(request, signed, EXPORT)
        parts = self.gate.parts
        exports, make = parts.room.exports, parts.export
        if make is None:
            raise NotFound("export-not-set-up")
        try:
            scope, why = _scope(sent), _reason(sent)
        except BadInput as wrong:
            return await self._list(request, signed, wrong, sent)
        asked = await parts.read(lambda: exports.ask(scope, actor=signed.member, reason_code=why))
        begun = await parts.read(lambda: exports.begin(asked.id, actor=signed.member))
        with ExitStack() as until_made:
            folder = until_made.enter_context(tempfile.TemporaryDirectory(prefix="sitthi-export-"))
            out = Path(folder) / f"audit-export-{begun.serial}.zip"
            await parts.read(lambda: make(begun, out, signed.member))
            until_sent = BackgroundTask(until_made.pop_all().close)
        return FileResponse(out, media_type="application/zip", filename=out.name, background=until_sent)

    async def approve(self, request: Request) -> Response:
        """POST /desk/audit/approve: the second person lets an export that names people be made."""
        signed = await self.gate.enter(request, Deed.APPROVE_EXPORT)
        sent = await self.gate.must_prove(request, signed, APPROVE)
        exports = self.gate.parts.room.exports
        await self.gate.parts.read(lambda: exports.approve(text_of(sent, "export"), actor=signed.member))
        return RedirectResponse(AUDIT, 303)

    async def _list(
        self, request: Request, signed: Signed, wrong: BadInput | None = None, sent: FormData | None = None
    ) -> Response:
        parts, query = self.gate.parts, request.query_params
        room, read = parts.room, parts.read
        sought = _sought(dict(query))
        hidden = await read(lambda: _hidden(room.access.closed_to(signed.member), signed.role))
        told, before = await read(lambda: room.events.find(sought, hidden))
        kept = sought.model_dump(exclude_defaults=True, exclude={"before"})
        return self.pages.page(
            request,
            signed,
            "audit.html",
            status=422 if wrong else 200,
            told=told,
            kept=kept,
            older=f"{AUDIT}?{urlencode(kept | {'before': before})}" if before else "",
            head=await read(room.audit.head),
            names=await read(room.staff.names),
            events=[event.value for event in Event],
            exports=(await read(room.exports.all))[::-1],
            able=parts.export is not None,
            today=day_in_bangkok(parts.clock.now()),
            field=wrong.facts["field"] if wrong else "",
            sent=sent or {},
        )


def _hidden(closed: Mapping[str, str], role: Role) -> frozenset[str]:
    """Cases whose events stay out: one's own; to an auditor no others, for they see that all was done as told."""
    return frozenset(case for case, why in closed.items() if why == OWN or role is not Role.AUDITOR)


def _sought(query: dict[str, str]) -> Sought:
    """What the address asks for; what it says that nothing could be found by asks for nothing."""
    reference, event = query.get("reference", "").strip().upper(), query.get("event", "")
    actor, before = query.get("actor", "").strip(), query.get("before", "")
    return Sought(
        reference=reference if _CODE.fullmatch(reference) else "",
        event=event if event in set(Event) else "",
        actor=actor if _ACTOR.fullmatch(actor) else "",
        before=int(before) if _NUMBER.fullmatch(before) else 0,
    )


def _scope(sent: FormData) -> Scope:
    since, until = (parse_day(text_of(sent, field), field=field) for field in ("since", "until"))
    if until < since:
        raise BadInput("days-the-wrong-way", field="until")
    return Scope(since=since, until=until)


def _reason(sent: FormData) -> str:
    """A word or a ticket's number: it stays in the chain, which keeps no sentences."""
    code = text_of(sent, "reason").strip()
    if not _CODE.fullmatch(code):
        raise BadInput("reason-not-a-code", field="reason")
    return code

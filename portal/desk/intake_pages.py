"""A request by letter, telephone, counter, e-mail, chat or ticket: entered by an officer, with a receipt to print."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from activities import scans
from domain.acting import Capacity
from domain.assurance import STAFF_RECORDED, Method
from domain.calendar import day_in_bangkok, in_thai
from domain.errors import BadInput, Conflict, SitthiError, Unavailable
from domain.ports import CaseView, Intake
from domain.staffing import Deed
from domain.wishes import Because, Use
from portal import uploads, words
from portal.desk.case_words import Sayings
from portal.desk.gate import Gate, Signed
from portal.desk.intake_form import BY_STAFF, CORRECTIONS, Entry, fresh, intake_of, method_of, read
from portal.desk.pages import DeskPages
from portal.forms import SPEAK

FORM = "new-request"
_METHODS = tuple(method for method in Method if method in STAFF_RECORDED)
_TOKEN = 40
_OTHERWISE = "key-used-otherwise"
_log = logging.getLogger("sitthi.portal")


@dataclass(frozen=True)
class IntakePages:
    """The pages under /desk/new and /desk/receipt."""

    gate: Gate
    pages: DeskPages
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(uploads.AT_ONCE))

    async def page(self, request: Request) -> Response:
        """GET and POST /desk/new."""
        signed = await self.gate.enter(request, Deed.OPEN_REQUEST)
        if request.method != "POST":
            return await self._form(request, signed, fresh(), secrets.token_urlsafe(16))
        # No plain copy of a scan touches a disk.
        sent = await self.gate.must_prove(
            request, signed, FORM, read=lambda asked: uploads.read_form(asked, self.turn)
        )
        try:
            return await self._take(request, signed, sent)
        finally:
            await sent.close()

    async def _take(self, request: Request, signed: Signed, sent: FormData) -> Response:
        entry, once = read(sent), str(sent.get("once", ""))[:_TOKEN]
        if sent.get(SPEAK):
            return await self._form(request, signed, entry, once)
        now, scanned = self.gate.parts.clock.now(), uploads.uploads(sent, "scan")
        intake, wrong = intake_of(entry, now=now, actor=signed.member, dedup=f"desk-{signed.member}-{once}")
        try:
            await self.gate.parts.read(lambda: scans.check(scanned))
        except BadInput as refused:
            wrong = {**wrong, "scan": refused.code}
        if intake is None or wrong:
            return await self._form(request, signed, replace(entry, wrong=wrong), once)
        return await self._open(request, signed, replace(entry, scans=tuple(scanned)), intake, once)

    async def receipt(self, request: Request) -> Response:
        """GET /desk/receipt/{reference}: what the person takes home; nothing of them stands on it."""
        signed = await self.gate.enter(request, Deed.SEE_CASES)
        reference, register = request.path_params["reference"], self.gate.parts.room.register
        views = await self.gate.parts.read(lambda: register.of_request(register.view(reference).case.id))
        return self.pages.page(
            request,
            signed,
            "receipt.html",
            views=views,
            say=self._say(signed),
            first=views[0],
            left=request.query_params.get("left", ""),
        )

    async def _open(
        self, request: Request, signed: Signed, entry: Entry, intake: Intake, once: str
    ) -> Response:
        """Once the request is kept the form never comes back: whoever corrected it there would think it was not."""
        try:
            desk = await self.gate.parts.desk()
            views = await desk.open(intake)
        except BadInput as wrong:
            named = str(wrong.facts.get("field", "")).removeprefix("--")
            place = {"set": "field1", "identifiers": "email", "right": "rights"}.get(named, named)
            return await self._form(
                request, signed, replace(entry, wrong={place or "rights": wrong.code}), once
            )
        except Conflict as other:
            kept = str(other.facts.get("request", ""))
            if other.code != _OTHERWISE or not kept:
                return await self._form(request, signed, entry, once, other)
            register = self.gate.parts.room.register
            return _receipt(await self.gate.parts.read(lambda: register.request(kept)), left="otherwise")
        except Unavailable as away:
            return await self._form(request, signed, entry, once, away)
        if not await self._scanned(signed, entry, views):
            return _receipt(views, left="scan")
        return _receipt(views, left="" if await self._checked(signed, entry, views[0]) else "checked")

    async def _scanned(self, signed: Signed, entry: Entry, views: Sequence[CaseView]) -> bool:
        """Keep the scans with every case of the request; False where they could not be."""
        tools, cases = self.gate.parts.tools, [view.case.id for view in views]
        if not entry.scans:
            return True
        if tools is None:
            return False
        try:
            await self.gate.parts.read(lambda: scans.keep(tools, cases, entry.scans, actor=signed.member))
        except (SitthiError, OSError) as error:
            _log.warning("a scan could not be kept: %s", getattr(error, "code", "storage"))
            return False
        return True

    async def _checked(self, signed: Signed, entry: Entry, view: CaseView) -> bool:
        """What the officer saw of identity, for every case of the request; once, however often the form is sent.

        False where it could not be recorded; it may have been, though its workflow did not hear.
        """
        method = method_of(entry)
        if method is None:
            return True
        try:
            if not await self._recorded(signed, method, view):
                desk, reason = await self.gate.parts.desk(), entry.one["checked"]
                await desk.record_identity(view.case.reference, method, actor=signed.member, reason=reason)
        except SitthiError as error:
            _log.info("a verification may not have been recorded: %s", error.code)
            return await self._recorded(signed, method, view)
        return True

    async def _recorded(self, signed: Signed, method: Method, view: CaseView) -> bool:
        histories = self.gate.parts.room.histories
        try:
            known = await self.gate.parts.read(lambda: histories.verifications(view.case.id))
        except SitthiError:
            return False
        return any(one.method is method and one.actor == signed.member for one in known)

    async def _form(
        self, request: Request, signed: Signed, entry: Entry, once: str, failed: SitthiError | None = None
    ) -> Response:
        say = self._say(signed)
        policy, today = self.gate.parts.policy, day_in_bangkok(self.gate.parts.clock.now())
        return self.pages.page(
            request,
            signed,
            "new.html",
            status=422 if entry.wrong or failed else 200,
            entry=entry,
            failed=failed.code if failed else "",
            once=once,
            say=say,
            today=in_thai(today),
            channels=BY_STAFF,
            capacities=tuple(Capacity),
            uses=tuple(Use),
            becauses=tuple(Because),
            methods=_METHODS,
            units=tuple(policy.units),
            purposes=say.law.under("purposes"),
            fields=await self._fields(),
            corrections=range(1, CORRECTIONS + 1),
        )

    async def _fields(self) -> tuple[str, ...]:
        tools = self.gate.parts.tools
        found = (
            {name for connector in tools.connectors.values() for name in connector.fields()} if tools else ()
        )
        return tuple(sorted(found))

    def _say(self, signed: Signed) -> Sayings:
        return Sayings(words.load()[signed.language], self.gate.parts.policy, {})


def _receipt(views: Sequence[CaseView], *, left: str) -> Response:
    """To the receipt, which says what could not be recorded: `checked`, what was seen; `scan`, what was scanned; `otherwise`, a correction."""
    at = f"/desk/receipt/{views[0].case.reference}"
    return RedirectResponse(f"{at}?left={left}" if left else at, 303)

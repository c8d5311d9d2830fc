"""Messages of a case at the desk: opened by a press that is told first, answered with or without a file."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import BadInput, KeyShredded, NotFound, Unavailable
from domain.events import Event
from domain.messages import LONGEST
from domain.staffing import Deed
from portal.desk.gate import Gate, Signed
from portal.desk.pages import DeskPages
from portal.forms import is_token
from portal.messages import attachment
from portal.uploads import AT_ONCE, read_form, uploads
from security.tokens import new_link_token
from workflows.correspondence import AtOffice, Correspondence, Draft

OPEN, SEND, FILE = "messages-open", "messages-send", "messages-file"
"""The forms."""

PREFIX = "/desk/messages/"
AT = f"{PREFIX}{{reference}}"

_LOOK = "answer"
"""Why the office looks (`case_data.REASONS`): it is here to answer."""

_log = logging.getLogger("sitthi.portal")


@dataclass(frozen=True)
class CaseMessages:
    """The pages under /desk/messages/{reference}."""

    gate: Gate
    pages: DeskPages
    messages: Correspondence
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def open(self, request: Request) -> Response:
        """POST /desk/messages/{reference}: told to the audit chain, then shown."""
        signed = await self.gate.enter(request, Deed.CORRESPOND)
        await self.gate.must_prove(request, signed, OPEN)
        return await self._show(request, signed)

    async def send(self, request: Request) -> Response:
        """POST /desk/messages/{reference}/send: an answer."""
        signed = await self.gate.enter(request, Deed.CORRESPOND)
        form = await self.gate.must_prove(
            request, signed, SEND, read=lambda request: read_form(request, self.turn)
        )
        try:
            return await self._sent(request, signed, form)
        finally:
            await form.close()

    async def file(self, request: Request) -> Response:
        """POST /desk/messages/{reference}/file: one of its files, as it came; told first."""
        signed = await self.gate.enter(request, Deed.CORRESPOND)
        sent = await self.gate.must_prove(request, signed, FILE)
        no, index = str(sent.get("no", "")), str(sent.get("index", ""))
        if not (no.isascii() and no.isdecimal() and index.isascii() and index.isdecimal()):
            raise NotFound("document-unknown")
        case, _ = await self._case(request)
        fetched = await self.gate.parts.read(
            lambda: self.messages.fetched(case, int(no[:9]), int(index[:9]), actor=signed.member)
        )
        return attachment(fetched)

    async def _sent(self, request: Request, signed: Signed, form: FormData) -> Response:
        case, reference = await self._case(request)
        typed = {name: str(form.get(name, ""))[: LONGEST + 1] for name in ("to", "text", "key")}
        files = uploads(form, "files")
        if not is_token(typed["key"]):
            raise BadInput("form-malformed")
        draft = Draft(typed["text"], files, typed["key"])
        try:
            await self.gate.parts.read(
                lambda: self.messages.answer(case, typed["to"], draft, actor=signed.member)
            )
        except BadInput as wrong:
            return await self._show(request, signed, typed=typed, error=wrong.code, again=bool(files))
        except Unavailable as away:
            _log.warning("a message of the office was not kept: %s", away.code)
            return await self._show(request, signed, typed=typed, error="other", again=bool(files))
        return RedirectResponse(f"/desk/case/{reference}?done=correspond", 303)

    async def _show(
        self,
        request: Request,
        signed: Signed,
        *,
        typed: Mapping[str, str] | None = None,
        error: str = "",
        again: bool = False,
    ) -> Response:
        case, reference = await self._case(request)

        def looked() -> AtOffice:
            # Told before anything is opened: what can't be told is not shown.
            self.gate.parts.room.register.note(
                case, Event.STAFF_LOOKED, signed.member, command="portal-messages", reason_code=_LOOK
            )
            return self.messages.at_office(case)

        try:
            seen = await self.gate.parts.read(looked)
        except KeyShredded:
            raise NotFound("case-forgotten") from None
        return self.pages.page(
            request,
            signed,
            "case_messages.html",
            status=422 if error else 200,
            reference=reference,
            seen=seen,
            typed=typed or {"to": "", "text": "", "key": new_link_token()},
            error=error,
            again=again,
        )

    async def _case(self, request: Request) -> tuple[str, str]:
        """Id and reference. Raises `NotFound`."""
        named = request.path_params["reference"]
        case = (await self.gate.parts.read(lambda: self.gate.parts.room.register.view(named))).case
        return case.id, case.reference

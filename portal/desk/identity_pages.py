"""The check of a masked identity document: looked at, then taken with its method and level, or refused and destroyed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from activities import identity_copy
from activities.tools import Tools
from domain.assurance import Method
from domain.errors import BadInput, Conflict, NotFound, SitthiError, Unavailable
from domain.events import Event
from domain.identity_documents import Fault, IdentityDocument
from domain.staffing import Deed
from portal import words
from portal.desk.case_read import CaseReader
from portal.desk.case_view import CasePage
from portal.desk.case_words import Sayings
from portal.desk.gate import Gate, Signed
from portal.desk.pages import DeskPages

FORM = "identity-check"
_LONGEST = 1000
_KNOWN = frozenset({"matched", "missing", "too-long", "unknown", "document-checked", "case-is-closed"})
_T = TypeVar("_T")


@dataclass(frozen=True)
class IdentityPages:
    """The pages under /desk/case/{reference}/identity/{document}."""

    gate: Gate
    pages: DeskPages
    tools: Tools
    reader: CaseReader

    async def page(self, request: Request) -> Response:
        """GET the copy with both ways on, POST one of them."""
        signed = await self.gate.enter(request, Deed.RECORD_IDENTITY)
        if request.method != "POST":
            return await self._show(request, signed)
        sent = await self.gate.must_prove(request, signed, FORM)
        page, one = await self._found(request)
        typed = {name: str(sent.get(name, "")).strip() for name in ("do", "matched", "reason", "why")}
        try:
            if typed["do"] == "take":
                await self._take(page, one, signed, typed)
            else:
                await self._refuse(one, signed, typed["why"])
        except (BadInput, Conflict, Unavailable) as error:
            return await self._show(request, signed, error=error, typed=typed)
        done = "taken" if typed["do"] == "take" else "refused"
        return RedirectResponse(f"/desk/case/{page.reference}?copy={done}#identity", 303)

    async def picture(self, request: Request) -> Response:
        """GET the copy itself: told to the audit chain, then shown."""
        signed = await self.gate.enter(request, Deed.RECORD_IDENTITY)
        _, one = await self._found(request)

        def looked() -> bytes:
            self.tools.register.note(
                one.case,
                Event.STAFF_LOOKED,
                signed.member,
                command="portal-identity",
                reason_code="verify",
                document=one.id,
            )
            return identity_copy.shown(self.tools, one.case, one.id)

        return Response(await self._ask(looked), media_type="image/png")

    async def _take(
        self, page: CasePage, one: IdentityDocument, signed: Signed, typed: dict[str, str]
    ) -> None:
        if typed["matched"] != "1":
            raise BadInput("matched", field="matched")
        if not typed["reason"] or len(typed["reason"]) > _LONGEST:
            raise BadInput("too-long" if typed["reason"] else "missing", field="reason")
        if one.checked:
            raise Conflict("document-checked")
        desk = await self.gate.parts.desk()
        await desk.record_identity(
            page.reference, Method.MASKED_DOCUMENT, actor=signed.member, reason=typed["reason"]
        )
        # Only now: a copy that counts as taken has its verification, and one that does not can be taken again.
        check = self.tools.identity_documents.check
        await self._ask(lambda: check(one.case, one.id, None, actor=signed.member))

    async def _refuse(self, one: IdentityDocument, signed: Signed, why: str) -> None:
        if why not in set(Fault):
            raise BadInput("unknown", field="why")
        await self._ask(
            lambda: identity_copy.refuse(self.tools, one.case, one.id, Fault(why), actor=signed.member)
        )

    async def _show(
        self,
        request: Request,
        signed: Signed,
        *,
        error: SitthiError | None = None,
        typed: dict[str, str] | None = None,
    ) -> Response:
        page, one = await self._found(request)
        return self.pages.page(
            request,
            signed,
            "identity_check.html",
            status=422 if error else 200,
            page=page,
            one=one,
            say=Sayings(words.load()[signed.language], self.gate.parts.policy, page.names),
            faults=tuple(Fault),
            error=_said(error),
            field=str(error.facts.get("field", "")) if error else "",
            typed=typed or {},
        )

    async def _found(self, request: Request) -> tuple[CasePage, IdentityDocument]:
        reference, made = request.path_params["reference"], request.path_params["document"]
        page = await self._ask(lambda: self.reader.page(reference))
        for one in page.documents:
            if one.id == made:
                return page, one
        raise NotFound("document-unknown")

    async def _ask(self, ask: Callable[[], _T]) -> _T:
        return await self.gate.parts.read(ask)


def _said(error: SitthiError | None) -> str:
    if error is None:
        return ""
    if isinstance(error, Unavailable):
        return "away"
    return error.code if error.code in _KNOWN else "other"

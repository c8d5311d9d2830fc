"""The page of one case, and what is unsealed for it on a press: data, documents, letters that would go out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, TypeVar
from urllib.parse import urlencode

from starlette.concurrency import iterate_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from activities.answer import CERTIFICATE
from activities.foretold import foretold
from activities.tools import Tools
from cases.vault import Persons
from domain.errors import BadInput, Conflict, KeyShredded, NotFound
from domain.scans import MEDIA
from domain.staffing import Deed
from portal import words
from portal.desk.act_forms import Act
from portal.desk.acts import ACTS, ANSWERS, BY_NAME
from portal.desk.case_data import REASONS, CaseData, What
from portal.desk.case_read import CaseReader
from portal.desk.case_view import CasePage
from portal.desk.case_words import Sayings
from portal.desk.gate import Gate, Signed
from portal.desk.pages import DeskPages
from portal.desk.plan_edits import key_of, lines_of

LOOK, DOCUMENT, PREVIEW = "case-look", "case-document", "case-preview"
"""The forms of the page that show something; each act has one of its own."""

_T = TypeVar("_T")
_BLOCK = 1 << 16
_LATEST = 8


@dataclass(frozen=True)
class CasePages:
    """The pages under /desk/case/{reference}."""

    gate: Gate
    pages: DeskPages
    tools: Tools
    reader: CaseReader
    data: CaseData

    @classmethod
    def of(cls, gate: Gate, pages: DeskPages, tools: Tools) -> CasePages:
        """The pages, reading through these ports."""
        room = gate.parts.room
        return cls(gate, pages, tools, CaseReader(room, tools), CaseData(room, tools))

    async def page(self, request: Request) -> Response:
        """GET /desk/case/{reference}."""
        signed = await self.gate.enter(request, Deed.SEE_CASES)
        page = await self._read(request)
        done, copied = request.query_params.get("done", ""), request.query_params.get("copy", "")
        return self.pages.page(
            request,
            signed,
            "case.html",
            page=page,
            say=self._say(signed, page),
            answers=self._answers(signed, page),
            others=[act.name for act in self._acts(signed, page) if act.name not in ANSWERS],
            grounds=self._grounds(signed, page),
            whats=self._whats(signed, page),
            looks=REASONS,
            latest=_LATEST,
            now=self.tools.clock.now(),
            done=done if done in BY_NAME else "",
            editable={key_of(line) for line in lines_of(page)},
            line_key=key_of,
            copied=copied if copied in {"taken", "refused"} else "",
            read={act.name: urlencode(act.hidden(page)) for act in ACTS},
        )

    async def look(self, request: Request) -> Response:
        """POST /desk/case/{reference}/look: told to the audit chain, then shown."""
        signed = await self.gate.enter(request, Deed.SEE_DATA)
        sent = await self.gate.must_prove(request, signed, LOOK)
        page, reason = await self._read(request), _reason(sent)
        what, case = str(sent.get("what", "")), page.view.case.id
        if what not in set(What) or not reason:
            raise Conflict("look-malformed")
        choose = ""
        await self._told(case, what, signed, reason)
        match What(what):
            case What.PERSON:
                shown: object = await self._asked(self.data.person, case)
            case What.FOUND:
                shown = await self._asked(self.data.found, case)
            case What.CANDIDATES:
                shown = candidates = await self._asked(self.data.candidates, case)
                choose = await self._choosing(signed, page, candidates)
            case What.REASONS:
                shown = await self._asked(self.data.reasons, case)
            case What.NOTES:
                shown = await self._asked(self.data.notes, case)
        say = self._say(signed, page)
        return self.pages.page(
            request,
            signed,
            "case_data.html",
            page=page,
            say=say,
            what=what,
            reason=reason,
            shown=shown,
            choose=choose,
        )

    async def document(self, request: Request) -> Response:
        """POST /desk/case/{reference}/document: a letter, a scan, the certificate or the package, out of its seal."""
        signed = await self.gate.enter(request, Deed.SEE_DATA)
        sent = await self.gate.must_prove(request, signed, DOCUMENT)
        page, reason, name = await self._read(request), _reason(sent), str(sent.get("name", ""))
        ref, media = _ref_of(page, name)
        if not reason or not ref:
            raise NotFound("document-unknown")
        if not ref.startswith(("letters/", "scans/")):
            await self.gate.enter(request, Deed.HAND_OVER)
        case = page.view.case.id
        await self._told(case, "document", signed, reason)
        return await self._streamed(case, ref, media, f"{page.reference}-{PurePosixPath(ref).name}")

    async def preview(self, request: Request) -> Response:
        """POST /desk/case/{reference}/preview: the letter that would go out, as PDF."""
        signed = await self.gate.enter(request, Deed.SEE_DATA)
        sent = await self.gate.must_prove(request, signed, PREVIEW)
        page, ground = await self._read(request), str(sent.get("ground", ""))
        if ground and ground not in self._grounds(signed, page):
            raise NotFound("ground-unknown")
        case = page.view.case.id
        await self._told(case, "preview", signed, "decide")
        try:
            made = await self._asked(
                lambda case: foretold(self.tools, case, approved=not ground, ground=ground), case
            )
        except BadInput:
            raise Conflict("letter-not-ready") from None
        return _inline(made.pdf, f"{page.reference}-preview.pdf")

    async def _read(self, request: Request) -> CasePage:
        reference = request.path_params["reference"]
        return await self.gate.parts.read(lambda: self.reader.page(reference))

    async def _asked(self, ask: Callable[[str], _T], case: str) -> _T:
        try:
            return await self.gate.parts.read(lambda: ask(case))
        except KeyShredded:
            raise NotFound("case-forgotten") from None

    async def _told(self, case: str, what: str, signed: Signed, reason: str) -> None:
        await self.gate.parts.read(lambda: self.data.looked(case, what, actor=signed.member, reason=reason))

    def _say(self, signed: Signed, page: CasePage) -> Sayings:
        return Sayings(words.load()[signed.language], self.gate.parts.policy, page.names)

    @staticmethod
    def _acts(signed: Signed, page: CasePage) -> Iterator[Act]:
        for act in ACTS:
            if all(signed.may(deed) for deed in act.deeds) and act.open(page):
                yield act

    async def _choosing(self, signed: Signed, page: CasePage, candidates: Persons) -> str:
        """What the link carries by which one of these, and of no others, is chosen; none where nothing is to choose."""
        if all(act.name != "choose" for act in self._acts(signed, page)):
            return ""
        mark = await self.gate.parts.read(lambda: self.gate.parts.room.vault.mark_of(candidates))
        return urlencode({"candidates": mark})

    def _answers(self, signed: Signed, page: CasePage) -> list[str]:
        """What the case waits for comes first; looking at its files again does not, once somebody did."""
        found = [act.name for act in self._acts(signed, page) if act.name in ANSWERS]
        return sorted(found, key=lambda name: name == "review-files" and page.files_reviewed)

    def _grounds(self, signed: Signed, page: CasePage) -> dict[str, str]:
        if page.plan is None or page.view.closed is not None:
            return {}
        say, right = self._say(signed, page), page.view.case.right
        return {
            code: say.grounded(code)
            for code, ground in self.gate.parts.policy.grounds.items()
            if right in ground.refuses
        }

    @staticmethod
    def _whats(signed: Signed, page: CasePage) -> list[str]:
        if page.forgotten or not signed.may(Deed.SEE_DATA):
            return []
        offered = {
            What.CANDIDATES: page.candidates,
            What.REASONS: page.decisions or page.edits,
            What.NOTES: page.notes,
        }
        return [what.value for what in What if offered.get(what, True)]

    async def _streamed(self, case: str, ref: str, media: str, name: str) -> Response:
        stack = ExitStack()
        try:
            source = await self.gate.parts.read(lambda: stack.enter_context(self.tools.files.read(case, ref)))
        except KeyShredded:
            raise NotFound("case-forgotten") from None
        headers = {"Content-Disposition": f'inline; filename="{name}"'}
        return StreamingResponse(_blocks(source, stack), media_type=media, headers=headers)


async def _blocks(source: BinaryIO, stack: ExitStack) -> AsyncIterator[bytes]:
    with stack:
        async for block in iterate_in_threadpool(iter(lambda: source.read(_BLOCK), b"")):
            yield block


def _inline(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(content, media_type="application/pdf", headers=headers)


def _reason(sent: FormData) -> str:
    reason = sent.get("reason", "")
    return reason if isinstance(reason, str) and reason in REASONS else ""


def _ref_of(page: CasePage, name: str) -> tuple[str, str]:
    """Where a document of that name lies, and what it is; nothing where the case has none."""
    letters = {one.letter.code: one.letter.ref for one in page.letters}
    if name in letters:
        return letters[name], "application/pdf"
    for scan in page.scans:
        if name == f"scan-{scan.id}":
            return scan.ref, MEDIA[scan.kind]
    if name == "certificate" and page.certified:
        return CERTIFICATE, "application/pdf"
    if name == "package" and page.bundle:
        return page.bundle.ref, "application/zip"
    return "", ""

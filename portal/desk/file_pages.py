"""Files of a plan as pictures: opened, marked without a script, looked at as they will be, and burnt (s.30 ¶2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from activities import file_redaction
from activities.copy import attaching
from activities.tools import Tools
from domain import redacting
from domain.errors import BadInput, Conflict, NotFound, Refused, SitthiError
from domain.events import Event
from domain.redacting import COLUMNS, ROWS, FileRedaction, Region
from domain.staffing import Deed
from domain.states import BEGUN
from portal import words
from portal.desk.case_read import CaseReader
from portal.desk.case_view import CasePage
from portal.desk.case_words import Sayings
from portal.desk.gate import Gate, Signed
from portal.desk.pages import DeskPages

OPEN, MARK, BURN = "file-open", "file-mark", "file-burn"
"""The forms."""

_LETTERS = "ABCDEFGHIJ"
_SIDES = ("left", "top", "width", "height")
_WORDS, _WORD, _REASON = 20, 100, 1000
_GRID = tuple(f"{letter}{row}" for row in range(1, ROWS + 1) for letter in _LETTERS[:COLUMNS])
_T = TypeVar("_T")


@dataclass(frozen=True)
class FilePages:
    """The pages under /desk/case/{reference}/files."""

    gate: Gate
    pages: DeskPages
    tools: Tools
    reader: CaseReader

    async def files(self, request: Request) -> Response:
        """GET the list of files, POST one of them to open it."""
        signed = await self.gate.enter(request, Deed.REDACT)
        if request.method != "POST":
            return await self._list(request, signed)
        sent = await self.gate.must_prove(request, signed, OPEN)
        page, no = await self._page(request), _number(sent, "no")
        case, tables = page.view.case.id, attaching(self.tools)
        try:
            made = await self._ask(
                lambda: file_redaction.open_files(self.tools, case, no, tables, actor=signed.member)
            )
        except (BadInput, Refused, Conflict) as error:
            return await self._list(request, signed, error=error, about=no)
        return RedirectResponse(f"/desk/case/{page.reference}/files/{made}/1", 303)

    async def file(self, request: Request) -> Response:
        """GET a page of an opened file with its marks, POST what is marked or taken back."""
        signed = await self.gate.enter(request, Deed.REDACT)
        if request.method != "POST":
            return await self._marking(request, signed)
        sent = await self.gate.must_prove(request, signed, MARK)
        _, one, page = await self._found(request)
        try:
            added, without = await self._marks(one, page, sent)
            await self._ask(lambda: file_redaction.mark(self.tools, one, added, without))
        except (BadInput, Conflict) as error:
            return await self._marking(request, signed, error=error, typed=sent)
        told = {"marked": len(added)} if added else {"back": 1}
        return RedirectResponse(f"{request.url.path}?{urlencode(told)}", 303)

    async def picture(self, request: Request) -> Response:
        """GET a page as a picture: told to the audit chain, then drawn."""
        signed = await self.gate.enter(request, Deed.REDACT)
        _, one, page = await self._found(request)
        burnt = request.query_params.get("as") == "burnt"
        await self._ask(
            lambda: self.tools.register.note(
                one.case,
                Event.STAFF_LOOKED,
                signed.member,
                command="portal-file",
                reason_code="review",
                document=one.id,
            )
        )
        drawn = await self._ask(lambda: file_redaction.picture(self.tools, one, page, burnt=burnt))
        return Response(drawn, media_type="image/jpeg")

    async def check(self, request: Request) -> Response:
        """GET every page as it will be handed over, POST to burn or to drop it."""
        signed = await self.gate.enter(request, Deed.REDACT)
        if request.method != "POST":
            return await self._checking(request, signed)
        sent = await self.gate.must_prove(request, signed, BURN)
        page, one, _ = await self._found(request)
        back = f"/desk/case/{page.reference}/files"
        try:
            if sent.get("do") == "drop":
                await self._ask(lambda: file_redaction.drop(self.tools, one, actor=signed.member))
                return RedirectResponse(f"{back}?done=dropped", 303)
            reason = _reason(sent, one)
            await self._ask(lambda: file_redaction.burn(self.tools, one, actor=signed.member, reason=reason))
        except (BadInput, Conflict) as error:
            return await self._checking(request, signed, error=error, typed=sent)
        return RedirectResponse(f"{back}?done=burnt", 303)

    async def _list(
        self, request: Request, signed: Signed, *, error: SitthiError | None = None, about: int = 0
    ) -> Response:
        page = await self._page(request)
        case, digest = page.view.case.id, page.plan.digest if page.plan else ""
        opened = await self._ask(lambda: self.tools.file_redactions.of(case))
        of_line = {
            row.no: [one for one in opened if (one.digest, one.no) == (digest, row.no)] for row in page.files
        }
        names = await self._ask(lambda: self._names(opened))
        done = request.query_params.get("done", "")
        return self.pages.page(
            request,
            signed,
            "files.html",
            status=422 if error else 200,
            page=page,
            say=self._say(signed, page),
            of_line=of_line,
            burnt=[one for one in opened if one.burnt],
            names=names,
            error=_said(error),
            about=about,
            done=done if done in {"burnt", "dropped"} else "",
            begun=page.view.state in BEGUN,
        )

    async def _marking(
        self,
        request: Request,
        signed: Signed,
        *,
        error: SitthiError | None = None,
        typed: Mapping[str, object] | None = None,
    ) -> Response:
        page, one, sheet = await self._found(request)
        if one.burnt:
            return RedirectResponse(f"/desk/case/{page.reference}/files/{one.id}/check", 303)
        marked = request.query_params.get("marked", "")
        return self.pages.page(
            request,
            signed,
            "file.html",
            status=422 if error else 200,
            page=page,
            one=one,
            sheet=sheet,
            grid=list(enumerate(_GRID)),
            sides=_SIDES,
            error=_said(error),
            field=str(error.facts.get("field", "")) if error else "",
            typed={name: str(value) for name, value in (typed or {}).items() if isinstance(value, str)},
            marked=int(marked) if marked.isdecimal() and len(marked) < len("1000") else 0,
            back=request.query_params.get("back", "") == "1",
        )

    async def _checking(
        self,
        request: Request,
        signed: Signed,
        *,
        error: SitthiError | None = None,
        typed: Mapping[str, object] | None = None,
    ) -> Response:
        page, one, _ = await self._found(request)
        names = await self._ask(lambda: self._names((one,)))
        return self.pages.page(
            request,
            signed,
            "file_check.html",
            status=422 if error else 200,
            page=page,
            one=one,
            say=self._say(signed, page),
            names=names,
            error=_said(error),
            field=str(error.facts.get("field", "")) if error else "",
            reason=str((typed or {}).get("reason", ""))[:_REASON],
            begun=page.view.state in BEGUN,
        )

    async def _marks(self, one: FileRedaction, page: int, sent: FormData) -> tuple[tuple[Region, ...], int]:
        """What is to be marked, and the number of the mark that is taken back. Raises `BadInput`, `Conflict`."""
        match str(sent.get("do", "")):
            case "grid":
                cells = [int(str(cell)) for cell in sent.getlist("cell") if str(cell).isdecimal()]
                return _some(redacting.of_cells(page, cells), "cell"), 0
            case "box":
                return (redacting.region(page, *(_percent(sent, side) for side in _SIDES)),), 0
            case "whole":
                return (redacting.whole(page),), 0
            case "words":
                typed = [line.strip() for line in str(sent.get("words", "")).split("\n") if line.strip()]
                if len(typed) > _WORDS or any(len(word) > _WORD for word in typed):
                    raise BadInput("too-long", field="words")
                found = await self._ask(lambda: file_redaction.find(self.tools, one, typed)) if typed else ()
                return _some(found, "words"), 0
            case "back":
                # Numbers are of what was read: of other marks the same number is another.
                if sent.get("marks") != one.marks:
                    raise Conflict("shown-is-older")
                return (), _number(sent, "number")
        raise BadInput("nothing-marked", field="cell")

    async def _found(self, request: Request) -> tuple[CasePage, FileRedaction, int]:
        page = await self._page(request)
        made, number = request.path_params["file"], request.path_params.get("page", "1")
        sheet = int(number) if number.isdecimal() and len(number) < len("1000") else 0
        one = await self._ask(lambda: self.tools.file_redactions.find(page.view.case.id, made))
        if not 1 <= sheet <= one.sheets.pages:
            raise NotFound("page-unknown")
        return page, one, sheet

    async def _page(self, request: Request) -> CasePage:
        reference = request.path_params["reference"]
        return await self._ask(lambda: self.reader.page(reference))

    async def _ask(self, ask: Callable[[], _T]) -> _T:
        return await self.gate.parts.read(ask)

    def _names(self, opened: tuple[FileRedaction, ...]) -> dict[str, str]:
        members = {name for one in opened for name in (one.by, one.burnt_by) if name}
        return {member: self.gate.parts.room.staff.name(member) for member in members}

    def _say(self, signed: Signed, page: CasePage) -> Sayings:
        return Sayings(words.load()[signed.language], self.gate.parts.policy, page.names)


def _some(found: tuple[Region, ...], field: str) -> tuple[Region, ...]:
    if not found:
        raise BadInput("words-not-found" if field == "words" else "nothing-marked", field=field)
    return found


def _percent(sent: FormData, side: str) -> float:
    try:
        return float(str(sent.get(side, "")).strip().replace(",", "."))
    except ValueError:
        raise BadInput("not-a-number", field=side) from None


def _reason(sent: FormData, one: FileRedaction) -> str:
    """Why, if what was looked at is what stands now. Raises `BadInput`, `Conflict`."""
    reason = str(sent.get("reason", "")).strip()
    if not reason or len(reason) > _REASON:
        raise BadInput("too-long" if reason else "missing", field="reason")
    if one.burnt:
        raise Conflict("file-burnt-already")
    if sent.get("marks") != one.marks:
        raise Conflict("shown-is-older")
    return reason


def _number(sent: FormData, name: str) -> int:
    value = str(sent.get(name, ""))
    return int(value) if value.isdecimal() and len(value) < len("1000000000") else 0


_KNOWN = frozenset(
    {
        *("file-not-redactable", "file-unreadable", "file-locked", "file-too-large", "line-without-files"),
        *("region-outside-page", "regions-too-many", "nothing-marked", "words-not-found", "not-a-number"),
        *("missing", "too-long", "shown-is-older", "file-burnt-already", "fulfilment-has-begun"),
    }
)


def _said(error: SitthiError | None) -> str:
    """The code of the words for what is the matter."""
    if error is None:
        return ""
    return error.code if error.code in _KNOWN else "system" if isinstance(error, Refused) else "other"

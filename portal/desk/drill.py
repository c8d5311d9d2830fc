"""Drills: what a request would find and do, without one; and the export for an inspection, made and verified now."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from activities.rehearse import RIGHTS, Rehearsal
from domain.calendar import day_in_bangkok, parse_day
from domain.errors import BadInput, NotFound
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.inspection import Scope
from domain.rights import Right
from domain.staffing import Deed
from portal import words
from portal.desk.case_words import Sayings
from portal.desk.gate import Gate, Signed
from portal.desk.pages import DeskPages
from portal.desk.tries import text_of
from workflows.drill import CASE, Drills, Verified

DRILL = "/desk/drill"
FORM = "desk/drill"
"""Our form, of either drill."""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
_KNOWN_BY = (IdentifierKind.EMAIL, IdentifierKind.PHONE)
_FIELDS = ("known", "right", "reason", "since", "until", "why")
_AT_MOST = 320


@dataclass(frozen=True)
class DrillPages:
    """The page /desk/drill."""

    gate: Gate
    pages: DeskPages

    async def page(self, request: Request) -> Response:
        """GET /desk/drill; POST holds a drill and shows what came of it. Nothing changes but the audit chain."""
        signed = await self.gate.enter(request, Deed.REHEARSE)
        if request.method == "GET":
            return self._show(request, signed)
        sent = await self.gate.must_prove(request, signed, FORM)
        typed = {name: text_of(sent, name)[:_AT_MOST].strip() for name in _FIELDS}
        try:
            if text_of(sent, "drill") == CASE:
                return self._show(request, signed, typed, case=await self._case(signed, typed))
            return self._show(request, signed, typed, pack=await self._pack(signed, typed))
        except BadInput as wrong:
            return self._show(request, signed, typed, wrong=wrong)

    async def _case(self, signed: Signed, typed: Mapping[str, str]) -> Rehearsal:
        known, right = _known_by(typed["known"]), _right(typed["right"])
        reason, drills = _code(typed["reason"], "reason"), self._drills()
        return await self.gate.parts.read(
            lambda: drills.case(known, right, actor=signed.member, reason=reason)
        )

    async def _pack(self, signed: Signed, typed: Mapping[str, str]) -> Verified:
        since, until = (parse_day(typed[name], field=name) for name in ("since", "until"))
        if until < since:
            raise BadInput("days-the-wrong-way", field="until")
        reason, drills = _code(typed["why"], "why"), self._drills()

        def held() -> Verified:
            with tempfile.TemporaryDirectory(prefix="sitthi-drill-") as folder:
                out = Path(folder) / "drill.zip"
                return drills.pack(Scope(since=since, until=until), out, actor=signed.member, reason=reason)

        return await self.gate.parts.read(held)

    def _drills(self) -> Drills:
        parts = self.gate.parts
        if parts.tools is None:
            raise NotFound("drill-not-set-up")
        return Drills(parts.tools, parts.room, parts.export)

    def _show(
        self,
        request: Request,
        signed: Signed,
        typed: Mapping[str, str] | None = None,
        *,
        case: Rehearsal | None = None,
        pack: Verified | None = None,
        wrong: BadInput | None = None,
    ) -> Response:
        return self.pages.page(
            request,
            signed,
            "drill.html",
            status=422 if wrong else 200,
            typed=typed or {},
            rights=RIGHTS,
            case=case,
            pack=pack,
            field=str(wrong.facts.get("field", "")) if wrong else "",
            say=Sayings(words.load()[signed.language], self.gate.parts.policy, {}),
            today=day_in_bangkok(self.gate.parts.clock.now()),
            able=self.gate.parts.export is not None and self.gate.parts.tools is not None,
        )


def _known_by(typed: str) -> tuple[Identifier, ...]:
    for kind in _KNOWN_BY:
        with suppress(BadInput):
            return (identifier(kind, typed),)
    raise BadInput("neither-address-nor-number", field="known")


def _right(typed: str) -> Right:
    if typed not in RIGHTS:
        raise BadInput("unknown-word", field="right")
    return Right(typed)


def _code(typed: str, name: str) -> str:
    """A word or a ticket's number: it stays in the chain, which keeps no sentences."""
    if not _CODE.fullmatch(typed):
        raise BadInput("reason-not-a-code", field=name)
    return typed

"""Incidents at the desk: listed by their clock, assessed, told to whoever must hear, and closed (s.37(4))."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import TypeVar

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from activities.incident import office_letter
from domain.calendar import BANGKOK, parse_day
from domain.errors import BadInput, Conflict, KeyShredded, NotFound, Unavailable
from domain.events import Event
from domain.incidents import Assessment, Closing, Heard, IncidentView, Risk
from domain.staffing import Deed
from portal.desk.gate import Gate, Signed
from portal.desk.pages import DeskPages
from portal.desk.tries import text_of

INCIDENTS = "/desk/incidents"
_TEXT, _MOST_PEOPLE = 2000, 10**7
TEXTS = ("disclosed", "to_whom", "effects", "done")
"""What an assessment says in words; all of it is asked."""


@dataclass(frozen=True)
class Asked:
    """A form as it came back: its values, and what is wrong by field; the empty one is the form itself."""

    form: str = ""
    sent: Mapping[str, object] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class IncidentPages:
    """The pages under /desk/incidents."""

    gate: Gate
    pages: DeskPages

    async def page(self, request: Request) -> Response:
        """GET /desk/incidents: those whose clock runs first, the earliest due first."""
        signed = await self.gate.enter(request, Deed.SEE_INCIDENTS)
        room, now = self.gate.parts.room, self.gate.parts.clock.now()
        closed = await self.gate.parts.read(lambda: room.access.closed_to(signed.member))
        found = [one for one in await self.gate.parts.read(room.incidents.all) if one.case not in closed]
        return self.pages.page(request, signed, "incidents.html", incidents=found, now=now, hours=_hours)

    async def one(self, request: Request) -> Response:
        """GET /desk/incidents/{incident}: what is known of it in codes; its words are shown on a press."""
        signed = await self.gate.enter(request, Deed.SEE_INCIDENTS)
        await self._must_be_open(request, signed)
        return await self._one(request, signed, Asked())

    async def act(self, request: Request) -> Response:
        """POST /desk/incidents/{incident}/{form}."""
        signed = await self.gate.enter(request, Deed.HANDLE_INCIDENT)
        name = request.path_params["form"]
        if name not in _FORMS:
            raise NotFound("page-unknown")
        sent = await self.gate.must_prove(request, signed, f"incident-{name}")
        await self._must_be_open(request, signed)
        if name == "look":
            return await self._one(request, signed, Asked(), shown=True)
        if name == "letter":
            return await self._letter(request, signed, sent)
        try:
            await _FORMS[name](self, request.path_params["incident"], signed, sent)
        except (BadInput, Conflict, Unavailable) as wrong:
            place = str(wrong.facts.get("field", ""))
            asked = Asked(name, dict(sent), {place: wrong.code})
            return await self._one(request, signed, asked, shown=name == "assess")
        return RedirectResponse(f"{INCIDENTS}/{request.path_params['incident']}", 303)

    async def _must_be_open(self, request: Request, signed: Signed) -> None:
        """A case that is closed to somebody is not opened by its incident either. Raises `NotAllowed`, `NotFound`."""
        room = self.gate.parts.room
        found = await self.gate.parts.read(lambda: room.incidents.view(request.path_params["incident"]))
        await self.gate.parts.read(lambda: room.access.must_be_open(found.reference, signed.member))

    async def assess(self, incident: str, signed: Signed, sent: FormData) -> None:
        """Risk, data, people, and what happened in words."""
        risk = _one_of(Risk, sent, "risk")
        people = text_of(sent, "people").strip()
        if not (people.isascii() and people.isdecimal() and 0 < int(people) < _MOST_PEOPLE):
            raise BadInput("not-a-number", field="people")
        texts = {name: _text(sent, name) for name in TEXTS}
        units = tuple(str(one) for one in sent.getlist("unit") if one in self.gate.parts.policy.units)
        said = Assessment(risk=risk, units=units, people=int(people), **texts)
        room = self.gate.parts.room
        await self.gate.parts.read(lambda: room.incidents.assess(incident, said, actor=signed.member))

    async def told(self, incident: str, signed: Signed, sent: FormData) -> None:
        """Somebody was told: when, and what shows it."""
        heard, evidence = _one_of(Heard, sent, "heard"), _text(sent, "evidence")
        at, room = _moment(sent), self.gate.parts.room
        await self.gate.parts.read(
            lambda: room.incidents.notify(incident, heard, told=at, evidence=evidence, actor=signed.member)
        )

    async def tell(self, incident: str, signed: Signed, _sent: FormData) -> None:
        """The engine writes to the person."""
        desk = await self.gate.parts.desk()
        await desk.tell_of_incident(incident, actor=signed.member)

    async def close(self, incident: str, signed: Signed, sent: FormData) -> None:
        """With its outcome; the case goes on."""
        closing, reason = _one_of(Closing, sent, "outcome"), _text(sent, "reason")
        desk = await self.gate.parts.desk()
        await desk.close_incident(incident, closing, actor=signed.member, reason=reason)

    async def _letter(self, request: Request, signed: Signed, sent: FormData) -> Response:
        """The notification to the Office, as PDF."""
        incident, tools = request.path_params["incident"], self.gate.parts.tools
        found = await self.gate.parts.read(lambda: self.gate.parts.room.incidents.view(incident))
        if tools is None:
            raise NotFound("page-unknown")
        await self._looked(found, signed)
        language = "en" if text_of(sent, "language") == "en" else "th"
        late = text_of(sent, "late_because").strip()[:_TEXT]
        try:
            made = await self.gate.parts.read(
                lambda: office_letter(tools, incident, language=language, late_because=late)
            )
        except (Conflict, BadInput) as wrong:
            return await self._one(request, signed, Asked("letter", dict(sent), {"": wrong.code}))
        except KeyShredded:
            raise NotFound("case-forgotten") from None
        name = f"{found.reference}-PDPC-{language}.pdf"
        return Response(
            made,
            media_type="application/pdf",
            headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"},
        )

    async def _looked(self, found: IncidentView, signed: Signed) -> None:
        register = self.gate.parts.room.register
        told = {"command": "portal-incident", "reason_code": "review"}
        await self.gate.parts.read(
            lambda: register.note(found.case, Event.STAFF_LOOKED, signed.member, **told)
        )

    async def _one(self, request: Request, signed: Signed, asked: Asked, *, shown: bool = False) -> Response:
        room, incident = self.gate.parts.room, request.path_params["incident"]
        found = await self.gate.parts.read(lambda: room.incidents.view(incident))
        said: Assessment | None = None
        if shown and signed.may(Deed.SEE_DATA):
            await self._looked(found, signed)
            try:
                said = await self.gate.parts.read(lambda: room.incidents.assessment(incident))
            except KeyShredded:
                raise NotFound("case-forgotten") from None
        return self.pages.page(
            request,
            signed,
            "incident.html",
            status=422 if asked.wrong else 200,
            incident=found,
            said=said,
            shown=shown,
            asked=asked,
            texts=TEXTS,
            risks=list(Risk),
            hears=list(Heard),
            closings=list(Closing),
            units=self.gate.parts.policy.units,
            names=await self.gate.parts.read(room.staff.names),
            now=self.gate.parts.clock.now(),
            hours=_hours,
        )


_Word = TypeVar("_Word", Risk, Heard, Closing)
_Form = Callable[[IncidentPages, str, Signed, FormData], Awaitable[None]]


async def _nothing(_pages: IncidentPages, _incident: str, _signed: Signed, _sent: FormData) -> None:
    """Shown, not done."""


_FORMS: Mapping[str, _Form] = {
    "look": _nothing,
    "letter": _nothing,
    "assess": IncidentPages.assess,
    "told": IncidentPages.told,
    "tell": IncidentPages.tell,
    "close": IncidentPages.close,
}


def _hours(found: IncidentView, now: datetime) -> int:
    """Whole hours until the 72 are over; below zero once they are."""
    return int((found.due - now).total_seconds() // 3600)


def _text(sent: FormData, name: str) -> str:
    said = text_of(sent, name).strip()
    if not said:
        raise BadInput("missing", field=name)
    if len(said) > _TEXT:
        raise BadInput("too-long", field=name)
    return said


def _one_of(kind: type[_Word], sent: FormData, name: str) -> _Word:
    try:
        return kind(text_of(sent, name))
    except ValueError:
        raise BadInput("missing", field=name) from None


def moment_of(day: str, at: str, *, field: str) -> datetime:
    """A Bangkok day in either era and a time such as 14:05, as an instant. Raises `BadInput`."""
    on = parse_day(day, field=field)
    try:
        clock = time.fromisoformat(at.strip())
    except ValueError:
        raise BadInput("malformed-time", "write 14:05", field=field) from None
    return datetime.combine(on, clock.replace(tzinfo=None), BANGKOK).astimezone(UTC)


def _moment(sent: FormData) -> datetime:
    day, at = text_of(sent, "day").strip(), text_of(sent, "time").strip()
    if not day or not at:
        raise BadInput("missing", field="told")
    return moment_of(day, at, field="told")

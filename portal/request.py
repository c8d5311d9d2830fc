"""The public request page: a right in plain words, who asks, what they want; a press makes one request.

Nothing on it depends on whether anybody is known: what is typed is kept, and the answer is the same for everybody.
"""

from __future__ import annotations

import base64
import json
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from math import ceil
from typing import Protocol

from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.case import Case
from domain.errors import BadInput, Unavailable
from domain.ports import Intake
from portal import law
from portal.asking import DOORS, FIELDS, MARKETING, Choices, Judged, Typed, intake_of, judge
from portal.forms import SPEAK, is_token
from portal.pages import Pages
from portal.request_form import Sheet, show
from portal.safety import RECEIPT, REQUEST, Throttle, foreign, form_proof, place_of, proves
from security.tokens import new_link_token

BODY_LIMIT = 64 * 1024
"""Bytes of a form: a Thai letter takes nine of them on its way, and a message has 3,000."""

PATHS = tuple(f"/request/{door}" for door in DOORS)
FORM_LIFE, RECEIPT_LIFE = 24 * 3600, 30 * 60
"""Seconds for which the cookies remember: long enough to fill a form in with breaks."""

_RETRY_AFTER = 30.0
_PROMISES: TypeAdapter[tuple[law.Promise, ...]] = TypeAdapter(tuple[law.Promise, ...])
_log = logging.getLogger("sitthi.portal")


class PortalReception(Protocol):
    """What the page asks of where requests come in."""

    async def receive(self, intake: Intake) -> tuple[Case, ...]:
        """The cases of a request, the same again for the same `dedup`. Raises `BadInput`, `Unavailable`."""
        ...

    def correctable(self) -> tuple[str, ...]:
        """The fields that may be corrected."""
        ...


class Pressed:
    """What was pressed here lately and kept: pressed again it is nothing new, and counts against nobody."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._known: OrderedDict[str, None] = OrderedDict()

    def knows(self, dedup: str) -> bool:
        """Whether that was kept."""
        return dedup in self._known

    def note(self, dedup: str) -> None:
        """It was kept; the oldest is forgotten first."""
        self._known[dedup] = None
        while len(self._known) > self._most:
            self._known.popitem(last=False)


@dataclass(frozen=True)
class Asking:
    """The pages under /request. `addresses` bounds what is asked in the name of one address or number."""

    reception: PortalReception
    pages: Pages
    places: Throttle
    addresses: Throttle
    pressed: Pressed = field(default_factory=Pressed)

    async def choose(self, request: Request) -> Response:
        """GET /request: which right."""
        return self.pages.page(request, "choose.html")

    async def page(self, request: Request) -> Response:
        """GET and POST /request/{door}."""
        door = request.path_params["door"]
        if door not in DOORS:
            raise HTTPException(404)
        return await (self._take(request, door) if request.method == "POST" else self._empty(request, door))

    async def done(self, request: Request) -> Response:
        """GET /request/done, for who has just asked."""
        return receipt(self.pages, request, otherwise="/request")

    def choices(self) -> Choices:
        """What the forms offer."""
        return Choices(fields=self.reception.correctable(), purposes=law.purposes())

    async def _empty(self, request: Request, door: str) -> Response:
        return self._form(request, door, new_link_token(), Typed())

    async def _take(self, request: Request, door: str) -> Response:
        if foreign(request):
            return self.pages.notice(request, "unsent", 403)
        async with request.form(max_files=0, max_fields=FIELDS) as form:
            typed, key, proof = Typed.of(form), str(form.get("key", "")), str(form.get("proof", ""))
            speak = bool(form.get(SPEAK))
        secret = self._secret(request)
        if not secret or not is_token(key) or not proves(proof, secret, _bound(door, key)):
            return self._form(request, door, new_link_token(), typed, banner="" if speak else "stale")
        if speak:
            return self._form(request, door, key, typed)
        if wait := self.places.wait(place_of(request)):
            return self._form(request, door, key, typed, banner="limited", wait=wait)
        judged = judge(door, typed, self.choices())
        if judged.errors:
            return self._form(request, door, key, typed, judged=judged)
        return await self._send(request, door, key, typed, judged)

    async def _send(self, request: Request, door: str, key: str, typed: Typed, judged: Judged) -> Response:
        language = self.pages.language(request)
        made = intake_of(door, typed, judged, language, lambda code: law.label(language, "fields", code))
        # The same press again is the same request; another word typed after a step back is another.
        intake = made.model_copy(update={"dedup": f"web:{key}:{door}:{typed.digest}"})
        if not self.pressed.knows(intake.dedup):
            waits = [
                self.addresses.wait(f"{one.kind}:{one.value}")
                for one in (*intake.identifiers, *intake.replies)
            ]
            if any(waits):
                return self._form(request, door, key, typed, banner="limited", wait=max(waits))
        try:
            cases = await self.reception.receive(intake)
        except BadInput as wrong:
            _log.warning("a request was refused after its form was judged: %s", wrong.code)
            return self.pages.notice(request, "unreadable", 400)
        except Unavailable as away:
            _log.warning("a request could not be kept: %s", away.code)
            return self._form(request, door, key, typed, banner="away", wait=_RETRY_AFTER)
        self.pressed.note(intake.dedup)
        response = RedirectResponse("/request/done", 303)
        keep_receipt(self.pages, response, cases, marketing=door == MARKETING)
        return response

    def _form(
        self,
        request: Request,
        door: str,
        key: str,
        typed: Typed,
        *,
        judged: Judged | None = None,
        banner: str = "",
        wait: float = 0,
    ) -> Response:
        secret = self._secret(request) or new_link_token()
        sheet = Sheet(
            door=door,
            action=f"/request/{door}",
            key=key,
            proof=form_proof(secret, _bound(door, key)),
            typed=typed,
            errors=judged.errors if judged else {},
            banner=banner,
            minutes=ceil(wait / 60),
        )
        response = show(self.pages, request, sheet, self.choices())
        self.pages.cookies.keep(response, REQUEST, secret, FORM_LIFE)
        return response

    def _secret(self, request: Request) -> str:
        kept = self.pages.cookies.read(request, REQUEST)
        return kept if is_token(kept) else ""


def keep_receipt(
    pages: Pages, response: Response, cases: tuple[Case, ...], *, marketing: bool = False
) -> None:
    """Let this browser show what was promised; its cookie holds no more than the page says."""
    told = _PROMISES.dump_json(tuple(law.Promise.of(case, marketing=marketing) for case in cases))
    pages.cookies.keep(response, RECEIPT, base64.urlsafe_b64encode(told).decode(), RECEIPT_LIFE)


def promised(pages: Pages, request: Request) -> tuple[law.Promise, ...]:
    """What this browser was promised lately; nothing where its cookie says nothing that can be read."""
    try:
        return _PROMISES.validate_json(base64.urlsafe_b64decode(pages.cookies.read(request, RECEIPT)))
    except (ValidationError, ValueError):
        return ()


def receipt(pages: Pages, request: Request, *, otherwise: str) -> Response:
    """The page after a press; whoever has not pressed is led elsewhere.

    Nothing is looked up: the register would answer whoever wrote another reference into the cookie.
    """
    promises = promised(pages, request)
    if not promises:
        return RedirectResponse(otherwise, 303)
    language = pages.language(request)
    return pages.page(
        request, "received.html", promises=promises, by_law=lambda one: law.by_law(language, one)
    )


def _bound(door: str, key: str) -> str:
    return json.dumps(["request", door, key])

"""The consents that stand, each with its button (s.19 ¶5): withdrawing is as easy as giving was."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.case import Case
from domain.errors import Conflict, NotAllowed, NotFound, Unavailable
from portal import law
from portal.forms import barred, remembered
from portal.pages import Pages
from portal.request import keep_receipt
from portal.safety import SESSION, Throttle, form_proof, proves
from workflows.consenting import Consents

PATH = "/status/consents"
WITHDRAWN = "consents"
"""What the status page says was done."""

_RETRY_AFTER = 30.0
_log = logging.getLogger("sitthi.portal")


class PortalConsents(Protocol):
    """What the page asks; a session that is not good, or is shown no consents, raises `NotAllowed`."""

    async def offered(self, session: str) -> bool:
        """Whether consents can be shown to the session."""
        ...

    async def consents(self, session: str) -> Consents:
        """The consents that stand."""
        ...

    async def withdraw(self, session: str, purpose: str) -> Case | None:
        """Withdraw one; the request of its own, where it takes one. Raises `NotFound`, `Conflict`, `Unavailable`."""
        ...


@dataclass(frozen=True)
class ConsentPages:
    """The page /status/consents."""

    consents: PortalConsents
    pages: Pages
    throttle: Throttle

    async def page(self, request: Request) -> Response:
        """GET and POST /status/consents."""
        session = remembered(self.pages, request, SESSION)
        if not session:
            return RedirectResponse("/status", 303)
        try:
            if request.method == "POST":
                return await self._press(request, session)
            return self._show(request, session, await self.consents.consents(session))
        except (NotAllowed, NotFound, Conflict):
            return RedirectResponse("/status", 303)  # it moved on meanwhile: the page says where it is
        except Unavailable as away:
            _log.warning("consents could not be seen to: %s", away.code)
            return self.pages.notice(request, "away", 503, wait=_RETRY_AFTER, back=PATH)

    async def _press(self, request: Request, session: str) -> Response:
        if bar := barred(self.pages, request, self.throttle, back=PATH):
            return bar
        async with request.form(max_files=0, max_fields=8) as form:
            proof, purpose = str(form.get("proof", "")), str(form.get("purpose", ""))[:100]
        if not proves(proof, session, _bound(purpose)):
            return self.pages.notice(request, "unsaid", 403)
        case = await self.consents.withdraw(session, purpose)
        if case is None:
            return RedirectResponse(f"/status?said={WITHDRAWN}", 303)
        response = RedirectResponse("/request/done", 303)
        keep_receipt(self.pages, response, (case,))
        return response

    def _show(self, request: Request, session: str, found: Consents) -> Response:
        language = self.pages.language(request)
        return self.pages.page(
            request,
            "consents.html",
            found=found,
            label=lambda purpose: law.label(language, "purposes", purpose),
            proof=lambda purpose: form_proof(session, _bound(purpose)),
        )


def _bound(purpose: str) -> str:
    return f"consents/{purpose}"

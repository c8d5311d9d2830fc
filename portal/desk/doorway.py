"""Around every page of the desk: what the gate and the register raise becomes an answer, in words."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases.closed import CONFIDENTIAL, OWN, TO_THEM
from domain.errors import (
    BadInput,
    Conflict,
    KeyShredded,
    NotAllowed,
    NotFound,
    SamePerson,
    SitthiError,
    Unavailable,
)
from portal.desk.gate import MAY_NOT, SIGN_IN_FIRST, Gate
from portal.desk.pages import DeskPages

Endpoint = Callable[[Request], Awaitable[Response]]
SIGN_IN = "/desk/sign-in"

_TOLD: dict[type[SitthiError], tuple[str, int]] = {
    SamePerson: ("another", 403),
    NotAllowed: ("stale", 403),
    BadInput: ("unreadable", 400),
    NotFound: ("missing", 404),
    Conflict: ("moved", 409),
    KeyShredded: ("shredded", 410),
}
"""The notice and the status of what no page answers itself, a narrower error before the wider."""

_AWAY = {MAY_NOT: "may_not", OWN: "own_case", CONFIDENTIAL: "confidential", TO_THEM: "closed_to_them"}
"""The notices of what is not theirs, by code."""

_RETRY_AFTER = 30.0
_log = logging.getLogger("sitthi.portal")


def doorway(gate: Gate, pages: DeskPages) -> Callable[[Endpoint], Endpoint]:
    """Wraps an endpoint of the desk."""

    def wrapped(endpoint: Endpoint) -> Endpoint:
        async def answered(request: Request) -> Response:
            try:
                response = await _answer(endpoint, request, pages)
            finally:
                await request.close()
            if begun := getattr(request.state, "begun", None):
                gate.let_in(response, begun)
            return response

        return answered

    return wrapped


async def _answer(endpoint: Endpoint, request: Request, pages: DeskPages) -> Response:
    try:
        return await endpoint(request)
    except Unavailable as away:
        _log.warning("a page of the desk could not be made: %s", away.code)
        return pages.notice(request, "away", 503, wait=_RETRY_AFTER)
    except (BadInput, NotAllowed, NotFound, Conflict, KeyShredded) as refused:
        if refused.code == SIGN_IN_FIRST:
            return _to_sign_in(request)
        if refused.code in _AWAY:
            return pages.notice(request, _AWAY[refused.code], 403)
        kind, status = next(told for error, told in _TOLD.items() if isinstance(refused, error))
        return pages.notice(request, kind, status)


def _to_sign_in(request: Request) -> Response:
    # Where a form was sent to can't be opened again: its page can.
    back = request.url.path if request.method == "GET" else ""
    return RedirectResponse(f"{SIGN_IN}?to={quote(back)}" if back not in ("", "/desk") else SIGN_IN, 303)

"""Drafts behind links: a script of ours sends what is typed while it is typed; without it a button does."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from math import ceil

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.errors import BadInput, NotAllowed, Unavailable
from portal.safety import POLICY, SCRIPTED, Throttle, foreign, place_of, proves

BODY_LIMIT = 256 * 1024
EVERY = (60, 60)
"""Drafts that one place may send, in so many seconds: the script sends at most one in three."""

_FIELDS = 400
_log = logging.getLogger("sitthi.portal")


def scripted(response: Response) -> Response:
    """Let the page run the scripts that we serve, and nothing else."""
    response.headers[POLICY] = SCRIPTED
    return response


async def keep_draft(
    request: Request,
    throttle: Throttle,
    token: str,
    form: str,
    keep: Callable[[str, FormData], Awaitable[None]],
) -> Response:
    """Take a draft; the answer is a status and no more: 204, or why it is not kept."""
    if foreign(request) or not token:
        return Response(status_code=403)
    if wait := throttle.wait(place_of(request)):
        return Response(status_code=429, headers={"Retry-After": str(ceil(wait))})
    async with request.form(max_files=0, max_fields=_FIELDS) as typed:
        if not proves(str(typed.get("proof", "")), token, form):
            return Response(status_code=403)
        return Response(status_code=await _kept(keep(token, typed)))


async def _kept(keeping: Awaitable[None]) -> int:
    try:
        await keeping
    except NotAllowed:
        return 410
    except BadInput:
        return 413
    except Unavailable as away:
        _log.warning("a draft could not be kept: %s", away.code)
        return 503
    return 204

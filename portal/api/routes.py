"""The addresses of the interface: the operations, and the document that tells them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portal.api.calls import PATH, Calls, PortalCounter
from portal.api.document import document
from portal.api.door import Door
from portal.api.elsewhere import CHECK, LINKS
from portal.api.operations import Operation
from portal.api.table import operations
from portal.safety import Throttle

DOCUMENT = "/api/openapi.json"
LARGER = {PATH: 64 * 1024}
"""Bytes that are read of a request, by address: ten thousand Thai letters of message are thirty thousand."""

_PLACE_ASKS, _TOKEN_ASKS = (600, 60), (300, 60)
"""Calls from one place, and with one token, in so many seconds."""


def routes(counter: PortalCounter | None, *, checks: bool, links: bool) -> list[Route]:
    """Their routes, and the document of all that programs may call here; none where no counter is."""
    if counter is None:
        return []
    door = Door(counter, Throttle(*_PLACE_ASKS), Throttle(*_TOKEN_ASKS))
    served = operations(Calls(counter))
    told = document([*served, *([CHECK] if checks else []), *(LINKS if links else [])])

    async def openapi(_request: Request) -> Response:
        return JSONResponse(told)

    return [
        Route(DOCUMENT, openapi),
        *(Route(one.path, _served(door, one), methods=[one.method]) for one in served),
    ]


def _served(door: Door, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        return await door.serve(operation, request)

    return serve

"""The addresses of the interface: the operations, and the document that tells them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portal.api import imports
from portal.api.calls import PATH, Calls, PortalCounter
from portal.api.document import document
from portal.api.door import Door
from portal.api.imports import ImportCalls, PortalSuppressions
from portal.api.linking import LinkCalls, PortalMint
from portal.api.operations import Operation
from portal.api.table import of_cases, of_imports, of_links
from portal.safety import Throttle

DOCUMENT = "/api/openapi.json"
LARGER = {PATH: 64 * 1024, imports.PATH: imports.BODY_LIMIT}
"""Bytes that are read of a request, by address: ten thousand Thai letters of message are thirty thousand."""

_PLACE_ASKS, _TOKEN_ASKS, _IMPORT_ASKS = (600, 60), (300, 60), (120, 60)
"""Calls from one place, with one token, and with one token about a thousand people each, in so many seconds."""


def routes(
    counter: PortalCounter | None,
    suppressions: PortalSuppressions | None = None,
    mint: PortalMint | None = None,
) -> list[Route]:
    """The routes of those operations that there is something behind, and the document that tells just these."""
    served = list(_doors(counter, suppressions, mint))
    if not served:
        return []
    told = document([operation for _, operation in served])

    async def openapi(_request: Request) -> Response:
        return JSONResponse(told)

    return [
        Route(DOCUMENT, openapi),
        *(Route(one.path, _served(door, one), methods=[one.method]) for door, one in served),
    ]


def _doors(
    counter: PortalCounter | None, suppressions: PortalSuppressions | None, mint: PortalMint | None
) -> Iterator[tuple[Door, Operation]]:
    places = Throttle(*_PLACE_ASKS)
    if counter:
        door = Door(counter, places, Throttle(*_TOKEN_ASKS))
        yield from ((door, one) for one in of_cases(Calls(counter)))
    if suppressions:
        door = Door(suppressions, places, Throttle(*_IMPORT_ASKS))
        yield from ((door, one) for one in of_imports(ImportCalls(suppressions)))
    if mint:
        door = Door(mint, places, Throttle(*_TOKEN_ASKS))
        yield from ((door, one) for one in of_links(LinkCalls(mint)))


def _served(door: Door, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        return await door.serve(operation, request)

    return serve

"""The pages on which persons ask for themselves: what they need of the house, and their addresses."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import Route

from portal.pages import Pages
from portal.request import BODY_LIMIT, PATHS, Asking, PortalReception
from portal.safety import Throttle

LARGER = dict.fromkeys(PATHS, BODY_LIMIT)
"""The bytes that are read of their forms, by address."""

_ASKED = (5, 3600)
"""Requests in the name of one address or number, in so many seconds: enough for every right, and no flood of mail."""


@dataclass(frozen=True)
class Persons:
    """What the pages of persons work through."""

    reception: PortalReception


def routes(persons: Persons | None, pages: Pages, throttle: Throttle) -> list[Route]:
    """Their addresses; none where nobody receives."""
    if persons is None:
        return []
    asking = Asking(persons.reception, pages, throttle, Throttle(*_ASKED))
    return [
        Route("/request", asking.choose),
        Route("/request/done", asking.done),
        Route("/request/{door}", asking.page, methods=["GET", "POST"]),
    ]

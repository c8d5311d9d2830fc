"""The pages on which persons ask for themselves: what they need of the house, and their addresses."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.routing import Route

from portal import device, drafts
from portal.api.linking import PortalMint
from portal.device import DevicePages, PortalDevices, Site
from portal.identity import BODY_LIMIT as IDENTITY_LIMIT
from portal.identity import PATH as IDENTITY_PATH
from portal.identity import IdentityPage, PortalIdentity
from portal.linked import PATHS as LINKED_PATHS
from portal.linked import Linked, PortalLinks
from portal.pages import Pages
from portal.request import BODY_LIMIT, PATHS, Asking, PortalReception
from portal.safety import Throttle
from portal.status import PortalStatus, Status

LARGER = {
    **dict.fromkeys((*PATHS, *LINKED_PATHS, *(f"{path}/draft" for path in LINKED_PATHS)), BODY_LIMIT),
    IDENTITY_PATH: IDENTITY_LIMIT,
}
"""The bytes that are read of their forms, by address."""

_ASKED = (5, 3600)
"""Requests in the name of one address or number, in so many seconds: enough for every right, and no flood of mail."""


@dataclass(frozen=True)
class Persons:
    """What the pages of persons work through."""

    reception: PortalReception
    links: PortalLinks | None = None
    mint: PortalMint | None = None
    status: PortalStatus | None = None
    devices: PortalDevices | None = None
    site: Site = field(default_factory=Site)
    identity: PortalIdentity | None = None


def routes(persons: Persons | None, pages: Pages, throttle: Throttle) -> list[Route]:
    """Their addresses; none where nobody receives."""
    if persons is None:
        return []
    asking = Asking(persons.reception, pages, throttle, Throttle(*_ASKED))
    return [
        *_linked(persons, pages, throttle),
        *_following(persons, pages, throttle),
        *_devices(persons, pages, throttle),
        Route("/request", asking.choose),
        Route("/request/done", asking.done),
        Route("/request/{door}", asking.page, methods=["GET", "POST"]),
    ]


def _linked(persons: Persons, pages: Pages, throttle: Throttle) -> list[Route]:
    """What a link to a known customer opens."""
    found = []
    if persons.links:
        linked = Linked(persons.links, pages, throttle, Throttle(*drafts.EVERY))
        found += [
            Route("/s/{token:path}", linked.link),
            Route("/s", linked.open, methods=["POST"]),
            Route("/self", linked.choose),
            Route("/self/done", linked.done),
            Route("/self/{door}/draft", linked.draft, methods=["POST"]),
            Route("/self/{door}", linked.page, methods=["GET", "POST"]),
        ]
    return found


def _following(persons: Persons, pages: Pages, throttle: Throttle) -> list[Route]:
    """Where a request is, the person's word on it, and the document by which they show who they are."""
    if persons.status is None:
        return []
    status = Status(persons.status, pages, throttle, persons.identity)
    identity = IdentityPage(persons.identity, pages, throttle) if persons.identity else None
    return [
        Route("/status", status.page),
        *([Route(IDENTITY_PATH, identity.page, methods=["GET", "POST"])] if identity else []),
        Route("/status/{act}", status.act, methods=["GET", "POST"]),
    ]


def _devices(persons: Persons, pages: Pages, throttle: Throttle) -> list[Route]:
    """Where a visitor without an account chooses cookies, and the site reads what was chosen."""
    if persons.devices is None:
        return []
    shown = DevicePages(persons.devices, persons.site, pages, throttle)
    return [
        Route(device.PATH, shown.page, methods=["GET", "POST"]),
        Route(device.CHOICE_PATH, shown.choice),
        Route(device.KEY_PATH, shown.key),
    ]

"""The pages on which persons ask for themselves: what they need of the house, and their addresses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.routing import Route

from portal import device, drafts
from portal.api.linking import PortalMint
from portal.consents import PATH as CONSENTS
from portal.consents import WITHDRAWN, ConsentPages, PortalConsents
from portal.details import CORRECTED, DetailPages, PortalDetails
from portal.details import PATH as DETAILS
from portal.device import DevicePages, PortalDevices, Site
from portal.identity import BODY_LIMIT as IDENTITY_LIMIT
from portal.identity import PATH as IDENTITY_PATH
from portal.identity import IdentityPage, PortalIdentity
from portal.linked import PATHS as LINKED_PATHS
from portal.linked import Linked, PortalLinks
from portal.messages import PATH as MESSAGES
from portal.messages import MessagePages, PortalMessages
from portal.pages import Pages
from portal.phone import PATH as PHONE
from portal.phone import PROVED, PhonePages, PortalPhone
from portal.request import BODY_LIMIT, PATHS, Asking, PortalReception
from portal.safety import Throttle
from portal.status import PortalStatus, Status
from portal.uploads import BODY_LIMIT as WITH_FILES

LARGER = {
    **dict.fromkeys((*PATHS, *LINKED_PATHS, *(f"{path}/draft" for path in LINKED_PATHS)), BODY_LIMIT),
    IDENTITY_PATH: IDENTITY_LIMIT,
    MESSAGES: WITH_FILES,
    DETAILS: WITH_FILES,
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
    messages: PortalMessages | None = None
    phone: PortalPhone | None = None
    details: PortalDetails | None = None
    consents: PortalConsents | None = None
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
        *_written(persons.messages, pages, throttle),
        *_by_phone(persons.phone, pages, throttle),
        *_details(persons.details, pages, throttle),
        *_consents(persons.consents, pages, throttle),
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


def _written(messages: PortalMessages | None, pages: Pages, throttle: Throttle) -> list[Route]:
    """What the person and the office write to each other."""
    if messages is None:
        return []
    shown = MessagePages(messages, pages, throttle)
    return [
        Route(MESSAGES, shown.page, methods=["GET", "POST"]),
        Route(f"{MESSAGES}/{{no:int}}/{{index:int}}", shown.file),
    ]


def _by_phone(phone: PortalPhone | None, pages: Pages, throttle: Throttle) -> list[Route]:
    """A second channel beside the e-mail's."""
    if phone is None:
        return []
    shown = PhonePages(phone, pages, throttle)
    return [
        Route(PHONE, shown.page, methods=["GET", "POST"]),
        Route(f"{PHONE}/code", shown.code, methods=["GET", "POST"]),
    ]


def _details(details: PortalDetails | None, pages: Pages, throttle: Throttle) -> list[Route]:
    """Corrections beside what is held."""
    if details is None:
        return []
    return [Route(DETAILS, DetailPages(details, pages, throttle).page, methods=["GET", "POST"])]


def _consents(consents: PortalConsents | None, pages: Pages, throttle: Throttle) -> list[Route]:
    """The consents that stand."""
    if consents is None:
        return []
    return [Route(CONSENTS, ConsentPages(consents, pages, throttle).page, methods=["GET", "POST"])]


def _following(persons: Persons, pages: Pages, throttle: Throttle) -> list[Route]:
    """Where a request is, the person's word on it, and the document by which they show who they are."""
    if persons.status is None:
        return []
    offers: dict[str, Callable[[str], Awaitable[bool]]] = {}
    if persons.phone:
        offers[PROVED] = persons.phone.offered
    if persons.details:
        offers[CORRECTED] = persons.details.offered
    if persons.consents:
        offers[WITHDRAWN] = persons.consents.offered
    status = Status(
        persons.status,
        pages,
        throttle,
        persons.identity,
        messages=persons.messages is not None,
        offers=offers,
    )
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

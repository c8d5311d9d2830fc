"""A portal on which persons ask, over the register itself; Temporal is a list of what was started."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from domain.case import Case
from domain.connector import FieldRole
from domain.errors import Unavailable
from policy.load import load_policy
from portal.app import create_app
from portal.persons import Persons
from portal.safety import Throttle
from tests.portal.conftest import Challenges
from tests.portal.reading import Page
from tests.portal.world import World
from workflows.reception import FrontDoor, Reception

FIELDS = {
    "name-th": frozenset({FieldRole.RECORD}),
    "phone": frozenset({FieldRole.RECORD}),
    "copied": frozenset({FieldRole.COPY}),
}
NAME, EMAIL, PHONE = "มาลี ใจดี", "malee.jaidee@example.com", "081-234-5678"
WHO = {"name": NAME, "email": EMAIL}


@dataclass
class Temporal:
    """What was started; it may be away."""

    away: bool = False
    started: list[str] = field(default_factory=list)

    async def start(self, case: Case) -> None:
        if self.away:
            raise Unavailable("temporal-unreachable")
        self.started.append(case.id)


def front_door(world: World, temporal: Temporal | None = None) -> FrontDoor:
    reception = Reception(world.room.register, load_policy(), lambda: FIELDS)
    return FrontDoor(reception, world.clock, (temporal or Temporal()).start)


@asynccontextmanager
async def asking(
    world: World, persons: Persons | None = None, *, throttle: Throttle | None = None, address: str = ""
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        Challenges(),
        world.letterbox,
        company=load_policy().company,
        https=True,
        throttle=throttle or Throttle(10_000, 60),
        persons=persons or Persons(front_door(world)),
    )
    transport = httpx.ASGITransport(
        app, raise_app_exceptions=False, client=(address or "203.0.113.7", 50_000)
    )
    async with httpx.AsyncClient(transport=transport, base_url="https://portal.example") as client:
        yield client


async def filled(client: httpx.AsyncClient, door: str, **typed: object) -> httpx.Response:
    """Open a form, type and press."""
    page = Page(await client.get(f"/request/{door}"))
    return await press(client, f"/request/{door}", page, **typed)


async def press(client: httpx.AsyncClient, at: str, page: Page, **typed: object) -> httpx.Response:
    hidden = {name: page.value(name) for name in ("key", "proof")}
    return await client.post(at, data={**hidden, **typed})


def newest(world: World) -> str:
    """The id of the case that was opened last."""
    return world.room.register.views(limit=1)[0].case.id


def count(world: World) -> int:
    return len(world.room.register.views())

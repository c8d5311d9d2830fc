"""A portal that programs call, over the register itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette

from domain.programs import Scope
from policy.load import load_policy
from portal.app import create_app
from portal.persons import Persons
from tests.portal.asking import Temporal, front_door
from tests.portal.conftest import Challenges
from tests.portal.world import World
from workflows.import_check import ImportCheck
from workflows.programs import Counter, Gate
from workflows.self_service import SelfService

URL = "https://portal.example"


def token_of(world: World, *scopes: Scope) -> str:
    return world.room.service_tokens.add(" ".join(scopes), "front", actor="S-1")[1]


def portal_of(world: World, temporal: Temporal | None = None) -> Starlette:
    room, door = world.room, front_door(world, temporal)
    gate = Gate(room.service_tokens, room.audit)
    service = SelfService(room.self_links, gate, door, world.clock, URL)
    return create_app(
        Challenges(),
        world.letterbox,
        company=load_policy().company,
        https=True,
        suppressions=ImportCheck(room.suppressions, room.service_tokens, room.audit),
        persons=Persons(door, links=service, mint=service),
        counter=Counter(gate, door, room.register),
    )


@asynccontextmanager
async def calling(
    world: World, token: str, temporal: Temporal | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(portal_of(world, temporal), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(transport=transport, base_url=URL, headers=headers) as client:
        yield client

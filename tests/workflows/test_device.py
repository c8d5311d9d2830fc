"""A visitor without an account withdraws cookies by a press, and what stands under that device's number goes."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import Engine, func, insert, select

from bootstrap import House, devices_of, letterbox_of, reception_of
from demo.schema import metadata
from domain.links import Relation
from domain.outcomes import Ending
from domain.ports import CaseView
from domain.rights import Right
from portal.app import create_app
from portal.device import Site
from portal.persons import Persons
from tests.support.people import People
from workflows.reception import FrontDoor

pytestmark = pytest.mark.slow

_CONSENTS, _VIEWS = metadata.tables["cookie_consents"], metadata.tables["page_views"]


def visits(crm: Engine, *, user: int | None = None) -> str:
    """The number of a device that consented and looked at two pages."""
    device, at = f"5f0c1a52-0000-4000-8000-{secrets.token_hex(6)}", datetime.now(UTC) - timedelta(days=3)
    seen = {"visitor_id": device, "ip_address": "192.0.2.44"}
    view = {
        **seen,
        "path": "/pricing",
        "feature": "pricing",
        "duration_ms": 900,
        "browser": "Firefox",
        "operating_system": "Linux",
        "viewed_at": at,
        "user_id": user,
    }
    consent = {
        **seen,
        "performance": True,
        "functional": True,
        "given_at": at,
        "user_agent": "Firefox",
        "user_id": user,
    }
    with crm.begin() as connection:
        connection.execute(insert(_CONSENTS).values(consent))
        connection.execute(insert(_VIEWS), [view, view])
    return device


def rows(crm: Engine, device: str) -> tuple[int, int]:
    """How many consents and page views stand under a device's number."""
    with crm.connect() as connection:
        found = [
            connection.scalar(select(func.count()).select_from(table).where(table.c.visitor_id == device))
            or 0
            for table in (_CONSENTS, _VIEWS)
        ]
    return found[0], found[1]


@asynccontextmanager
async def visiting(people: People, house: House, device: str) -> AsyncIterator[httpx.AsyncClient]:
    door = FrontDoor(reception_of(house), house.tools.clock, people.desk.start)
    app = create_app(
        people.desk,
        letterbox_of(house),
        company=house.policy.company,
        https=False,
        persons=Persons(door, devices=devices_of(house, door), site=Site("visitor_id", ())),
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://portal.example", cookies={"visitor_id": device}
    ) as client:
        yield client


async def withdrawn(people: People, house: House, device: str) -> CaseView:
    """Press, and wait for the end of the case that the press opened."""
    before = {view.case.id for view in house.room.register.views()}
    async with visiting(people, house, device) as client:
        page = await client.get("/cookies")
        proof = page.text.partition('name="proof" value="')[2].partition('"')[0]
        sent = await client.post(
            "/cookies", data={"proof": proof, "cookie": "performance", "say": "withdraw"}
        )
        assert sent.status_code == 303
        told = (await client.get("/cookies/choice")).json()
        assert json.loads(told["content"])["performance"] == "withdrawn"
    [opened] = [
        view
        for view in house.room.register.views()
        if view.case.id not in before
        and [one.value for one in house.room.vault.own(view.case.id)] == [device]
    ]
    await people.desk.start(opened.case)  # on a busy machine the start may have been left to the sweep
    return await people.closed(opened.case.reference)


async def test_rows_under_the_device_are_found_and_erased(people: People, house: House, crm: Engine) -> None:
    device, another = visits(crm), visits(crm)
    view = await withdrawn(people, house, device)
    assert (view.case.right, view.ending) == (Right.WITHDRAWAL, Ending.FULFILLED)
    with crm.connect() as connection:
        [consent] = connection.execute(select(_CONSENTS).where(_CONSENTS.c.visitor_id == device))
    assert (consent.performance, consent.functional, consent.withdrawn_at is None) == (False, False, False)
    assert rows(crm, device) == (1, 2)
    # Nobody can be written to, and nobody stands at the counter.
    assert not {task for task in people.tasks(view) if task.startswith("hand-over")}
    # What rested on that consent alone is the company's own duty to erase (s.37(3)); officers look, as ever.
    [follows] = [one for one in house.room.register.links(view.case.id) if one.relation is Relation.FOLLOWS]
    await people.decide(follows.reference)
    erased = await people.went_on(follows.reference)
    assert erased.ending is Ending.FULFILLED
    assert (rows(crm, device), rows(crm, another)) == ((0, 0), (1, 2))


async def test_a_device_without_rows_ends_without_anybodys_work(
    people: People, house: House, crm: Engine
) -> None:
    view = await withdrawn(people, house, f"5f0c1a52-0000-4000-8000-{secrets.token_hex(6)}")
    assert view.ending is Ending.NO_DATA
    assert people.tasks(view) == set()
    assert house.room.register.links(view.case.id) == ()


async def test_what_an_account_owns_is_not_taken_by_its_device(
    people: People, house: House, crm: Engine
) -> None:
    with crm.connect() as connection:
        user = connection.scalar(select(func.min(metadata.tables["users"].c.id)))
    device = visits(crm, user=user)
    view = await withdrawn(people, house, device)
    assert view.ending is Ending.NO_DATA
    assert house.room.register.links(view.case.id) == ()
    with crm.connect() as connection:
        [consent] = connection.execute(select(_CONSENTS).where(_CONSENTS.c.visitor_id == device))
    assert (consent.performance, consent.functional, consent.withdrawn_at) == (True, True, None)
    assert rows(crm, device) == (1, 2)

"""Cookies by device: one press each, told to the company's site in a signed statement, alike for every device."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from sqlalchemy import create_engine, text

from domain.assurance import Assurance
from domain.devices import USE
from domain.rights import Right
from portal.device import Site
from portal.persons import Persons
from security.signing import EngineSigning, is_signed
from tests.portal.asking import Temporal, asking, count, front_door, newest
from tests.portal.reading import Page
from tests.portal.world import World
from workflows.devices import Devices

DEVICE = "5f0c1a52-0000-4000-8000-0000000000d1"
ORIGIN = "https://www.siamcrm.example"
SITE = Site("visitor_id", (ORIGIN,))


def devices(world: World) -> Devices:
    return Devices(world.room.device_choices, front_door(world, Temporal()), EngineSigning(world.ring))


@asynccontextmanager
async def visiting(world: World, device: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """A browser with the number that the company's site gave it, if any."""
    persons = Persons(front_door(world, Temporal()), devices=devices(world), site=SITE)
    async with asking(world, persons) as client:
        if device:
            client.cookies.set("visitor_id", device, domain="portal.example")
        yield client


async def press(client: httpx.AsyncClient, cookie: str, say: str = "withdraw") -> httpx.Response:
    page = await client.get("/cookies?lang=en")
    proof = page.text.partition('name="proof" value="')[2].partition('"')[0]
    return await client.post("/cookies", data={"proof": proof, "cookie": cookie, "say": say})


async def stated(client: httpx.AsyncClient, origin: str = ORIGIN) -> tuple[dict[str, str], httpx.Response]:
    """What the site reads, once it knows that it is ours."""
    answer = await client.get("/cookies/choice", headers={"Origin": origin})
    told, key = answer.json(), (await client.get("/cookies/key")).json()
    assert key["algorithm"] == "Ed25519"
    assert is_signed(key["key"], USE, told["content"].encode(), told["signature"])
    assert not is_signed(key["key"], "head", told["content"].encode(), told["signature"])
    content: dict[str, str] = json.loads(told["content"])
    return content, answer


async def test_a_press_withdraws_one_purpose_and_another_gives_it_again(world: World) -> None:
    async with visiting(world, f"{DEVICE}-1") as client:
        before = count(world)
        content, _ = await stated(client)
        assert (content["device"], content["performance"], content["functional"]) == (
            f"{DEVICE}-1",
            "unsaid",
            "unsaid",
        )
        sent = await press(client, "performance")
        assert (sent.status_code, sent.headers["location"]) == (303, "/cookies#performance")
        content, _ = await stated(client)
        assert (content["performance"], content["functional"]) == ("withdrawn", "unsaid")
        assert content["said"]
        page = Page(await client.get("/cookies"))
        assert [one["value"] for one in page.all("button") if one.get("name") == "say"] == [
            "give",
            "withdraw",
        ]
        # Withdrawn means searched for: a case under the device's number, its cookie the proof of it.
        case = newest(world)
        view, subject = world.room.register.view(case), world.room.vault.subject(case)
        assert (view.case.right, view.channel, count(world)) == (Right.WITHDRAWAL, "web", before + 1)
        assert [(one.kind, one.value) for one in subject.identifiers] == [("device", f"{DEVICE}-1")]
        assert world.room.identity.standing(case).level is Assurance.ADDRESS
        await press(client, "performance")  # the same word again is none
        await press(client, "functional")  # of this one nothing is kept but in the browser
        assert count(world) == before + 1
        await press(client, "performance", "give")
        content, _ = await stated(client)
        assert (content["performance"], content["functional"]) == ("given", "withdrawn")
        await press(client, "performance")
        assert count(world) == before + 2


async def test_the_register_and_the_chain_hold_no_number_of_a_device(world: World) -> None:
    async with visiting(world, f"{DEVICE}-2") as client:
        await press(client, "performance")
    engine = create_engine(world.database.app)
    with engine.connect() as connection:
        for table in ("device_choices", "requests", "events", "verifications"):
            assert DEVICE not in str(connection.execute(text(f"select * from {table}")).all())
        query = text(
            "select actor, facts from events where event = 'cookies:chosen' order by seq desc limit 1"
        )
        [(actor, facts)] = connection.execute(query).all()
    engine.dispose()
    assert (actor, facts) == ("person", {"purpose": "performance", "mode": "withdrawn"})


async def test_a_device_that_nobody_knows_is_answered_as_every_other(world: World) -> None:
    before, pages, answers = count(world), [], []
    for device in ("", f"{DEVICE}-3", "x"):
        async with visiting(world, device) as client:
            pages.append((await client.get("/cookies")).text.partition("<main")[2].partition("proof")[0])
            sent = await press(client, "performance")
            content, answer = await stated(client)
            answers.append((sent.status_code, sent.headers["location"], answer.status_code, content.keys()))
            assert content["performance"] == "withdrawn"
    assert len(set(pages)) == 1
    assert all(one == answers[0] for one in answers)
    # No system has rows under a number that we gave, so nothing is searched for it.
    assert count(world) == before + 1


async def test_the_choice_outlives_the_sites_own_cookie_and_cannot_be_forged(world: World) -> None:
    async with visiting(world, f"{DEVICE}-4") as client:
        await press(client, "performance")
        client.cookies.delete("visitor_id", domain="portal.example")
        content, _ = await stated(client)
        assert (content["device"], content["performance"]) == (f"{DEVICE}-4", "withdrawn")
        name = "__Host-sitthi-choice"
        kept = client.cookies[name]
        for forged in (
            kept.replace(kept[4], "A" if kept[4] != "A" else "B", 1),
            "x.y",
            "e30=.00",
            ".",
            "W10=.ff",
        ):
            client.cookies.clear()
            client.cookies.set(name, forged, domain="portal.example")
            content, _ = await stated(client)
            assert (content["device"], content["performance"]) == ("", "unsaid")


async def test_only_pages_of_the_named_origins_read_it(world: World) -> None:
    async with visiting(world, f"{DEVICE}-5") as client:
        _, answer = await stated(client)
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert (answer.headers["vary"], answer.headers["cache-control"]) == ("Origin", "no-store")
        for other in ("https://evil.example", "null", f"{ORIGIN}.evil.example", ""):
            _, answer = await stated(client, other)
            assert "access-control-allow-origin" not in answer.headers
            assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"proof": "x"}, 403), ({"cookie": "necessary"}, 403), ({"say": "maybe"}, 403)],
)
async def test_what_is_no_press_of_ours_changes_nothing(
    world: World, changed: dict[str, str], status: int
) -> None:
    async with visiting(world, f"{DEVICE}-6") as client:
        page = await client.get("/cookies")
        proof = page.text.partition('name="proof" value="')[2].partition('"')[0]
        good = {"proof": proof, "cookie": "performance", "say": "withdraw"}
        assert (await client.post("/cookies", data=good | changed)).status_code == status
        pushed = await client.post("/cookies", data=good, headers={"Sec-Fetch-Site": "cross-site"})
        assert pushed.status_code == 403
        content, _ = await stated(client)
        assert content["performance"] == "unsaid"

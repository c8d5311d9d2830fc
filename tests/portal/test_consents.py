"""Consents that stand, each withdrawn by one press: within a request to withdraw, else by a request of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from activities.locate import Locate
from domain.acting import Acting, Capacity
from domain.case import Case, Moved, Task
from domain.events import Event
from domain.incidents import IncidentKind
from domain.ports import Intake
from domain.rights import Right
from domain.states import State
from policy.load import load_policy
from portal import words
from portal.persons import Persons
from tests.connectors.shop import SYSTEM, fill, open_shop
from tests.portal.asking import Temporal, asking, front_door, newest
from tests.portal.desk_world import proof_of, tools_of
from tests.portal.reading import Page
from tests.portal.test_details import KIRA, Hears
from tests.portal.test_status import Desk, enter, progressing
from tests.portal.world import World
from workflows.consenting import Consenting
from workflows.reception import Reception

th = words.load()["th"]


@asynccontextmanager
async def consenting(
    world: World, place: Path, desk: Hears, right: Right, *, on_file: bool = True, **changes: str
) -> AsyncIterator[tuple[httpx.AsyncClient, Case]]:
    """A case of Kira's, who reads a newsletter; her session is open, and her records are located."""
    url = f"sqlite:///{place / 'shop.db'}"
    engine, shop, room = fill(url), open_shop(url), world.room
    tools = tools_of(room, world.ring, load_policy(), world.clock, place)  # type: ignore[arg-type]
    tools = dataclasses.replace(tools, connectors={SYSTEM: shop}, files=world.files)
    intake = Intake(
        rights=(right,),
        channel="web",
        received=world.clock.at,
        language="th",
        identifiers=(KIRA,),
        changes=changes,
    )
    [case] = Reception(room.register, load_policy(), dict).keep(intake)
    room.vault.put_candidates(case.id, shop.resolve([KIRA], ""))
    if on_file:
        challenge = room.identity.challenge(case.id, KIRA)
        assert challenge is not None
        room.identity.answer(challenge.token, challenge.code)
    enter(world, case, State.RESOLVING, State.VERIFYING, State.LOCATING)
    Locate(tools).locate(Task(case=case.id, step=State.LOCATING, system=SYSTEM))
    consents = Consenting(room.following, tools, front_door(world, Temporal()), desk)
    persons = Persons(front_door(world), status=progressing(world, Desk()), consents=consents)
    token = world.send(case.id, "L1", to=KIRA)
    async with asking(world, persons) as client:
        await client.get(f"/d/{token}")
        page = await client.get("/documents")
        form = await client.post(
            "/documents", data={"proof": Page(page).value("proof")}, follow_redirects=True
        )
        code = world.codes(case.id, KIRA)[0]
        await client.post("/documents/code", data={"proof": proof_of(form, "/documents/code"), "code": code})
        yield client, case
    shop.close()
    engine.dispose()


def form_of(page: httpx.Response) -> dict[str, str]:
    return {name: Page(page).value(name) for name in ("proof", "purpose")}


async def test_one_press_adds_it_to_a_request_that_withdraws(world: World, tmp_path: Path) -> None:
    desk = Hears()
    async with consenting(world, tmp_path, desk, Right.WITHDRAWAL, purpose="analytics") as (client, case):
        assert "/status/consents" in (await client.get("/status")).text
        page = await client.get("/status/consents")
        assert th("consents.marketing") in page.text
        assert world.room.histories.events(case.id)[-1].event == Event.CONSENTS_SHOWN
        forged = await client.post("/status/consents", data={**form_of(page), "purpose": "other"})
        assert forged.status_code == 403
        done = await client.post("/status/consents", data=form_of(page))
        assert done.headers["location"] == "/status?said=consents"
        assert th("status.said.consents") in (await client.get("/status?said=consents")).text
    [(reference, amendment, actor)] = desk.heard
    assert (reference, actor, amendment.moved) == (case.reference, "person", Moved.SCOPE)
    assert amendment.changes == {"purpose": "analytics,newsletter"}


async def test_what_the_request_withdraws_already_has_no_button(world: World, tmp_path: Path) -> None:
    desk = Hears()
    async with consenting(world, tmp_path, desk, Right.WITHDRAWAL) as (client, _):  # every consent
        page = await client.get("/status/consents")
        assert th("consents.asked") in page.text
        assert not [a for a in Page(page).all("form") if a.get("action") == "/status/consents"]


async def test_from_any_other_request_it_makes_one_of_its_own_once(world: World, tmp_path: Path) -> None:
    desk = Hears()
    async with consenting(world, tmp_path, desk, Right.ACCESS) as (client, case):
        page = await client.get("/status/consents")
        assert th("consents.own_request") in page.text
        for _ in range(2):
            done = await client.post("/status/consents", data=form_of(page))
            assert done.headers["location"] == "/request/done"
        made = world.room.register.view(newest(world)).case
        assert made.reference in (await client.get("/request/done")).text
    assert made.id != case.id
    assert made.right is Right.WITHDRAWAL
    assert world.room.vault.changes(made.id) == {"purpose": "newsletter"}
    assert world.room.vault.own(made.id) == (KIRA,)
    mine = [view for view in world.room.register.views() if view.case.right is Right.WITHDRAWAL]
    assert [view.case.id for view in mine].count(made.id) == 1
    assert len(mine) == len({view.request for view in mine})
    assert desk.heard == []


async def test_who_has_not_shown_that_the_address_is_on_file_sees_none(world: World, tmp_path: Path) -> None:
    async with consenting(world, tmp_path, Hears(), Right.ACCESS, on_file=False) as (client, _):
        assert "/status/consents" not in (await client.get("/status")).text
        assert (await client.get("/status/consents")).headers["location"] == "/status"


async def test_who_acts_without_authority_sees_none(world: World, tmp_path: Path) -> None:
    async with consenting(world, tmp_path, Hears(), Right.ACCESS) as (client, case):
        acting = Acting(capacity=Capacity.AGENT)
        world.room.identity.authorise(case.id, acting, actor="S-000000000001", reason="ยังไม่เห็นหนังสือมอบอำนาจ")
        assert "/status/consents" not in (await client.get("/status")).text
        assert (await client.get("/status/consents")).headers["location"] == "/status"


async def test_who_consented_anew_withdraws_anew_on_another_day(world: World, tmp_path: Path) -> None:
    # Shortly before midnight in Bangkok, so that the session lasts into the next day.
    late = world.clock.at.replace(hour=16, minute=50, second=0) + timedelta(days=1)
    world.clock.at = late
    async with consenting(world, tmp_path, Hears(), Right.ACCESS) as (client, _):
        form = form_of(await client.get("/status/consents"))
        made = []
        for minutes in (0, 5, 15):
            world.clock.at = late + timedelta(minutes=minutes)
            done = await client.post("/status/consents", data=form)
            assert done.headers["location"] == "/request/done"
            made.append(newest(world))
    assert made[0] == made[1] != made[2]


async def test_while_an_incident_freezes_the_case_none_is_shown(world: World, tmp_path: Path) -> None:
    async with consenting(world, tmp_path, Hears(), Right.ACCESS) as (client, case):
        assert (await client.get("/status/consents")).status_code == 200
        kind, why = IncidentKind.WRONG_RECIPIENT, "ส่งผิดคน"
        world.room.incidents.open(case.id, kind, actor="S-000000000001", reason=why, freeze=True)
        assert (await client.get("/status/consents")).headers["location"] == "/status"

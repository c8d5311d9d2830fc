"""Corrections field by field: what is held is shown at the level of access alone, and what is right is typed beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from activities.locate import Locate
from domain.acting import Acting, Capacity, Shown
from domain.assurance import Method
from domain.case import Case, Moved, Task
from domain.errors import TooLate
from domain.events import Event
from domain.identifiers import IdentifierKind, identifier
from domain.incidents import IncidentKind
from domain.item import Candidate
from domain.links import Amendment
from domain.ports import Intake
from domain.rights import RULES, Right
from domain.states import State
from policy.load import load_policy
from portal import words
from portal.persons import Persons
from tests.connectors.shop import SYSTEM, fill, open_shop
from tests.portal.asking import asking, front_door
from tests.portal.desk_world import proof_of, tools_of
from tests.portal.reading import Page
from tests.portal.test_messages import PDF
from tests.portal.test_status import Desk, enter, progressing
from tests.portal.world import HERS, World, opened
from workflows.correspondence import Correspondence
from workflows.details import Correcting
from workflows.reception import Reception

th = words.load()["th"]
KIRA = identifier(IdentifierKind.EMAIL, "kira@example.com")


@dataclass
class Hears:
    """A desk that keeps what is amended; what comes of it the workflow tests show."""

    heard: list[tuple[str, Amendment, str]] = field(default_factory=list)
    late: bool = False

    async def __call__(self) -> Hears:
        return self

    async def amend(self, reference: str, amendment: Amendment, *, actor: str, reason: str) -> bool:
        if self.late:
            raise TooLate("fulfilment-has-begun")
        assert reason
        self.heard.append((reference, amendment, actor))
        return True


@asynccontextmanager
async def correcting(world: World, place: Path, desk: Hears) -> AsyncIterator[tuple[httpx.AsyncClient, Case]]:
    """A case of Kira's, whose session is open, located in a shop of her own; identity is not shown."""
    url = f"sqlite:///{place / 'shop.db'}"
    engine, shop, room = fill(url), open_shop(url), world.room
    tools = tools_of(room, world.ring, load_policy(), world.clock, place)  # type: ignore[arg-type]
    tools = dataclasses.replace(tools, connectors={SYSTEM: shop}, files=world.files)
    intake = Intake(
        rights=(Right.RECTIFICATION,),
        channel="web",
        received=world.clock.at,
        language="th",
        identifiers=(KIRA,),
        changes={"name": "คิระ"},
    )
    reception = Reception(
        room.register, load_policy(), lambda: {"name": frozenset({*shop.fields().values()})}
    )
    [case] = reception.keep(intake)
    room.vault.put_candidates(case.id, shop.resolve([KIRA], ""))
    challenge = room.identity.challenge(case.id, KIRA)
    assert challenge is not None
    room.identity.answer(challenge.token, challenge.code)
    enter(world, case, State.RESOLVING, State.VERIFYING, State.LOCATING)
    Locate(tools).locate(Task(case=case.id, step=State.LOCATING, system=SYSTEM))
    messages = Correspondence(room.following, tools)
    persons = Persons(
        front_door(world),
        status=progressing(world, Desk()),
        messages=messages,
        details=Correcting(room.following, tools, messages, desk),
    )
    token = world.send(case.id, "L1", to=KIRA)
    async with asking(world, persons) as client:
        await client.get(f"/d/{token}")
        assert (await client.get("/status/details")).headers["location"] == "/status"  # no link shows a thing
        page = await client.get("/documents")
        form = await client.post(
            "/documents", data={"proof": Page(page).value("proof")}, follow_redirects=True
        )
        code = world.codes(case.id, KIRA)[0]
        await client.post("/documents/code", data={"proof": proof_of(form, "/documents/code"), "code": code})
        yield client, case
    shop.close()
    engine.dispose()


async def send(client: httpx.AsyncClient, page: httpx.Response, **typed: object) -> httpx.Response:
    files = typed.pop("files", None)
    hidden = {"key": Page(page).value("key"), "proof": proof_of(page, "/status/details")}
    return await client.post("/status/details", data={**hidden, **typed}, files=files)  # type: ignore[arg-type]


async def test_what_is_held_is_shown_at_the_level_of_access_and_no_lower(
    world: World, tmp_path: Path
) -> None:
    assert RULES[Right.RECTIFICATION].assurance >= RULES[Right.ACCESS].assurance
    async with correcting(world, tmp_path, Hears()) as (client, case):
        identity, desk = world.room.identity, "S-000000000001"
        for shown in (None, Method.SMS_CODE, Method.CALL_BACK, Method.POST_CODE):
            if shown:
                identity.record(case.id, shown, actor=desk, reason="ได้ตรวจแล้ว")
            page = await client.get("/status/details")
            assert th("details.names") in page.text
            assert "ชื่อและนามสกุล" in page.text or "name" in page.text
            assert "Kira" not in page.text
            assert not [a for a in Page(page).all("form") if a.get("action") == "/status/details"]
            assert "1 ถนนสีลม" not in page.text
        identity.record(case.id, Method.MASKED_DOCUMENT, actor=desk, reason="ได้ตรวจแล้ว")
        assert "/status/details" in (await client.get("/status")).text
        page = await client.get("/status/details")
        assert "Kira" in page.text
        assert "คิระ" in page.text  # what is asked for already
        events = [each.event for each in world.room.histories.events(case.id)]
        assert events.count(Event.DETAILS_SHOWN) == 1


async def test_who_acts_without_authority_sees_nothing_of_what_is_held(world: World, tmp_path: Path) -> None:
    async with correcting(world, tmp_path, Hears()) as (client, case):
        identity, officer = world.room.identity, "S-000000000001"
        identity.record(case.id, Method.MASKED_DOCUMENT, actor=officer, reason="ได้ตรวจแล้ว")
        # A power of attorney for something else; then one to correct, which lets nobody see; then one for both.
        papers = Acting(capacity=Capacity.AGENT, shown=(Shown.POWER_OF_ATTORNEY, Shown.ACTOR_IDENTITY))
        for covers in ((), (Right.RECTIFICATION,)):
            acting = papers.model_copy(update={"covers": covers})
            identity.authorise(case.id, acting, actor=officer, reason="ดูหนังสือมอบอำนาจแล้ว")
            page = await client.get("/status/details")
            assert th("details.locked") in page.text
            assert "Kira" not in page.text
        both = papers.model_copy(update={"covers": (Right.RECTIFICATION, Right.ACCESS)})
        identity.authorise(case.id, both, actor=officer, reason="ดูหนังสือมอบอำนาจแล้ว")
        assert "Kira" in (await client.get("/status/details")).text


async def test_what_is_right_becomes_the_request_s_corrections_once(world: World, tmp_path: Path) -> None:
    desk = Hears()
    async with correcting(world, tmp_path, desk) as (client, case):
        officer = "S-000000000001"
        world.room.identity.record(case.id, Method.IN_PERSON, actor=officer, reason="ได้ตรวจแล้ว")
        page = await client.get("/status/details")
        for typed, code in (
            ({}, "correction-missing"),
            ({"new.name": "ก" * 201}, "value-too-long"),
            ({"new.level": "gold"}, "field-without-owner"),  # only a copy: no system keeps it
            ({"new.name": "คีระ", "files": [("files", ("a.html", b"<html>"))]}, "file-kind-refused"),
        ):
            wrong = await send(client, page, why="จดผิด", **typed)
            assert wrong.status_code == 422
            spoken = th(f"{'messages' if code.startswith('file') else 'details'}.errors.{code}")
            assert spoken in wrong.text
            assert "จดผิด" in wrong.text
        assert desk.heard == []
        evidence = [("files", ("ใบเปลี่ยนชื่อ.pdf", PDF))]
        for _ in range(2):
            done = await send(client, page, **{"new.name": " คีระ ", "why": "จดผิด"}, files=evidence)
            assert done.headers["location"] == "/status?said=details"
        assert th("status.said.details") in (await client.get("/status?said=details")).text
        told = {
            (reference, one.moved, tuple(one.changes.items()), actor) for reference, one, actor in desk.heard
        }
        assert told == {(case.reference, Moved.SCOPE, (("name", "คีระ"),), "person")}
        [written] = world.room.messages.all(case.id)
        assert (written.text, written.files[0].title) == ("จดผิด", "ใบเปลี่ยนชื่อ.pdf")
        # What the request asks for already asks for nothing new.
        before = len(desk.heard)
        same = await send(client, await client.get("/status/details"), **{"new.name": "คิระ"})
        assert same.status_code == 303
        assert len(desk.heard) == before
        desk.late = True
        late = await send(client, await client.get("/status/details"), **{"new.name": "อื่น"})
        assert late.headers["location"] == "/status"


async def test_without_proof_of_identity_nothing_is_proposed(world: World, tmp_path: Path) -> None:
    desk = Hears()
    async with correcting(world, tmp_path, desk) as (client, case):
        officer = "S-000000000001"
        world.room.identity.record(case.id, Method.IN_PERSON, actor=officer, reason="ได้ตรวจแล้ว")
        page = await client.get("/status/details")
        # Somebody else is meant, it turns out: the address is not on file for them.
        other = Candidate(system=SYSTEM, locator={"no": 2}, shown={}, addresses=(HERS,))
        world.room.vault.put_candidates(case.id, [other])
        assert (await send(client, page, **{"new.name": "คีระ"})).headers["location"] == "/status"
    assert desk.heard == []


@pytest.mark.parametrize("right", [one for one in Right if one is not Right.RECTIFICATION])
async def test_it_is_for_requests_to_correct_alone(world: World, tmp_path: Path, right: Right) -> None:
    tools = tools_of(world.room, world.ring, load_policy(), world.clock, tmp_path)  # type: ignore[arg-type]
    messages = Correspondence(world.room.following, tools)
    details = Correcting(world.room.following, tools, messages, Hears())
    persons = Persons(front_door(world), status=progressing(world, Desk()), details=details)
    terms = {right: load_policy().terms(right, world.clock.at)}
    intake = Intake(
        rights=(right,), channel="web", received=world.clock.at, language="th", identifiers=(KIRA,)
    )
    [case] = world.room.register.open_request(intake, terms)
    token = world.send(case.id, "L1")
    async with asking(world, persons) as client:
        await opened(client, world, case.id, token)
        assert "/status/details" not in (await client.get("/status")).text
        assert (await client.get("/status/details")).headers["location"] == "/status"


async def test_while_an_incident_freezes_the_case_nothing_held_is_shown(world: World, tmp_path: Path) -> None:
    async with correcting(world, tmp_path, Hears()) as (client, case):
        officer = "S-000000000001"
        world.room.identity.record(case.id, Method.IN_PERSON, actor=officer, reason="ได้ตรวจแล้ว")
        assert "Kira" in (await client.get("/status/details")).text
        kind, why = IncidentKind.WRONG_RECIPIENT, "ส่งผิดคน"
        world.room.incidents.open(case.id, kind, actor=officer, reason=why, freeze=True)
        assert "Kira" not in (await client.get("/status/details")).text

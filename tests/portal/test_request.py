"""The public request page: what is typed is kept once, what is wrong is said beside the field, and nobody learns anything."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import create_engine, text

from domain.acting import Capacity
from domain.assurance import Assurance
from domain.case import Case
from domain.errors import Unavailable
from domain.ports import Intake
from domain.rights import Right
from domain.wishes import read_wish
from portal.asking import DOORS
from portal.persons import Persons
from portal.safety import Throttle
from tests.portal.asking import (
    EMAIL,
    NAME,
    PHONE,
    WHO,
    Temporal,
    asking,
    count,
    filled,
    front_door,
    newest,
    press,
)
from tests.portal.reading import Page
from tests.portal.world import World
from workflows.reception import FrontDoor

PLACED = "/request/done"


async def _asked(world: World, door: str, **typed: object) -> str:
    async with asking(world) as client:
        sent = await filled(client, door, **typed)
        assert (sent.status_code, sent.headers.get("location")) == (303, PLACED), sent.text
    return newest(world)


WISHES: list[tuple[str, dict[str, object], dict[str, object]]] = [
    ("access", {}, {}),
    ("portability", {}, {}),
    ("erasure", {}, {}),
    ("objection", {"against": ["marketing", "interest"]}, {"against": "marketing,interest"}),
    ("restriction", {"because": "claims"}, {"because": "claims"}),
    ("withdrawal", {"purpose": ["analytics", "marketing_email"]}, {"purpose": "marketing_email,analytics"}),
    ("withdrawal", {"purpose": ["all", "analytics"]}, {}),
    ("rectification", {"field2": "phone", "old2": "02", "new2": PHONE}, {"phone": PHONE}),
    ("marketing", {}, {"against": "marketing"}),
]


@pytest.mark.parametrize(("door", "typed", "kept"), WISHES)
async def test_every_right_is_asked_for_and_kept_sealed(
    world: World, door: str, typed: dict[str, object], kept: dict[str, object]
) -> None:
    case = await _asked(world, door, **WHO, message="ขอทั้งหมด\x07", **typed)
    view, subject = world.room.register.view(case), world.room.vault.subject(case)
    assert (view.case.right, view.channel, view.language) == (DOORS[door], "web", "th")
    assert world.room.vault.changes(case) == kept
    assert read_wish(view.case.right, world.room.vault.changes(case))
    assert {one.value for one in subject.identifiers} == {EMAIL}
    assert subject.name == NAME
    assert world.room.vault.message(case).startswith("ขอทั้งหมด")
    assert "\x07" not in world.room.vault.message(case)
    # Nothing is shown yet: what is typed here proves nothing, whatever was typed.
    assert world.room.identity.standing(case).level is Assurance.NONE


async def test_the_receipt_says_reference_day_and_law(world: World) -> None:
    async with asking(world) as client:
        await filled(client, "erasure", **WHO)
        page = await client.get(PLACED)
        view = world.room.register.view(newest(world))
        assert view.case.reference in page.text
        assert "พ.ศ. 2567" in page.text  # the notification on which 90 days stand
        assert str(view.case.terms.strict.year + 543) in page.text
        assert EMAIL not in page.text
        assert view.case.reference in (await client.get(f"{PLACED}?lang=en")).text
    async with asking(world) as stranger:
        assert (await stranger.get(PLACED)).headers["location"] == "/request"
        stranger.cookies.set("__Host-sitthi-receipt", "W3sicmVmZXJlbmNlIjogIkRTUiJ9XQ==")
        assert (await stranger.get(PLACED)).headers["location"] == "/request"


async def test_a_double_press_makes_one_request_and_another_word_another(world: World) -> None:
    async with asking(world) as client:
        page, before = Page(await client.get("/request/access")), count(world)
        twice = await asyncio.gather(*[press(client, "/request/access", page, **WHO) for _ in range(2)])
        again = await press(client, "/request/access", page, **WHO)
        assert {answer.status_code for answer in (*twice, again)} == {303}
        assert count(world) == before + 1
        await press(client, "/request/access", page, **{**WHO, "email": "malee@example.org"})
        assert count(world) == before + 2


async def test_who_is_known_and_who_is_not_are_answered_alike(world: World) -> None:
    """The same bytes but for reference and tokens, and the same events."""
    known = world.case()
    [address] = world.room.vault.given(known)
    pages, told = [], []
    for email in (address.value, "nobody.at.all@example.net"):
        async with asking(world) as client:
            await filled(client, "access", name=NAME, email=email)
            page = await client.get(PLACED)
            pages.append(re.sub(r"DSR-\d{4}-\d{6}", "DSR", page.text))
            told.append(_events(world, newest(world)))
            assert email not in page.text
    assert pages[0] == pages[1]
    assert told[0] == told[1]


def _events(world: World, case: str) -> list[str]:
    engine = create_engine(world.database.app)
    with engine.connect() as connection:
        names = connection.execute(
            text("select event from events where case_id = :case order by seq"), {"case": case}
        )
        found = [str(name) for (name,) in names]
    engine.dispose()
    return found


WRONG: list[tuple[str, dict[str, object], set[str]]] = [
    ("access", {"name": NAME}, {"email"}),
    ("access", {"email": EMAIL}, {"name"}),
    ("access", {**WHO, "phone": "12"}, {"phone"}),
    ("access", {"name": NAME, "email": "มาลี"}, {"email"}),
    ("access", {**WHO, "message": "ก" * 3001}, {"message"}),
    ("access", {**WHO, "whom": "king"}, {"whom"}),
    ("access", {**WHO, "whom": "agent"}, {"agent", "agent_email", "authority"}),
    ("access", {**WHO, "whom": "minor"}, {"born"}),
    ("access", {**WHO, "whom": "minor", "born": "31/02/2559"}, {"born"}),
    ("marketing", {}, {"email"}),
    ("objection", {**WHO, "against": "everything"}, {"against"}),
    ("restriction", {**WHO}, {"because"}),
    ("withdrawal", {**WHO, "purpose": "unheard-of"}, {"purpose"}),
    ("rectification", {**WHO}, {"field1"}),
    ("rectification", {**WHO, "field1": "copied", "new1": "x"}, {"field1"}),
    ("rectification", {**WHO, "field1": "phone"}, {"new1"}),
    ("rectification", {**WHO, "field1": "phone", "new1": "1", "field2": "phone", "new2": "2"}, {"field2"}),
]


@pytest.mark.parametrize("language", ["th", "en"])
async def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(
    world: World, language: str
) -> None:
    async with asking(world) as client:
        await client.get(f"/?lang={language}")
        for door, typed, fields in WRONG:
            await _is_told(client, world, door, typed, fields)


async def _is_told(
    client: httpx.AsyncClient, world: World, door: str, typed: dict[str, object], fields: set[str]
) -> None:
    before = count(world)
    answer = await filled(client, door, **typed)
    page = Page(answer)
    assert (answer.status_code, count(world)) == (422, before)
    assert {
        each["id"].removesuffix("-error") for each in page.all("p") if "error" in each.get("class", "")
    } == fields
    assert {link["href"] for link in page.all("a") if link["href"].startswith("#")} >= {
        f"#{name}" for name in fields
    }
    for name in ("name", "email", "phone"):
        if name in typed and (door, name) != ("marketing", "name"):
            assert page.value(name) == typed[name]
    assert bool(re.search(r"[\u0e00-\u0e7f]", re.sub("ก+|มาลี( ใจดี)?", "", page.texts["main"]))) is (
        answer.headers["content-language"] == "th"
    )


async def test_whoever_acts_for_another_is_noted_with_what_they_say(world: World) -> None:
    typed = {
        **WHO,
        "whom": "parent",
        "born": "๑/๒/๒๕๖๐",
        "agent": "สมชาย ใจดี",
        "agent_email": "somchai@example.com",
        "authority": "บิดา ตามสูติบัตร",
    }
    case = await _asked(world, "access", **typed)
    acting = world.room.identity.acting(case)
    assert (acting.capacity, str(acting.born_on)) == (Capacity.PARENT, "2017-02-01")
    assert world.room.vault.agent(case) == ("สมชาย ใจดี", "บิดา ตามสูติบัตร")
    # They are told there what to show; the records are searched for by the child's address alone.
    assert {one.value for one in world.room.vault.reachable(case)} == {EMAIL, "somchai@example.com"}
    assert {one.value for one in world.room.vault.subject(case).identifiers} == {EMAIL}
    assert world.room.vault.replies(case) == ()
    assert world.room.identity.lacks(case, Right.ACCESS)


async def test_a_get_changes_nothing_and_a_form_from_elsewhere_is_not_read(world: World) -> None:
    async with asking(world) as client:
        before = count(world)
        for door in DOORS:
            assert (await client.get(f"/request/{door}", params=WHO)).status_code == 200
        page = Page(await client.get("/request/access"))
        hidden = {name: page.value(name) for name in ("key", "proof")}
        elsewhere = await client.post(
            "/request/access", data={**hidden, **WHO}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert elsewhere.status_code == 403
        # Without its cookie, with another door's proof, with a key of somebody's own: typed words stay, nothing is sent.
        other = await client.post("/request/erasure", data={**hidden, **WHO})
        client.cookies.clear()
        bare = await client.post("/request/access", data={**hidden, **WHO})
        forged = await client.post("/request/access", data={"key": "x", "proof": "y", **WHO})
        for answer in (other, bare, forged):
            assert (answer.status_code, Page(answer).value("email")) == (403, EMAIL)
        assert count(world) == before
        assert (await press(client, "/request/access", Page(forged), **WHO)).status_code == 303
        assert (await client.get("/request/nothing")).status_code == 404


async def test_too_much_and_too_often_is_refused(world: World) -> None:
    async with asking(world) as client:
        page = Page(await client.get("/request/access"))
        much = await press(client, "/request/access", page, **WHO, message="x" * 70_000)
        assert much.status_code == 413
        thai = await press(client, "/request/access", page, **WHO, message="ก" * 3000)
        assert thai.status_code == 303
        # By address, whoever presses: a sixth request in somebody's name within the hour is not taken.
        answers = [await filled(client, "access", name=NAME, email="flood@example.com") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [*[303] * 5, 429]
        assert Page(answers[-1]).value("email") == "flood@example.com"
        assert int(answers[-1].headers["retry-after"]) > 0
    async with asking(world, throttle=Throttle(2, 600)) as client:
        answers = [await filled(client, "access", name=NAME, email=f"p{n}@example.com") for n in range(3)]
        assert [answer.status_code for answer in answers] == [303, 303, 429]


async def test_a_request_is_kept_while_temporal_is_away_and_pressed_again_while_the_register_is(
    world: World,
) -> None:
    async with asking(world, Persons(front_door(world, Temporal(away=True)))) as client:
        assert (await filled(client, "access", **WHO)).status_code == 303
    kept = newest(world)
    assert kept in {case.id for case in world.room.register.unstarted(world.clock.at + timedelta(hours=1))}

    class Away(FrontDoor):
        async def receive(self, intake: Intake) -> tuple[Case, ...]:
            raise Unavailable("database-unreachable")

    door = front_door(world)
    async with asking(world, Persons(Away(door.reception, door.clock, door.start))) as client:
        answer = await filled(client, "access", **WHO)
        assert (answer.status_code, Page(answer).value("email")) == (503, EMAIL)


async def test_the_first_page_leads_to_the_request_page_where_there_is_one(world: World, app: object) -> None:
    async with asking(world) as client:
        home = Page(await client.get("/"))
        assert "/request" in {link["href"] for link in home.all("a")}
        choose = Page(await client.get("/request"))
        assert {f"/request/{door}" for door in DOORS} <= {link["href"] for link in choose.all("a")}
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://portal.example") as client:
        assert "/request" not in (await client.get("/")).text

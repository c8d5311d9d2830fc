"""Links for known customers: prefilled and masked, used up by a press alone, dead ends all alike."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import create_engine, text

from domain.assurance import Assurance
from domain.errors import KeyShredded, NotAllowed, NotFound
from domain.identifiers import IdentifierKind, identifier
from domain.rights import Right
from domain.self_links import DRAFT_LIFE, FRESH_FOR, MINT, VOUCH, About, Minted, Wanted
from portal.persons import Persons
from security.ports import KeyPurpose
from tests.portal.asking import EMAIL, NAME, Temporal, asking, count, front_door, newest
from tests.portal.reading import Page
from tests.portal.world import World
from workflows.programs import Gate
from workflows.self_service import SelfService

ABOUT = About(identifiers=(identifier(IdentifierKind.EMAIL, EMAIL),), name=NAME)
URL = "https://portal.example"


def service(world: World) -> SelfService:
    room = world.room
    return SelfService(
        room.self_links, Gate(room.service_tokens, room.audit), front_door(world), world.clock, URL
    )


def persons(world: World) -> Persons:
    made = service(world)
    return Persons(front_door(world, Temporal()), links=made, mint=made)


def minted(world: World, *rights: Right, fresh: bool = False, life: timedelta = timedelta(days=7)) -> Minted:
    wanted = Wanted(
        rights=rights or (Right.ACCESS,), about=ABOUT, life=life, vouched=world.clock.at if fresh else None
    )
    return world.room.self_links.mint(wanted, actor="S-1")


async def opened(client: httpx.AsyncClient, token: str) -> httpx.Response:
    """Open a link as a person does: the address, then the press."""
    page = Page(await client.get(f"/s/{token}"))
    return await client.post("/s", data={"token": page.value("token")}, follow_redirects=True)


async def press(
    client: httpx.AsyncClient, page: Page, door: str = "access", **typed: object
) -> httpx.Response:
    return await client.post(f"/self/{door}", data={"proof": page.value("proof"), **typed})


async def test_a_link_opens_a_prefilled_page_and_only_a_press_uses_it_up(world: World) -> None:
    made = minted(world)
    async with asking(world, persons(world)) as client:
        before = count(world)
        first = await client.get(f"/s/{made.token}")
        assert (first.status_code, "set-cookie" in first.headers) == (200, False)
        assert "m•••" not in first.text
        for _ in range(3):  # scanners, previews, a second look
            page = await opened(client, made.token)
        assert page.status_code == 200
        # Enough to know oneself by, and nothing for whoever found the link; the token is in no address.
        assert "m•••@example.com" in page.text
        assert EMAIL not in page.text
        assert NAME not in page.text
        assert made.token not in str(page.url) + page.text
        assert count(world) == before
        sent = await press(client, Page(page), message="สำเนาทั้งหมด", email="other@example.com", name="X")
        assert (sent.status_code, sent.headers["location"]) == (303, "/self/done")
        done = await client.get("/self/done")
        case = newest(world)
        assert world.room.register.view(case).case.reference in done.text
        # Whom it is about the link says, and nobody else: what a forged form adds is not read.
        subject = world.room.vault.subject(case)
        assert ([one.value for one in subject.identifiers], subject.name) == ([EMAIL], NAME)
        assert world.room.identity.standing(case).level is Assurance.NONE
        assert count(world) == before + 1
        # Used: here a second press leads to the receipt, elsewhere it is a dead link.
        again = await press(client, Page(page))
        assert (again.status_code, again.headers.get("location")) == (303, "/self/done")
    async with asking(world, persons(world)) as elsewhere:
        assert (await opened(elsewhere, made.token)).status_code == 410
    with pytest.raises(KeyShredded):
        world.ring.for_owner(KeyPurpose.LINK, made.id)


async def test_two_presses_at_once_make_one_request(world: World) -> None:
    made = minted(world)
    async with asking(world, persons(world)) as client:
        page, before = Page(await opened(client, made.token)), count(world)
        answers = await asyncio.gather(*[press(client, page, message=f"{n}") for n in range(3)])
        assert all(answer.status_code in {303, 410} for answer in answers)
        assert count(world) == before + 1


async def test_every_dead_link_shows_the_same_page(world: World) -> None:
    revoked, expired = minted(world), minted(world, life=timedelta(minutes=5))
    world.room.self_links.revoke(revoked.id, actor="S-1")
    world.room.self_links.revoke(revoked.id, actor="S-1")
    world.clock.at += timedelta(minutes=5)
    pages = set()
    for token in (revoked.token, expired.token, "slk_" + "a" * 43, "nothing", minted(world).token + "x"):
        async with asking(world, persons(world)) as client:
            page = await opened(client, token)
            assert page.status_code == 410
            pages.add(page.text)
    assert len(pages) == 1
    with pytest.raises(NotFound):
        world.room.self_links.revoke("k-none", actor="S-1")


async def test_a_form_without_its_link_or_from_another_is_not_taken(world: World) -> None:
    mine, other = minted(world), minted(world, Right.ERASURE)
    async with asking(world, persons(world)) as client:
        page = Page(await opened(client, mine.token))
        before = count(world)
        # Fixation: another link opened in the same browser; the first one's form is not the second one's.
        await opened(client, other.token)
        assert (await press(client, page)).status_code == 404  # the link open now is not for this right
        assert (await press(client, page, "erasure")).status_code == 403
        foreign = await client.post(
            "/self/erasure", data={"proof": page.value("proof")}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert foreign.status_code == 403
        client.cookies.clear()
        assert (await press(client, page)).status_code == 410
        assert count(world) == before


async def test_looking_at_a_link_leaves_another_one_open_and_no_other_site_opens_one(world: World) -> None:
    mine, other = minted(world), minted(world, Right.ERASURE)
    async with asking(world, persons(world)) as client:
        await opened(client, mine.token)
        await client.get(f"/s/{other.token}")
        assert (await client.get("/self", follow_redirects=True)).url.path == "/self/access"
        pushed = await client.post(
            "/s", data={"token": other.token}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert (pushed.status_code, "set-cookie" in pushed.headers) == (403, False)


async def test_a_receipt_that_cannot_be_read_is_none(world: World) -> None:
    async with asking(world, persons(world)) as client:
        for written in ("x", "W10=", "🙂".encode().hex()):
            client.cookies.set("__Host-sitthi-receipt", written, domain="portal.example")
            answer = await client.get("/self", follow_redirects=True)
            assert (answer.status_code, answer.url.path) == (410, "/self")
            client.cookies.clear()


async def test_the_other_language_brings_along_what_was_typed(world: World) -> None:
    made = minted(world)
    async with asking(world, persons(world)) as client:
        page = Page(await opened(client, made.token))
        [switch] = [one for one in page.all("button") if one.get("name") == "speak"]
        assert (switch["form"], switch["formaction"]) == ("typed", "/self/access?lang=en")
        # A form that is too old to be sent is not too old to be read.
        typed = {"message": "สำเนาทั้งหมด", "speak": "1", "proof": "old"}
        shown = await client.post(switch["formaction"], data=typed)
        assert (shown.status_code, shown.headers["content-language"]) == (200, "en")
        assert "สำเนาทั้งหมด" in Page(shown).texts["textarea"]
        assert (await client.get("/self/access")).status_code == 200  # nothing was pressed


async def test_what_is_typed_is_kept_for_the_link_sealed_and_for_a_day(world: World) -> None:
    made = minted(world, Right.RESTRICTION, Right.ACCESS)
    async with asking(world, persons(world)) as client:
        choose = await opened(client, made.token)
        assert {"/self/restriction", "/self/access"} <= {a["href"] for a in Page(choose).all("a")}
        page = Page(await client.get("/self/restriction"))
        wrong = await press(client, page, "restriction", message="เพราะเหตุนี้")
        assert wrong.status_code == 422
        saved = await press(client, page, "restriction", message="เพราะเหตุนี้", because="claims", save="1")
        assert saved.headers["location"] == "/self/restriction?kept=1"
    engine = create_engine(world.database.app)
    with engine.connect() as connection:
        kept = str(connection.execute(text("select * from self_links where id = :id"), {"id": made.id}).all())
    engine.dispose()
    assert "เพราะ" not in kept
    assert EMAIL not in kept
    async with asking(world, persons(world)) as another:
        await opened(another, made.token)
        page = Page(await another.get("/self/restriction"))
        assert "เพราะเหตุนี้" in page.texts["textarea"]
        assert "checked" in page.by_id("because-claims")
        world.clock.at += DRAFT_LIFE
        assert "textarea" not in Page(await another.get("/self/restriction")).texts


async def test_a_session_counts_while_it_is_fresh_and_not_a_moment_longer(world: World) -> None:
    """ADR 5: the company's own session is identity; fifteen minutes later the same link proves nothing."""
    for late, level in ((FRESH_FOR - timedelta(seconds=1), Assurance.IDENTITY), (FRESH_FOR, Assurance.NONE)):
        made = minted(world, Right.ERASURE, fresh=True)
        async with asking(world, persons(world)) as client:
            page = Page(await opened(client, made.token))
            world.clock.at += late
            assert (await press(client, page, "erasure")).status_code == 303
        assert world.room.identity.standing(newest(world)).level is level


async def test_a_link_is_minted_by_a_token_of_that_scope_alone(world: World) -> None:
    tokens = world.room.service_tokens
    mint, vouch = (tokens.add(scope, "crm", actor="S-1")[1] for scope in (MINT, VOUCH))
    other = tokens.add("suppressions:check", "crm", actor="S-1")[1]
    good = {"rights": ["access"], "person": {"email": EMAIL, "name": NAME}, "expires_in": 600}
    fresh = {**good, "second_factor_at": world.clock.at.isoformat()}
    async with asking(world, persons(world)) as client:

        async def asked(token: str, body: object) -> httpx.Response:
            return await client.post("/api/links", json=body, headers={"Authorization": f"Bearer {token}"})

        made = await asked(mint, good)
        assert (made.status_code, made.json()["assurance"]) == (201, "none")
        assert made.headers["cache-control"] == "no-store"
        assert EMAIL not in made.text
        signed_in = await asked(vouch, fresh)
        assert signed_in.json()["assurance"] == "session"
        assert signed_in.json()["session_until"]
        refusals = [await asked(mint, fresh), await asked(other, good), await asked("ssv_x", good)]
        refusals.append(await client.post("/api/links", json=good))
        assert [answer.status_code for answer in refusals] == [403, 403, 401, 401]
        token = made.json()["url"].removeprefix(f"{URL}/s/").partition("?")[0]
        assert (await opened(client, token)).status_code == 200
        # Its own token takes it back; another's finds nothing.
        at = f"/api/links/{made.json()['id']}"
        assert (await client.delete(at, headers={"Authorization": f"Bearer {vouch}"})).status_code == 404
        assert (await client.delete(at, headers={"Authorization": f"Bearer {mint}"})).status_code == 204
        assert (await opened(client, token)).status_code == 410
    told = _told(world)
    assert EMAIL not in told
    assert '"link:minted"' in told.replace("'", '"')


MALFORMED: list[tuple[object, str]] = [
    ([], ""),
    ({"rights": ["access"]}, "person"),
    ({"rights": [], "person": {"email": EMAIL}}, "right"),
    ({"rights": ["everything"], "person": {"email": EMAIL}}, "right"),
    ({"rights": ["access", "access"], "person": {"email": EMAIL}}, "right"),
    ({"rights": ["access"], "person": {"name": NAME}}, "email"),
    ({"rights": ["access"], "person": {"email": "มาลี"}}, "person.email"),
    ({"rights": ["access"], "person": {"email": EMAIL, "age": "7"}}, "person"),
    ({"rights": ["access"], "person": {"email": EMAIL}, "expires_in": 1}, "life"),
    ({"rights": ["access"], "person": {"email": EMAIL}, "expires_in": True}, "expires_in"),
    ({"rights": ["access"], "person": {"email": EMAIL}, "language": "fr"}, "language"),
    ({"rights": ["access"], "person": {"email": EMAIL}, "colour": "red"}, ""),
    ({"rights": ["access"], "person": {"email": EMAIL}, "second_factor_at": "today"}, "second_factor_at"),
    (
        {"rights": ["access"], "person": {"email": EMAIL}, "second_factor_at": "2026-11-22T01:00:00+00:00"},
        "second_factor_at",
    ),
]


async def test_what_is_malformed_is_named_and_not_repeated(world: World) -> None:
    token = world.room.service_tokens.add(VOUCH, "crm", actor="S-1")[1]
    async with asking(world, persons(world)) as client:
        for body, field in MALFORMED:
            answer = await client.post("/api/links", json=body, headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.json()["field"]) == (400, field), body
            assert "มาลี" not in answer.text


def test_whom_links_were_about_is_destroyed_with_them(world: World) -> None:
    links = world.room.self_links
    made = minted(world, life=timedelta(minutes=5))
    assert made.id in {link.id for link in links.all()}
    assert links.forget() == 0
    world.clock.at += timedelta(minutes=5)
    with pytest.raises(NotAllowed):
        links.offered(made.token)
    assert links.forget() == 1
    with pytest.raises(KeyShredded):
        world.ring.for_owner(KeyPurpose.LINK, made.id)


def _told(world: World) -> str:
    engine = create_engine(world.database.app)
    with engine.connect() as connection:
        found = str(connection.execute(text("select event, facts from events order by seq")).all())
    engine.dispose()
    return found

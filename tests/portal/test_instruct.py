"""The pages on which a tenant instructs: nothing is consumed by reading, and none tells of the person."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from domain.errors import NotAllowed, Unavailable
from domain.instructions import Invited, Told
from domain.rights import Right
from policy.model import Company
from portal import words
from portal.app import create_app
from portal.safety import Throttle
from security.tokens import new_link_token
from tests.portal.conftest import RIGHT_CODE, WRONG_CODE, Challenges, NoDeliveries
from tests.portal.reading import Page

th = words.load()["th"]
REFERENCE = "DSR-2569-000123"


class Tenants:
    """One link, answered as the register answers."""

    def __init__(self) -> None:
        self.token = new_link_token()
        self.said: list[Told] = []
        self.away = False

    async def invited(self, token: str) -> Invited:
        if token != self.token:
            raise NotAllowed("invitation-not-good")
        return Invited(case="c-1", reference=REFERENCE, right=Right.ERASURE)

    async def answer_instruction(self, token: str, code: str, told: Told) -> Invited:
        about = await self.invited(token)
        if self.away:
            raise Unavailable("temporal-unreachable")
        if code != RIGHT_CODE:
            raise NotAllowed("code-wrong")
        self.said.append(told)
        return about


@pytest.fixture
def tenants() -> Tenants:
    return Tenants()


@pytest.fixture
async def client(tenants: Tenants, company: Company) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        Challenges(), NoDeliveries(), company=company, https=True, throttle=Throttle(5, 600), tenants=tenants
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://portal.example") as made:
        yield made


async def opened(client: httpx.AsyncClient, token: str) -> Page:
    return Page(await client.get(f"/i/{token}", follow_redirects=True))


async def pressed(client: httpx.AsyncClient, form: Page, **said: str) -> httpx.Response:
    return await client.post("/instruct", data={"proof": form.value("proof"), **said})


async def test_a_choice_a_code_and_a_press_instruct(client: httpx.AsyncClient, tenants: Tenants) -> None:
    form = await opened(client, tenants.token)
    assert REFERENCE in form.texts["p"]
    assert {each["value"] for each in form.all("input") if each.get("type") == "radio"} == set(Told)
    assert tenants.said == []  # reading consumes nothing
    sent = await pressed(client, form, code=RIGHT_CODE, told="carry-out")
    assert (sent.status_code, sent.headers["location"]) == (303, "/instruct/done")
    assert tenants.said == [Told.CARRY_OUT]
    done = Page(await client.get("/instruct/done"))
    assert th("instructed.title") in done.texts["h1"]
    assert (await client.get("/instruct")).headers["location"] == "/instruct/done"


@pytest.mark.parametrize(
    ("said", "beside"),
    [
        ({"code": RIGHT_CODE}, "instruct.errors.choice"),
        ({"code": RIGHT_CODE, "told": "erase-all"}, "instruct.errors.choice"),
        ({"code": "", "told": "carry-out"}, "verify.errors.empty"),
        ({"code": "12", "told": "carry-out"}, "verify.errors.malformed"),
        ({"code": WRONG_CODE, "told": "carry-out"}, "verify.errors.wrong"),
    ],
)
async def test_what_is_missing_is_told_beside_its_field(
    client: httpx.AsyncClient, tenants: Tenants, said: dict[str, str], beside: str
) -> None:
    answer = await pressed(client, await opened(client, tenants.token), **said)
    assert answer.status_code == 422
    assert th(beside) in answer.text
    assert tenants.said == []


async def test_a_link_that_is_not_good_is_dead_and_another_sites_form_is_not_read(
    client: httpx.AsyncClient, tenants: Tenants
) -> None:
    dead = await client.get(f"/i/{new_link_token()}", follow_redirects=True)
    assert (dead.status_code, th("dead.title") in dead.text) == (410, True)
    assert (await client.get("/instruct/done")).headers["location"] == "/"
    form = await opened(client, tenants.token)
    said = {"proof": form.value("proof"), "code": RIGHT_CODE, "told": "carry-out"}
    other = await client.post("/instruct", data=said, headers={"Sec-Fetch-Site": "cross-site"})
    assert other.status_code == 403
    assert (await client.post("/instruct", data={**said, "proof": "x"})).status_code == 403
    assert tenants.said == []


async def test_what_is_away_is_said_and_the_word_can_be_given_again(
    client: httpx.AsyncClient, tenants: Tenants
) -> None:
    form = await opened(client, tenants.token)
    tenants.away = True
    assert (await pressed(client, form, code=RIGHT_CODE, told="ourselves")).status_code == 503
    tenants.away = False
    assert (await pressed(client, form, code=RIGHT_CODE, told="ourselves")).status_code == 303
    assert tenants.said == [Told.OURSELVES]


async def test_a_portal_without_tenants_has_no_such_pages(company: Company) -> None:
    app = create_app(Challenges(), NoDeliveries(), company=company, https=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://p.example") as made:
        assert (await made.get("/instruct")).status_code == 404

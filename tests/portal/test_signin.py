"""The way in for staff, and every way around it."""

from __future__ import annotations

import httpx

from domain.staffing import Role
from tests.portal.desk_world import PASSWORD, DeskWorld, Person


async def sign_in(world: DeskWorld, client: httpx.AsyncClient, who: Person, **changed: str) -> httpx.Response:
    world.clock.pass_by(seconds=30)  # every code is taken once
    sent = {"login": who.login, "password": who.password, "code": world.code(who.secret), **changed}
    return await client.post("/desk/sign-in", data=sent)


async def test_credential_phone_password_desk(desk_world: DeskWorld) -> None:
    member, credential = desk_world.room.staff.add("นางสาวมาใหม่ วันแรก", Role.OFFICER)
    async with desk_world.browser() as client:
        assert (await client.get("/desk")).headers["location"] == "/desk/sign-in"
        answer = await client.post("/desk/first", data={"credential": credential})
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/first/set")
        page = await client.get("/desk/first/set")
        secret = page.text.partition('<code class="secret">')[2].partition("<")[0]
        assert "<svg" in page.text
        sent = {"login": "Mai@siamcrm.example", "password": PASSWORD, "again": PASSWORD}
        answer = await client.post("/desk/first/set", data=sent | {"code": desk_world.code(secret)})
        assert answer.headers["location"] == "/desk/sign-in?set=1"
        who = Person(member, credential, " mai@SIAMCRM.example", secret)
        answer = await sign_in(desk_world, client, who)
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
        page = await client.get("/desk")
        assert page.status_code == 200
        assert "นางสาวมาใหม่ วันแรก" in page.text

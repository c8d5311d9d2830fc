"""Open pages renew themselves: what they ask is cheap, keeps no session alive, and is of no use for anything else."""

from __future__ import annotations

from datetime import timedelta

import httpx

from cases.sessions import IDLE
from domain.staffing import Role
from tests.portal.desk_world import DeskWorld, press
from tests.portal.reading import Page

HEADER = "X-Sitthi-Live"


def token_of(page: httpx.Response) -> str:
    return Page(page).by_id("live")["data-token"] or ""


def mark_of(page: httpx.Response) -> int:
    return int(Page(page).by_id("live")["data-mark"] or 0)


async def test_the_pulse_tells_whether_something_happened_and_in_how_many_cases(
    desk_world: DeskWorld,
) -> None:
    view, other = desk_world.case(), desk_world.case()
    async with desk_world.signed(Role.OFFICER) as client:
        board = await client.get("/desk")
        case = await client.get(f"/desk/case/{view.case.reference}")
        since, of_case = mark_of(board), f"/desk/pulse?since={mark_of(case)}&case={view.case.reference}"
        assert (await client.get(f"/desk/pulse?since={since}")).json() == {"mark": since, "changed": 0}
        assert (await client.get(of_case)).json() == {"mark": mark_of(case), "changed": 0}
        for _ in range(2):
            desk_world.room.register.open_task(other.case.id, "look-at-records", f"crm-{_}")
        now = (await client.get(f"/desk/pulse?since={since}")).json()
        assert now == {"mark": since + 2, "changed": 1}
        assert (await client.get(of_case)).json()["changed"] == 0
        desk_world.room.register.open_task(view.case.id, "look-at-records")
        assert (await client.get(of_case)).json() == {"mark": mark_of(case) + 1, "changed": 1}
        assert (await client.get("/desk/pulse?case=DSR-2569-999999")).status_code == 404


async def test_without_a_script_a_link_shows_what_is_new(desk_world: DeskWorld) -> None:
    view, calm = desk_world.case(), desk_world.case()
    async with desk_world.signed(Role.OFFICER) as client:
        board = await client.get("/desk?lang=en")
        again = next(a["href"] for a in Page(board).all("a") if "since=" in (a.get("href") or ""))
        assert "something happened" not in board.text
        desk_world.room.hands.give(view.case.id, desk_world.of(Role.OFFICER).member, actor="engine")
        page = await client.get(again)
    rows = [row for row in page.text.split("<tr>") if "/desk/case/" in row]
    marked = [row for row in rows if '<span class="mark">new</span>' in row]
    assert len(marked) == 1
    assert view.case.reference in marked[0]
    assert any(calm.case.reference in row for row in rows)
    assert "something happened in cases: 1" in page.text


async def test_a_page_that_asks_by_itself_keeps_no_session_alive(desk_world: DeskWorld) -> None:
    async with desk_world.signed(Role.OFFICER) as client:
        token = token_of(await client.get("/desk"))
        desk_world.clock.pass_by(minutes=30)
        before = dict(client.cookies.items())
        asked = await client.get("/desk/pulse?since=0", headers={HEADER: token})
        page = await client.get("/desk?all=1", headers={HEADER: token})
        assert (asked.status_code, page.status_code) == (200, 200)
        assert dict(client.cookies.items()) == before
        assert not page.headers.get_list("set-cookie")
        desk_world.clock.at += IDLE - timedelta(minutes=30)
        assert (await client.get("/desk/pulse", headers={HEADER: token})).status_code == 303
        assert (await client.get("/desk")).headers["location"] == "/desk/sign-in"


async def test_its_token_opens_nothing_else(desk_world: DeskWorld) -> None:
    view = desk_world.case()
    async with desk_world.signed(Role.OFFICER) as client, desk_world.browser() as thief:
        board = await client.get("/desk")
        token, headers = token_of(board), {HEADER: token_of(board)}
        thief.cookies.set("__Host-sitthi-staff", token, domain="portal.example")
        assert (await thief.get("/desk")).headers["location"] == "/desk/sign-in"
        thief.cookies.clear()
        posted = await thief.post("/desk/assign", data={"case": view.case.id}, headers=headers)
        assert posted.headers["location"] == "/desk/sign-in"
        for forged in ("x", "", token[:-2]):
            assert (await thief.get("/desk/pulse", headers={HEADER: forged})).status_code == 303
        await press(client, board, "/desk/sign-out")
        assert (await thief.get("/desk/pulse", headers=headers)).status_code == 303


async def test_only_the_desk_runs_a_script_and_only_its_own(desk_world: DeskWorld) -> None:
    async with desk_world.signed(Role.OFFICER) as client:
        desk = await client.get("/desk")
        script = next(one["src"] or "" for one in Page(desk).all("script"))
        served = await client.get(script)
        public = await client.get("/")
    assert "script-src 'self'" in desk.headers["content-security-policy"]
    assert "unsafe" not in desk.headers["content-security-policy"]
    assert "script-src" not in public.headers["content-security-policy"]
    assert "<script>" not in desk.text
    assert served.headers["content-type"].startswith("text/javascript")
    assert len(served.content) < 10_000

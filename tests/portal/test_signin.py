"""The way in for staff, and every way around it."""

from __future__ import annotations

import httpx
import jwt
import pytest
from sqlalchemy import text

from domain.errors import BadInput, Conflict, NotAllowed, NotFound, SamePerson
from domain.staffing import Role
from domain.states import State
from portal.desk.tries import Patience, Tries
from portal.safety import Throttle
from security.staff_tokens import Bearer
from tests.portal.desk_world import PASSWORD, DeskWorld, Person, press, proof_of
from tests.portal.reading import Page


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


async def refused(world: DeskWorld, client: httpx.AsyncClient, who: Person, **changed: str) -> str:
    """The page of a refusal, without what was typed."""
    answer = await sign_in(world, client, who, **changed)
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers
    return answer.text.replace(changed.get("login", who.login), "")


async def test_everything_wrong_is_answered_alike(desk_world: DeskWorld) -> None:
    who, gone, new = (desk_world.hire(Role.INTAKE) for _ in range(3))
    desk_world.room.staff.disable(gone.member, actor=who.member)
    unset, _ = desk_world.room.staff.add("นายยังไม่มา วันแรก", Role.INTAKE)
    async with desk_world.browser() as client:
        pages = {
            await refused(desk_world, client, who, password="not this one at all"),
            await refused(desk_world, client, who, code="000000"),
            await refused(desk_world, client, who, code=""),
            await refused(desk_world, client, who, code=desk_world.code(new.secret)),
            await refused(desk_world, client, who, login="nobody@siamcrm.example"),
            await refused(desk_world, client, who, login=unset),
            await refused(desk_world, client, gone),
        }
    assert len(pages) == 1


async def test_a_code_is_taken_once_and_an_older_one_never(desk_world: DeskWorld) -> None:
    who = desk_world.hire(Role.OFFICER)
    async with desk_world.browser() as client, desk_world.browser() as other:
        earlier = desk_world.code(who.secret)
        assert (await sign_in(desk_world, client, who)).status_code == 303
        code, at = desk_world.code(who.secret), desk_world.clock.at
        await refused(desk_world, other, who, code=earlier)
        desk_world.clock.at = at  # the very same half minute
        sent = {"login": who.login, "password": who.password, "code": code}
        assert (await other.post("/desk/sign-in", data=sent)).status_code == 422


async def test_sign_in_by_id_and_with_thai_digits(desk_world: DeskWorld) -> None:
    who = desk_world.hire(Role.OFFICER)
    async with desk_world.browser() as client:
        desk_world.clock.pass_by(seconds=30)
        typed = desk_world.code(who.secret).translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
        sent = {"login": who.member.upper(), "password": who.password, "code": f"{typed[:3]} {typed[3:]}"}
        assert (await client.post("/desk/sign-in", data=sent)).status_code == 303


async def test_the_cookies_are_new_bound_and_out_of_reach(desk_world: DeskWorld) -> None:
    who = desk_world.hire(Role.OFFICER)
    async with desk_world.browser() as client:
        planted = "w-000000000000000000000000.planted"
        client.cookies.set("__Host-sitthi-refresh", planted, domain="portal.example")
        answer = await sign_in(desk_world, client, who)
    cookies = answer.headers.get_list("set-cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == [
        "__Host-sitthi-staff",
        "__Host-sitthi-refresh",
    ]
    for cookie in cookies:
        assert planted.partition(".")[0] not in cookie
        for said in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
            assert said in cookie


def cookie_of(client: httpx.AsyncClient, name: str) -> str:
    return client.cookies.get(f"__Host-sitthi-{name}", domain="portal.example") or ""


def put_cookie(client: httpx.AsyncClient, name: str, value: str) -> None:
    client.cookies.delete(f"__Host-sitthi-{name}", domain="portal.example")
    client.cookies.set(f"__Host-sitthi-{name}", value, domain="portal.example")


async def test_a_session_turns_and_a_stolen_token_ends_it_for_both(desk_world: DeskWorld) -> None:
    who = desk_world.hire(Role.OFFICER)
    async with desk_world.browser() as client, desk_world.browser() as thief:
        await sign_in(desk_world, client, who)
        stolen = cookie_of(client, "refresh")
        desk_world.clock.pass_by(minutes=11)
        assert (await client.get("/desk")).status_code == 200
        assert cookie_of(client, "refresh") != stolen
        desk_world.clock.pass_by(minutes=2)
        put_cookie(thief, "refresh", stolen)
        assert (await thief.get("/desk")).headers["location"] == "/desk/sign-in"
        assert (await client.get("/desk")).headers["location"] == "/desk/sign-in"


async def test_two_pages_that_open_at_once_are_no_theft(desk_world: DeskWorld) -> None:
    who = desk_world.hire(Role.OFFICER)
    async with desk_world.browser() as client, desk_world.browser() as tab:
        await sign_in(desk_world, client, who)
        before = cookie_of(client, "refresh")
        desk_world.clock.pass_by(minutes=11)
        assert (await client.get("/desk")).status_code == 200
        put_cookie(tab, "refresh", before)
        page = await tab.get("/desk")
        assert page.status_code == 200
        assert not any("refresh" in cookie for cookie in page.headers.get_list("set-cookie"))
        desk_world.clock.pass_by(minutes=11)
        assert (await client.get("/desk")).status_code == 200


@pytest.mark.parametrize("minutes", [[61], [59] * 13])
async def test_a_session_ends_when_idle_and_at_the_end_of_the_day(
    desk_world: DeskWorld, minutes: list[int]
) -> None:
    who = desk_world.hire(Role.OFFICER)
    async with desk_world.browser() as client:
        await sign_in(desk_world, client, who)
        for span in minutes:
            desk_world.clock.pass_by(minutes=span)
            page = await client.get("/desk")
        assert page.headers["location"] == "/desk/sign-in"


async def test_a_forged_or_foreign_token_is_none(desk_world: DeskWorld) -> None:
    who = desk_world.hire(Role.OFFICER)
    async with desk_world.browser() as client, desk_world.browser() as other:
        await sign_in(desk_world, client, who)
        good = cookie_of(client, "staff")
        head, body, tail = good.split(".")
        claims = jwt.decode(good, options={"verify_signature": False})
        of_another_use = desk_world.parts.tokens.make(
            "enrol", Bearer(who.member, claims["sid"]), desk_world.clock.at
        )
        for forged in (
            jwt.encode(claims, "", "none"),
            jwt.encode(claims, "k" * 32, "HS256"),
            f"{head}.{body}.{tail[::-1]}",
            of_another_use,
            "x",
        ):
            put_cookie(other, "staff", forged)
            assert (await other.get("/desk")).headers["location"] == "/desk/sign-in"
        put_cookie(other, "staff", good)
        assert (await other.get("/desk")).status_code == 200


async def test_signing_out_ends_the_session_on_the_server(desk_world: DeskWorld) -> None:
    who = desk_world.hire(Role.OFFICER)
    async with desk_world.browser() as client, desk_world.browser() as thief:
        await sign_in(desk_world, client, who)
        for name in ("staff", "refresh"):
            put_cookie(thief, name, cookie_of(client, name))
        answer = await press(client, await client.get("/desk"), "/desk/sign-out")
        assert answer.headers["location"] == "/desk/sign-in"
        assert not cookie_of(client, "staff")
        assert (await thief.get("/desk")).headers["location"] == "/desk/sign-in"


async def test_another_session_and_another_site_can_press_nothing(desk_world: DeskWorld) -> None:
    who, other = desk_world.hire(Role.OFFICER), desk_world.hire(Role.OFFICER)
    async with desk_world.browser() as client, desk_world.browser() as theirs:
        await sign_in(desk_world, client, who)
        await sign_in(desk_world, theirs, other)
        foreign = proof_of(await theirs.get("/desk"), "/desk/sign-out")
        own = proof_of(await client.get("/desk"), "/desk/sign-out")
        for proof, site in ((foreign, "same-origin"), ("", "none"), (own, "cross-site"), (own, "same-site")):
            sent = await client.post(
                "/desk/sign-out", data={"proof": proof}, headers={"Sec-Fetch-Site": site}
            )
            assert sent.status_code == 403
        assert (await client.get("/desk")).status_code == 200
        answer = await client.post(
            "/desk/sign-in", data={"login": "x"}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status_code == 403


async def test_who_is_disabled_is_out_at_once_and_what_they_had_is_nobodys(desk_world: DeskWorld) -> None:
    who, boss = desk_world.hire(Role.OFFICER), desk_world.of(Role.ADMINISTRATOR)
    room = desk_world.room
    case = desk_world.case(State.RESOLVING, State.LOCATING)
    room.register.park(case.case.id, State.LOCATING, "siamcrm", "system-unreachable")
    room.register.hand(case.case.id, "siamcrm", who.member, actor=boss.member)
    room.register.open_task(case.case.id, "check-by-hand")
    [task] = room.tasks.of(case.case.id)
    room.tasks.hand(task.id, who.member, actor=boss.member)
    room.hands.give(case.case.id, who.member, actor=boss.member)
    async with desk_world.browser() as client:
        await sign_in(desk_world, client, who)
        room.staff.disable(who.member, actor=boss.member)
        assert (await client.get("/desk")).headers["location"] == "/desk/sign-in"
    assert [parked.hand for parked in room.register.view(case.case.id).parked] == [""]
    assert [each.hand for each in room.tasks.of(case.case.id)] == [""]
    assert room.hands.of([case.case.id]) == {}


async def test_a_new_role_counts_from_the_next_page(desk_world: DeskWorld) -> None:
    who, boss = desk_world.hire(Role.OFFICER), desk_world.of(Role.ADMINISTRATOR)
    async with desk_world.browser() as client:
        await sign_in(desk_world, client, who)
        desk_world.room.staff.change_role(who.member, "administrator", actor=boss.member)
        page = await client.get("/desk")
    assert page.status_code == 403
    assert who.member not in page.text


async def test_tries_are_bounded_by_name_and_by_address(desk_world: DeskWorld) -> None:
    who, calm = desk_world.hire(Role.OFFICER), desk_world.tries
    desk_world.tries = Tries(Throttle(100, 600), Patience(free=3))
    try:
        async with desk_world.browser() as client:
            for _ in range(3):
                assert (await sign_in(desk_world, client, who, code="000000")).status_code == 422
            answer = await sign_in(desk_world, client, who)
            assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)
        # Whoever knows a name cannot keep its owner out, who sits elsewhere.
        async with desk_world.browser(address="198.51.100.4") as elsewhere:
            for _ in range(4):  # a good try forgives those before it
                assert (await sign_in(desk_world, elsewhere, who)).status_code == 303
        desk_world.tries = Tries(Throttle(2, 600), Patience())
        async with desk_world.browser() as client:
            asked = [await sign_in(desk_world, client, who, login=f"n{n}", code="000000") for n in range(3)]
        assert [each.status_code for each in asked] == [422, 422, 429]
    finally:
        desk_world.tries = calm


def test_each_wrong_try_doubles_the_wait_and_a_good_one_ends_it() -> None:
    at = 0.0
    patience = Patience(free=2, first=5, most=60, names=2, now=lambda: at)
    assert patience.wait("a") == 0
    waits = []
    for _ in range(6):
        assert patience.wait("a") == 0
        waits.append(patience.wait("a"))  # who comes too early is told so, and is not counted
        at += waits[-1]
    assert waits == [5, 10, 20, 40, 60, 60]
    assert patience.wait("b") == 0
    patience.forget("a")
    assert (patience.wait("a"), patience.wait("a")) == (0, 0)
    assert patience.wait("a") == 5
    at += 5 + 4 * 60 + 1  # forgotten
    assert (patience.wait("a"), patience.wait("a")) == (0, 0)


async def test_the_credential_opens_the_first_page_once(desk_world: DeskWorld) -> None:
    who = desk_world.hire(Role.OFFICER)
    async with desk_world.browser() as client:
        for credential in (who.credential, who.member, "", f"{who.member}.sst_x"):
            answer = await client.post("/desk/first", data={"credential": credential})
            assert answer.status_code == 422
            assert (await client.get("/desk/first/set")).headers["location"] == "/desk/first"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"code": "000000"}, "code"),
        ({"login": ""}, "login"),
        ({"login": "S-0123456789ab"}, "login"),
        ({"login": "taken"}, "login"),
        ({"password": "short", "again": "short"}, "password"),
        ({"password": "Password2026!", "again": "Password2026!"}, "password"),
        ({"password": "malee.w in the rain", "again": "malee.w in the rain"}, "password"),
        ({"again": "four quiet lamps at one"}, "again"),
    ],
)
async def test_what_is_wrong_in_setting_up_is_told_beside_its_field(
    desk_world: DeskWorld, changed: dict[str, str], field: str
) -> None:
    if changed.get("login") == "taken":
        changed = {"login": desk_world.of(Role.OFFICER).login}
    _, credential = desk_world.room.staff.add("นางมาลี วันแรก", Role.OFFICER)
    async with desk_world.browser() as client:
        await client.post("/desk/first", data={"credential": credential})
        page = await client.get("/desk/first/set")
        secret = page.text.partition('<code class="secret">')[2].partition("<")[0]
        sent = {"login": "malee.w@siamcrm.example", "password": PASSWORD, "again": PASSWORD}
        sent |= {"code": desk_world.code(secret)} | changed
        answer = await client.post("/desk/first/set", data=sent)
    assert answer.status_code == 422
    assert Page(answer).by_id(field)["aria-invalid"] == "true"
    assert Page(answer).by_id(f"{field}-error")
    assert PASSWORD not in answer.text
    assert secret in answer.text


def begun(world: DeskWorld) -> tuple[str, str]:
    """The token of a way back that somebody began, and the number that they tell."""
    token = world.room.comebacks.begin()
    return token, token.partition(".")[0]


def test_a_lost_factor_is_reset_by_two_others(desk_world: DeskWorld) -> None:
    who, boss, second = (desk_world.hire(role) for role in (Role.OFFICER, Role.ADMINISTRATOR, Role.APPROVER))
    doors, (token, number) = desk_world.room.doors, begun(desk_world)
    session = desk_world.room.sessions.begin(who.member).session
    for actor in (who, boss):
        with pytest.raises((SamePerson, NotFound)):
            doors.reset(who.member, actor=actor.member, number=number)
    with pytest.raises(SamePerson):
        doors.ask_reset(who.member, actor=who.member, reason="lost", number=number)
    with pytest.raises(NotFound, match="comeback unknown"):
        doors.ask_reset(who.member, actor=boss.member, reason="lost", number="0")
    doors.ask_reset(who.member, actor=boss.member, reason="โทรศัพท์หาย", number=number)
    with pytest.raises(Conflict):
        doors.ask_reset(who.member, actor=second.member, reason="lost", number=number)
    for actor in (who, boss):
        with pytest.raises(SamePerson):
            doors.reset(who.member, actor=actor.member, number=number)
    with pytest.raises(BadInput, match="number differs"):
        doors.reset(who.member, actor=second.member, number=begun(desk_world)[1])
    with pytest.raises(NotAllowed, match="comeback waits"):
        desk_world.room.comebacks.use(token)
    doors.reset(who.member, actor=second.member, number=number)
    with pytest.raises(NotAllowed):
        desk_world.room.sessions.present(session)
    with pytest.raises(NotAllowed):
        doors.admit(who.credential)
    member, fresh = desk_world.room.comebacks.use(token)
    assert member == who.member
    assert doors.admit(fresh).secret != who.secret
    with pytest.raises(NotAllowed, match="comeback over"):
        desk_world.room.comebacks.use(token)
    with pytest.raises(NotFound):
        doors.reset(who.member, actor=second.member, number=number)


def test_a_way_back_ends_after_a_day_and_opens_for_one_alone(desk_world: DeskWorld) -> None:
    lost, other, boss, second = (
        desk_world.hire(role) for role in (Role.OFFICER, Role.INTAKE, Role.ADMINISTRATOR, Role.APPROVER)
    )
    doors, comebacks = desk_world.room.doors, desk_world.room.comebacks
    token, number = begun(desk_world)
    doors.ask_reset(lost.member, actor=boss.member, reason="lost", number=number)
    doors.ask_reset(other.member, actor=boss.member, reason="lost too", number=number)
    doors.reset(lost.member, actor=second.member, number=number)
    with pytest.raises(Conflict, match="comeback taken"):
        doors.reset(other.member, actor=second.member, number=number)
    for forged in (number, f"{number}.", f"{number}.{'x' * 43}", token[:-1], f"00000000.{token[9:]}"):
        with pytest.raises(NotAllowed, match="comeback over"):
            comebacks.use(forged)
    late, its = begun(desk_world)
    desk_world.clock.pass_by(hours=24)
    with pytest.raises(NotFound, match="comeback unknown"):
        doors.ask_reset(other.member, actor=boss.member, reason="lost", number=its)
    for over in (token, late):
        with pytest.raises(NotAllowed, match="comeback over"):
            comebacks.standing(over)
    fresh = begun(desk_world)[1]
    doors.ask_reset(other.member, actor=boss.member, reason="began anew", number=fresh)
    doors.reset(other.member, actor=second.member, number=fresh)


async def test_who_comes_and_who_is_refused_is_told_and_no_name_with_it(desk_world: DeskWorld) -> None:
    who = desk_world.hire(Role.AUDITOR)
    async with desk_world.browser() as client:
        await sign_in(desk_world, client, who, code="000000")
        await sign_in(desk_world, client, who)
        await press(client, await client.get("/desk"), "/desk/sign-out")
    told = [
        (event, actor, facts)
        for event, actor, facts in desk_world.events()
        if facts.get("staff") == who.member
    ]
    assert told == [
        ("staff:added", "engine", {"staff": who.member, "role": "auditor"}),
        ("staff:enrolled", who.member, {"staff": who.member}),
        ("staff:refused", "engine", {"staff": who.member}),
        ("staff:signed-in", who.member, {"staff": who.member}),
        ("staff:signed-out", who.member, {"staff": who.member}),
    ]


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/desk/../x", "/other", "/desk/a?b=c"]
)
async def test_the_way_back_leads_nowhere_else(desk_world: DeskWorld, to: str) -> None:
    who = desk_world.hire(Role.OFFICER)
    async with desk_world.browser() as client:
        assert (await sign_in(desk_world, client, who, to=to)).headers["location"] == "/desk"
        assert (await sign_in(desk_world, client, who, to="/desk/account")).headers[
            "location"
        ] == "/desk/account"


def test_nothing_readable_rests_in_the_register(desk_world: DeskWorld) -> None:
    who = desk_world.hire(Role.OFFICER)
    refresh = desk_world.room.sessions.begin(who.member).refresh
    with desk_world.reading() as connection:
        rows = [
            str([bytes(x) if isinstance(x, memoryview) else x for x in row])
            for table in ("staff_doors", "staff_sessions", "staff")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        ]
    for secret in (
        who.login,
        who.secret,
        who.password,
        refresh.partition(".")[2],
        who.credential.partition(".")[2],
    ):
        assert secret not in "".join(rows)
    assert "$argon2id$" in "".join(rows)

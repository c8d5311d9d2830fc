"""Fetching what was sent: the way in, and every way around."""

from __future__ import annotations

import asyncio
import hashlib
import re
from datetime import timedelta

import pytest

from domain.outcomes import Ending
from exports.words import load
from policy.load import load_policy
from portal import words
from portal.documents import ASK, OPEN
from portal.safety import Throttle, form_proof
from security.ports import KeyPurpose
from security.tokens import new_link_token
from tests.portal.reading import Page
from tests.portal.world import (
    HERS,
    HIS,
    LIFE,
    PACKED,
    World,
    ask,
    browsing,
    enter,
    offered,
    opened,
)

th = words.load()["th"]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


async def test_mail_link_code_documents_download(world: World) -> None:
    case = world.case()
    token = world.send(case, "L4", proved=True, packed=True)
    async with browsing(world) as client:
        listed = await opened(client, world, case, token)
        assert offered(listed) == {"L4.pdf", "bundle.zip"}
        assert th("documents.names.L4") in listed.text
        assert world.reference(case) in listed.text
        assert "1.0\u00a0MB" in listed.text
        assert "พฤศจิกายน\u00a02569" in listed.text
        async with client.stream("GET", "/documents/file/bundle.zip") as got:
            content = await got.aread()
    assert hashlib.sha256(content).digest() == hashlib.sha256(PACKED).digest()
    assert got.headers["content-type"] == "application/zip"
    assert got.headers["content-length"] == str(len(PACKED))
    name = f"{world.reference(case)}-bundle.zip"
    assert got.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["x-content-type-options"] == "nosniff"
    told = ["link-sent", "code-sent", "opened", "fetched"]
    assert world.events(case) == [f"delivery:{each}" for each in told]


async def test_the_link_becomes_a_cookie_and_the_page_tells_a_reference_only(world: World) -> None:
    case = world.case()
    token = world.send(case)
    async with browsing(world) as client:
        swapped = await client.get(f"/d/{token}?lang=en")
        assert (swapped.status_code, swapped.headers["location"]) == (303, "/documents")
        (cookie,) = [c for c in swapped.headers.get_list("set-cookie") if token in c]
        assert cookie.startswith("__Host-sitthi-delivery=")
        for said in ("Secure", "HttpOnly", "SameSite=lax", "Path=/", "Max-Age=1800"):
            assert said in cookie
        page = await client.get("/documents")
    assert page.headers["content-language"] == "en"
    assert world.reference(case) in page.text
    assert token not in page.text
    assert HERS.value not in page.text
    assert not offered(page)


async def test_a_scanner_that_follows_the_link_sends_and_opens_nothing(world: World) -> None:
    case = world.case()
    token = world.send(case)
    async with browsing(world) as scanner:
        for method in ("GET", "HEAD", "OPTIONS", "GET"):
            for path in (f"/d/{token}", "/documents", "/documents/code", "/documents/file/L1.pdf"):
                await scanner.request(method, path, follow_redirects=True)
    assert world.codes(case) == []
    assert world.events(case) == ["delivery:link-sent"]


async def test_the_session_cookie_is_new_and_no_script_reads_it(world: World) -> None:
    case = world.case()
    token = world.send(case)
    async with browsing(world) as client:
        answer = await enter(client, await ask(client, token), world.codes(case)[0])
    (cookie,) = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-sitthi-session=slk_")
    for said in ("Secure", "HttpOnly", "SameSite=lax", "Path=/", "Max-Age=1800"):
        assert said in cookie
    assert token not in cookie


async def test_a_planted_session_stays_worthless_after_the_person_opened_theirs(world: World) -> None:
    case = world.case()
    token, planted = world.send(case), new_link_token()
    async with browsing(world) as victim, browsing(world) as thief:
        for browser in (victim, thief):
            browser.cookies.set("__Host-sitthi-session", planted, domain="portal.example")
        assert offered(await opened(victim, world, case, token)) == {"L1.pdf"}
        assert (await thief.get("/documents")).status_code == 410
        got = await thief.get("/documents/file/L1.pdf")
    assert (got.status_code, got.headers["location"]) == (303, "/documents")


async def test_a_second_link_shows_nothing_that_the_first_left_open(world: World) -> None:
    case, other = world.case(), world.case()
    token, second = world.send(case, "L4", proved=True, packed=True), world.send(other)
    async with browsing(world) as client:
        await opened(client, world, case, token)
        page = await client.get(f"/d/{second}", follow_redirects=True)
        assert not offered(page)
        assert world.reference(other) in page.text
        assert (await client.get("/documents/file/bundle.zip")).status_code == 303


async def test_the_package_is_not_there_for_a_link_from_before_identity(world: World) -> None:
    case = world.case()
    early = world.send(case)
    world.send(case, "L4", proved=True, packed=True)
    async with browsing(world) as client:
        assert offered(await opened(client, world, case, early)) == {"L1.pdf"}
        for name in ("bundle.zip", "L4.pdf", "..%2Fbundle.zip", "records%2Fcrm", "nothing"):
            assert (await client.get(f"/documents/file/{name}")).status_code == 404
    assert "delivery:fetched" not in world.events(case)


async def test_what_went_to_another_address_or_case_is_not_there(world: World) -> None:
    case, foreign = world.case(), world.case()
    mine = world.send(case, "L4", proved=True)
    world.send(case, "DECISION", to=HIS, proved=True)
    world.send(foreign, "L6", proved=True)
    async with browsing(world) as client:
        assert offered(await opened(client, world, case, mine)) == {"L4.pdf"}
        for name in ("DECISION.pdf", "L6.pdf"):
            assert (await client.get(f"/documents/file/{name}")).status_code == 404


async def test_a_code_goes_to_the_address_of_its_link_and_opens_no_other(world: World) -> None:
    case = world.case()
    hers, his = world.send(case, "L1"), world.send(case, "L12", to=HIS)
    async with browsing(world) as her, browsing(world) as him:
        form = await ask(him, his)
        assert (len(world.codes(case, HIS)), world.codes(case)) == (1, [])
        await ask(her, hers)
        if world.codes(case)[0] != world.codes(case, HIS)[0]:
            assert (await enter(him, form, world.codes(case)[0])).status_code == 422
        stolen = {"proof": form_proof(his, OPEN), "code": world.codes(case, HIS)[0]}
        assert (await her.post("/documents/code", data=stolen)).status_code == 403


async def test_a_code_opens_once(world: World) -> None:
    case = world.case()
    token = world.send(case)
    async with browsing(world) as client, browsing(world) as thief:
        form = await ask(client, token)
        await thief.get(f"/d/{token}")
        code = world.codes(case)[0]
        pressed = await asyncio.gather(*[enter(each, form, code) for each in (client, thief, client)])
        assert sorted(each.status_code for each in pressed) == [303, 422, 422]
        again = await enter(thief, form, code)
    assert again.status_code == 422
    assert th("code.errors.void") in again.text
    assert world.events(case).count("delivery:opened") == 1


async def test_a_code_runs_out_and_another_comes(world: World) -> None:
    case = world.case()
    token = world.send(case)
    async with browsing(world) as client:
        form = await ask(client, token)
        world.clock.at += timedelta(minutes=15)
        late = await enter(client, form, world.codes(case)[0])
        assert late.status_code == 422
        assert th("code.errors.void") in late.text
        again = {"proof": form_proof(token, ASK)}
        assert (await client.post("/documents", data=again)).headers["location"] == "/documents/code"
        assert len(world.codes(case)) == 2
        assert (await enter(client, form, world.codes(case)[0])).status_code == 303


async def test_wrong_codes_are_told_beside_the_field_and_end_the_code(world: World) -> None:
    case = world.case()
    token, attempts = world.send(case), load_policy().challenge_attempts
    async with browsing(world) as client:
        form = await ask(client, token)
        code = world.codes(case)[0]
        told = [await enter(client, form, wrong(code)) for _ in range(attempts)]
        assert {each.status_code for each in told} == {422}
        page = Page(told[0])
        assert page.by_id("code")["aria-invalid"] == "true"
        assert page.by_id("code")["aria-describedby"].split() == ["code-hint", "code-error"]
        assert th("code.errors.wrong") in told[0].text
        assert page.texts["title"].startswith(th("mistake", title=""))
        assert th("code.errors.void") in (await enter(client, form, code)).text
    assert world.events(case).count("delivery:code-failed") == attempts


@pytest.mark.parametrize(("typed", "told"), [("", "empty"), ("12345", "malformed"), ("<i>", "malformed")])
async def test_what_is_no_code_costs_no_try(world: World, typed: str, told: str) -> None:
    case = world.case()
    token = world.send(case)
    async with browsing(world) as client:
        answer = await enter(client, await ask(client, token), typed)
    assert answer.status_code == 422
    assert th(f"code.errors.{told}") in answer.text
    assert "<i>" not in answer.text
    assert "delivery:code-failed" not in world.events(case)


async def test_too_many_codes_are_refused_with_a_time(world: World) -> None:
    case = world.case()
    token = world.send(case)
    async with browsing(world) as client:
        statuses = [(await ask(client, token)).status_code for _ in range(6)]
        limited = await ask(client, token)
    assert statuses == [200] * 5 + [429]
    assert limited.headers["retry-after"] == "3600"
    assert th("codes_limited.title") in Page(limited).texts["h1"]
    assert len(world.codes(case)) == 5


async def test_presses_from_one_place_are_bounded(world: World) -> None:
    token = world.send(world.case())
    async with browsing(world, Throttle(1, 60, now=lambda: 0.0)) as client:
        assert (await ask(client, token)).status_code == 200
        assert (await client.post("/documents/code", data={"code": "000000"})).status_code == 429


async def test_every_dead_link_looks_the_same(world: World) -> None:
    revoked, expired, used_up = world.case(), world.case(), world.case()
    dead = [new_link_token(), "slk_short", "nonsense", "", world.send(revoked), world.send(expired)]
    challenge = world.room.identity.challenge(revoked, HERS)
    assert challenge is not None
    dead.append(challenge.token)
    await world.letterbox.revoke(world.reference(revoked), actor="S-1", reason="ส่งผิดคน")
    world.room.register.close(expired, Ending.WITHDRAWN)
    world.clock.at += LIFE
    pages = []
    for token in dead:
        async with browsing(world) as client:
            pages.append(await client.get(f"/d/{token}", follow_redirects=True))
            form = {"proof": form_proof(token, ASK), "code": "000000"}
            client.cookies.set("__Host-sitthi-delivery", token, domain="portal.example")
            pages.append(await client.post("/documents", data=form))
            client.cookies.set("__Host-sitthi-delivery", token, domain="portal.example")
            pages.append(await client.get("/documents/code"))
    exhausted = world.send(used_up)
    for _ in range(20):
        world.clock.at += timedelta(minutes=15)
        world.room.deliveries.code(exhausted)
    world.clock.at += timedelta(hours=1)
    async with browsing(world) as client:
        pages.append(await ask(client, exhausted))
        pages.append(await client.get("/documents"))
    assert {page.status_code for page in pages} == {410}
    # The language link tells the address that was asked for, which whoever asks knows.
    assert len({re.sub(r'href="/[a-z/]*\?lang=en"', "", page.text) for page in pages}) == 1
    assert th("gone.title") in pages[0].text


async def test_revoking_closes_what_is_open(world: World) -> None:
    case = world.case()
    token = world.send(case, "L4", proved=True, packed=True)
    async with browsing(world) as client:
        await opened(client, world, case, token)
        assert await world.letterbox.revoke(world.reference(case), actor="S-1", reason="ส่งผิดคน") == 1
        assert (await client.get("/documents/file/bundle.zip")).status_code == 303
        assert (await client.get("/documents")).status_code == 410


async def test_a_session_ends_and_the_link_opens_another(world: World) -> None:
    case = world.case()
    token = world.send(case)
    async with browsing(world) as client:
        await opened(client, world, case, token)
        world.clock.at += timedelta(minutes=30)
        page = await client.get("/documents")
        assert not offered(page)
        assert th("letterbox.button") in page.text
        assert (await client.get("/documents/file/L1.pdf")).status_code == 303
        assert offered(await opened(client, world, case, token)) == {"L1.pdf"}


async def test_who_leaves_has_left(world: World) -> None:
    case = world.case()
    token = world.send(case)
    async with browsing(world) as client, browsing(world) as copy:
        listed = Page(await opened(client, world, case, token))
        for cookie in client.cookies.jar:
            copy.cookies.set(cookie.name, cookie.value or "", domain="portal.example")
        assert (await client.post("/documents/leave", data={"proof": "x"})).status_code == 403
        left = await client.post("/documents/leave", data={"proof": listed.value("proof")})
        assert left.headers["location"] == "/"
        assert (await client.get("/documents")).status_code == 410
        assert not offered(await copy.get("/documents"))


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_site_can_ask_for_no_code(world: World, site: str) -> None:
    case = world.case()
    token = world.send(case)
    async with browsing(world) as client:
        page = Page(await client.get(f"/d/{token}", follow_redirects=True))
        data = {"proof": page.value("proof"), "code": "000000"}
        for path in ("/documents", "/documents/code", "/documents/leave"):
            answer = await client.post(path, data=data, headers={"Sec-Fetch-Site": site})
            assert answer.status_code == 403
        for proof in ("", "0" * 64, form_proof(token, OPEN), form_proof(new_link_token(), ASK)):
            assert (await client.post("/documents", data={"proof": proof})).status_code == 403
    assert world.codes(case) == []


async def test_a_file_that_is_not_the_one_sent_never_arrives_whole(world: World) -> None:
    case = world.case()
    token = world.send(case, "L4", proved=True, packed=True)
    with world.files.write(case, "bundle.zip") as out:
        out.write(PACKED[:-1] + b"x")
    async with browsing(world) as client:
        await opened(client, world, case, token)
        got = await client.get("/documents/file/bundle.zip")
    # What a server then does: the connection ends before the length that it announced.
    assert len(got.content) < int(got.headers["content-length"]) == len(PACKED)


async def test_a_look_at_the_headers_is_no_download(world: World) -> None:
    case = world.case()
    token = world.send(case)
    async with browsing(world) as client:
        await opened(client, world, case, token)
        assert (await client.head("/documents/file/L1.pdf")).status_code == 405
    assert "delivery:fetched" not in world.events(case)


async def test_mail_that_is_away_is_said_and_costs_nothing(world: World) -> None:
    case = world.case()
    token = world.send(case)
    async with browsing(world) as client:
        world.mail.away = True
        try:
            assert (await ask(client, token)).status_code == 503
        finally:
            world.mail.away = False
        assert offered(await opened(client, world, case, token)) == {"L1.pdf"}


async def test_with_its_key_shredded_a_link_is_dead(world: World) -> None:
    case = world.case()
    token = world.send(case)
    async with browsing(world) as client:
        await opened(client, world, case, token)
        world.ring.shred(world.ring.for_owner(KeyPurpose.CASE, case).key_id, "test")
        assert (await client.get("/documents/file/L1.pdf")).status_code == 303
        again = {"proof": form_proof(token, ASK)}
        assert (await client.post("/documents", data=again)).status_code == 410


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_pages_are_whole_and_of_one_language(world: World, language: str) -> None:
    case = world.case(language)
    token = world.send(case, "L4", proved=True, packed=True)
    async with browsing(world) as client:
        first = await client.get(f"/d/{token}?lang={language}", follow_redirects=True)
        form = await ask(client, token)
        mistaken = await enter(client, form, "1")
        await enter(client, form, world.codes(case)[0])
        for response in (first, form, mistaken, await client.get("/documents")):
            page = Page(response)
            assert page.all("html") == [{"lang": language}]
            assert len(page.all("h1")) == len(page.all("main")) == 1
            ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
            assert len(ids) == len(set(ids))
            for _, attrs in page.elements:
                named = f"{attrs.get('aria-describedby', '')} {attrs.get('aria-labelledby', '')}"
                assert set(named.split()) <= set(ids)
            assert language == "th" or not re.search(r"[\u0e00-\u0e7f]", page.texts["main"])
            assert not page.all("script")


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_letters_are_called_here_what_they_call_themselves(language: str) -> None:
    here, there = words.load()[language]._entries, load()[language]._entries
    letters = {
        key.removeprefix("letters."): said for key, said in there.items() if key.startswith("letters.")
    }
    prefix = "documents.names."
    named = {key.removeprefix(prefix): said for key, said in here.items() if key.startswith(prefix)}
    assert {code: named.get(code) for code in letters if code != "L2"} == {
        code: said for code, said in letters.items() if code != "L2"
    }
    assert named["certificate"] == there["certificate.title"]

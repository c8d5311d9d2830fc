from __future__ import annotations

import httpx
import pytest

from domain.errors import Unavailable
from portal import words
from portal.safety import Throttle, form_proof
from portal.verify import FORM
from security.tokens import new_link_token
from tests.portal.conftest import ATTEMPTS, RIGHT_CODE, WRONG_CODE, Browser, Challenges
from tests.portal.reading import Page, open_form, send_code

th = words.load()["th"]


async def test_a_link_is_swapped_for_a_cookie_and_a_clean_address(browser: Browser, desk: Challenges) -> None:
    async with browser() as client:
        swapped = await client.get(f"/v/{desk.token}")
        assert (swapped.status_code, swapped.headers["location"]) == (303, "/verify")
        (cookie,) = [c for c in swapped.headers.get_list("set-cookie") if desk.token in c]
        assert cookie.startswith("__Host-sitthi-link=")
        for said in ("Secure", "HttpOnly", "SameSite=lax", "Path=/", "Max-Age=1800"):
            assert said in cookie
        form = await client.get("/verify")
        assert desk.token not in form.text
        assert desk.token not in str(form.url)


async def test_over_plain_http_the_cookie_still_arrives(browser: Browser, desk: Challenges) -> None:
    async with browser(https=False) as client:
        assert (await send_code(client, await open_form(client, desk.token), RIGHT_CODE)).status_code == 303


async def test_the_right_code_and_a_press_confirm(browser: Browser, desk: Challenges) -> None:
    async with browser() as client:
        sent = await send_code(client, await open_form(client, desk.token), RIGHT_CODE)
        assert (sent.status_code, sent.headers["location"]) == (303, "/verify/done")
        assert desk.proved == [desk.token]
        done = await client.get("/verify/done")
        assert th("done.title") in Page(done).texts["h1"]
        stepped_back = await client.get("/verify")
        assert stepped_back.headers["location"] == "/verify/done"


async def test_a_second_press_is_told_what_the_first_was(browser: Browser, desk: Challenges) -> None:
    async with browser() as client:
        form = await open_form(client, desk.token)
        presses = [await send_code(client, form, RIGHT_CODE) for _ in range(2)]
    assert [press.headers.get("location") for press in presses] == ["/verify/done"] * 2
    assert desk.asked == 1


async def test_a_scanner_that_follows_the_link_consumes_nothing(browser: Browser, desk: Challenges) -> None:
    async with browser() as scanner:
        for method in ("GET", "HEAD", "OPTIONS", "GET"):
            await scanner.request(method, f"/v/{desk.token}", follow_redirects=True)
            await scanner.request(method, "/verify")
    assert desk.asked == 0
    async with browser() as client:
        assert (await send_code(client, await open_form(client, desk.token), RIGHT_CODE)).status_code == 303


@pytest.mark.parametrize("drawn_in", [".", ")", ">", "/", "?utm_source=mail", "%20"])
async def test_what_mail_programs_draw_into_a_link_does_no_harm(
    browser: Browser, desk: Challenges, drawn_in: str
) -> None:
    async with browser() as client:
        assert (await open_form(client, desk.token + drawn_in)).by_id("code")


async def test_a_wrong_code_is_told_beside_its_field(browser: Browser, desk: Challenges) -> None:
    async with browser() as client:
        wrong = await send_code(client, await open_form(client, desk.token), WRONG_CODE)
        assert wrong.status_code == 422
        page = Page(wrong)
        field = page.by_id("code")
        assert field["aria-invalid"] == "true"
        assert field["aria-describedby"].split() == ["code-hint", "code-error"]
        assert page.by_id("code-error")
        assert th("verify.errors.wrong") in wrong.text
        assert page.texts["title"].startswith(th("mistake", title=""))
        assert field["value"] == WRONG_CODE
        assert desk.tries[desk.token] == 1
        assert (await send_code(client, page, RIGHT_CODE)).status_code == 303


async def test_the_field_helps_whoever_types_or_pastes(browser: Browser, desk: Challenges) -> None:
    async with browser() as client:
        page = await open_form(client, desk.token)
    field = page.by_id("code")
    assert (field["inputmode"], field["autocomplete"]) == ("numeric", "one-time-code")
    assert {"for": "code"} in page.all("label")
    assert "aria-invalid" not in field


@pytest.mark.parametrize(
    "typed", ["012345", " 012 345 ", "012-345", "๐๑๒๓๔๕", "０１２３４５", "012\u200b345"]
)
async def test_a_code_may_be_typed_as_people_do(browser: Browser, desk: Challenges, typed: str) -> None:
    async with browser() as client:
        assert (await send_code(client, await open_form(client, desk.token), typed)).status_code == 303


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("12345", "malformed"),
        ("1234567", "malformed"),
        ("12345x", "malformed"),
        ("12345²", "malformed"),
        ("012345" * 10_00, "malformed"),
        ("' OR 1=1 --", "malformed"),
    ],
)
async def test_what_is_no_code_costs_no_try(
    browser: Browser, desk: Challenges, typed: str, told: str
) -> None:
    async with browser() as client:
        answer = await send_code(client, await open_form(client, desk.token), typed)
    assert answer.status_code == 422
    assert th(f"verify.errors.{told}") in answer.text
    assert desk.asked == 0


async def test_what_was_typed_comes_back_as_text_only(browser: Browser, desk: Challenges) -> None:
    async with browser() as client:
        answer = await send_code(client, await open_form(client, desk.token), '"><script>x()</script>')
    assert "<script" not in answer.text
    assert Page(answer).by_id("code")["value"] == '"><script>x()</script>'


async def _dead(client: httpx.AsyncClient, token: str, code: str) -> httpx.Response:
    return await send_code(client, await open_form(client, token), code)


async def test_every_dead_link_looks_the_same(browser: Browser, desk: Challenges) -> None:
    desk.tries[desk.other] = ATTEMPTS
    desk.proved.append(desk.token)
    pages = []
    for token in (desk.expired, desk.other, desk.token, new_link_token()):
        for code in (RIGHT_CODE, WRONG_CODE):
            async with browser() as client:
                pages.append(await _dead(client, token, code))
    for cut in ("slk_short", "nonsense", "", "slk_"):
        async with browser() as client:
            pages.append(await client.get(f"/v/{cut}", follow_redirects=True))
    async with browser() as client:
        pages.append(await client.get("/verify"))
        pages.append(await client.post("/verify", data={"code": RIGHT_CODE}))
    assert {page.status_code for page in pages} == {410}
    assert len({page.text for page in pages}) == 1
    told = {
        tuple(sorted(item for item in page.headers.multi_items() if item[0] != "set-cookie"))
        for page in pages
    }
    assert len(told) == 1


async def test_a_dead_link_stays_dead_in_this_browser(browser: Browser, desk: Challenges) -> None:
    async with browser() as client:
        await _dead(client, desk.expired, RIGHT_CODE)
        assert (await client.get("/verify")).status_code == 410


async def test_five_wrong_codes_end_a_link(browser: Browser, desk: Challenges) -> None:
    async with browser() as client:
        form = await open_form(client, desk.token)
        statuses = [(await send_code(client, form, WRONG_CODE)).status_code for _ in range(ATTEMPTS)]
        assert statuses == [422] * ATTEMPTS
        assert (await send_code(client, form, RIGHT_CODE)).status_code == 410
    assert desk.proved == []


async def test_a_replay_proves_nothing_twice(browser: Browser, desk: Challenges) -> None:
    async with browser() as thief, browser() as client:
        stolen = await open_form(thief, desk.token)
        await send_code(client, await open_form(client, desk.token), RIGHT_CODE)
        assert (await send_code(thief, stolen, RIGHT_CODE)).status_code == 410
    assert desk.proved == [desk.token]


@pytest.mark.parametrize("proof", [None, "", "0" * 64, "สิทธิ", "other"])
async def test_a_form_that_is_not_ours_reaches_no_desk(
    browser: Browser, desk: Challenges, proof: str | None
) -> None:
    sent = {"code": RIGHT_CODE}
    if proof is not None:
        sent["proof"] = form_proof(desk.other, FORM) if proof == "other" else proof
    async with browser() as client:
        await open_form(client, desk.token)
        answer = await client.post("/verify", data=sent)
    assert answer.status_code == 403
    assert desk.asked == 0


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_site_can_neither_answer_nor_end_a_link(
    browser: Browser, desk: Challenges, site: str
) -> None:
    async with browser(throttle=Throttle(1, 60)) as client:
        form = await open_form(client, desk.token)
        data = {"proof": form.value("proof"), "code": RIGHT_CODE}
        for _ in range(3):
            answer = await client.post("/verify", data=data, headers={"Sec-Fetch-Site": site})
            assert answer.status_code == 403
        assert desk.asked == 0
        answer = await client.post("/verify", data=data, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 303


async def test_a_form_without_our_cookie_forgets_no_cookie(browser: Browser) -> None:
    # A foreign form carries no Lax cookie; an answer that deletes it would end the link from afar.
    async with browser() as client:
        answer = await client.post("/verify", data={"code": RIGHT_CODE})
    assert answer.status_code == 410
    assert "set-cookie" not in answer.headers


async def test_a_link_planted_in_another_cookie_is_not_taken(browser: Browser, desk: Challenges) -> None:
    async with browser() as client:
        client.cookies.set("sitthi-link", desk.token)  # over https only a __Host- cookie counts
        assert (await client.get("/verify")).status_code == 410


async def test_a_part_that_is_away_costs_no_link(browser: Browser, desk: Challenges) -> None:
    async with browser() as client:
        form = await open_form(client, desk.token)
        desk.failure = Unavailable("temporal-unreachable")
        away = await send_code(client, form, RIGHT_CODE)
        assert (away.status_code, away.headers["retry-after"]) == (503, "30")
        assert "temporal" not in away.text
        desk.failure = None
        assert (await send_code(client, form, RIGHT_CODE)).status_code == 303


async def test_done_is_shown_to_who_has_confirmed(browser: Browser) -> None:
    async with browser() as client:
        assert (await client.get("/verify/done")).headers["location"] == "/"


async def test_a_second_link_starts_anew_after_the_first(browser: Browser, desk: Challenges) -> None:
    async with browser() as client:
        for token in (desk.token, desk.other):
            assert (await send_code(client, await open_form(client, token), RIGHT_CODE)).status_code == 303
    assert desk.proved == [desk.token, desk.other]

"""A person's journeys in a real browser: telephone and desktop, Thai and English, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from domain.rights import Right
from domain.states import State
from policy.load import load_policy
from portal import words
from portal.app import create_app
from portal.asking import DOORS
from portal.persons import Persons
from portal.safety import Throttle
from tests.portal.asking import EMAIL, NAME, front_door, newest
from tests.portal.browser import DESKTOP, PHONE, chromium, overflows, person, serving, violations
from tests.portal.conftest import Challenges
from tests.portal.test_device import devices
from tests.portal.test_linked import minted, service
from tests.portal.test_status import TO_COOLING, Desk, asked, enter, known, progressing
from tests.portal.world import World
from workflows.reception import FrontDoor

pytestmark = pytest.mark.slow

__all__ = ["chromium"]

WISH = {
    "objection": "#against-interest",
    "restriction": "#because-accuracy",
    "withdrawal": "#purpose-analytics",
}


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def address(world: World, desk: Desk) -> Iterator[str]:
    made = service(world)
    app = create_app(
        Challenges(),
        world.letterbox,
        company=load_policy().company,
        https=False,
        throttle=Throttle(10_000, 60),
        persons=Persons(
            FrontDoor(front_door(world).reception, world.clock, front_door(world).start),
            links=made,
            mint=made,
            status=progressing(world, desk),
            devices=devices(world),
        ),
    )
    with serving(app) as url:
        yield url


def fill(page: Page, door: str, email: str) -> None:
    page.fill("#email", email)
    if door != "marketing":
        page.fill("#name", NAME)
        page.fill("#message", "ขอให้ดำเนินการโดยเร็ว")
    if door in WISH:
        page.check(WISH[door])
    if door == "rectification":
        page.select_option("#field1", "phone")
        page.fill("#old1", "02-123-4567")
        page.fill("#new1", "081-234-5678")


@pytest.mark.parametrize(
    ("language", "size", "scripts"),
    [("th", PHONE, False), ("en", PHONE, True), ("th", DESKTOP, True), ("en", DESKTOP, False)],
)
def test_every_right_is_asked_for_from_the_first_page(
    chromium: Browser, address: str, world: World, *, language: str, size: dict[str, int], scripts: bool
) -> None:
    t = words.load()[language]
    with person(chromium, size, scripts=scripts) as context:
        page = context.new_page()
        page.goto(f"{address}/?lang={language}")
        for number, door in enumerate(DOORS):
            page.goto(f"{address}/")
            page.locator('a[href="/request"]').first.click()
            page.locator(f'a[href="/request/{door}"]').first.click()
            fill(page, door, f"p{number}.{language}.{size['width']}@example.com")
            page.click("main form button")
            page.wait_for_url(f"{address}/request/done")
            assert page.inner_text("h1") == t("received.title")
            view = world.room.register.view(newest(world))
            assert view.case.reference in page.inner_text("main")
            assert (view.case.right, view.language) == (DOORS[door], language)


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_wrong_is_found_and_put_right(chromium: Browser, address: str, scripts: bool) -> None:
    with person(chromium, scripts=scripts) as context:
        page = context.new_page()
        page.goto(f"{address}/request/access?lang=en")
        # Only what the chosen capacity asks for stands on the page; no script is needed for that.
        assert not page.is_visible("#born")
        page.click("summary")
        page.check("#whom-parent")
        assert page.is_visible("#born")
        assert page.is_visible("#agent")
        page.check("#whom-self")
        assert not page.is_visible("#agent")
        page.fill("#name", NAME)
        page.click("main form button")
        assert page.inner_text("#email-error") == words.load()["en"]("request.errors.address")
        assert page.input_value("#name") == NAME
        page.locator('.wrong a[href="#email"]').click()
        page.fill("#email", EMAIL)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/request/done")


def test_a_link_is_typed_on_kept_and_sent(chromium: Browser, address: str, world: World) -> None:
    made = minted(world, Right.RESTRICTION)
    with person(chromium, scripts=False) as context:
        page = context.new_page()
        page.goto(f"{address}/s/{made.token}")
        page.click("main form button")
        assert page.url == f"{address}/self/restriction"
        page.fill("#message", "กำลังพิมพ์")
        page.click("button.switch")
        assert page.inner_text("h1") == words.load()["en"]("rights.restriction.name")
        assert page.input_value("#message") == "กำลังพิมพ์"
        page.click('button[name="save"]')
        assert "กำลังพิมพ์" in page.input_value("#message")
    with person(chromium, scripts=False) as another:  # the connection was lost; on another device
        page = another.new_page()
        page.goto(f"{address}/s/{made.token}")
        page.click("main form button")
        assert page.input_value("#message") == "กำลังพิมพ์"
        page.check("#because-claims")
        page.click("main form button:not([name])")
        page.wait_for_url(f"{address}/self/done")
        page.go_back()
        page.goto(f"{address}/self")
        assert page.url == f"{address}/self/done"


def test_what_is_typed_is_kept_while_it_is_typed(chromium: Browser, address: str, world: World) -> None:
    made, t = minted(world, Right.RESTRICTION), words.load()["en"]
    with person(chromium) as context:
        page = context.new_page()
        page.goto(f"{address}/s/{made.token}?lang=en")
        page.click("main form button")
        page.fill("#message", "กำลังพิมพ์")
        page.wait_for_selector(f'#draft-said:text-is("{t("draft.kept")}")')
        context.set_offline(True)
        page.fill("#message", "กำลังพิมพ์ต่อ")
        page.wait_for_selector(f'#draft-said:text-is("{t("draft.unkept")}")')
        context.set_offline(False)  # what could not be kept is tried again
        page.wait_for_selector(f'#draft-said:text-is("{t("draft.kept")}")')
    with person(chromium) as another:
        page = another.new_page()
        page.goto(f"{address}/s/{made.token}")
        page.click("main form button")
        assert page.input_value("#message") == "กำลังพิมพ์ต่อ"


@pytest.mark.parametrize("scripts", [True, False])
def test_cookies_are_withdrawn_by_one_press_and_given_again(
    chromium: Browser, address: str, scripts: bool
) -> None:
    t = words.load()["th"]
    with person(chromium, scripts=scripts) as context:
        page = context.new_page()
        page.goto(f"{address}/")
        page.click('a[href="/cookies"]')
        page.click(f'text="{t("cookies.functional.withdraw")}"')
        page.wait_for_url(f"{address}/cookies#functional")
        assert page.is_visible(f'text="{t("cookies.performance.withdraw")}"')
        page.click(f'text="{t("cookies.functional.give")}"')
        assert page.is_visible(f'text="{t("cookies.functional.withdraw")}"')


@pytest.mark.parametrize("scripts", [True, False])
def test_an_erasure_is_followed_and_called_off(
    chromium: Browser, address: str, world: World, desk: Desk, scripts: bool
) -> None:
    case = asked(world)
    known(world, case)
    enter(world, case, *TO_COOLING)
    token = world.send(case.id, "DECISION", proved=True)
    letter = world.room.letters.find(case.id, "DECISION")
    assert letter is not None
    world.room.letters.sent(letter.id, world.clock.at)
    t = words.load()["th"]
    with person(chromium, scripts=scripts) as context:
        page = context.new_page()
        page.goto(f"{address}/d/{token}")
        page.click('a[href="/status"]')
        assert t("status.stages.cooling.now") in page.inner_text(".stage")
        page.click("main form button")
        page.fill("#code", world.codes(case.id)[0])
        page.click('form[action="/documents/code"] button')
        page.click('a[href="/status"]')
        page.click('a[href="/status/call-off"]')
        page.click("main form button")
        page.wait_for_url(f"{address}/status?said=call-off")
        assert desk.heard == [(case.reference, "call-off")]


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_every_page_is_clean_for_axe_and_fits_the_screen(
    chromium: Browser, address: str, world: World, language: str, dark: bool
) -> None:
    made, case = minted(world, Right.ACCESS, Right.ERASURE, fresh=True), asked(world)
    enter(world, case, State.RESOLVING)
    token = world.send(case.id, "L1")
    # The clock of the world moved on; the link is good for days.
    with person(chromium, dark=dark, checked=True) as context:
        page = context.new_page()
        page.goto(f"{address}/?lang={language}")

        def clean(where: str) -> None:
            assert violations(page) == [], where
            assert not overflows(page), where

        for path in (
            "/",
            "/cookies",
            "/request",
            *(f"/request/{door}" for door in DOORS),
            "/nowhere",
            "/self",
        ):
            page.goto(f"{address}{path}")
            clean(path)
        page.goto(f"{address}/request/rectification")
        page.click("summary")
        page.check("#whom-parent")
        page.click("main form button")
        clean("mistakes")
        page.goto(f"{address}/request/marketing")
        page.fill("#email", f"axe.{language}.{dark}@example.com")
        page.click("main form button")
        clean("received")
        page.goto(f"{address}/s/{made.token}")
        clean("link")
        page.click("main form button")
        for path in ("/self", "/self/erasure", f"/d/{token}", "/status"):
            page.goto(f"{address}{path}")
            clean(path)

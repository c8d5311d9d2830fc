"""The desk in a real browser: no fault that axe knows, nothing wider than a phone, and the way in without a script.

Other pages are added to `PAGES`: a name, an address, and who opens it.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, sync_playwright

from domain.outcomes import Ending
from domain.rights import Right
from domain.staffing import Role
from domain.states import State
from portal.app import create_app
from portal.server import configuration
from tests.portal.conftest import Challenges, NoDeliveries
from tests.portal.desk_world import DeskWorld, open_world
from tests.support.databases import Database

pytestmark = pytest.mark.slow

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESKTOP = (390, 844), (1280, 900)

PAGES: dict[str, tuple[str, Role | None]] = {
    "sign-in": ("/desk/sign-in", None),
    "first": ("/desk/first", None),
    "board": ("/desk", Role.OFFICER),
    "board-narrowed": ("/desk?right=erasure", Role.OFFICER),
    "board-empty": ("/desk?right=withdrawal", Role.APPROVER),
    "board-closed": ("/desk?state=closed", Role.AUDITOR),
    "account": ("/desk/account", Role.INTAKE),
    "staff": ("/desk/staff", Role.ADMINISTRATOR),
    "resets": ("/desk/resets", Role.APPROVER),
    "may-not": ("/desk/staff", Role.FINANCE),
}


@dataclass
class Site:
    """A portal on a port of its own, and browsers in which people are signed in."""

    world: DeskWorld
    base: str
    browser: Browser

    @contextmanager
    def page(
        self,
        role: Role | None = None,
        size: tuple[int, int] = DESKTOP,
        *,
        language: str = "th",
        scheme: str = "light",
        script: bool = True,
    ) -> Iterator[Page]:
        """A page of a browser; its cookies are its own."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=script,
            bypass_csp=script,  # for axe, which is put into the page; the pages themselves have no script
        )
        cookies = {"language": language} | (self.world.cookies(role) if role else {})
        context.add_cookies(
            [{"name": f"sitthi-{k}", "value": v, "url": self.base} for k, v in cookies.items()]
        )
        try:
            yield context.new_page()
        finally:
            context.close()


@pytest.fixture(scope="module")
def site(
    register_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    if not CHROMIUM.exists():
        pytest.skip("this machine has no Chromium")
    for world in open_world(register_database, tmp_path_factory.mktemp("browser"), at=datetime.now(UTC)):
        furnish(world)
        with served(world) as base, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            yield Site(world, base, browser)
            browser.close()


def furnish(world: DeskWorld) -> None:
    """Cases that press more and less, in hands and in nobody's."""
    now = world.clock.at
    made = [
        world.case(received=now - timedelta(days=35), name="นายสมชาย รักดี"),
        world.case(State.RESOLVING, State.LOCATING, received=now - timedelta(days=28), name="Anna Schmidt"),
        world.case(State.RESOLVING, received=now - timedelta(days=24), right=Right.PORTABILITY),
        world.case(right=Right.ERASURE, name="นางสาวพิมพ์ชนก ศรีสุวรรณ"),
        world.case(State.ANSWERING, right=Right.RECTIFICATION),
    ]
    world.room.register.park(made[1].case.id, State.LOCATING, "stripe", "system-unreachable")
    world.room.hands.give(made[0].case.id, world.of(Role.OFFICER).member, actor=world.of(Role.OFFICER).member)
    world.room.register.close(made[4].case.id, Ending.FULFILLED)
    lost = world.hire(Role.FINANCE, "นางสาวลืม รหัสผ่าน")
    world.room.doors.ask_reset(lost.member, actor=world.of(Role.ADMINISTRATOR).member, reason="โทรศัพท์หาย")


@contextmanager
def served(world: DeskWorld) -> Iterator[str]:
    """The portal under its own server, over plain http as on a machine of one's own."""
    app = create_app(
        Challenges(), NoDeliveries(), company=world.policy.company, https=False, staff=world.parts
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(configuration(app, host="127.0.0.1", port=port))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(site: Site, name: str, language: str) -> None:
    path, role = PAGES[name]
    for size, scheme in ((PHONE, "light"), (DESKTOP, "light"), (DESKTOP, "dark")):
        with site.page(role, size, language=language, scheme=scheme) as page:
            page.goto(site.base + path)
            found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
            assert len(page.content().encode()) < 100_000


def test_the_way_in_by_keyboard_and_without_a_script(site: Site) -> None:
    who = site.world.of(Role.OFFICER)
    with site.page(size=PHONE, script=False) as page:
        page.goto(f"{site.base}/desk")
        page.locator("#login").focus()
        page.keyboard.type(who.login)
        page.keyboard.press("Tab")
        page.keyboard.type(who.password)
        page.keyboard.press("Tab")
        site.world.clock.pass_by(seconds=30)
        page.keyboard.type(site.world.code(who.secret))
        page.keyboard.press("Enter")
        page.wait_for_url(f"{site.base}/desk")
        assert page.locator("table.rows tbody tr").count() == 4
        page.get_by_role("searchbox").fill("1")
        page.get_by_role("searchbox").press("Enter")
        assert page.url == f"{site.base}/desk/search"
        assert page.locator("table.rows tbody tr").count() == 1
        page.get_by_role("button", name="ออกจากระบบ").click()
        page.wait_for_url(f"{site.base}/desk/sign-in")

"""The desk in a real browser: no fault that axe knows, nothing wider than a phone, and the way in without a script.

Other pages are added to `PAGES`: a name, an address, and who opens it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, ViewportSize

from domain.connector import Coverage
from domain.holds import OrderKind
from domain.outcomes import Ending
from domain.rights import Right
from domain.staffing import Role
from domain.states import State
from settings import Settings, tell
from tests.portal.browser import DESKTOP, PHONE, chromium, serving
from tests.portal.desk_world import DeskWorld, open_world
from tests.support.databases import Database

__all__ = ["chromium"]

pytestmark = pytest.mark.slow

PAGES: dict[str, tuple[str, Role | None]] = {
    "sign-in": ("/desk/sign-in", None),
    "first": ("/desk/first", None),
    "board": ("/desk", Role.OFFICER),
    "board-narrowed": ("/desk?right=erasure", Role.OFFICER),
    "board-empty": ("/desk?right=withdrawal", Role.APPROVER),
    "board-closed": ("/desk?state=closed", Role.AUDITOR),
    "account": ("/desk/account", Role.INTAKE),
    "systems": ("/desk/systems", Role.OFFICER),
    "holds": ("/desk/holds", Role.OFFICER),
    "holds-approver": ("/desk/holds", Role.APPROVER),
    "audit": ("/desk/audit", Role.OFFICER),
    "audit-narrowed": ("/desk/audit?event=case:opened", Role.AUDITOR),
    "reports": ("/desk/reports", Role.AUDITOR),
    "staff": ("/desk/staff", Role.ADMINISTRATOR),
    "resets": ("/desk/resets", Role.APPROVER),
    "lost": ("/desk/lost", None),
    "settings": ("/desk/settings", Role.AUDITOR),
    "drill": ("/desk/drill", Role.OFFICER),
    "confide": ("/desk/case/{parked}/do/confide", Role.APPROVER),
    "case": ("/desk/case/{parked}", Role.OFFICER),
    "case-held": ("/desk/case/{held}", Role.AUDITOR),
    "act": ("/desk/case/{parked}/do/leave-out", Role.OFFICER),
    "act-long": ("/desk/case/{parked}/do/authorise", Role.OFFICER),
    "act-not-open": ("/desk/case/{parked}/do/confirm", Role.APPROVER),
    "new": ("/desk/new", Role.INTAKE),
    "receipt": ("/desk/receipt/{held}", Role.INTAKE),
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
        size: dict[str, int] = DESKTOP,
        *,
        language: str = "th",
        scheme: str = "light",
        script: bool = True,
    ) -> Iterator[Page]:
        """A page of a browser; its cookies are its own."""
        context = self.browser.new_context(
            viewport=ViewportSize(width=size["width"], height=size["height"]),
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
    chromium: Browser, register_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    for world in open_world(register_database, tmp_path_factory.mktemp("browser"), at=datetime.now(UTC)):
        furnish(world)
        with serving(world.app(https=False)) as base:
            yield Site(world, base, chromium)


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
    world.systems.update({"siamcrm": lambda: None, "stripe": lambda: None})
    world.settings = tell(Settings())
    world.room.systems.note("siamcrm", "", Coverage(tables=3, tables_mapped=3, columns=9, columns_mapped=8))
    world.room.systems.note("stripe", "system-unreachable", None)
    stands_in, today = world.hire(Role.INTAKE, "นายแทน ชั่วคราว").member, world.clock.at.date()
    world.room.deputies.name(stands_in, world.of(Role.INTAKE).member, today, today + timedelta(days=7))
    case, officer = made[0].case.id, world.of(Role.OFFICER).member
    world.room.holds.place(case, "พ.1234/2569", actor=officer, reason="คดีผู้บริโภค", kind=OrderKind.LITIGATION)
    world.room.holds.place(None, "สคส. 77/2569", actor=officer, reason="คำสั่งให้เก็บไว้", units=["U06"])
    lost = world.hire(Role.FINANCE, "นางสาวลืม รหัสผ่าน")
    number = world.room.comebacks.begin().partition(".")[0]
    boss = world.of(Role.ADMINISTRATOR).member
    world.room.doors.ask_reset(lost.member, actor=boss, reason="โทรศัพท์หาย", number=number)


def cases(world: DeskWorld) -> dict[str, str]:
    """The references of the cases that addresses name."""
    views = world.room.register.views()
    return {
        "parked": next(view.case.reference for view in views if view.parked),
        "held": next(view.case.reference for view in views if not view.parked and view.closed is None),
    }


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(site: Site, name: str, language: str) -> None:
    path, role = PAGES[name][0].format(**cases(site.world)), PAGES[name][1]
    for size, scheme in ((PHONE, "light"), (DESKTOP, "light"), (DESKTOP, "dark")):
        with site.page(role, size, language=language, scheme=scheme) as page:
            page.goto(site.base + path)
            found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
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

"""Board and case page renew themselves in a real browser, under the pages' own policy on scripts, and lose nothing typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from domain.staffing import Role
from domain.states import State
from tests.portal.browser import DESKTOP, chromium, person, serving
from tests.portal.desk_world import DeskWorld, open_world
from tests.support.databases import Database

__all__ = ["chromium"]

pytestmark = pytest.mark.slow

SAID = "#live [role=status]"


@pytest.fixture(scope="module")
def served(
    register_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[DeskWorld, str]]:
    for world in open_world(register_database, tmp_path_factory.mktemp("live"), at=datetime.now(UTC)):
        with serving(world.app(https=False)) as base:
            yield world, base


@contextmanager
def sitting(chromium: Browser, served: tuple[DeskWorld, str], path: str) -> Iterator[Page]:
    """An officer at a page whose clock goes on when it is told."""
    world, base = served
    with person(chromium, DESKTOP) as context:
        cookies = {"language": "en"} | world.cookies(Role.OFFICER)
        context.add_cookies([{"name": f"sitthi-{k}", "value": v, "url": base} for k, v in cookies.items()])
        page = context.new_page()
        page.clock.install()
        page.goto(base + path)
        yield page


def later(page: Page) -> None:
    page.clock.fast_forward(16_000)


def test_the_board_renews_itself_around_what_somebody_is_at(
    chromium: Browser, served: tuple[DeskWorld, str]
) -> None:
    world = served[0]
    first, officer = world.case(), world.of(Role.OFFICER).member
    with sitting(chromium, served, "/desk?all=1") as page:
        page.fill("#sought", "malee@exam")
        row = page.locator("tr", has_text=first.case.reference)
        expect(row).to_contain_text("Nobody")
        world.room.hands.give(first.case.id, officer, actor=officer)
        second = world.case()
        later(page)
        expect(row).to_contain_text("นายวิชัย ตรวจดี")
        expect(page.locator("tr", has_text=second.case.reference)).to_be_visible()
        expect(page.locator(SAID)).to_contain_text("Brought up to date")
        assert page.input_value("#sought") == "malee@exam"
        row.locator("input[name=case]").check()
        world.room.hands.give(first.case.id, "", actor=officer)
        later(page)
        expect(page.locator(SAID)).to_contain_text("Something new came")
        expect(row).to_contain_text("นายวิชัย ตรวจดี")  # ticked: left as it was
        assert row.locator("input[name=case]").is_checked()
        page.click("#live a")
        expect(row).to_contain_text("Nobody")
        expect(row).to_contain_text("new")


def test_the_case_page_shows_what_began_to_wait_and_keeps_what_was_chosen(
    chromium: Browser, served: tuple[DeskWorld, str]
) -> None:
    world = served[0]
    view = world.case(State.RESOLVING, State.LOCATING)
    with sitting(chromium, served, f"/desk/case/{view.case.reference}") as page:
        page.select_option("select[name=reason]", index=1)
        chosen = page.input_value("select[name=reason]")
        world.room.register.open_task(view.case.id, "look-at-records")
        later(page)
        expect(page.locator("section[aria-labelledby=timeline]")).to_contain_text("Task")
        expect(page.locator(SAID)).not_to_be_empty()
        assert page.input_value("select[name=reason]") == chosen


def test_it_stops_when_the_session_is_over(chromium: Browser, served: tuple[DeskWorld, str]) -> None:
    world = served[0]
    with sitting(chromium, served, "/desk?all=1") as page:
        world.room.staff.disable(world.of(Role.OFFICER).member, actor=world.of(Role.ADMINISTRATOR).member)
        later(page)
        expect(page.locator(SAID)).to_contain_text("no longer renews itself")

"""What a person does from the status page, in a real browser: writes, shows a second channel, corrects, withdraws."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from activities.locate import Locate
from connectors.sms_box import SmsBox
from domain.assurance import Method
from domain.case import Case, Task
from domain.identifiers import IdentifierKind, identifier
from domain.item import Candidate
from domain.ports import Intake
from domain.rights import Right
from domain.states import State
from policy.load import load_policy
from portal import words
from portal.app import create_app
from portal.persons import Persons
from portal.safety import Throttle
from tests.connectors.shop import SYSTEM, fill, open_shop
from tests.portal.asking import front_door
from tests.portal.browser import DESKTOP, PHONE, chromium, overflows, person, serving, violations
from tests.portal.conftest import Challenges
from tests.portal.desk_world import tools_of
from tests.portal.test_details import KIRA, Hears
from tests.portal.test_messages import PDF, WORDS
from tests.portal.test_phone import Line, code_in
from tests.portal.test_status import Desk, enter, progressing
from tests.portal.world import World
from workflows.by_phone import ByPhone
from workflows.consenting import Consenting
from workflows.correspondence import AtOffice, Correspondence, Draft
from workflows.details import Correcting
from workflows.reception import Reception

pytestmark = pytest.mark.slow

__all__ = ["chromium"]

MOBILE = identifier(IdentifierKind.PHONE, "081-234-5678")
OFFICER = "S-000000000001"


@dataclass
class Town:
    """A portal with all its parts, over a shop in which Kira is a customer."""

    address: str
    world: World
    correspondence: Correspondence
    line: Line
    heard: Hears = field(default_factory=Hears)

    def case(self, right: Right, shown: Method | None = None, **changes: str) -> tuple[Case, str]:
        """A case of Kira's that was located, and the token of its first letter."""
        room, tools = self.world.room, self.correspondence.tools
        intake = Intake(
            rights=(right,),
            channel="web",
            received=self.world.clock.at,
            language="th",
            identifiers=(KIRA,),
            changes=changes,
        )
        shop = tools.connectors[SYSTEM]
        roles = {name: frozenset({role}) for name, role in shop.fields().items()}
        [case] = Reception(room.register, load_policy(), lambda: roles).keep(intake)
        [found] = shop.resolve([KIRA], "")
        on_file = found.model_copy(update={"addresses": (KIRA, MOBILE)})
        room.vault.put_candidates(case.id, [Candidate.model_validate(on_file.model_dump())])
        challenge = room.identity.challenge(case.id, KIRA)
        assert challenge is not None
        room.identity.answer(challenge.token, challenge.code)
        enter(self.world, case, State.RESOLVING, State.VERIFYING, State.LOCATING)
        Locate(tools).locate(Task(case=case.id, step=State.LOCATING, system=SYSTEM))
        if shown:
            room.identity.record(case.id, shown, actor=OFFICER, reason="ได้ตรวจแล้ว")
        return case, self.world.send(case.id, "L1", to=KIRA)

    def prove(self, page: Page, case: Case) -> None:
        """From the status page: the code to the mailbox, and back."""
        page.goto(f"{self.address}/status")
        page.click('form[action="/documents"] button')
        page.fill("#code", self.world.codes(case.id, KIRA)[0])
        page.click('form[action="/documents/code"] button')
        page.click('a[href="/status"]')


@pytest.fixture
def town(world: World, tmp_path: Path) -> Iterator[Town]:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    engine, shop = fill(url), open_shop(url)
    tools = tools_of(world.room, world.ring, load_policy(), world.clock, tmp_path)  # type: ignore[arg-type]
    tools = dataclasses.replace(tools, connectors={SYSTEM: shop}, files=world.files)
    following, line, heard = world.room.following, Line(tmp_path / "sms"), Hears()
    messages = Correspondence(following, tools)
    door = front_door(world)
    app = create_app(
        Challenges(),
        world.letterbox,
        company=load_policy().company,
        https=False,
        throttle=Throttle(10_000, 60),
        persons=Persons(
            door,
            status=progressing(world, Desk()),
            messages=messages,
            phone=ByPhone(following, world.room.phone_codes, SmsBox(line.place), tools, line),
            details=Correcting(following, tools, messages, heard),
            consents=Consenting(following, tools, door, heard),
        ),
    )
    with serving(app) as address:
        yield Town(address, world, messages, line, heard)
    shop.close()
    engine.dispose()


@pytest.mark.parametrize(("size", "scripts"), [(PHONE, False), (DESKTOP, True)])
def test_a_message_goes_by_keyboard_and_the_answer_is_read(
    chromium: Browser, town: Town, tmp_path: Path, size: dict[str, int], scripts: bool
) -> None:
    t = words.load()["th"]
    case, token = town.case(Right.ACCESS)
    file = tmp_path / "หลักฐาน.pdf"
    file.write_bytes(PDF)
    with person(chromium, size, scripts=scripts) as context:
        page = context.new_page()
        page.goto(f"{town.address}/d/{token}")
        page.click('a[href="/status"]')
        page.click('a[href="/status/messages"]')
        page.focus("#text")
        page.keyboard.type("สอบถามครับ")
        page.set_input_files("#files", str(file))
        page.focus('form[action="/status/messages"] button')
        page.keyboard.press("Enter")
        page.wait_for_url("**/status/messages?said=sent")
        assert t("messages.sent") in page.inner_text("main")
        office: AtOffice = town.correspondence.at_office(case.id)
        [thread] = office.addressees
        town.correspondence.answer(case.id, thread, Draft("ตอบแล้วครับ", (), "k"), actor=OFFICER)
        town.prove(page, case)
        page.click('a[href="/status/messages"]')
        assert "ตอบแล้วครับ" in page.inner_text(".thread")
        with page.expect_download() as downloaded:
            page.click(".thread a")
        assert Path(downloaded.value.path()).read_bytes() == PDF


@pytest.mark.parametrize("scripts", [True, False])
def test_second_channel_corrections_and_consents_by_press(
    chromium: Browser, town: Town, scripts: bool
) -> None:
    with person(chromium, scripts=scripts) as context:
        page = context.new_page()
        case, token = town.case(Right.RESTRICTION, because="accuracy")
        page.goto(f"{town.address}/d/{token}")
        town.prove(page, case)
        page.click('a[href="/status/phone"]')
        page.click('form[action="/status/phone"] button')
        page.wait_for_url("**/status/phone/code")
        for _ in range(100):  # it is sent after the page
            if town.line.texts():
                break
            page.wait_for_timeout(50)
        page.fill("#code", code_in(town.line.texts()[0]))
        page.keyboard.press("Enter")
        page.wait_for_url("**/status?said=phone")

        case, token = town.case(Right.RECTIFICATION, Method.IN_PERSON, name="คิระ")
        page.goto(f"{town.address}/d/{token}")
        town.prove(page, case)
        page.click('a[href="/status/details"]')
        page.click('form[action="/status/details"] button')  # nothing typed
        assert page.locator(".mistake").count() == 1
        page.fill('[name="new.name"]', "คีระ")
        page.keyboard.press("Enter")
        page.wait_for_url("**/status?said=details")

        case, token = town.case(Right.WITHDRAWAL, purpose="analytics")
        page.goto(f"{town.address}/d/{token}")
        town.prove(page, case)
        page.click('a[href="/status/consents"]')
        page.click('form[action="/status/consents"] button')
        page.wait_for_url("**/status?said=consents")
    asked = [dict(amendment.changes) for _, amendment, _ in town.heard.heard]
    assert asked == [{"name": "คีระ"}, {"purpose": "analytics,newsletter"}]


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_are_clean_for_axe_and_fit_the_screen(
    chromium: Browser, town: Town, language: str, dark: bool
) -> None:
    with person(chromium, dark=dark, checked=True) as context:
        page = context.new_page()
        page.goto(f"{town.address}/?lang={language}")

        def clean(where: str) -> None:
            assert violations(page) == [], where
            assert not overflows(page), where

        case, token = town.case(Right.RECTIFICATION, name="คิระ")
        page.goto(f"{town.address}/d/{token}")
        page.goto(f"{town.address}/status/messages")
        clean("messages by link")
        page.fill("#text", WORDS)
        page.click('form[action="/status/messages"] button')
        clean("sent")
        town.prove(page, case)
        clean("status")
        for path in ("/status/messages", "/status/details"):
            page.goto(f"{town.address}{path}")
            clean(path)
            if path == "/status/messages":
                page.click('form[action="/status/messages"] button')
                clean("nothing written")
        town.world.room.identity.record(case.id, Method.IN_PERSON, actor=OFFICER, reason="ได้ตรวจแล้ว")
        page.goto(f"{town.address}/status/details")
        clean("details")
        page.click('form[action="/status/details"] button')
        clean("nothing corrected")
        case, token = town.case(Right.RESTRICTION, because="claims")
        page.goto(f"{town.address}/d/{token}")
        town.prove(page, case)
        for path in ("/status/phone", "/status/phone/code", "/status/consents"):
            page.goto(f"{town.address}{path}")
            clean(path)

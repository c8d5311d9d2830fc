"""A person asks, proves and speaks through the pages themselves, with real workflows behind them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from temporalio.api.enums.v1 import EventType

from bootstrap import House, letterbox_of, progressing_of, reception_of, self_service_of
from domain.assurance import Assurance
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Ending
from domain.rights import RULES, Right
from domain.self_links import About, Wanted
from domain.states import State
from portal.app import create_app
from portal.persons import Persons
from tests.support.people import CODE, People, newest_first
from tests.workflows.company import READS, Cast
from tests.workflows.test_delivery import announced
from workflows.desk import Desk
from workflows.reception import FrontDoor

pytestmark = pytest.mark.slow

RELEASED_TO_NOBODY_WITH_A_CODE = (Right.ACCESS, Right.PORTABILITY, Right.ERASURE)
HIDDEN = re.compile(r'<input type="hidden" name="([a-z]+)" value="([^"]*)">')


@asynccontextmanager
async def browsing(people: People, house: House) -> AsyncIterator[httpx.AsyncClient]:
    """The portal as `serve portal` puts it together."""
    desk = people.desk

    async def found() -> Desk:
        return desk

    door = FrontDoor(reception_of(house), house.tools.clock, desk.start)
    service = self_service_of(house, door)
    app = create_app(
        desk,
        letterbox_of(house),
        company=house.policy.company,
        https=False,
        persons=Persons(door, links=service, mint=service, status=progressing_of(house, found)),
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://portal.example", follow_redirects=True
    ) as client:
        yield client


def hidden(page: httpx.Response, action: str) -> dict[str, str]:
    """The hidden fields of the form that goes there."""
    return dict(HIDDEN.findall(page.text.partition(f'action="{action}"')[2].partition("</form>")[0]))


async def pressed(client: httpx.AsyncClient, at: str, action: str = "", **typed: str) -> httpx.Response:
    page = await client.get(at)
    action = action or at
    return await client.post(action, data={**hidden(page, action), **typed})


async def asked(client: httpx.AsyncClient, right: Right, email: str) -> str:
    page = await pressed(client, f"/request/{right}", name="คุณทดสอบ", email=email)
    found = re.search(r"DSR-\d{4}-\d{6}", page.text)
    assert found is not None
    return found[0]


async def looked_again(people: People, case: str) -> None:
    """Until the workflow has asked how far identity is shown, after it was told to look."""
    for _ in range(600):
        history = await people.client.get_workflow_handle(case).fetch_history()
        names, told = {}, False
        for event in history.events:
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                told = True
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED and told:
                scheduled = event.activity_task_scheduled_event_attributes
                names[event.event_id] = scheduled.activity_type.name
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                done = event.activity_task_completed_event_attributes.scheduled_event_id
                if names.get(done) == "standing":
                    return
        await asyncio.sleep(0.1)
    raise AssertionError("the workflow did not look again")


@pytest.mark.parametrize("right", RELEASED_TO_NOBODY_WITH_A_CODE)
async def test_one_mail_code_alone_releases_nothing_through_this_door(
    people: People, house: House, cast: Cast, right: Right
) -> None:
    """ADR 5, pdpa-rules 4.3: link and code prove a mailbox; copies and erasures wait for identity."""
    email = cast.user(READS).email
    async with browsing(people, house) as client:
        reference = await asked(client, right, email)
        # On a busy machine the start may have been left to the sweep, which no test runs.
        await people.desk.start((await people.desk.view(reference)).case)
        token, code = await people.challenge(email, reference)
        done = await pressed(client, f"/v/{token}", "/verify", code=code)
        assert done.url.path == "/verify/done"
        case = (await people.desk.view(reference)).case.id
        await looked_again(people, case)
        standing = house.room.identity.standing(case)
        assert (standing.level, standing.address_proved) == (Assurance.ADDRESS, True)
        assert RULES[right].assurance is Assurance.IDENTITY
        view = await people.desk.view(reference)
        assert view.state is State.VERIFYING
        assert house.room.letters.bundle(case) is None
        # An officer sees who it is: only then is anything looked for.
        await people.vouch(reference)
        await people.planned(reference)
    await people.desk.withdraw(reference)
    await people.closed(reference)


async def test_a_signed_in_customer_presses_once_and_calls_the_erasure_off(
    people: People, house: House, cast: Cast, mailbox: Path
) -> None:
    email = cast.user(READS).email
    about = About(identifiers=(identifier(IdentifierKind.EMAIL, email),), name="คุณทดสอบ")
    wanted = Wanted(
        rights=(Right.ERASURE,), about=about, life=timedelta(hours=1), vouched=house.tools.clock.now()
    )
    made = house.room.self_links.mint(wanted, actor=people.officer)
    async with browsing(people, house) as client:
        opened = await client.post("/s", data={"token": made.token})
        assert opened.url.path == "/self/erasure"
        done = await client.post("/self/erasure", data=hidden(opened, "/self/erasure"))
        found = re.search(r"DSR-\d{4}-\d{6}", done.text)
        assert found is not None
        reference = found[0]
        await people.desk.start((await people.desk.view(reference)).case)
        # Signed in with a fresh second factor: no code, no document, straight to the officers.
        await people.decide(reference)
        await people.until(reference, State.COOLING)
        token = announced(mailbox, email, reference)[0][0]
        await client.get(f"/d/{token}")
        status = await client.get("/status")
        assert "/status/call-off" not in status.text
        await client.post("/documents", data=hidden(status, "/documents"))
        code = _code(house, email, reference)
        await pressed(client, "/documents/code", code=code)
        said = await pressed(client, "/status/call-off")
        assert said.url.path == "/status"
    view = await people.closed(reference)
    assert view.ending is Ending.CALLED_OFF


def _code(house: House, email: str, reference: str) -> str:
    mailbox = house.settings.mailbox or Path()
    text = next(t for t in newest_first(mailbox, email) if reference in t and "://" not in t)
    found = CODE.search(text.replace(reference, ""))
    assert found is not None
    return found[0]

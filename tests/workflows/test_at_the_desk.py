"""Officers at the portal's desk, on the real workflows: from the form of a request to its close, and what stands between."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
from starlette.responses import Response

from bootstrap import House
from domain.outcomes import Ending
from domain.rights import Right
from domain.staffing import Role
from domain.states import State
from portal.app import create_app
from portal.desk.gate import Gate
from portal.desk.parts import Parts
from portal.pages import Pages
from portal.safety import Cookies
from security.staff_tokens import StaffTokens
from tests.portal.conftest import Challenges, NoDeliveries
from tests.portal.desk_world import press, proof_of
from tests.support.people import People
from tests.workflows.company import PAYS, READS, Cast
from workflows.desk import Desk

pytestmark = pytest.mark.slow
ORIGIN = "https://portal.example"


@dataclass
class Officer:
    """A member of staff at a browser."""

    client: httpx.AsyncClient
    member: str

    async def page(self, reference: str, where: str = "") -> httpx.Response:
        found = await self.client.get(f"/desk/case/{reference}{where}")
        assert found.status_code == 200, found.status_code
        return found

    async def act(self, reference: str, act: str, **values: object) -> httpx.Response:
        """Fill a form in and press; once more where it asks."""
        at = f"/desk/case/{reference}/do/{act}"
        form = await self.page(reference, f"/do/{act}")
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form.text))
        sent = {**hidden, "proof": proof_of(form, at), **values}
        answer = await self.client.post(at, data=sent)
        if answer.status_code == 200:
            answer = await self.client.post(at, data={**sent, "sure": "yes"})
        return answer


@dataclass
class Counter:
    """The desk of one installation, and whoever sits at it."""

    house: House
    parts: Parts

    @asynccontextmanager
    async def seat(self, role: Role, name: str = "") -> AsyncIterator[Officer]:
        room, policy = self.house.room, self.house.policy
        member, _ = room.staff.add(name or f"นาย{role}", role)
        begun = room.sessions.begin(member)
        app = create_app(
            Challenges(), NoDeliveries(), company=policy.company, https=True, staff=self.parts
        )
        transport = httpx.ASGITransport(app, raise_app_exceptions=True, client=("203.0.113.7", 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            response = Response()
            Gate(self.parts, Pages.of(policy.company, Cookies(https=True))).let_in(response, begun)
            for cookie in response.headers.getlist("set-cookie"):
                named, _, value = cookie.partition(";")[0].partition("=")
                client.cookies.set(named, value.strip('"'), domain="portal.example")
            yield Officer(client, member)


@pytest.fixture
def counter(house: House, people: People) -> Counter:
    async def found() -> Desk:
        return people.desk

    return Counter(
        house,
        Parts(house.room, found, house.policy, house.tools.clock, StaffTokens(house.ring), tools=house.tools),
    )


async def test_an_erasure_is_decided_by_two_at_the_desk(
    people: People, counter: Counter, cast: Cast
) -> None:
    who = cast.user(PAYS)
    reference = await people.ask(Right.ERASURE, who.email)
    await people.prove(who.email, reference)
    await people.until(reference, State.VERIFYING)
    async with counter.seat(Role.OFFICER) as officer, counter.seat(Role.APPROVER) as approver:
        page = await officer.page(reference)
        assert who.email not in page.text
        done = await officer.act(reference, "identity", method="masked-document", reason="เห็นเอกสารแล้ว")
        assert (done.status_code, done.headers["location"]) == (303, f"/desk/case/{reference}?done=identity")
        await people.planned(reference)
        import pathlib

        pathlib.Path("/tmp/case.html").write_text((await officer.page(reference)).text)

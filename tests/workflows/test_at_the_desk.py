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
from tests.portal.desk_world import proof_of
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

    @staticmethod
    def hidden(form: httpx.Response) -> dict[str, str]:
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form.text))

    async def press(self, page: httpx.Response, reference: str, form: str, **values: str) -> httpx.Response:
        """Send a form of the page that shows something."""
        at = f"/desk/case/{reference}/{form}"
        return await self.client.post(at, data={"proof": proof_of(page, at), **values})

    async def act(self, reference: str, act: str, **values: object) -> httpx.Response:
        """Fill a form in and press; once more where it asks."""
        at = f"/desk/case/{reference}/do/{act}"
        form = await self.page(reference, f"/do/{act}")
        sent = {**self.hidden(form), "proof": proof_of(form, at), **values}
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
        app = create_app(Challenges(), NoDeliveries(), company=policy.company, https=True, staff=self.parts)
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


async def entered(intake: Officer, email: str) -> str:
    """A request of the counter, sent twice as impatient people do; its reference."""
    form = await intake.client.get("/desk/new")
    sent = {
        **intake.hidden(form),
        "proof": proof_of(form, "/desk/new"),
        "channel": "counter",
        "received": "1/11/2569",
        "language": "th",
        "capacity": "self",
        "rights": "erasure",
        "email": email,
        "name": "มาลี",
        "message": "ขอให้ลบข้อมูลค่ะ",
        "method": "call-back",
        "checked": "โทรกลับหมายเลขในระบบแล้ว",
    }
    twice = [await intake.client.post("/desk/new", data=sent) for _ in range(2)]
    assert {answer.status_code for answer in twice} == {303}
    [place] = {answer.headers["location"] for answer in twice}
    receipt = await intake.client.get(place)
    assert "1\u00a0พฤศจิกายน\u00a02569" in receipt.text
    assert email not in receipt.text
    return str(place.rpartition("/")[2])


async def judged(officer: Officer, reference: str, email: str) -> None:
    """The plan is read, the letter looked at, the data opened."""
    page = await officer.page(reference)
    assert email not in page.text
    assert "แผนพร้อมแล้ว" in page.text
    letter = await officer.press(page, reference, "preview")
    assert letter.headers["content-type"] == "application/pdf"
    assert letter.content.startswith(b"%PDF")
    for what in ("person", "found"):
        seen = await officer.press(page, reference, "look", what=what, reason="decide")
        assert email in seen.text


async def test_from_the_form_to_the_close_by_two_people_at_the_desk(
    people: People, counter: Counter, house: House, cast: Cast
) -> None:
    who = cast.user(PAYS)
    async with counter.seat(Role.INTAKE) as intake:
        reference = await entered(intake, who.email)
        assert (await intake.client.get(f"/desk/case/{reference}/do/propose")).status_code == 403
    assert house.room.register.view(reference).channel == "counter"
    await people.prove(who.email, reference)
    async with counter.seat(Role.OFFICER) as officer, counter.seat(Role.APPROVER) as approver:
        done = await officer.act(reference, "identity", method="masked-document", reason="เห็นเอกสารแล้ว")
        assert done.headers["location"] == f"/desk/case/{reference}?done=identity"
        await people.planned(reference)
        await judged(officer, reference, who.email)
        done = await officer.act(reference, "propose", reason="อ่านแผนแล้ว")
        assert done.headers["location"] == f"/desk/case/{reference}?done=propose"
        done = await approver.act(reference, "confirm", reason="เห็นด้วย")
        assert done.headers["location"] == f"/desk/case/{reference}?done=confirm"
        await people.until(reference, State.COOLING)
        await officer.act(reference, "proceed", heard="phone")
        view = await people.closed(reference)
        assert view.ending is Ending.PARTIAL
        page = await officer.page(reference)
        paper = await officer.press(page, reference, "document", name="certificate", reason="answer")
        assert paper.content.startswith(b"%PDF")
    looked = [event for event in house.room.histories.events(view.case.id) if event.event == "staff:looked"]
    assert [(event.actor, event.facts["command"]) for event in looked] == [
        (officer.member, f"portal-{what}") for what in ("preview", "person", "found", "document")
    ]


async def test_a_refusal_needs_a_ground_both_limbs_and_two_people(
    people: People, counter: Counter, cast: Cast
) -> None:
    who = cast.user(READS)
    reference = await people.ask(Right.ACCESS, who.email)
    await people.identify(who.email, reference)
    await people.planned(reference)
    async with counter.seat(Role.OFFICER) as officer, counter.seat(Role.APPROVER) as approver:
        without = await officer.act(reference, "refuse", reason="คำสั่งศาล")
        assert without.status_code == 422
        assert "โปรดกรอกหรือเลือก" in without.text
        one_limb = await officer.act(reference, "refuse", ground="R30-LAW", reason="คำสั่งศาลที่ 5/2569")
        assert one_limb.status_code == 422
        assert "ผลกระทบต่อสิทธิและเสรีภาพของบุคคลอื่นด้วย" in one_limb.text
        assert "คำสั่งศาลที่ 5/2569" in one_limb.text, "what was typed is kept"
        done = await officer.act(
            reference, "refuse", ground="R30-LAW", reason="คำสั่งศาลที่ 5/2569", harm="กระทบพยาน"
        )
        assert done.status_code == 303
        page = await approver.page(reference)
        reasons = await approver.press(page, reference, "look", what="reasons", reason="decide")
        assert "กระทบพยาน" in reasons.text
        assert "กระทบพยาน" not in page.text
        await approver.act(reference, "confirm", reason="เห็นด้วย")
    assert (await people.closed(reference)).ending is Ending.REFUSED


async def test_the_same_person_is_refused_in_words(people: People, counter: Counter, cast: Cast) -> None:
    who = cast.user(READS)
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    await people.planned(reference)
    async with counter.seat(Role.APPROVER) as approver:
        await people.desk.propose(reference, approved=True, actor=approver.member, reason="ตรวจแล้ว")
        refused = await approver.act(reference, "confirm", reason="ยืนยันเอง")
        assert refused.status_code == 422
        assert "ต้องให้เจ้าหน้าที่อีกคนยืนยัน" in refused.text
    await people.stop(reference)
    await people.closed(reference)


async def test_a_parked_system_is_retried_and_a_hold_mid_way_is_shown(
    people: People, counter: Counter, house: House, cast: Cast
) -> None:
    who = cast.user(READS)
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    await people.decide(reference)
    await people.until(reference, State.COOLING)
    case = house.room.register.view(reference).case.id
    async with counter.seat(Role.OFFICER) as officer:
        order = {"kind": "order", "order": "พ 12/2569", "reason": "หมายศาล", "units": ()}
        first = await officer.act(reference, "hold", **order)
        again = await officer.act(reference, "hold", **order)
        assert (first.status_code, again.status_code) == (303, 422)
        assert "ผูกคำขอนี้อยู่แล้ว" in again.text
        [binding] = house.room.holds.binding(case)
        page = await officer.page(reference)
        assert "คำสั่งศาลหรือเจ้าหน้าที่รัฐ" in page.text
        assert "พ 12/2569" not in page.text
        cast.run("alter table users rename to users_away")
        try:
            await officer.act(reference, "proceed", heard="phone")
            await people.seen(reference, lambda view: bool(view.parked))
            page = await officer.page(reference)
            assert "ระบบที่หยุดรอ" in page.text
        finally:
            cast.run("alter table users_away rename to users")
        house.room.holds.release(binding, actor=people.approver, reason="หมายสิ้นผล")
        [waits] = house.room.register.view(reference).parked
        done = await officer.act(reference, "retry", system=waits.system, reason="แก้ไขแล้ว")
        assert done.headers["location"] == f"/desk/case/{reference}?done=retry"
        await people.closed(reference)

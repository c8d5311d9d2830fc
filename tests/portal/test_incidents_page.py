"""Edits of the plan, wrong recipients and notes at the desk, without Temporal: forms, what they say, who sees what."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain.calendar import day_in_bangkok
from domain.errors import Unavailable
from domain.incidents import Closing, IncidentKind
from domain.outcomes import Outcome
from domain.rights import Right
from domain.staffing import Role
from portal import words
from tests.cases.samples import hold, planned
from tests.portal.desk_world import DeskWorld, press, proof_of
from tests.portal.test_as_read import TO_DECIDING, pressed, unheard
from workflows.desk import Desk

SAID = words.load()["th"]
LINE = "crm invoices billing erase"
KEPT = {"line": LINE, "becomes": "hold", "ground": "EX-CLAIM", "reason": "คดีแพ่งของนางมาลี"}
ASSESSED = {
    "risk": "high",
    "disclosed": "สำเนาคำร้อง",
    "to_whom": "นายประสิทธิ์ ใจดี",
    "effects": "อาจถูกติดต่อ",
    "done": "ขอให้ลบและยืนยัน",
    "people": "1",
}


class Deaf(Desk):
    """The desk, with nobody who hears it."""

    async def update(self, *_said: object, **_more: object) -> None:
        raise Unavailable("temporal-unreachable")

    async def _beside(self, *_said: object) -> None:
        raise Unavailable("temporal-unreachable")


@pytest.fixture
def world(desk_world: DeskWorld) -> DeskWorld:
    known = vars(unheard(desk_world)) | {"given_in_part": frozenset, "attaching": frozenset}
    desk_world.desk = Deaf(**known)
    return desk_world


def deciding(world: DeskWorld) -> tuple[str, str]:
    """A case whose plan has three records to erase, and one that a law keeps."""
    case = world.case(*TO_DECIDING, right=Right.ERASURE).case
    rows = [planned(1), planned(2), planned(3, Outcome.HOLD, holds=(hold(),)), planned(4)]
    world.room.plans.write(case.id, rows)
    return case.reference, case.id


def next_plan(world: DeskWorld, case: str) -> None:
    """What the workflow draws up."""
    standing = world.room.plan_edits.standing(case, Right.ERASURE, day_in_bangkok(world.clock.now()))
    rows = [planned(1), planned(2), planned(3, Outcome.HOLD, holds=(hold(),)), planned(4)]
    world.room.plans.write(
        case, [one.model_copy(update={"row": standing.on(one.row, one.item)}) for one in rows]
    )


async def test_single_records_are_kept_with_a_reason_and_the_page_says_by_whom(world: DeskWorld) -> None:
    reference, case = deciding(world)
    async with world.signed(Role.OFFICER) as client, world.signed(Role.AUDITOR) as auditor:
        page = await client.get(f"/desk/case/{reference}")
        assert f"line={LINE.replace(' ', '%20')}" in page.text.replace("+", "%20")
        assert "line=crm%20invoices%20billing%20hold" not in page.text.replace("+", "%20")
        form = await opened(client, reference, "edit-plan")
        for wrong, code in (
            ({}, "edit-until-when"),
            ({"until": "1/1/2560"}, "edit-day-out-of-reach"),
            ({"until": "1/1/2571", "numbers": "2-x"}, "malformed-numbers"),
            ({"until": "1/1/2571", "numbers": "3"}, "edit-of-nothing"),
            ({"becomes": "anonymise", "ground": ""}, "edit-no-such-way"),
            ({"ground": "NG-33-1", "becomes": "no-ground"}, "edit-contract-over"),
        ):
            answer = await pressed(client, form, "edit-plan", **KEPT | wrong)
            assert (answer.status_code, SAID(f"acts.errors.{code}") in answer.text) == (422, True), code
        answer = await pressed(client, form, "edit-plan", **KEPT, until="1/1/2571", numbers="2, 4")
        assert answer.headers["location"] == f"/desk/case/{reference}?done=edit-plan"
        stale = await pressed(client, await opened_raw(client, form), "edit-plan", **KEPT, until="1/1/2571")
        assert SAID("acts.errors.plan-is-older") in stale.text
        next_plan(world, case)
        page = await client.get(f"/desk/case/{reference}")
        assert SAID("case.plan.edits.title") in page.text
        assert "สิทธิเรียกร้อง" in page.text
        assert world.room.staff.name(world.of(Role.OFFICER).member) in page.text
        assert "นางมาลี" not in page.text
        looked = await press(client, page, f"/desk/case/{reference}/look", what="reasons", reason="decide")
        assert "คดีแพ่งของนางมาลี" in looked.text
        assert "undo-edit" not in (await auditor.get(f"/desk/case/{reference}")).text
        made = world.room.plan_edits.of(case)[0].id
        form = await opened(client, reference, "undo-edit")
        answer = await pressed(client, form, "undo-edit", edit=made, reason="ถอนฟ้องแล้ว")
        assert answer.status_code == 303
    assert [row.edit for row in world.room.plans.rows(case) if row.edit] == [made, made]
    assert world.room.plan_edits.of(case)[0].undone


async def opened(client: httpx.AsyncClient, reference: str, act: str) -> httpx.Response:
    """The form behind the first link of the case page to it."""
    page = await client.get(f"/desk/case/{reference}")
    link = re.findall(rf'href="(/desk/case/{reference}/do/{act}(?:\?[^"]*)?)"', page.text)[0]
    return await client.get(link.replace("&amp;", "&"))


async def opened_raw(client: httpx.AsyncClient, form: httpx.Response) -> httpx.Response:
    """The same form, once more, as it was read."""
    return await client.get(str(form.url))


async def test_one_press_stops_what_went_to_the_wrong_person(world: DeskWorld) -> None:
    reference, case = deciding(world)
    async with world.signed(Role.OFFICER) as officer, world.signed(Role.AUDITOR) as auditor:
        form = await opened(officer, reference, "wrong-recipient")
        sure = await pressed(officer, form, "wrong-recipient", reason="ส่งถึงนายประสิทธิ์")
        assert SAID("acts.sure") in sure.text
        answer = await pressed(officer, sure, "wrong-recipient", reason="ส่งถึงนายประสิทธิ์", sure="yes")
        assert answer.status_code == 303
        [incident] = world.room.incidents.of(case)
        assert (incident.frozen, incident.due - incident.noticed) == (True, timedelta(hours=72))
        page = await officer.get(f"/desk/case/{reference}")
        assert SAID("case.incidents.frozen") in page.text
        form = await opened(officer, reference, "propose")
        frozen = await pressed(officer, form, "propose", reason="อ่านแล้ว", sure="yes")
        assert SAID("acts.errors.case-frozen") in frozen.text

        at = f"/desk/incidents/{incident.id}"
        page = await officer.get(at)
        early = await send(officer, page, at, "close", outcome="no-risk", reason="ไม่เสี่ยง")
        assert (early.status_code, SAID("incidents.errors.incident-not-assessed") in early.text) == (
            422,
            True,
        )
        wanting = await send(officer, page, at, "assess", **ASSESSED | {"to_whom": " "})
        assert 'id="assess-to_whom-error"' in wanting.text
        assert "สำเนาคำร้อง" in wanting.text  # what was typed is kept
        assert (await send(officer, page, at, "assess", **ASSESSED)).status_code == 303
        page = await officer.get(at)
        assert "นายประสิทธิ์" not in page.text
        before = len(world.events())
        assert "นายประสิทธิ์" in (await send(officer, page, at, "look")).text
        assert [event for event, *_ in world.events()[before:]] == ["staff:looked"]
        assert "ประสิทธิ์" not in (await auditor.get(at)).text
        letter = await send(officer, page, at, "letter", language="th")
        assert letter.headers["content-type"] == "application/pdf"
        assert letter.content.startswith(b"%PDF")
        told = {"day": "23/11/2569", "time": "10:00", "evidence": "สคส. รับที่ 77"}
        for heard in ("pdpc", "person"):
            assert (await send(officer, page, at, "told", heard=heard, **told)).status_code == 303
        assert (await send(officer, page, at, "close", outcome="notified", reason="ครบ")).status_code == 303
    assert not world.room.incidents.frozen(case)
    assert world.room.incidents.view(incident.id).outcome is Closing.NOTIFIED


async def test_what_is_overdue_stands_first(world: DeskWorld) -> None:
    now, book = world.clock.now(), world.room.incidents
    said: dict[str, Any] = {"actor": world.of(Role.OFFICER).member, "reason": "x"}
    for hours in (1, 100):
        case = world.case().case.id
        book.open(case, IncidentKind.WRONG_RECIPIENT, noticed=now - timedelta(hours=hours), **said)
    async with world.signed(Role.APPROVER) as client:
        page = (await client.get("/desk/incidents")).text
    assert page.index(SAID("incidents.overdue", hours=28)) < page.index(SAID("incidents.left", hours=71))


async def test_a_note_is_read_by_who_may_see_data_and_by_nobody_else(world: DeskWorld) -> None:
    reference, _ = deciding(world)
    async with world.signed(Role.INTAKE) as intake, world.signed(Role.OFFICER) as officer:
        form = await opened(intake, reference, "note")
        answer = await pressed(intake, form, "note", note="คุณมาลีโทรมาถามอีกครั้ง")
        assert answer.headers["location"].endswith("?done=note")
        for client in (intake, officer):
            page = await client.get(f"/desk/case/{reference}")
            assert SAID("case.notes.one", count=1) in page.text
            assert "โทรมาถาม" not in page.text
        looked = await press(officer, page, f"/desk/case/{reference}/look", what="notes", reason="answer")
        assert "คุณมาลีโทรมาถามอีกครั้ง" in looked.text
        asked = {"what": "notes", "reason": "answer", "proof": "0" * 64}
        assert (await intake.post(f"/desk/case/{reference}/look", data=asked)).status_code == 403


async def send(client: httpx.AsyncClient, page: httpx.Response, at: str, form: str, **values: str) -> Any:
    """A form of the incident's page; its proof from the page, or from a fresh one where it was not offered."""
    action = f"{at}/{form}"
    if f'action="{action}"' not in page.text:
        page = await client.get(at)
    found = re.search(rf'action="{action}".*?name="proof" value="([^"]+)"', page.text, re.DOTALL)
    proof = found[1] if found else proof_of(page, action)
    return await client.post(action, data={"proof": proof, **values})

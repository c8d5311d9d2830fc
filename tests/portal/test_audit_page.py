"""The audit at the desk: events found, the export made and downloaded, one that names people approved by a second."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import date

import pytest

from domain.inspection import Order, Scope
from domain.staffing import Role
from tests.portal.desk_world import DeskWorld, press
from tests.portal.reading import Page


def rows(text: str) -> int:
    return text.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr>")


async def test_events_are_found_by_case_event_and_actor(desk_world: DeskWorld) -> None:
    one, two = desk_world.case().case, desk_world.case().case
    desk_world.room.hands.give(
        one.id, desk_world.of(Role.OFFICER).member, actor=desk_world.of(Role.APPROVER).member
    )
    async with desk_world.signed(Role.AUDITOR) as client:
        page = await client.get(f"/desk/audit?reference={one.reference.lower()}")
        assert two.reference not in page.text
        assert rows(page.text) == 3
        page = await client.get(f"/desk/audit?reference={one.reference}&event=case:assigned")
        assert rows(page.text) == 1
        assert "นางสมศรี ยืนยัน" in page.text
        page = await client.get(
            f"/desk/audit?actor={desk_world.of(Role.APPROVER).member}&event=case:assigned"
        )
        assert rows(page.text) == 1
        page = await client.get("/desk/audit?reference=DSR-2569-999999")
        assert "ไม่มีเหตุการณ์ที่ตรงกัน" in page.text
        for nonsense in ("event=x", "actor=%27", "before=x", "reference=%F0%9F%92%A9"):
            assert rows((await client.get(f"/desk/audit?{nonsense}")).text) > 3


async def test_older_events_follow_without_a_gap(desk_world: DeskWorld) -> None:
    for _ in range(30):
        desk_world.case()
    async with desk_world.signed(Role.AUDITOR) as client:
        seen, to = [], "/desk/audit"
        while to:
            page = await client.get(to)
            seen += [int(part.partition("<")[0]) for part in page.text.split('<td data-name="ลำดับ">')[1:]]
            to = next((a["href"] for a in Page(page).all("a") if a.get("rel") == "next"), "")
    assert seen == list(range(len(desk_world.events()), 0, -1))


async def test_the_export_without_names_is_made_and_sent_at_once(desk_world: DeskWorld) -> None:
    desk_world.case(name="มาลี ใจดี")
    async with desk_world.signed(Role.OFFICER) as client:
        page = await client.get("/desk/audit")
        sent = {"since": "1/1/2569", "until": "31/12/2569", "reason": "PDPC-77"}
        got = await press(client, page, "/desk/audit/export", **sent)
        assert (got.status_code, got.headers["content-type"]) == (200, "application/zip")
        assert "audit-export-1.zip" in got.headers["content-disposition"]
        assert zipfile.ZipFile(io.BytesIO(got.content)).testzip() is None
        assert "มาลี".encode() not in got.content
        [export] = desk_world.room.exports.all()
        assert export.sha256 == hashlib.sha256(got.content).hexdigest()
        assert export.sha256[:16] in (await client.get("/desk/audit")).text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"until": "31/12/2568"}, "until"),
        ({"reason": "เพราะนางมาลีขอ"}, "reason"),
        ({"reason": ""}, "reason"),
    ],
)
async def test_what_is_wrong_in_an_export_makes_none(
    desk_world: DeskWorld, changed: dict[str, str], field: str
) -> None:
    before = len(desk_world.room.exports.all())
    async with desk_world.signed(Role.OFFICER) as client:
        page = await client.get("/desk/audit")
        sent = {"since": "1/1/2569", "until": "31/12/2569", "reason": "PDPC-77"} | changed
        answer = await press(client, page, "/desk/audit/export", **sent)
    assert answer.status_code == 422
    assert Page(answer).by_id(field)["aria-invalid"] == "true"
    assert len(desk_world.room.exports.all()) == before


async def test_one_that_names_people_waits_for_an_approver(desk_world: DeskWorld) -> None:
    scope = Scope(since=date(2026, 1, 1), until=date(2026, 12, 31), full=True)
    order = Order(ref="สคส. 9/2569", scan=b"%PDF-1.7", suffix=".pdf")
    asked = desk_world.room.exports.ask(
        scope, actor=desk_world.of(Role.OFFICER).member, reason_code="PDPC-9", order=order
    )
    async with desk_world.signed(Role.APPROVER) as client, desk_world.signed(Role.OFFICER) as officer:
        assert "/desk/audit/approve" not in (await officer.get("/desk/audit")).text
        page = await client.get("/desk/audit")
        answer = await press(client, page, "/desk/audit/approve", export=asked.id)
        assert answer.headers["location"] == "/desk/audit"
        assert "สคส. 9/2569" not in page.text
        assert (await press(client, page, "/desk/audit/approve", export="x-0")).status_code == 404
    assert desk_world.room.exports.find(asked.id).approved_by == desk_world.of(Role.APPROVER).member

"""Scans of a request on paper: judged by their bytes, sealed under every case of the request, shown to those who may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from domain.errors import KeyShredded
from domain.ports import CaseView, Intake
from domain.staffing import Role
from exports.handover import Handover
from portal import words
from security.ports import KeyPurpose
from tests.portal.desk_world import DeskWorld, press, proof_of
from tests.support.papers import document, picture
from workflows.desk import Desk
from workflows.reception import Reception

SAID = words.load()["th"]
AT = "/desk/new"
LETTER = {
    "channel": "letter",
    "capacity": "self",
    "language": "th",
    "name": "มาลี ใจดี",
    "email": "malee.jaidee@example.com",
    "rights": ["access", "erasure"],
    "received": "23/11/2569",
}


@dataclass
class Opening:
    """Opens requests as the desk does, without Temporal."""

    world: DeskWorld

    async def open(self, intake: Intake) -> tuple[CaseView, ...]:
        register = self.world.room.register
        cases = Reception(register, self.world.policy, dict).keep(intake)
        return tuple(register.view(case.id) for case in cases)


@pytest.fixture(scope="module")
def counter(desk_world: DeskWorld) -> Iterator[DeskWorld]:
    desk_world.desk = cast("Desk", Opening(desk_world))
    yield desk_world
    desk_world.desk = None


async def enter(
    client: httpx.AsyncClient, *scans: tuple[str, bytes], once: str = "", **typed: Any
) -> httpx.Response:
    form = await client.get(AT)
    data = {
        "proof": proof_of(form, AT),
        "once": once or re.findall(r'name="once" value="([^"]+)"', form.text)[0],
    }
    files = [("scan", (name, content, "application/octet-stream")) for name, content in scans]
    return await client.post(AT, data={**LETTER, **data, **typed}, files=files)


async def test_it_is_kept_with_every_case_and_opened_told_by_those_who_may(
    counter: DeskWorld, tmp_path: Path
) -> None:
    letter, slip = document("ขอสำเนา".encode().hex()), picture("PNG")
    async with counter.signed(Role.INTAKE) as client:
        sent = [("จดหมายของมาลี.pdf", letter), ("slip.exe", slip)]
        entered = await enter(client, *sent, once="a-letter-of-hers")
        again = await enter(client, *sent, once="a-letter-of-hers")
    assert entered.status_code == 303, re.findall(r'class="error"[^>]*>([^<]+)', entered.text)
    assert entered.headers["location"] == again.headers["location"]
    views = [counter.room.register.view(reference) for reference in ("DSR-2569-000001", "DSR-2569-000002")]
    for view in views:
        kinds = sorted(scan.kind for scan in counter.room.scans.of(view.case.id))
        assert kinds == ["pdf", "png"], "sent twice it is kept once; a name proves nothing"
    told = [facts for event, _, facts in counter.events() if event == "request:scan-kept"]
    assert len(told) == 4
    [first, second] = counter.room.scans.of(views[0].case.id)
    assert counter.tools is not None
    with counter.tools.files.read(views[0].case.id, first.ref) as source:
        assert source.read() in {letter, slip}

    at = f"/desk/case/{views[0].case.reference}"
    async with counter.signed(Role.APPROVER) as client:
        page = await client.get(at)
        assert SAID("scans.title") in page.text
        assert "มาลี" not in page.text
        seen = await press(client, page, f"{at}/document", name=f"scan-{second.id}", reason="review")
        assert (seen.status_code, seen.content in {letter, slip}) == (200, True)
        assert counter.events()[-1][0] == "staff:looked"
    async with counter.signed(Role.AUDITOR) as client:
        assert f"scan-{second.id}" not in (await client.get(at)).text

    room = counter.room
    handed = Handover(room.register, room.letters, room.scans, counter.tools.files)
    written = handed.export(views[0], tmp_path, actor=counter.of(Role.OFFICER).member)
    assert {path.read_bytes() for path in written} == {letter, slip}

    counter.ring.shred(counter.ring.for_owner(KeyPurpose.CASE, views[0].case.id).key_id, "test")
    with pytest.raises(KeyShredded), counter.tools.files.read(views[0].case.id, first.ref):
        raise AssertionError("it can still be read")


@pytest.mark.parametrize(
    ("scans", "code"),
    [
        ([("letter.pdf", b"MZ a program")], "scan-kind-refused"),
        ([("call.mp3", b"ID3\x04" + bytes(400))], "scan-kind-refused"),
        ([(f"{n}.png", picture("PNG", (20, 20))) for n in range(11)], "scans-too-large"),
    ],
    ids=["program", "recording", "many"],
)
async def test_what_is_no_scan_is_refused_beside_its_field_and_no_request_is_opened(
    counter: DeskWorld, scans: list[tuple[str, bytes]], code: str
) -> None:
    before = len(counter.events())
    async with counter.signed(Role.INTAKE) as client:
        answer = await enter(client, *scans)
    assert (answer.status_code, SAID(f"scans.errors.{code}") in answer.text) == (422, True)
    assert SAID("scans.again") in answer.text
    assert 'value="malee.jaidee@example.com"' in answer.text, "what was typed is kept"
    assert [event for event, _, _ in counter.events()[before:] if event.startswith("request:")] == []


async def test_a_form_without_a_scan_is_as_before(counter: DeskWorld) -> None:
    async with counter.signed(Role.INTAKE) as client:
        form = await client.get(AT)
        answer = await press(client, form, AT, **LETTER, once="without-a-scan")
    assert answer.status_code == 303

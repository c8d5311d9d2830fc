"""A masked identity document: sent by the person, looked at by an officer, taken or refused, and destroyed in time."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from activities.release import Release
from activities.tools import Tools
from domain.aftermath import Owed
from domain.assurance import Assurance, Method
from domain.case import Case
from domain.errors import NotFound, Unavailable
from domain.identity_documents import CHECK, Asked, Fault
from domain.item import Candidate
from domain.ports import Intake
from domain.rights import Right
from domain.staffing import Role
from domain.states import State
from policy.load import load_policy
from portal import words
from portal.persons import Persons
from tests.portal.asking import asking, front_door
from tests.portal.desk_world import DeskWorld, press
from tests.portal.reading import Page
from tests.portal.test_as_read import unheard
from tests.portal.test_status import Desk as PersonsDesk
from tests.portal.test_status import proved
from tests.portal.world import HERS, HIS, Mail, World, opened
from tests.support.papers import SECRET, picture
from workflows.desk import Desk
from workflows.identifying import Identifying
from workflows.reception import Reception
from workflows.whereabouts import Progressing

SAID = words.load()["th"]
PATH = "/status/identity"
_HEADER = b"IHDR\0\0\0"
_CUT = b"\x89PNG\r\n\x1a\n\0\0\0\x03" + _HEADER + struct.pack(">I", zlib.crc32(_HEADER))


@dataclass
class Both:
    """One register, seen by persons and by staff."""

    desk: DeskWorld
    persons: World

    @property
    def tools(self) -> Tools:
        assert self.desk.tools is not None
        return self.desk.tools

    def pages(self) -> Persons:
        room = self.desk.room
        progressing = Progressing(room.following, room.register, room.identity, room.letters, PersonsDesk())
        identity = Identifying(room.following, progressing, self.tools)
        return Persons(front_door(self.persons), status=progressing, identity=identity)

    def ask(self, right: Right = Right.ERASURE, **changes: Any) -> Case:
        self.desk.clock.at += timedelta(hours=2)
        intake = Intake(
            rights=(right,),
            channel="web",
            received=self.desk.clock.at,
            language="th",
            identifiers=(HERS, HIS),
            changes=changes,
        )
        [case] = Reception(self.desk.room.register, load_policy(), dict).keep(intake)
        return case

    def nightly(self) -> None:
        """What the scheduled release does of what is due, step by step."""
        release, after = Release(self.tools), ""
        while due := release.due(after):
            for one in due:
                release.release(one)
            after = due[-1].id

    def stored(self, case: Case, made: str) -> bytes:
        with self.tools.files.read(case.id, f"identity/{made}.png") as source:
            return source.read()

    def gone(self, case: Case, made: str) -> bool:
        with suppress(NotFound):
            return not self.stored(case, made)
        return True


@pytest.fixture(scope="module")
def both(desk_world: DeskWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    place: Path = tmp_path_factory.mktemp("mail")
    assert desk_world.tools is not None
    clock: Any = desk_world.clock
    world = World(
        desk_world.room,
        desk_world.ring,
        desk_world.tools.files,
        Mail(place, clock),
        place,
        clock,
        desk_world.database,
    )

    class Heard(Desk):
        async def _moved(self, case: str) -> None:
            """No workflow hears it: Temporal is not here."""

    desk_world.desk = Heard(**unheard(desk_world).__dict__)
    yield Both(desk_world, world)
    desk_world.desk = None


async def inside(client: httpx.AsyncClient, both: Both, case: Case, address: Any = HERS) -> httpx.Response:
    """The person's page, after link and code."""
    token = both.persons.send(case.id, "L1", to=address)
    await opened_by(client, both, case, token, address)
    return await client.get(PATH)


async def opened_by(client: httpx.AsyncClient, both: Both, case: Case, token: str, address: Any) -> None:
    if address == HERS:
        await opened(client, both.persons, case.id, token)
        return
    from tests.portal.world import ask, enter

    await enter(client, await ask(client, token), both.persons.codes(case.id, address)[0])


async def send(client: httpx.AsyncClient, content: bytes, *, covered: bool = True) -> httpx.Response:
    page = Page(await client.get(PATH))
    data = {"proof": page.value("proof"), **({"covered": "1"} if covered else {})}
    return await client.post(PATH, data=data, files={"document": ("บัตร.jpg", content, "image/jpeg")})


async def test_it_is_taken_as_proof_and_destroyed_within_seven_days_of_the_check(both: Both) -> None:
    case = both.ask()
    both.desk.room.register.enter(case.id, State.RESOLVING)
    both.desk.room.register.enter(case.id, State.VERIFYING)
    found = Candidate(system="crm", locator={"id": 1}, shown={}, addresses=(HERS,))
    both.desk.room.vault.put_candidates(case.id, [found])
    proved(both.persons, case, HERS)
    async with asking(both.persons, both.pages()) as client:
        page = await inside(client, both, case)
        for step in SAID.lines("identity.steps"):
            assert step in page.text
        assert SAID("identity.way") in (await client.get("/status")).text
        sent = await send(client, picture("JPEG", turned=True))
        assert sent.headers["location"] == f"{PATH}?sent=1"
        assert SAID("identity.states.waiting") in (await client.get(f"{PATH}?sent=1")).text
    [document] = both.tools.identity_documents.of(case.id)
    stored = both.stored(case, document.id)
    assert SECRET.encode() not in stored
    assert Image.open(io.BytesIO(stored)).size == (300, 400), "as it is seen"
    assert CHECK in {task.code for task in both.desk.room.tasks.of(case.id)}
    # Weeks pass: it waits for its check, and is there.
    both.desk.clock.pass_by(days=9)
    both.nightly()
    assert both.stored(case, document.id) == stored

    at = f"/desk/case/{case.reference}/identity/{document.id}"
    async with both.desk.signed(Role.OFFICER) as client:
        assert f'href="{at}"' in (await client.get(f"/desk/case/{case.reference}")).text
        form = await client.get(at)
        seen = await client.get(f"{at}/picture")
        assert (seen.content, seen.headers["cache-control"]) == (stored, "no-store")
        unsure = await press(client, form, at, do="take", reason="ชื่อตรงกัน")
        assert (unsure.status_code, SAID("identity.desk.errors.matched") in unsure.text) == (422, True)
        done = await press(client, form, at, do="take", matched="1", reason="ชื่อตรงกัน")
        assert done.headers["location"].startswith(f"/desk/case/{case.reference}?copy=taken")
        again = await press(client, form, at, do="take", matched="1", reason="ชื่อตรงกัน")
        assert SAID("identity.desk.errors.document-checked") in again.text
    standing = both.tools.identity.standing(case.id)
    assert standing.level is Assurance.IDENTITY
    assert CHECK not in {task.code for task in both.desk.room.tasks.of(case.id)}
    told = [(event, facts) for event, _, facts in both.desk.events() if facts.get("document") == document.id]
    assert [event for event, _ in told] == ["identity:copy-kept", "staff:looked", "identity:copy-checked"]
    assert (told[-1][1]["method"], told[-1][1]["level"]) == (Method.MASKED_DOCUMENT, "identity")

    checked = both.desk.clock.at
    both.desk.clock.at = checked + timedelta(days=5)
    both.nightly()
    assert both.stored(case, document.id) == stored
    both.desk.clock.at = checked + timedelta(days=6)
    both.nightly()
    assert both.gone(case, document.id)
    owed = [one for one in both.tools.obligations.of(case.id) if one.kind == Owed.IDENTITY_COPY]
    assert [one.met for one in owed] == [True]


async def test_one_that_shows_religion_is_refused_and_destroyed_at_once_and_the_person_reads_what_to_do(
    both: Both,
) -> None:
    case = both.ask()
    async with asking(both.persons, both.pages()) as client:
        await inside(client, both, case)
        await send(client, picture("PNG"))
        [document] = both.tools.identity_documents.of(case.id)
        at = f"/desk/case/{case.reference}/identity/{document.id}"
        async with both.desk.signed(Role.OFFICER) as officer:
            form = await officer.get(at)
            nothing = await press(officer, form, at, do="refuse")
            assert (nothing.status_code, SAID("identity.desk.errors.unknown") in nothing.text) == (422, True)
            done = await press(officer, form, at, do="refuse", why=Fault.SHOWS_SENSITIVE)
            assert done.status_code == 303
            assert both.gone(case, document.id)
            assert (await officer.get(f"{at}/picture")).status_code == 404
        page = await client.get(PATH)
        assert SAID("identity.faults.shows-sensitive") in page.text
        assert (await send(client, picture("PNG"))).status_code == 303, "another may be sent"
    assert both.tools.identity.standing(case.id).level < Assurance.IDENTITY
    events = [event for event, _, facts in both.desk.events() if facts.get("document") == document.id]
    assert events[:3] == ["identity:copy-kept", "identity:copy-checked", "identity:copy-destroyed"]


async def test_nothing_is_kept_of_what_is_no_covered_picture(both: Both) -> None:
    case = both.ask()
    async with asking(both.persons, both.pages()) as client:
        await inside(client, both, case)
        for content, covered, wrong in (
            (picture(), False, "not-covered"),
            (b"", True, "no-file"),
            (b"%PDF-1.7", True, "no-picture"),
            (picture()[:200], True, "no-picture"),
            (_CUT, True, "no-picture"),
            (bytes((12 << 20) + 1), True, "picture-too-large"),
        ):
            answer = await send(client, content, covered=covered)
            assert (answer.status_code, SAID(f"identity.errors.{wrong}") in answer.text) == (422, True), wrong
        assert both.tools.identity_documents.of(case.id) == ()
        for _ in range(3):
            await send(client, picture())
        assert SAID("identity.errors.documents-wait") in (await send(client, picture())).text


async def test_each_address_sees_what_it_sent_and_none_is_asked_where_the_right_needs_none(
    both: Both,
) -> None:
    case = both.ask()
    async with asking(both.persons, both.pages()) as client:
        await inside(client, both, case)
        await send(client, picture())
    async with asking(both.persons, both.pages()) as client:
        his = await inside(client, both, case, HIS)
        assert SAID("identity.yours") not in his.text
        assert SAID("identity.lead") in his.text, "that somebody is known is told to nobody"
    both.desk.room.register.enter(case.id, State.RESOLVING)
    for right, changes in (
        (Right.RESTRICTION, {"because": "accuracy"}),
        (Right.OBJECTION, {"against": "marketing"}),
    ):
        other = both.ask(right, **changes)
        async with asking(both.persons, both.pages()) as client:
            page = await inside(client, both, other)
            assert SAID("identity.not_now") in page.text
            assert PATH not in (await client.get("/status")).text


async def test_without_a_code_nothing_is_shown_or_taken(both: Both) -> None:
    case = both.ask()
    token = both.persons.send(case.id, "L1")
    async with asking(both.persons, both.pages()) as client:
        await client.get(f"/d/{token}")
        for answer in (await client.get(PATH), await client.post(PATH, files={"document": b"x"})):
            assert answer.headers["location"] == "/status"


@dataclass
class Drawing:
    """Counts how many pictures are drawn at a time."""

    case: Case
    now: int = 0
    most: int = 0
    done: list[int] = field(default_factory=list)

    async def asked(self, _session: str) -> Asked:
        return Asked(case=self.case, open=True)

    async def send(self, _session: str, picture: bytes) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        for _ in range(50):
            await asyncio.sleep(0)
        self.now -= 1
        self.done.append(len(picture))


async def test_pictures_are_drawn_one_at_a_time_whoever_sends_them(both: Both) -> None:
    case = both.ask()
    drawing = Drawing(case)
    async with asking(both.persons, replace(both.pages(), identity=drawing)) as client:
        await inside(client, both, case)
        sent = await asyncio.gather(*(send(client, picture()) for _ in range(4)))
    assert [one.status_code for one in sent] == [303] * 4
    assert (len(drawing.done), drawing.most) == (4, 1)


async def test_while_a_part_is_away_the_status_page_says_so(both: Both) -> None:
    case = both.ask()

    class Away(Drawing):
        async def asked(self, _session: str) -> Asked:
            raise Unavailable("register-away")

    async with asking(both.persons, replace(both.pages(), identity=Away(case))) as client:
        await inside(client, both, case)
        assert (await client.get("/status")).status_code == 503

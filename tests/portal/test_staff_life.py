"""One's own page, cases that are closed, settings, drills, coverage and finance's tasks, as staff meet them at the desk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from demo.scenarios import FORMER_CUSTOMER
from domain.rights import Right
from domain.staffing import Deed, Role, deed_of_task
from domain.states import State
from portal import words
from portal.desk.settings import NUMBERS, group_of
from settings import Settings, Source, tell
from tests.contract.sql_worlds import SYSTEM, open_demo
from tests.portal.desk_world import DeskWorld, open_world, press, proof_of
from tests.portal.reading import Page
from tests.support.databases import Database

OWN = "wichai.self@example.com"


@pytest.fixture(scope="module")
def world(
    register_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskWorld]:
    yield from open_world(register_database, tmp_path_factory.mktemp("life"))


async def test_ones_own_case_is_closed_everywhere_at_the_desk(world: DeskWorld) -> None:
    officer = world.of(Role.OFFICER).member
    other = world.hire(Role.OFFICER)
    async with world.signed(Role.OFFICER) as client:
        page = await client.get("/desk/account")
        wrong = await press(client, page, "/desk/account/self", known="not an address")
        assert (wrong.status_code, "ไม่ใช่ทั้งอีเมล" in wrong.text) == (422, True)
        done = await press(client, page, "/desk/account/self", known=f"{OWN}\n081-234-5678")
        assert done.headers["location"] == "/desk/account?done=self"
        page = await client.get("/desk/account?lang=en")
        assert "1 addresses, 1 telephone numbers" in page.text
        assert OWN not in page.text
        view = world.case(State.RESOLVING, email=OWN, right=Right.ERASURE)
        world.room.holds.place(view.case.id, "1/2569", actor=world.of(Role.APPROVER).member, reason="ศาลสั่ง")
        reference, before = view.case.reference, len(world.events())
        for path in ("", "/do/stop", "/do/hand"):
            answer = await client.get(f"/desk/case/{reference}{path}")
            assert (answer.status_code, "This case is about you" in answer.text) == (403, True)
        assert (await client.get(f"/desk/receipt/{reference}")).status_code == 403
        board = await client.get("/desk")
        assert reference not in board.text
        for sought in (reference, OWN):
            assert reference not in (await press(client, board, "/desk/search", sought=sought)).text.replace(
                f'value="{reference}"', ""
            )
        assert reference not in (await client.get("/desk/holds")).text
        assert reference not in (await client.get("/desk/audit?event=hold:placed")).text
        proof = proof_of(board, "/desk/assign") if "/desk/assign" in board.text else ""
        if proof:
            sent = {"proof": proof, "case": view.case.id, "to": officer}
            assert (await client.post("/desk/assign", data=sent)).status_code == 403
    told = [facts for name, _, facts in world.events()[before:] if name == "staff:turned-away"]
    assert {(one["code"], one["reference"]) for one in told} == {("case-is-ones-own", reference)}
    assert world.room.hands.of([view.case.id]) == {}
    async with world.signed(Role.APPROVER) as approver:
        page = await approver.get(f"/desk/case/{reference}")
        assert "คำขอนี้เกี่ยวกับเจ้าหน้าที่ของบริษัท" in page.text
        assert "/do/confide" in page.text
    world.room.access.confide(view.case.id, [other.member], actor=world.of(Role.APPROVER).member, reason="x")
    assert world.room.access.closed_to(other.member) == {}


async def test_a_deputy_is_named_and_the_work_shows_at_theirs(world: DeskWorld) -> None:
    away = world.hire(Role.INTAKE, "นางสาวลา พักร้อน")
    here = world.of(Role.INTAKE)
    view = world.case(State.RESOLVING)
    world.room.hands.give(view.case.id, away.member, actor=here.member)
    day = world.clock.at.date()
    written = f"{day.day}/{day.month}/{day.year + 543}"
    async with world.signed(Role.INTAKE) as client:
        board = await client.get("/desk?member=me")
        assert view.case.reference not in board.text
        page = await client.get("/desk/account")
        sent = {"deputy": away.member, "since": written, "until": "31/2/2569"}
        wrong = await press(client, page, "/desk/account/deputy", **sent)
        assert (wrong.status_code, "ไม่มีวันที่ดังกล่าว" in wrong.text) == (422, True)
        sent["deputy"] = world.of(Role.APPROVER).member
        wrong = await press(client, page, "/desk/account/deputy", **{**sent, "until": written})
        assert (wrong.status_code, "บทบาทเดียวกับท่าน" in wrong.text) == (422, True)
        world.room.deputies.name(away.member, here.member, day, day)
        page = await client.get("/desk/account")
        assert "ท่านทำการแทนนางสาวลา พักร้อน" in page.text
        board = await client.get("/desk?member=me")
        assert view.case.reference in board.text
        assert "ท่านทำการแทน" in board.text


FINANCES = {
    "settle-stripe-balance": True,
    "subscription-over": True,
    "separate-held-records": True,
    "review-held-records": True,
    "post-L1": False,
    "look-at-records": False,
}


def tasks_on(page: httpx.Response) -> list[str]:
    """The tasks that a form offers, by number."""
    return [attrs["value"] for attrs in Page(page).all("input") if attrs.get("name") == "task"]


async def test_what_is_finances_only_finance_closes(world: DeskWorld) -> None:
    assert {code: deed_of_task(code) is Deed.SETTLE for code in FINANCES} == FINANCES
    view = world.case(State.RESOLVING, State.ANSWERING, email="closed.tasks@example.com")
    for code in ("review-held-records", "post-L1"):
        world.room.register.open_task(view.case.id, code)
    numbers = {task.code: str(task.id) for task in world.room.tasks.of(view.case.id)}
    base = f"/desk/case/{view.case.reference}/do"
    offered: dict[Role, dict[str, list[str]]] = {}
    for role in (Role.OFFICER, Role.FINANCE, Role.APPROVER):
        async with world.signed(role) as client:
            pages = {act: await client.get(f"{base}/{act}") for act in ("task-done", "settle")}
            offered[role] = {act: tasks_on(page) for act, page in pages.items() if page.status_code == 200}
            if role is Role.OFFICER:
                sent = {
                    "proof": proof_of(pages["task-done"], f"{base}/task-done"),
                    "once": "form-1",
                    "task": numbers["review-held-records"],
                    "done": "done",
                    "reason": "seen",
                }
                assert (await client.post(f"{base}/task-done", data=sent)).status_code == 422
    assert offered == {
        Role.OFFICER: {"task-done": [numbers["post-L1"]]},
        Role.FINANCE: {"settle": [numbers["review-held-records"]]},
        Role.APPROVER: {},
    }
    assert len(world.room.tasks.of(view.case.id)) == len(numbers)


def test_every_setting_has_its_words_and_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    for language in words.LANGUAGES:
        said = words.load()[language]
        assert [name for name in Settings.model_fields if f"settings.means.{name}" not in said] == []
        assert {group_of(name) for name in Settings.model_fields} == {
            key.rpartition(".")[2] for key in said._entries if key.startswith("settings.groups.")
        }
        assert [name for name in NUMBERS if f"settings.policy.means.{name}" not in said] == []
    monkeypatch.delenv("_SITTHI_SAID", raising=False)
    monkeypatch.setenv("SITTHI_PORTAL_PORT", "8001")
    settings = Settings(
        portal_port=8001,
        sendgrid_key=SecretStr("SG.hidden"),
        tsa_url="https://user:hidden@tsa.example/x",
        temporal_address="127.0.0.1:7233",
    )
    told = {one.field: one for one in tell(settings)}
    assert len(told) == len(Settings.model_fields)
    assert (told["portal_port"].source, told["portal_port"].value) == (Source.ENVIRONMENT, "8001")
    assert told["temporal_address"].source is Source.STACK
    assert told["profile"].source is Source.DEFAULT
    assert (told["sendgrid_key"].secret, told["sendgrid_key"].value) == (True, "set")
    assert (told["tsa_password"].secret, told["tsa_password"].value) == (True, "")
    assert told["tsa_url"].value == "https://tsa.example/x"
    assert "hidden" not in str(told)
    monkeypatch.setenv("_SITTHI_SAID", "log_level no_such")
    assert {one.field for one in tell(settings) if one.source is Source.ENVIRONMENT} == {"log_level"}


async def test_the_page_of_settings_shows_no_secret(world: DeskWorld) -> None:
    settings = Settings(database_url=SecretStr("postgresql://sitthi:s3cret-pw@127.0.0.1/register"))
    world.settings = tell(settings, frozenset({"database_url"}))
    async with world.signed(Role.AUDITOR) as client:
        page = await client.get("/desk/settings?lang=en")
    assert page.status_code == 200
    assert "s3cret-pw" not in page.text
    for shown in ("DATABASE_URL", "set, never shown", "said at the start", world.policy.version, "U01"):
        assert shown in page.text
    for place in NUMBERS.values():
        assert f"{place[0]}: {place[1]}" in page.text
    assert len(page.content) < 100_000


async def test_a_drill_finds_and_reckons_and_changes_nothing(
    world: DeskWorld, demo_file: Callable[[Path], None], tmp_path: Path
) -> None:
    file = tmp_path / "demo.db"
    demo_file(file)
    connector = open_demo(f"sqlite:///{file}")
    tools = world.tools
    assert tools is not None
    world.tools = replace(tools, connectors={SYSTEM: connector})
    digest, cases = hashlib.sha256(file.read_bytes()).hexdigest(), len(world.room.register.views())
    try:
        async with world.signed(Role.OFFICER) as client:
            page = await client.get("/desk/drill?lang=en")
            before = len(world.events())
            sent = {"drill": "case", "known": FORMER_CUSTOMER.email, "right": "erasure", "reason": "DRILL-1"}
            wrong = await press(client, page, "/desk/drill", **{**sent, "reason": "of Malee"})
            assert (wrong.status_code, len(world.events())) == (422, before)
            found = await press(client, page, "/desk/drill", **sent)
            own = await press(client, page, "/desk/drill", **{**sent, "known": OWN})
            nobody = await press(client, page, "/desk/drill", **{**sent, "known": "nobody@example.net"})
    finally:
        world.tools = tools
        connector.close()
    assert found.status_code == 200
    for shown in ("One person is found", "Erased or destroyed", "Kept", SYSTEM, "Search", "written in"):
        assert shown in found.text
    assert "Nobody is found" in nobody.text
    assert own.status_code == 403
    assert hashlib.sha256(file.read_bytes()).hexdigest() == digest
    assert len(world.room.register.views()) == cases
    told = world.events()[before:]
    assert [name for name, _, _ in told] == ["drill:held"] * 2
    assert told[0][2] == {"reason_code": "DRILL-1", "right": "erasure", "mode": "case", "identifiers": 1}


async def test_the_pack_for_an_inspection_is_made_and_verified(world: DeskWorld) -> None:
    async with world.signed(Role.OFFICER) as client:
        page = await client.get("/desk/drill?lang=en")
        sent = {"drill": "pack", "since": "1/11/2569", "until": "31/10/2569", "why": "DRILL-2"}
        assert (await press(client, page, "/desk/drill", **sent)).status_code == 422
        made = await press(client, page, "/desk/drill", **{**sent, "until": "30/11/2569"})
    assert "The export was made and verified" in made.text
    assert world.events()[-1][0] == "drill:held"
    facts = world.events()[-1][2]
    assert (facts["mode"], facts["broken"]) == ("pack", 0)


async def test_the_page_of_systems_keeps_what_a_look_came_to(
    world: DeskWorld, demo_file: Callable[[Path], None], tmp_path: Path
) -> None:
    file = tmp_path / "demo.db"
    demo_file(file)
    connector = open_demo(f"sqlite:///{file}")
    world.systems = {SYSTEM: connector.check}
    world.mapped = {SYSTEM: connector.coverage}
    whole = connector.coverage()
    assert whole.whole
    assert (whole.tables > 10, whole.columns > 50) == (True, True)
    async with world.signed(Role.ADMINISTRATOR) as client:
        page = await client.get("/desk/systems?lang=en")
        assert "not checked yet" in page.text
        page = await press(client, page, "/desk/systems", system="*")
        assert f"{whole.tables} of {whole.tables} tables" in page.text
        engine = sa.create_engine(f"sqlite:///{file}")
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE newsletter (email text, name text)")
            connection.exec_driver_sql("ALTER TABLE users ADD COLUMN nickname text")
        engine.dispose()
        page = await press(client, page, "/desk/systems", system=SYSTEM)
    assert "table-unclassified" in page.text
    assert f"{whole.tables} of {whole.tables + 1} tables" in page.text
    assert f"{whole.columns} of {whole.columns + 3} columns" in page.text
    assert "last well" in page.text
    connector.close()
    world.systems, world.mapped = {}, {}

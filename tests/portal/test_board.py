"""The board: what presses first, what is asked for, and nothing of a person in an address."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urljoin

import httpx
import pytest

from domain.outcomes import Ending
from domain.rights import Right
from domain.staffing import Role
from domain.states import State
from security.ports import KeyPurpose
from tests.portal.desk_world import START, DeskWorld, open_world, press, proof_of
from tests.portal.reading import Page
from tests.support.databases import Database


@pytest.fixture(scope="module")
def world(
    register_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskWorld]:
    yield from open_world(register_database, tmp_path_factory.mktemp("board"))


def shown(page: httpx.Response) -> list[str]:
    assert page.status_code == 200, page.text
    links = [attrs.get("href", "") for attrs in Page(page).all("a")]
    return [link.rpartition("/")[2] for link in links if link.startswith("/desk/case/")]


@pytest.fixture(scope="module")
def cases(world: DeskWorld) -> dict[str, str]:
    """Cases by what they are, and their references."""
    made = {
        "calm": world.case(),
        "late": world.case(received=START - timedelta(days=40), email="late@example.com", name="นายช้า มาก"),
        "near": world.case(State.RESOLVING, received=START - timedelta(days=25), right=Right.PORTABILITY),
        "parked": world.case(State.RESOLVING, State.LOCATING, right=Right.ERASURE),
        "closed": world.case(State.ANSWERING, email="closed@example.com"),
    }
    world.room.register.park(made["parked"].case.id, State.LOCATING, "stripe", "system-unreachable")
    world.room.register.close(made["closed"].case.id, Ending.FULFILLED)
    return {name: view.case.reference for name, view in made.items()}


async def test_what_presses_comes_first_in_words_too(world: DeskWorld, cases: dict[str, str]) -> None:
    async with world.signed(Role.OFFICER) as client:
        page = await client.get("/desk?lang=en")
    assert shown(page) == [cases[each] for each in ("late", "near", "calm", "parked")]
    text = " ".join(page.text.split())
    assert "Overdue by 10 days" in text
    assert "5 days left" in text
    assert "<b>4</b> open" in text
    assert "<b>1</b> overdue" in text
    assert "waits: stripe" in text
    assert "ม.จ." in text
    for personal in ("มาลี", "malee", "ช้า"):
        assert personal not in page.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("due=late", ["late"]),
        ("due=near", ["near"]),
        ("due=at-risk", []),
        ("right=erasure", ["parked"]),
        ("state=locating", ["parked"]),
        ("state=closed", ["closed"]),
        ("system=stripe", ["parked"]),
        ("system=*", ["parked"]),
        ("system=none", []),
        ("member=me", []),
        ("right=portability&due=near", ["near"]),
        ("right=erasure&due=late", []),
        ("state=nonsense", ["late", "near", "calm", "parked"]),
        ("after=nonsense", ["late", "near", "calm", "parked"]),
    ],
)
async def test_it_shows_what_is_asked_for(
    world: DeskWorld, cases: dict[str, str], query: str, expected: list[str]
) -> None:
    async with world.signed(Role.OFFICER) as client:
        page = await client.get(f"/desk?{query}")
    assert shown(page) == [cases[each] for each in expected]
    if not expected:
        assert "ไม่มีคำขอที่ตรงกับตัวกรองนี้" in page.text


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("late@example.com", ["late"]),
        ("  LATE@example.com ", ["late"]),
        ("nobody@example.com", []),
        ("'; DROP TABLE cases --", []),
        ("", []),
    ],
)
async def test_search_by_what_a_person_is_known_by(
    world: DeskWorld, cases: dict[str, str], typed: str, expected: list[str]
) -> None:
    async with world.signed(Role.OFFICER) as client:
        page = await press(client, await client.get("/desk"), "/desk/search", sought=typed)
    assert shown(page) == [cases[each] for each in expected]
    assert str(page.url) == "https://portal.example/desk/search"


async def test_search_by_reference_however_it_is_typed(world: DeskWorld, cases: dict[str, str]) -> None:
    reference = cases["closed"]
    async with world.signed(Role.AUDITOR) as client:
        board = await client.get("/desk")
        for typed in (reference, reference.lower(), reference.removeprefix("DSR-"), str(int(reference[-6:]))):
            assert shown(await press(client, board, "/desk/search", sought=typed)) == [reference]


async def test_a_search_for_a_person_leaves_a_trace_and_is_not_the_auditors(
    world: DeskWorld, cases: dict[str, str]
) -> None:
    before = len(world.events())
    for role, found in ((Role.AUDITOR, []), (Role.INTAKE, [cases["late"]])):
        async with world.signed(role) as client:
            page = await press(client, await client.get("/desk"), "/desk/search", sought="late@example.com")
        assert shown(page) == found
    told = [each for each in world.events()[before:] if each[0] == "staff:looked"]
    assert told == [("staff:looked", world.of(Role.INTAKE).member, {"command": "desk-search"})]


async def test_cases_are_assigned_together_and_taken_back(world: DeskWorld, cases: dict[str, str]) -> None:
    officer = world.of(Role.OFFICER).member
    async with world.signed(Role.OFFICER) as client:
        board = await client.get("/desk?due=near")
        ids = [world.room.register.view(cases[each]).case.id for each in ("near", "calm")]
        answer = await press(client, board, "/desk/assign", case=ids, to=officer, back="/desk?due=near")
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk?due=near")
        assert set(shown(await client.get("/desk?member=me"))) == {cases["near"], cases["calm"]}
        for to, status in (("", 303), ("S-000000000000", 404), (world.of(Role.AUDITOR).member, 404)):
            board = await client.get("/desk")
            assert (await press(client, board, "/desk/assign", case=ids, to=to)).status_code == status
        assert shown(await client.get("/desk?member=me")) == []
    assert [each[0] for each in world.events() if each[0] == "case:assigned"] == ["case:assigned"] * 4


async def test_a_view_is_kept_for_who_kept_it(world: DeskWorld, cases: dict[str, str]) -> None:
    async with world.signed(Role.OFFICER) as client, world.signed(Role.APPROVER) as other:
        page = await client.get("/desk?right=erasure&member=-")
        sent = {"name": "ลบ ยังไม่มีคนดู", "right": "erasure", "member": "-"}
        proof = proof_of(page, "/desk/views", last=True)
        answer = await client.post("/desk/views", data=sent | {"proof": proof})
        assert answer.headers["location"] == "/desk?right=erasure&member=-"
        page = await client.get("/desk")
        assert "ลบ ยังไม่มีคนดู" in page.text
        assert "ลบ ยังไม่มีคนดู" not in (await other.get("/desk")).text
        number = next(a["value"] for a in Page(page).all("button") if a.get("name") == "drop")
        theirs = proof_of(page, "/desk/views")
        for browser, drop, status in ((client, "x", 404), (other, number, 403), (client, number, 303)):
            answer = await browser.post("/desk/views", data={"proof": theirs, "drop": drop})
            assert answer.status_code == status
        assert "ลบ ยังไม่มีคนดู" not in (await client.get("/desk")).text


async def test_the_desk_opens_with_the_view_that_one_chose(world: DeskWorld, cases: dict[str, str]) -> None:
    async with world.signed(Role.OFFICER) as client, world.signed(Role.APPROVER) as other:
        page = await client.get("/desk?right=erasure")
        proof = proof_of(page, "/desk/views", last=True)
        await client.post("/desk/views", data={"proof": proof, "name": "ลบ", "right": "erasure"})
        page = await client.get("/desk")
        assert page.status_code == 200  # none opens by itself yet
        number = next(a["value"] for a in Page(page).all("button") if a.get("name") == "first")
        keep = proof_of(page, "/desk/views")
        theirs = proof_of(await other.get("/desk?right=erasure"), "/desk/views", last=True)
        for browser, proof, first, status in (
            (other, theirs, number, 403),
            (client, keep, "9" * 12, 404),
            (client, keep, "x", 404),
            (client, keep, number, 303),
        ):
            answer = await browser.post("/desk/views", data={"proof": proof, "first": first})
            assert answer.status_code == status
        assert (await client.get("/desk")).headers["location"] == "/desk?right=erasure"
        assert (await client.get("/desk?lang=en")).headers["location"] == "/desk?right=erasure"
        assert shown(await client.get("/desk?all=1")) == [
            cases[each] for each in ("late", "near", "calm", "parked")
        ]
        assert (await other.get("/desk")).status_code == 200
        page = await client.get("/desk?all=1")
        last = next(a["value"] for a in Page(page).all("button") if a.get("name") == "last")
        await client.post("/desk/views", data={"proof": keep, "last": last})
        assert (await client.get("/desk")).status_code == 200
        await client.post("/desk/views", data={"proof": keep, "drop": number})


async def test_the_planned_day_is_at_risk_before_the_promised_one_is_over(
    register_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> None:
    for world in open_world(register_database, tmp_path_factory.mktemp("risk")):
        # Thirty days from 13 November 2026 end on a Sunday: the working day to plan for is Friday the 11th.
        promised = world.case(received=START - timedelta(days=10))
        assert promised.case.terms.target < promised.case.terms.strict
        late = world.case(received=START - timedelta(days=60))
        world.clock.pass_by(days=(promised.case.terms.target - START.date()).days - 1)
        async with world.signed(Role.OFFICER) as client:
            assert shown(await client.get("/desk?due=at-risk")) == []
        world.clock.pass_by(days=1)
        async with world.signed(Role.OFFICER) as client:
            assert shown(await client.get("/desk?due=at-risk")) == [promised.case.reference]
            assert shown(await client.get("/desk?due=late")) == [late.case.reference]


async def test_pages_follow_each_other_without_a_gap(
    register_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> None:
    for world in open_world(register_database, tmp_path_factory.mktemp("pages")):
        made = [world.case(received=START - timedelta(days=n % 3)).case.reference for n in range(104)]
        for closed in (False, True):
            if closed:
                for reference in made:
                    case = world.room.register.view(reference).case.id
                    world.room.register.enter(case, State.ANSWERING)
                    world.room.register.close(case, Ending.NO_DATA)
            async with world.signed(Role.OFFICER) as client:
                seen, to = [], "/desk?state=closed" if closed else "/desk"
                while to:
                    page = await client.get(to)
                    seen.append(shown(page))
                    to = next((a["href"] for a in Page(page).all("a") if a.get("rel") == "next"), "")
            assert [len(each) for each in seen] == [50, 50, 4]
            assert sorted(itertools.chain(*seen)) == sorted(made)


async def test_a_shredded_case_shows_no_initials(world: DeskWorld) -> None:
    case = world.case(name="Nobody Left")
    world.ring.shred(world.ring.for_owner(KeyPurpose.CASE, case.case.id).key_id, "test")
    async with world.signed(Role.OFFICER) as client:
        page = await client.get("/desk")
    assert case.case.reference in page.text
    assert "N.L." not in page.text
    world.room.register.enter(case.case.id, State.ANSWERING)
    world.room.register.close(case.case.id, Ending.NO_DATA)


@pytest.mark.parametrize("role", [Role.INTAKE, Role.OFFICER, Role.APPROVER, Role.AUDITOR])
async def test_no_link_of_the_desk_leads_nowhere(
    world: DeskWorld,
    cases: dict[str, str],
    role: Role,
) -> None:
    waiting, seen, kinds = ["/desk"], {"/desk"}, set()
    async with world.signed(role) as client:
        while waiting:
            address = waiting.pop()
            page = await client.get(address)
            assert page.status_code == 200, address
            if not page.headers["content-type"].startswith("text/html"):
                continue
            kinds.add(address.split("?")[0].split("/DSR-")[0])
            links = {urljoin(f"https://it{address}", one.get("href", "")) for one in Page(page).all("a")}
            for link in sorted(one.removeprefix("https://it").split("#")[0] for one in links):
                if link.startswith("/desk") and "lang=" not in link and link not in seen and len(seen) < 150:
                    seen.add(link)
                    waiting.append(link)
    assert "/desk/case" in kinds


async def test_an_auditor_sees_no_initials(world: DeskWorld, cases: dict[str, str]) -> None:
    async with world.signed(Role.AUDITOR) as client:
        page = await client.get("/desk")
    assert cases["late"] in page.text
    assert "ม.จ." not in page.text

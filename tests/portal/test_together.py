"""Many cases at once: each is answered for itself, nothing is done twice, and nobody's name is in a list that leaves."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest

from domain.errors import Conflict
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Ending
from domain.ports import CaseView
from domain.rights import Right
from domain.staffing import Role
from domain.states import State
from tests.portal.desk_world import START, DeskWorld, open_world, press, proof_of
from tests.portal.reading import Page
from tests.support.databases import Database
from workflows.desk import Desk

RETRY, EXTEND = "/desk/together/retry", "/desk/together/extend"


@dataclass
class Workflows:
    """What the desk tells workflows of: the register is real, and one of them would not have it."""

    world: DeskWorld
    stubborn: str = ""
    told: list[tuple[str, ...]] = field(default_factory=list)

    async def repair(self, reference: str, system: str, *, retry: bool, actor: str, reason: str) -> bool:
        if reference == self.stubborn:
            raise Conflict("case-is-ending")
        self.told.append((reference, system, actor, reason))
        register = self.world.room.register
        register.repaired(register.view(reference).case.id, system, actor=actor, reason=reason)
        return retry

    async def extend(self, reference: str, days: int, *, actor: str, reason: str) -> None:
        case = self.world.room.register.view(reference).case
        later = {"version": case.terms.version + 1, "strict": case.terms.strict + timedelta(days=days)}
        self.world.room.register.retime(
            case.id, case.terms.model_copy(update=later), actor=actor, reason=reason
        )


@pytest.fixture
def world(
    register_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskWorld]:
    yield from open_world(register_database, tmp_path_factory.mktemp("together"))


def parked(world: DeskWorld, *systems: str, right: Right = Right.ACCESS) -> CaseView:
    view = world.case(State.RESOLVING, State.LOCATING, right=right)
    for system in systems:
        world.room.register.park(view.case.id, State.LOCATING, system, "system-unreachable")
    return world.room.register.view(view.case.id)


def results(page: httpx.Response) -> dict[str, str]:
    """What the page says of each reference."""
    assert page.status_code == 200, page.text
    rows = page.text.partition("<tbody>")[2].partition("</tbody>")[0].split("<tr>")[1:]
    return {row.partition(">DSR-")[2][:11]: row.partition("data-name")[2] for row in rows}


def carried(page: httpx.Response) -> list[str]:
    return [one["value"] for one in Page(page).all("input") if one.get("name") == "seen"]


async def test_waiting_systems_are_tried_again_each_case_for_itself(world: DeskWorld) -> None:
    both, one, calm = parked(world, "stripe", "siamcrm"), parked(world, "stripe"), world.case()
    world.desk = cast("Desk", said := Workflows(world, stubborn=one.case.reference))
    chosen = [view.case.id for view in (both, one, calm)]
    async with world.signed(Role.OFFICER) as client:
        proof = proof_of(await client.get("/desk"), "/desk/assign")
        asked = await client.post(RETRY, data={"proof": proof, "case": chosen, "back": "/desk?system=*"})
        assert asked.status_code == 200
        assert said.told == []
        sent = {
            "proof": proof,
            "case": chosen,
            "seen": carried(asked),
            "sure": "yes",
            "back": "/desk?system=*",
        }
        empty = await client.post(RETRY, data=sent)
        assert (empty.status_code, Page(empty).by_id("f-reason")["aria-invalid"]) == (422, "true")
        answer = await client.post(RETRY, data=sent | {"reason": "ต่ออายุกุญแจแล้ว"})
        told = results(answer)
        again = results(await client.post(RETRY, data=sent | {"reason": "ต่ออายุกุญแจแล้ว"}))
    references = [view.case.reference.removeprefix("DSR-") for view in (both, one, calm)]
    assert ["ไม่ได้ดำเนินการ" in told[each] for each in references] == [False, True, True]
    assert all("ไม่ได้ดำเนินการ" in again[each] for each in references)
    actor = world.of(Role.OFFICER).member
    assert said.told == [
        (both.case.reference, system, actor, "ต่ออายุกุญแจแล้ว") for system in ("siamcrm", "stripe")
    ]
    assert [event for event, _, _ in world.events()].count("system:repaired") == 2


async def test_without_temporal_everything_is_refused_and_nothing_lost(world: DeskWorld) -> None:
    view = parked(world, "stripe")
    async with world.signed(Role.OFFICER) as client:
        proof = proof_of(await client.get("/desk"), "/desk/assign")
        asked = await client.post(RETRY, data={"proof": proof, "case": view.case.id})
        sent = {"proof": proof, "case": view.case.id, "seen": carried(asked), "sure": "yes", "reason": "x"}
        answer = await client.post(RETRY, data=sent)
    assert "ไม่ได้ดำเนินการ" in results(answer)[view.case.reference.removeprefix("DSR-")]
    assert world.room.register.view(view.case.id).parked == view.parked


async def test_time_is_extended_once_and_only_where_a_law_lets_it(world: DeskWorld) -> None:
    views = [world.case(), world.case(right=Right.ERASURE)]
    rule = world.policy.deadlines[Right.ACCESS]
    lets = rule.model_copy(update={"extension_days": 30, "extension_reference": "s.30 ¶9"})
    deadlines = {**world.policy.deadlines, Right.ACCESS: lets}
    world.desk = cast("Desk", Workflows(world))
    chosen = [view.case.id for view in views]
    async with world.signed(Role.OFFICER) as client:
        board = await client.get("/desk")
        assert EXTEND not in board.text
        world.policy = world.policy.model_copy(update={"deadlines": deadlines})
    async with world.signed(Role.OFFICER) as client:
        board = await client.get("/desk")
        assert EXTEND in board.text
        proof = proof_of(board, "/desk/assign")
        asked = await client.post(EXTEND, data={"proof": proof, "case": chosen})
        sent: dict[str, Any] = {"proof": proof, "case": chosen, "seen": carried(asked), "sure": "yes"}
        wrong = await client.post(EXTEND, data=sent | {"days": "ten", "reason": "x"})
        assert Page(wrong).by_id("f-days")["aria-invalid"] == "true"
        for _ in range(2):
            answer = await client.post(EXTEND, data=sent | {"days": "10", "reason": "คำขอซับซ้อน"})
    assert all("ไม่ได้ดำเนินการ" in said for said in results(answer).values())
    now = [world.room.register.view(case).case.terms for case in chosen]
    assert now[0].strict - views[0].case.terms.strict == timedelta(days=10)
    assert now[1] == views[1].case.terms


async def test_of_cases_that_are_given_together_an_unknown_one_is_named_and_the_rest_is_given(
    world: DeskWorld,
) -> None:
    officer, view = world.of(Role.OFFICER).member, world.case()
    async with world.signed(Role.OFFICER) as client:
        board = await client.get("/desk")
        chosen = [view.case.id, "c-000000000000000000000000"]
        answer = await press(client, board, "/desk/assign", case=chosen, to=officer)
        gone = await press(client, board, "/desk/assign", case=[view.case.id], to="S-000000000000")
    assert answer.status_code == 200
    assert "ดำเนินการแล้ว 1 จาก 2 คำขอ" in answer.text
    assert gone.status_code == 404
    assert world.room.hands.of([view.case.id]) == {view.case.id: officer}
    given = [facts for event, _, facts in world.events() if event == "case:assigned"]
    assert given == [{"staff": officer}]


async def test_the_list_leaves_without_names_and_is_noted(world: DeskWorld) -> None:
    late = world.case(received=START - timedelta(days=40), name="นายช้า มาก", email="late@example.com")
    done = world.case(State.ANSWERING)
    world.room.register.close(done.case.id, Ending.FULFILLED)
    async with world.signed(Role.AUDITOR) as client:
        whole = await client.get("/desk/list.csv")
        closed = await client.get("/desk/list.csv?state=closed")
    rows = list(csv.reader(io.StringIO(whole.content.decode("utf-8-sig"))))
    assert rows[1][:2] == ["reference", "right"]
    assert [row[0] for row in rows[2:]] == [late.case.reference]
    assert rows[2][5] == "late"
    assert "ช้า" not in whole.text
    assert done.case.reference in closed.text
    looked = [facts for event, _, facts in world.events() if event == "staff:looked"]
    assert looked == [{"command": "desk-list"}] * 2


async def test_a_case_about_oneself_is_in_no_list_and_nothing_is_done_to_it(world: DeskWorld) -> None:
    officer = world.of(Role.OFFICER).member
    own, other = world.case(email="wichai@example.com"), parked(world, "stripe")
    world.room.register.enter(own.case.id, State.RESOLVING)
    world.room.register.park(own.case.id, State.RESOLVING, "stripe", "system-unreachable")
    world.room.access.know_oneself(officer, [identifier(IdentifierKind.EMAIL, "wichai@example.com")])
    chosen = [own.case.id, other.case.id]
    async with world.signed(Role.OFFICER) as client:
        listed = await client.get("/desk/list.csv")
        board = await client.get("/desk")
        asked = await client.post(RETRY, data={"proof": proof_of(board, "/desk/assign"), "case": chosen})
        given = await press(client, board, "/desk/assign", case=chosen, to=officer)
        pulse = await client.get(f"/desk/pulse?case={own.case.reference}")
    for page in (listed, board, asked, given):
        assert page.status_code == 200
        assert own.case.reference not in page.text
        assert other.case.reference in page.text
    assert pulse.status_code == 403
    assert world.room.hands.of(chosen) == {other.case.id: officer}

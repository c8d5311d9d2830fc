"""What is pressed at the desk is done to what was read: never to what has taken its place since."""

from __future__ import annotations

import re
from typing import Any, cast

import httpx
import pytest

from domain.case import Moved
from domain.errors import StalePlan
from domain.item import Candidate
from domain.links import Amendment
from domain.ports import Proposal
from domain.rights import Right
from domain.seconding import DeathShown
from domain.staffing import Role
from domain.states import State
from domain.stops import Mistake
from portal import words
from portal.desk.act_forms import Doing, Typed, older
from portal.desk.acts import BY_NAME
from portal.desk.case_read import CaseReader
from tests.cases.samples import planned
from tests.portal.desk_world import DeskWorld, press, proof_of
from workflows.desk import Desk

SAID = words.load()["th"]
TO_DECIDING = (State.RESOLVING, State.VERIFYING, State.LOCATING, State.PLANNING, State.DECIDING)
WHY: dict[str, Any] = {"actor": "S-1", "reason": "ตรวจแล้ว"}


def deciding(world: DeskWorld) -> tuple[str, str]:
    """A case whose first plan waits for a proposal: its reference and id."""
    case = world.case(*TO_DECIDING, right=Right.ERASURE).case
    world.room.plans.write(case.id, [planned(1)])
    return case.reference, case.id


def propose(world: DeskWorld, case: str, ground: str = "") -> None:
    digest = world.room.plans.summary(case).digest
    said = Proposal(digest=digest, approved=not ground, ground=ground, **WHY)
    world.room.plans.propose(case, said, confirm=True)


def unheard(world: DeskWorld) -> Desk:
    """The desk over that register; no workflow hears it."""
    ports = dict.fromkeys(Desk.__dataclass_fields__)
    known = {name: getattr(world.room, name) for name in ports if hasattr(world.room, name)}
    return Desk(**cast("dict[str, Any]", {**ports, **known, "clock": world.clock, "policy": world.policy}))


async def opened(client: httpx.AsyncClient, reference: str, act: str) -> httpx.Response:
    """The form behind the link of the case page."""
    page = await client.get(f"/desk/case/{reference}")
    [link] = re.findall(rf'href="(/desk/case/{reference}/do/{act}(?:\?[^"]*)?)"', page.text)
    return await client.get(link.replace("&amp;", "&"))


async def pressed(client: httpx.AsyncClient, form: httpx.Response, act: str, **values: str) -> httpx.Response:
    at = f"{form.url.path.rpartition('/')[0]}/{act}"
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form.text))
    return await client.post(at, data={**hidden, "proof": proof_of(form, at), **values})


def leads_back(answer: httpx.Response, code: str) -> bool:
    """It says that what was read is older, and offers no form that would be pressed unread."""
    return (
        answer.status_code == 422 and SAID(f"acts.errors.{code}") in answer.text and "/do/" not in answer.text
    )


async def test_what_is_confirmed_is_the_proposal_that_was_shown(desk_world: DeskWorld) -> None:
    reference, case = deciding(desk_world)
    propose(desk_world, case)
    async with desk_world.signed(Role.APPROVER) as client:
        form = await opened(client, reference, "confirm")
        asked = await pressed(client, form, "confirm", reason="เห็นด้วย")
        assert (asked.status_code, SAID("acts.sure") in asked.text) == (200, True)
        desk_world.room.plans.write(case, [planned(1), planned(2)])
        propose(desk_world, case, "EX-LAW")
        assert leads_back(await pressed(client, form, "confirm", reason="เห็นด้วย"), "shown-is-older")
        sure = await pressed(client, asked, "confirm", sure="yes")
        assert leads_back(sure, "shown-is-older")


async def test_the_register_hears_which_proposal_was_read(desk_world: DeskWorld) -> None:
    reference, case = deciding(desk_world)
    propose(desk_world, case)
    room = desk_world.room
    desk = unheard(desk_world)
    assert desk_world.tools is not None
    page = CaseReader(room, desk_world.tools).page(reference)
    given = Typed({"reason": "x", **BY_NAME["confirm"].hidden(page)})
    room.plans.write(case, [planned(1), planned(2)])
    propose(desk_world, case)
    with pytest.raises(StalePlan):
        await BY_NAME["confirm"].do(Doing(desk, room, page, "S-2", given))
    assert room.plans.decision(case) is None


async def test_a_second_word_on_a_stop_is_for_what_was_shown(desk_world: DeskWorld) -> None:
    case = desk_world.case(State.RESOLVING).case
    desk_world.room.register.stopping(case.id, mistake=Mistake.TEST, **WHY)
    async with desk_world.signed(Role.APPROVER) as client:
        form = await opened(client, case.reference, "second-stop")
        desk_world.room.register.stopping(case.id, ground="EX-LAW", **WHY)
        assert leads_back(await pressed(client, form, "second-stop", reason="x"), "shown-is-older")


async def test_a_second_word_on_a_death_is_for_what_was_shown(desk_world: DeskWorld) -> None:
    case, register = desk_world.case(State.RESOLVING).case, desk_world.room.register
    first, other = DeathShown
    register.amend(case.id, Amendment(moved=Moved.DEATH, shown=first), **WHY)
    async with desk_world.signed(Role.APPROVER) as client:
        form = await opened(client, case.reference, "second-death")
        register.amend(case.id, Amendment(moved=Moved.DEATH, shown=other), **WHY)
        answer = await pressed(client, form, "second-death", died=other, reason="x")
    assert leads_back(answer, "shown-is-older")


async def test_a_second_word_on_a_system_left_out_is_for_the_ground_that_was_shown(
    desk_world: DeskWorld,
) -> None:
    case, register = desk_world.case(*TO_DECIDING, State.FULFILLING).case, desk_world.room.register
    register.park(case.id, State.FULFILLING, "crm", "no-answer-in-time")
    register.leaving_out(case.id, "crm", ground="EX-LAW", **WHY)
    async with desk_world.signed(Role.APPROVER) as client:
        form = await opened(client, case.reference, "second-leave-out")
        register.leaving_out(case.id, "crm", ground="EX-CLAIM", **WHY)
        answer = await pressed(client, form, "second-leave-out", system="crm", reason="x")
        assert leads_back(answer, "shown-is-older")


@pytest.mark.parametrize("act", ["propose", "refuse"])
async def test_a_proposal_is_on_the_plan_of_the_case_page_that_was_read(
    desk_world: DeskWorld, act: str
) -> None:
    reference, case = deciding(desk_world)
    async with desk_world.signed(Role.OFFICER) as client:
        page = await client.get(f"/desk/case/{reference}")
        digest = desk_world.room.plans.summary(case).digest
        link = f"/desk/case/{reference}/do/{act}?digest={digest}"
        assert f'href="{link}"' in page.text
        form = await client.get(link)
        assert form.status_code == 200
        desk_world.room.plans.write(case, [planned(1), planned(2)])
        assert leads_back(await client.get(link), "plan-is-older"), "read before the form was drawn"
        sent = {"reason": "ตรวจแล้ว", "ground": "R33-CLAIM"}
        assert leads_back(await pressed(client, form, act, **sent), "plan-is-older")


async def test_what_is_wrong_beside_a_field_does_not_move_what_was_read(desk_world: DeskWorld) -> None:
    reference, case = deciding(desk_world)
    async with desk_world.signed(Role.OFFICER) as client:
        form = await opened(client, reference, "propose")
        desk_world.room.plans.write(case, [planned(1), planned(2)])
        again = await pressed(client, form, "propose", reason="")
    assert leads_back(again, "plan-is-older")


@pytest.mark.parametrize("act", ["extend", "retime"])
def test_dates_are_moved_from_those_that_were_read(desk_world: DeskWorld, act: str) -> None:
    case = desk_world.case(State.RESOLVING).case
    assert desk_world.tools is not None
    page = CaseReader(desk_world.room, desk_world.tools).page(case.reference)
    read = BY_NAME[act].hidden(page)
    assert read == {"terms": str(case.terms.version)}
    assert not older(BY_NAME[act], read, page)
    assert older(BY_NAME[act], {"terms": str(case.terms.version - 1)}, page) == "shown-is-older"


async def test_who_is_meant_is_chosen_among_those_who_were_shown(desk_world: DeskWorld) -> None:
    case, vault = desk_world.case(State.RESOLVING, State.CHOOSING).case, desk_world.room.vault
    found = [Candidate(system="crm", locator={"id": n}, shown={"city": f"จังหวัดที่ {n}"}) for n in (1, 2)]
    vault.put_candidates(case.id, found)
    at = f"/desk/case/{case.reference}"
    async with desk_world.signed(Role.OFFICER) as client:
        looked = {"what": "candidates", "reason": "verify"}
        shown = await press(client, await client.get(at), f"{at}/look", **looked)
        [link] = re.findall(rf'href="({at}/do/choose\?candidates=\w+)"', shown.text)
        form = await client.get(link)
        assert form.status_code == 200
        vault.put_candidates(case.id, found[::-1])
        assert leads_back(await client.get(link), "shown-is-older")
        answer = await pressed(client, form, "choose", number="1", reason="x")
        assert leads_back(answer, "shown-is-older")


WORDS_OF_ONE = {
    "stop": {"mistake": "test"},
    "death": {"died": "death-certificate"},
    "leave-out": {"system": "crm", "ground": "EX-CLAIM"},
}


@pytest.mark.parametrize("act", WORDS_OF_ONE)
async def test_a_further_proposal_is_no_second_word(desk_world: DeskWorld, act: str) -> None:
    case, room = desk_world.case(State.RESOLVING, right=Right.ERASURE).case, desk_world.room
    room.register.park(case.id, State.RESOLVING, "crm", "no-answer-in-time")
    room.register.stopping(case.id, mistake=Mistake.TEST, **WHY)
    room.register.amend(case.id, Amendment(moved=Moved.DEATH, shown=DeathShown.CERTIFICATE), **WHY)
    room.register.leaving_out(case.id, "crm", ground="EX-CLAIM", **WHY)
    desk_world.desk = unheard(desk_world)
    async with desk_world.signed(Role.OFFICER) as client:
        form = await opened(client, case.reference, act)
        said = {**WORDS_OF_ONE[act], "reason": "เห็นเช่นกัน", "sure": "yes"}
        refused = await pressed(client, form, act, **said)
    assert refused.status_code == 422
    assert SAID("acts.errors.second-word-is-due") in refused.text
    stop, death = room.register.stop_of(case.id), room.register.death_of(case.id)
    [parked] = room.register.view(case.id).parked
    assert (stop and stop.complete, death and death.complete) == (False, False)
    assert parked.proposer == WHY["actor"]


async def test_a_waiting_system_is_handed_to_those_who_work_on_cases(desk_world: DeskWorld) -> None:
    case, hired = desk_world.case(State.RESOLVING).case, {role: desk_world.of(role).member for role in Role}
    desk_world.room.register.park(case.id, State.RESOLVING, "crm", "no-answer-in-time")
    async with desk_world.signed(Role.OFFICER) as client:
        form = await opened(client, case.reference, "hand")
    offered = {role for role, member in hired.items() if f'value="{member}"' in form.text}
    assert offered == set(Role) - {Role.AUDITOR, Role.ADMINISTRATOR}


def test_files_may_be_looked_at_again_before_the_plan_is_decided(desk_world: DeskWorld) -> None:
    reference, case = deciding(desk_world)
    assert desk_world.tools is not None
    read = CaseReader(desk_world.room, desk_world.tools).page(reference)
    rows = tuple(desk_world.room.plans.rows(case))
    for reviewed in (False, True):
        page = read.model_copy(update={"files": rows, "files_reviewed": reviewed})
        assert BY_NAME["review-files"].open(page)
    assert not BY_NAME["review-files"].open(read)


async def test_a_second_person_who_saw_something_else_confirms_no_death(desk_world: DeskWorld) -> None:
    case, register = desk_world.case(State.RESOLVING).case, desk_world.room.register
    first, other = DeathShown
    register.amend(case.id, Amendment(moved=Moved.DEATH, shown=first), **WHY)
    desk_world.desk = unheard(desk_world)
    async with desk_world.signed(Role.APPROVER) as client:
        form = await opened(client, case.reference, "second-death")
        refused = await pressed(client, form, "second-death", died=other, reason="x", sure="yes")
    assert refused.status_code == 422
    assert SAID("acts.errors.other-was-shown") in refused.text
    word = register.death_of(case.id)
    assert word is not None
    assert (word.code, word.complete) == (first, False)

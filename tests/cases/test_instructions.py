"""Invitations: answered once, by code, counted; instructions: one is carried out, in one case, and no word is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.case import Moved
from domain.errors import BadInput, Conflict, NotAllowed, NotFound
from domain.instructions import CHANNEL, ESCALATE, Instruction, Invitation, Source, Told
from domain.links import Amendment, Relation
from domain.outcomes import Ending
from domain.rights import Right
from domain.states import State
from security.ports import KeyPurpose
from tests.cases.conftest import EMAIL, TERMS, House
from tests.cases.test_register import events_of, names_of
from tests.cases.test_vault import email

CONTACT = email("dpo@tenant.example")


def passed_on(house: House) -> str:
    [case] = house.open(Right.ERASURE, controllers=("shop",))
    house.room.register.open_task(case.id, "await-tenant", once=True)
    return case.id


def invited(house: House, case: str) -> Invitation:
    expires = house.clock.now() + timedelta(days=14)
    made = house.room.instructions.invite(case, CONTACT, actor="S-1", expires=expires)
    house.room.instructions.sent(made.id)
    return made


def entered(house: House, case: str, told: Told = Told.CARRY_OUT) -> Instruction:
    return house.room.instructions.enter(case, told, Source.WRITTEN, actor="S-1", reason="letter 7")


def tasks(house: House, case: str) -> set[str]:
    return {task.code for task in house.room.tasks.of(case)}


def refused(house: House, token: str, code: str, told: Told = Told.CARRY_OUT) -> str:
    with pytest.raises(NotAllowed) as why:
        house.room.instructions.answer(token, code, told)
    return why.value.code


def test_an_answer_is_taken_once_and_the_same_again_is_the_same(house: House) -> None:
    case = passed_on(house)
    link, register = invited(house, case), house.room.instructions
    assert register.invited(link.token).right is Right.ERASURE
    given = register.answer(link.token, link.code, Told.CARRY_OUT)
    assert (given.case, given.source, given.by) == (case, Source.LINK, "person")
    assert register.answer(link.token, link.code, Told.CARRY_OUT) == given
    assert refused(house, link.token, link.code, Told.OURSELVES) == "invitation-used"
    assert register.of(case) == (given,)
    assert tasks(house, case) == {"carry-out-instruction"}  # and nobody waits for the tenant any more
    assert register.contact(given.id) == CONTACT
    assert events_of(house, case)[-3][0] == "instruction:given"


@pytest.mark.parametrize("by_link", [True, False])
def test_an_instruction_that_comes_late_ends_the_search_for_the_tenant(house: House, by_link: bool) -> None:
    case = passed_on(house)
    house.room.register.open_task(case, ESCALATE, once=True)
    if by_link:
        link = invited(house, case)
        house.room.instructions.answer(link.token, link.code, Told.OURSELVES)
    else:
        entered(house, case, Told.OURSELVES)
    assert tasks(house, case) == set()


def test_wrong_codes_are_counted_and_end_the_link(house: House) -> None:
    link = invited(house, passed_on(house))
    wrong = f"{(int(link.code) + 1) % 10**6:06d}"
    for _ in range(house.policy.challenge_attempts):
        assert refused(house, link.token, wrong) == "code-wrong"
    assert refused(house, link.token, link.code) == "invitation-not-good"
    with pytest.raises(NotAllowed):
        house.room.instructions.invited(link.token)


def test_a_link_runs_out_and_a_new_one_voids_it(house: House) -> None:
    case = passed_on(house)
    first, second = invited(house, case), invited(house, case)
    assert refused(house, first.token, first.code) == "invitation-not-good"
    house.clock.pass_by(days=15)
    assert refused(house, second.token, second.code) == "invitation-not-good"
    assert names_of(house, case).count("instruction:asked") == 2
    with pytest.raises(NotFound):
        house.room.instructions.sent("n-nobody")


def test_what_a_case_of_the_company_asks_no_tenant_decides(house: House) -> None:
    case, expires = house.case(), house.clock.now() + timedelta(days=1)
    with pytest.raises(BadInput, match="no tenant named"):
        house.room.instructions.invite(case, CONTACT, actor="S-1", expires=expires)
    with pytest.raises(BadInput, match="no tenant named"):
        entered(house, case)


def test_one_instruction_is_carried_out_and_opened_once(house: House) -> None:
    case, register = passed_on(house), house.room.instructions
    ours = entered(house, case, Told.OURSELVES)
    assert entered(house, case, Told.OURSELVES) == ours
    assert tasks(house, case) == set()
    given = entered(house, case)
    assert entered(house, case) == given
    carried: dict[str, object] = {"channel": CHANNEL, "controllers": ("shop",), "instruction": given.id}
    [opened] = house.open(Right.ERASURE, **carried)
    assert tasks(house, case) == set()  # with the case, in one transaction
    assert register.behind(opened.id) == given.model_copy(update={"opened": opened.id})
    assert register.behind(case) is None
    assert register.contact(given.id) is None
    for again in (carried, {**carried, "instruction": ours.id}):
        with pytest.raises(Conflict, match="instruction not to carry out"):
            house.open(Right.ERASURE, **again)
    with pytest.raises(Conflict, match="instruction stands"):
        entered(house, case)
    with pytest.raises(BadInput, match="no tenant named"):  # what carries one out is passed on to nobody
        entered(house, opened.id)


def test_whom_to_answer_outlives_the_request_that_was_passed_on(house: House) -> None:
    case, register = passed_on(house), house.room.instructions
    link = invited(house, case)
    given = register.answer(link.token, link.code, Told.CARRY_OUT)
    house.open(Right.ERASURE, channel=CHANNEL, controllers=("shop",), instruction=given.id)
    house.ring.shred(house.ring.for_owner(KeyPurpose.CASE, case).key_id, "case-over")
    assert register.contact(given.id) == CONTACT


def carried_out(house: House, given: Instruction) -> str:
    [opened] = house.open(Right.ERASURE, channel=CHANNEL, controllers=("shop",), instruction=given.id)
    return opened.id


def test_what_was_stopped_the_tenant_may_say_again(house: House) -> None:
    case = passed_on(house)
    first = entered(house, case)
    opened = carried_out(house, first)
    house.room.register.enter(opened, State.ANSWERING)
    house.room.register.close(opened, Ending.STOPPED)
    again = entered(house, case)
    assert again.id != first.id
    assert house.room.instructions.behind(carried_out(house, again)) is not None


def test_only_the_tenant_changes_what_it_instructed(house: House) -> None:
    """Neither amended into another right nor reopened: nobody showed who they are, and no letter would be anybody's."""
    opened, register = carried_out(house, entered(house, passed_on(house))), house.room.register
    amendment = Amendment(moved=Moved.RIGHT, right=Right.ACCESS)
    with pytest.raises(BadInput, match="tenant instructs"):
        register.amend(opened, amendment, actor="S-1", reason="r")
    house.room.register.enter(opened, State.ANSWERING)
    register.close(opened, Ending.PARTIAL)
    with pytest.raises(BadInput, match="tenant instructs"):
        register.open_linked(opened, Relation.REOPENS, Right.ERASURE, TERMS, actor="S-1", reason="r")


@pytest.mark.parametrize("said", [{"channel": CHANNEL}, {"instruction": "w-1"}])
def test_the_channel_of_instructions_is_theirs_alone(house: House, said: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="channel reserved"):
        house.open(Right.ERASURE, **said)


def test_nothing_personal_rests_open(house: House) -> None:
    case = passed_on(house)
    invited(house, case)
    entered(house, case)
    with house.owner.connect() as connection:
        for table in ("invitations", "instructions"):
            rows = connection.exec_driver_sql(f"select {table}::text from {table}").scalars().all()
            assert rows
            assert not any(said in row for row in rows for said in ("tenant.example", "letter 7", EMAIL))

"""S41, S43, S44, S46, S47: who may act for whom (s.20), who is no data subject of the Act (s.6), and who is one all the same."""

from __future__ import annotations

import asyncio
import secrets
from datetime import date

import pytest

from domain.acting import Capacity, Shown
from domain.calendar import day_in_bangkok
from domain.errors import BadInput, NotFound
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Ending
from domain.ports import CaseView, Intake
from domain.rights import Right
from domain.states import State
from tests.scenarios.newcomers import Life
from tests.scenarios.office import Office
from tests.workflows.company import Somebody

pytestmark = pytest.mark.slow

LIFE = Life(ended=date(2026, 6, 30), tickets=(date(2026, 6, 10),))


CHILD, YOUTH = date(2017, 3, 3), date(2009, 5, 6)
"""Nine and seventeen years old on the day of the scenarios."""


async def asked(office: Office, who: Somebody, right: Right, capacity: Capacity, **more: object) -> CaseView:
    """A request in that capacity, once it waits to be verified."""
    intake = Intake(
        rights=(right,),
        channel="post",
        received=office.clock.now(),
        language="th",
        identifiers=(identifier(IdentifierKind.EMAIL, who.email, field="email"),),
        capacity=capacity,
        dedup=secrets.token_hex(8),
        **more,
    )
    [view] = await office.people.desk.open(intake)
    return await office.people.until(view.case.reference, State.VERIFYING)


async def asked_by_hand(office: Office, reference: str, code: str) -> None:
    """Until people are asked to do that."""
    view = office.house.room.register.view(reference)
    for _ in range(600):
        if code in office.people.tasks(view):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"nobody is asked: {code}")


async def still_waits(office: Office, view: CaseView, edition: str, *said: str) -> None:
    """It waits, nothing was searched, the letter says what is missing, and the clock is where it was."""
    reference, people = view.case.reference, office.people
    for _ in range(600):
        if edition in people.letters(view):
            break
        await asyncio.sleep(0.1)
    now = office.house.room.register.view(reference)
    assert now.state is State.VERIFYING
    with pytest.raises(NotFound):
        office.house.room.plans.summary(view.case.id)
    told = office.letter(view, edition)
    for each in (*said, "กำหนดเวลาดำเนินการไม่หยุดนับ", "ศาสนา", "หมู่โลหิต"):
        assert each in told, each
    assert now.case.terms == view.case.terms
    assert "show-authority" in people.tasks(view)


async def test_s41_a_parent_of_a_child_of_nine_gets_it_after_papers_and_a_second_look(office: Office) -> None:
    who, people = office.newcomers.customer(LIFE), office.people
    view = await asked(
        office, who, Right.ACCESS, Capacity.PARENT, agent="มารดา", authority="สูติบัตร", born_on=CHILD
    )
    reference = view.case.reference
    await people.identify(who.email, reference)  # who she is does not show that she may
    await still_waits(office, view, "L2-AUTHORITY", "สูติบัตรหรือทะเบียนบ้าน", "ผู้ใช้อำนาจปกครอง")
    await people.authorise(reference, Capacity.PARENT, born_on=CHILD)
    await still_waits(office, view, "L2-AUTHORITY-2", "บริษัทดำเนินการเอง")
    with pytest.raises(BadInput, match="second look by same person"):
        await people.desk.second_authority(reference, actor=people.officer, reason="no conflict")
    await people.desk.second_authority(reference, actor=people.approver, reason="no conflict")
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.FULFILLED
    assert office.house.room.letters.bundle(view.case.id) is not None


async def test_s43_a_minor_of_seventeen_restricts_alone_and_erases_with_consent(office: Office) -> None:
    who, people = office.newcomers.customer(LIFE), office.people
    erasure = await asked(office, who, Right.ERASURE, Capacity.MINOR, born_on=YOUTH)
    await people.identify(who.email, erasure.case.reference)
    await still_waits(office, erasure, "L2-AUTHORITY", "ความยินยอมของผู้ใช้อำนาจปกครอง")
    restriction = await asked(
        office, who, Right.RESTRICTION, Capacity.MINOR, born_on=YOUTH, changes={"because": "unlawful"}
    )
    await people.identify(who.email, restriction.case.reference)
    await people.decide(restriction.case.reference)
    assert (await people.closed(restriction.case.reference)).ending is Ending.FULFILLED
    assert office.count("tickets", who) == 1
    await people.authorise(
        erasure.case.reference, Capacity.MINOR, born_on=YOUTH, shown=(Shown.PARENTAL_CONSENT,)
    )
    await people.planned(erasure.case.reference)
    await people.desk.withdraw(erasure.case.reference)
    await people.closed(erasure.case.reference)


async def test_s44_an_agent_for_access_may_not_erase_and_the_clock_runs(office: Office) -> None:
    who, people = office.newcomers.customer(LIFE), office.people
    before = office.cast.rows(who)
    view = await asked(office, who, Right.ERASURE, Capacity.AGENT, agent="ทนายวิชัย", authority="หนังสือมอบอำนาจ")
    reference = view.case.reference
    await people.identify(who.email, reference)
    await people.authorise(reference, covers=(Right.ACCESS,))
    await still_waits(office, view, "L2-AUTHORITY-2", "อำนาจที่แสดงไว้ไม่ครอบคลุมสิทธินี้")
    assert view.case.terms.received_on == day_in_bangkok(office.clock.now())
    assert office.cast.changed(before) == {}
    await people.authorise(reference, covers=(Right.ACCESS, Right.ERASURE))
    await people.decide(reference)
    assert (await office.went_on(reference)).ending is Ending.FULFILLED
    assert office.count("tickets", who) == 0


async def test_s46_what_an_heir_asks_for_is_no_case_of_section_30(office: Office) -> None:
    who, people = office.newcomers.customer(LIFE), office.people
    before = office.cast.rows(who)
    intake = Intake(
        rights=(Right.ACCESS,),
        channel="post",
        received=office.clock.now(),
        language="th",
        identifiers=(identifier(IdentifierKind.EMAIL, who.email, field="email"),),
        agent="ทายาท",
        authority="สำเนามรณบัตร",
        dedup=secrets.token_hex(8),
    )
    [view] = await people.desk.open(intake.model_copy(update={"capacity": Capacity.HEIR}))
    reference = view.case.reference
    await people.until(reference, State.VERIFYING)
    await people.vouch(reference)  # who the heir is changes nothing: nobody may use the rights of the dead
    await asked_by_hand(office, reference, "succession-procedure")
    assert (await people.until(reference, State.VERIFYING)).state is State.VERIFYING
    with pytest.raises(NotFound):
        office.house.room.plans.summary(view.case.id)
    told = people.letters(view)
    await people.died(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.DECEASED
    assert people.letters(view) == told  # nobody writes to the dead
    assert office.house.room.letters.bundle(view.case.id) is None
    assert "tell-who-told-of-the-death" in people.tasks(view)  # who tells the heirs of the other procedure
    assert office.cast.changed(before) == {}


async def test_s47_a_company_has_no_personal_data_and_its_contact_has(office: Office) -> None:
    who, people = office.newcomers.customer(LIFE), office.people
    before = office.cast.rows(who)
    view = await office.decided(
        Right.ERASURE, who, approved=False, ground="P-JURISTIC", name="บริษัท ร้านตัวอย่าง จำกัด"
    )
    assert (view.ending, people.letters(view)) == (Ending.REFUSED, ["L1", "L6"])
    told = office.letter(view, "L6")
    for said in ("ข้อมูลนิติบุคคล", "มาตรา6", "มาตรา73"):
        assert said in told, said
    [entry] = office.house.room.refusals.all(view.case.id)
    assert (entry.refused.ground, entry.refused.demanded) == ("P-JURISTIC", False)
    assert office.cast.changed(before) == {}
    own = await office.erased(who)  # what is about the contact is the contact's
    assert own.ending is Ending.FULFILLED
    assert (own.state, office.count("tickets", who)) == (State.CLOSED, 0)

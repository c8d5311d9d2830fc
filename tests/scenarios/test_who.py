"""S46, S47: who is no data subject of the Act (s.6), and who is one all the same."""

from __future__ import annotations

import secrets
from datetime import date

from domain.case import Moved
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Ending
from domain.ports import Intake
from domain.rights import Right
from domain.states import State
from tests.scenarios.newcomers import Life
from tests.scenarios.office import Office

LIFE = Life(ended=date(2026, 6, 30), tickets=(date(2026, 6, 10),))


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
    [view] = await people.desk.open(intake)
    reference = view.case.reference
    await people.identify(who.email, reference)
    await people.planned(reference)
    told = people.letters(view)
    await people.amend(reference, Moved.DEATH)
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

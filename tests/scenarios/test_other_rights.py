"""S07, S19, S20, S22, S23, S25, S26, S28: objection, withdrawal, rectification and restriction, each to its lawful end."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from domain.aftermath import Owed
from domain.calendar import day_in_bangkok
from domain.errors import BadInput
from domain.events import Event
from domain.outcomes import Ending, Outcome
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from tests.scenarios.newcomers import Life
from tests.scenarios.office import Office
from tests.support.house import Installation, events_of
from tests.workflows.company import Somebody, views_blocked
from workflows.incident import incident_id
from workflows.lift import lift_id

pytestmark = pytest.mark.slow

MEASURED = Life(
    tickets=(date(2026, 10, 5),),
    visits=(date(2026, 11, 13), date(2026, 11, 20)),
    consents=("marketing_email", "product_research"),
    cookies=True,
    card=True,
)
LEFT = Life(ended=date(2026, 6, 30), tickets=(date(2026, 6, 10),), visits=(date(2026, 6, 28),))
INTEREST = {"against": "interest"}
RESTRICTED = "select bool_and(processing_restricted) from {table} where {column} = :id"


def rests(office: Office, who: Somebody) -> tuple[object, object]:
    """Whether the account and the tickets are kept from use, as the company's own tables say."""
    return tuple(  # type: ignore[return-value]
        office.cast.value(RESTRICTED.format(table=table, column=column), id=who.id)
        for table, column in (("users", "id"), ("tickets", "user_id"))
    )


async def lifted(office: Office, view: CaseView, reason: str) -> None:
    people = office.people
    await people.desk.lift(view.case.reference, actor=people.officer, reason=reason)
    await people.client.get_workflow_handle(lift_id(view.case.id)).result()


async def test_s07_marketing_after_an_objection_is_a_breach_that_is_told_recorded_and_stopped_again(
    office: Office, grounds: Installation
) -> None:
    who, people = office.newcomers.customer(MEASURED), office.people
    reference = await people.ask(Right.OBJECTION, who.email, changes={"against": "marketing"})
    await people.prove(who.email, reference)
    view = await people.closed(reference)
    assert view.ending is Ending.FULFILLED
    office.cast.run("delete from email_suppressions where email = :email", email=who.email)  # so it was sent
    sent = date(2026, 11, 25)
    with office.clock.on(date(2026, 11, 26)):
        with pytest.raises(BadInput, match="day outside objection"):
            await people.desk.incident(
                reference, date(2026, 11, 20), actor=people.officer, reason="an e-mail went out"
            )
        await people.desk.incident(reference, sent, actor=people.officer, reason="an e-mail went out")
        await people.client.get_workflow_handle(incident_id(view.case.id, sent.isoformat())).result()
    assert office.cast.suppressed(who.email)
    told = office.letter(view, "L-APOLOGY-2026-11-25")
    for said in ("ขออภัย", "25พฤศจิกายน2569", "มาตรา32วรรคสอง", "มาตรา73", "รายการห้ามส่งอีกครั้ง"):
        assert said in told, said
    [letter] = [one for one in office.house.room.letters.of(view.case.id) if "APOLOGY" in one.code]
    assert letter.sent is not None
    assert "marketing-after-objection" in people.tasks(view)
    assert Event.INCIDENT_NOTED in events_of(grounds, view.case.id)


async def test_s19_analytics_rest_at_once_and_go_on_only_on_a_ground_that_is_proven(office: Office) -> None:
    proven, unproven = office.newcomers.customer(MEASURED), office.newcomers.customer(MEASURED)
    people, house = office.people, office.house
    references = await asyncio.gather(
        *(people.ask(Right.OBJECTION, who.email, changes=INTEREST) for who in (proven, unproven))
    )
    for who, reference in zip((proven, unproven), references, strict=True):
        await people.until(reference, State.VERIFYING)
        assert views_blocked(house, office.cast, who) == {True}  # before anybody says who they are
        await people.identify(who.email, reference)
    await people.decide(references[0], approved=False, ground="R32-COMPEL")
    await people.decide(references[1])
    refused, stopped = await asyncio.gather(*map(people.closed, references))

    assert (refused.ending, people.letters(refused)) == (Ending.REFUSED, ["L1", "L6"])
    told = office.letter(refused, "L6")
    for said in ("มาตรา32วรรคหนึ่ง(1)(ก)", "มาตรา34วรรคหนึ่ง(4)", "มาตรา73", "ไว้ในบันทึกรายการตามมาตรา39"):
        assert said in told, said
    [entry] = house.room.refusals.all(refused.case.id)
    assert (entry.refused.ground, entry.refused.demanded) == ("R32-COMPEL", True)
    assert views_blocked(house, office.cast, proven) == {False}

    assert (stopped.ending, people.letters(stopped)) == (Ending.FULFILLED, ["L1", "L8"])
    assert views_blocked(house, office.cast, unproven) == {True}
    assert "มาตรา33วรรคหนึ่ง(3)" in office.letter(stopped, "L8")
    # What may no longer be used may be erased, though the contract runs (s.33 ¶1(3)).
    erased = await office.erased(unproven)
    assert office.outcomes(erased)["page_views"] == {(Outcome.ERASE, "S33-3")}
    assert office.count("page_views", unproven) == 0
    assert office.count("tickets", unproven) == 1


async def test_s20_security_logs_stay_by_law_and_on_a_compelling_ground_and_the_rest_stops(
    office: Office,
) -> None:
    life = Life(visits=(date(2026, 11, 13),), logins=(date(2026, 11, 10), date(2026, 5, 2)))
    who, people = office.newcomers.customer(life), office.people
    reference = await people.ask(Right.OBJECTION, who.email, changes=INTEREST)
    await people.identify(who.email, reference)
    await people.planned(reference)
    assert (
        await people.desk.propose(reference, approved=True, actor=people.officer, reason="balanced") is None
    )
    await people.desk.confirm(reference, actor=people.approver, reason="agreed")  # a refusal takes two
    view = await people.closed(reference)
    assert (view.ending, people.letters(view)) == (Ending.PARTIAL, ["L1", "L8"])
    became = office.outcomes(view)
    assert became["login_events"] == {
        (Outcome.HOLD, "EX-LAW"),  # traffic data of the last 90 days
        (Outcome.NO_GROUND, "R32-COMPEL"),
    }
    assert became["page_views"] == {(Outcome.STOP, "S32-1")}
    recorded = {one.refused.ground: one for one in office.house.room.refusals.all(view.case.id)}
    assert recorded.keys() == {"EX-LAW", "R32-COMPEL"}
    assert recorded["R32-COMPEL"].refused.demanded
    assert recorded["EX-LAW"].refused.laws == ("Computer Crime Act B.E. 2550 s.26 ¶1",)
    told = office.letter(view, "L8")
    for said in ("มาตรา32วรรคหนึ่ง(1)(ก)", "มาตรา26วรรคหนึ่ง", "มาตรา73"):
        assert said in told, said
    assert office.count("login_events", who) == 2


async def test_s22_a_consent_given_by_a_click_ends_by_a_click(office: Office, grounds: Installation) -> None:
    who = office.newcomers.customer(MEASURED)
    people = office.people
    reference = await people.ask(Right.WITHDRAWAL, who.email, changes={"purpose": "product_research"})
    await people.prove(who.email, reference)  # the link in the message is all that is asked for
    view = await people.closed(reference)
    assert view.ending is Ending.FULFILLED
    assert "โดยไม่ต้องใช้เอกสารใด" in office.letter(view, "L1")
    ended = (
        "select array_agg(purpose_code::text) from consents where user_id = :id and withdrawn_at is not null"
    )
    assert office.cast.value(ended, id=who.id) == ["product_research"]
    assert Event.DECISION_PROPOSED not in events_of(grounds, view.case.id)
    assert not people.tasks(view) & {"call-back"}
    assert "การถอนความยินยอมไม่กระทบต่อการเก็บรวบรวม" in office.letter(view, "L8")


async def test_s23_a_misspelt_name_is_right_at_once_and_who_holds_a_copy_is_told(office: Office) -> None:
    who, name = office.newcomers.customer(MEASURED), "นายสมชัย ถูกต้องดี"
    view = await office.granted(Right.RECTIFICATION, who, changes={"name-th": name})
    assert view.ending is Ending.FULFILLED
    assert office.people.letters(view) == ["L1", "L4"]
    assert view.closed is not None
    assert day_in_bangkok(view.closed) == date(2026, 11, 22)
    assert office.cast.value("select full_name_th from users where id = :id", id=who.id) == name
    assert office.cast.value("select requester_name from tickets where user_id = :id", id=who.id) == name
    told = office.letter(view, "L4")
    for recipient in ("SendGrid", "Stripe"):
        assert recipient in told, recipient
        code = recipient.lower()
        assert "".join(name.split()) in office.letter(view, f"L11-{code}")
        assert f"confirm-{code}" in {one.code for one in office.owed(view, Owed.FOLLOW_UP)}


async def test_s25_data_found_right_stay_the_refusal_is_recorded_and_use_goes_on(office: Office) -> None:
    who, people = office.newcomers.customer(MEASURED), office.people
    before = office.cast.rows(who)
    resting = await office.granted(Right.RESTRICTION, who, changes={"because": "accuracy"})
    assert rests(office, who) == (True, True)
    view = await office.decided(
        Right.RECTIFICATION, who, approved=False, ground="R36-ACCURATE", changes={"name-th": "นายชื่อ ผิด"}
    )
    assert (view.ending, people.letters(view)) == (Ending.REFUSED, ["L1", "L6"])
    told = office.letter(view, "L6")
    for said in ("ตรวจสอบแล้วข้อมูลถูกต้อง", "มาตรา36วรรคหนึ่ง", "ไว้ในบันทึกรายการตามมาตรา39", "มาตรา73"):
        assert said in told, said
    [entry] = office.house.room.refusals.all(view.case.id)
    assert (entry.refused.ground, entry.refused.demanded) == ("R36-ACCURATE", True)
    await lifted(office, resting, "the data were found right")
    assert rests(office, who) == (False, False)
    assert office.cast.changed(before) == {}


async def test_s26_use_rests_the_same_day_while_accuracy_is_checked_and_ends_with_notice(
    office: Office,
) -> None:
    who, people = office.newcomers.customer(MEASURED), office.people
    before = office.cast.rows(who)
    reference = await people.ask(Right.RESTRICTION, who.email, changes={"because": "accuracy"})
    await people.identify(who.email, reference)
    view = await people.planned(reference)
    assert rests(office, who) == (True, True)  # nobody has decided anything yet
    assert day_in_bangkok(office.clock.now()) == view.case.terms.received_on
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.FULFILLED
    told = office.letter(view, "L4")
    assert "บริษัทเพียงเก็บรักษาข้อมูลนั้นไว้และไม่นำไปใช้หรือเปิดเผย" in told
    assert "มาตรา34วรรคหนึ่ง(1)" in told
    assert {frozenset(values) for values in office.cast.changed(before).values()} == {
        frozenset({"processing_restricted"})
    }
    await lifted(office, view, "checked")
    assert "L-LIFTED" in people.letters(view)
    assert rests(office, who) == (False, False)


async def test_s28_who_asks_for_restriction_instead_of_erasure_loses_nothing(office: Office) -> None:
    who = office.newcomers.customer(LEFT)
    before = office.cast.rows(who)
    view = await office.granted(Right.RESTRICTION, who, changes={"because": "unlawful"})
    assert view.ending is Ending.FULFILLED
    assert rests(office, who) == (True, True)
    assert office.cast.rows(who).keys() == before.keys()
    assert {ground for fates in office.outcomes(view).values() for _, ground in fates} == {"S34-2"}
    assert "มาตรา34วรรคหนึ่ง(2)" in office.letter(view, "L4")
    # Erasure is due all the same (s.33 ¶1(4)); while the person prefers restriction, nobody carries it out.
    people = office.people
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    await people.decide(reference)
    erasure = await people.closed(reference)
    assert erasure.ending is Ending.REFUSED
    assert office.cast.rows(who).keys() == before.keys()
    assert {ground for fates in office.outcomes(erasure).values() for _, ground in fates} == {"S34-2"}

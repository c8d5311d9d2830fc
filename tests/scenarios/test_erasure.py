"""S05, S32, S34, S35, S37, S38, S40: what an erasure takes, what it leaves, and whose the rest is to decide."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.restored import replay
from demo.schema import metadata
from domain.aftermath import Owed
from domain.calendar import day_in_bangkok
from domain.holds import OrderKind
from domain.outcomes import Ending, Outcome
from domain.rights import Right
from domain.states import State
from tests.scenarios.day import TODAY
from tests.scenarios.newcomers import Bill, Life
from tests.scenarios.office import Office
from tests.scenarios.test_retention import (
    HELD,
    IN_PART,
    LIFE,
    MONEY,
    WHOLE,
    assert_held_without_address,
    of_money,
)
from tests.workflows.company import Rows

pytestmark = pytest.mark.slow

CUSTOMER = Life(
    bills=(Bill(issued=date(2025, 3, 1), filed=date(2025, 4, 16)),),
    tickets=(date(2026, 10, 5),),
    visits=(date(2026, 11, 13), date(2026, 11, 20)),
    logins=(date(2026, 7, 1), date(2026, 11, 20)),
    consents=("marketing_email", "product_research"),
    cookies=True,
    card=True,
)
NEEDED = ("users", "addresses", "subscriptions", "tickets", "ticket_messages", "login_events")


async def test_s05_a_customer_who_pays_loses_what_no_contract_needs_and_nothing_else(office: Office) -> None:
    who = office.newcomers.customer(CUSTOMER)
    before = office.cast.rows(who)
    view = await office.erased(who)
    assert view.ending is Ending.PARTIAL
    assert office.outcomes(view) == {
        **{table: {(Outcome.NO_GROUND, "NG-33-1")} for table in NEEDED},
        **dict.fromkeys(MONEY, HELD),
        "invoices": IN_PART,
        "consents": {(Outcome.ERASE, "S33-2")},
        "cookie_consents": {(Outcome.ERASE, "S33-2")},
        "page_views": {(Outcome.ERASE, "S33-3")},
    }
    assert {table for table, _ in office.cast.changed(before)} == {
        "consents",
        "cookie_consents",
        "invoices",
        "page_views",
    }
    assert_held_without_address(office, who)
    assert {one.due_on for one in office.owed(view, Owed.HELD)} == {date(2033, 1, 5)}
    assert "L6" not in office.people.letters(view)  # no refusal of everything
    told = office.letter(view, "L5")
    assert "ไม่เข้าเหตุตามมาตรา33วรรคหนึ่ง" in told
    assert "ท่านเลิกใช้บริการแล้วยื่นคำขอใหม่ได้โดยไม่มีค่าใช้จ่าย" in told
    assert "NG-33-1" in {one.refused.ground for one in office.house.room.refusals.all(view.case.id)}


async def test_s32_backups_are_beyond_use_until_the_last_has_aged_out_and_the_letter_says_when(
    office: Office,
) -> None:
    who = office.newcomers.customer(Life(ended=date(2026, 6, 30), tickets=(date(2026, 6, 10),)))
    view = await office.erased(who)
    assert view.ending is Ending.FULFILLED
    assert view.closed is not None
    assert day_in_bangkok(view.closed) <= view.case.terms.strict
    [backups] = office.owed(view, Owed.BACKUPS)
    assert (backups.due_on, backups.met) == (TODAY + timedelta(days=35), False)
    assert "27ธันวาคม2569" in office.letter(view, "L4")
    with office.clock.on(date(2026, 12, 26)):
        await office.release()
    assert not office.house.room.obligations.view(backups.id).met
    with office.clock.on(date(2026, 12, 27)):
        await office.release()
    assert office.house.room.obligations.view(backups.id).met


def restored(office: Office, snapshot: Rows) -> None:
    """The company's database as a backup of that day has it: what is gone is there again, what was changed is as before."""
    with office.cast.crm.begin() as connection:
        for table in metadata.sorted_tables:
            keys = [column.name for column in table.primary_key]
            for (name, _), row in snapshot.items():
                if name == table.name:
                    again = upsert(table).values(row)
                    connection.execute(again.on_conflict_do_update(index_elements=keys, set_=row))


async def test_s34_a_restored_backup_serves_nobody_before_what_was_erased_is_erased_again(
    office: Office,
) -> None:
    life = Life(
        ended=date(2026, 6, 30),
        bills=(Bill(issued=date(2026, 3, 14), filed=date(2026, 4, 16)),),
        tickets=(date(2026, 6, 10),),
        visits=(date(2026, 6, 11),),
    )
    who, stays = office.newcomers.customer(life), office.newcomers.customer(life)
    snapshot, others = office.cast.rows(who), office.cast.rows(stays)
    view = await office.erased(who)
    assert view.ending is Ending.PARTIAL
    erased = office.cast.changed(snapshot)
    restored(office, snapshot)
    assert office.cast.changed(snapshot) == {}
    tools, tombstones = office.house.tools, office.house.room.tombstones

    seen = replay(tools, tombstones, "siamcrm", look_only=True)
    assert (seen.back, seen.gone) == (len(erased), 0)
    assert office.cast.changed(snapshot) == {}
    done = replay(tools, tombstones, "siamcrm")
    assert (done.back, done.gone, done.spared) == (len(erased), len(erased), 0)
    assert office.cast.changed(snapshot) == erased  # and what a law keeps is there as it was
    assert office.cast.changed(others) == {}
    assert office.cast.value("select count(*) from users where lower(email) = :email", email=who.email) == 0
    again = await office.people.ask(Right.ACCESS, who.email)
    await office.people.prove(who.email, again)
    assert (await office.people.closed(again)).ending is Ending.NO_DATA
    assert replay(tools, tombstones, "siamcrm").back == 0


async def test_s35_what_a_tenant_keeps_of_somebody_is_passed_on_in_two_working_days_and_stays(
    office: Office,
) -> None:
    tenant = office.newcomers.customer(Life())
    who = office.newcomers.contact_of(tenant)
    people, slug = office.people, f"scenario{tenant.id}"
    row = f"select md5(contacts::text) from contacts where id = {who.id}"
    before = office.cast.value(row)
    reference = await people.ask(Right.ERASURE, who.email, tenant=slug)
    await people.identify(who.email, reference)
    view = await people.until(reference, State.DECIDING)
    [owed] = office.owed(view, Owed.FOLLOW_UP)
    assert (owed.code, owed.due_on) == ("forward-to-controller", date(2026, 11, 24))  # today is a Sunday
    [task] = [one for one in office.house.room.tasks.of(view.case.id) if one.code == owed.code]
    office.house.room.tasks.close(task.id, actor=people.officer, reason="by registered mail")
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.NOT_CONTROLLER
    assert people.letters(view) == ["L1", "L7"]
    assert office.outcomes(view) == {"contacts": {(Outcome.NOT_CONTROLLER, "P-NOTCTRL")}}
    to_tenant, to_person = office.letter(view, "L10"), office.letter(view, "L7")
    assert who.email in to_tenant
    assert "90วัน" in to_tenant
    assert "บริษัทเป็นผู้ประมวลผลข้อมูลส่วนบุคคล" in to_person
    assert "ได้ส่งคำขอของท่านต่อผู้ควบคุมข้อมูลส่วนบุคคลดังกล่าวแล้วเมื่อวันที่22พฤศจิกายน2569" in to_person
    assert "มาตรา73" in to_person
    assert office.cast.value(row) == before
    # The tenant says nothing: people reach it again, the person hears, and nothing is touched (s.40 ¶2).
    with office.clock.on(view.case.terms.target):
        await office.release()
    assert "ยังไม่ได้รับคำสั่งจากผู้ควบคุมข้อมูลส่วนบุคคล" in office.letter(view, "L-SILENT")
    assert "tenant-silent" in people.tasks(view)
    assert office.cast.value(row) == before


async def test_s37_a_user_who_stands_in_another_tenants_crm_has_two_cases_and_two_clocks(
    office: Office,
) -> None:
    who = office.newcomers.customer(Life(ended=date(2026, 6, 30), tickets=(date(2026, 6, 10),)))
    tenant = office.newcomers.customer(Life())
    contact = office.newcomers.contact_of(tenant, who.email)
    people, slug = office.people, f"scenario{tenant.id}"
    references = await people.ask_all((Right.ERASURE,), who.email, controllers=("", slug))
    views = [office.house.room.register.view(each) for each in references]
    assert [view.tenant for view in views] == ["", slug]
    assert len({view.case.id for view in views}) == 2
    for reference in references:
        await people.identify(who.email, reference)
        await people.decide(reference)
    own, theirs = await office.went_on(references[0]), await people.closed(references[1])
    assert (own.ending, theirs.ending) == (Ending.FULFILLED, Ending.NOT_CONTROLLER)
    assert "contacts" not in office.outcomes(own)
    assert set(office.outcomes(theirs)) == {"contacts"}
    assert office.count("tickets", who) == 0
    assert office.cast.value("select email from contacts where id = :id", id=contact.id) == who.email
    # The company's ninety days are its own; what is the tenant's must only be passed on.
    assert own.case.terms.strict == date(2027, 2, 20)
    [forward] = office.owed(theirs, Owed.FOLLOW_UP)
    assert forward.due_on == date(2026, 11, 24)


async def test_s38_a_court_order_freezes_what_it_names_at_once_and_the_rest_goes(office: Office) -> None:
    who = office.newcomers.customer(
        Life(ended=date(2026, 6, 30), tickets=(date(2026, 6, 10),), visits=(date(2026, 6, 28),))
    )
    people, holds = office.people, office.house.room.holds
    with office.clock.on(TODAY - timedelta(days=10)):
        reference = await people.ask(Right.ERASURE, who.email)
        await people.identify(who.email, reference)
        await people.decide(reference)
        view = await people.until(reference, State.COOLING)
    order = holds.place(
        view.case.id, "civil-2569-38", actor=people.officer, reason="order served", units=("U06",)
    )
    await people.desk.call_off(reference, proceed=True)
    view = await people.seen(reference, lambda seen: bool(seen.parked))
    assert (office.count("tickets", who), office.count("page_views", who)) == (1, 0)
    await people.desk.repair(reference, "siamcrm", retry=True, actor=people.officer, reason="plan under it")
    await people.planned(reference, 2)
    await people.decide(reference)
    view = await office.went_on(reference)
    assert view.ending is Ending.PARTIAL
    became = office.outcomes(view)
    for table in ("tickets", "ticket_messages"):
        assert became[table] == {(Outcome.HOLD, "EX-LAW")}
    told = office.letter(view, "L5")
    assert "เก็บรักษาไว้เพื่อการปฏิบัติตามกฎหมาย" in told
    assert "มาตรา33วรรคสอง" in told
    [owed] = office.owed(view, Owed.ORDERED)
    await office.release()
    assert office.count("tickets", who) == 1
    assert not office.house.room.obligations.view(owed.id).met
    holds.release(order, actor=people.approver, reason="lifted")
    await office.release()
    assert office.count("tickets", who) == 0
    assert office.house.room.obligations.view(owed.id).met
    assert f"L9-{owed.id}" in people.letters(view)


async def test_s40_a_complaint_stops_what_was_still_to_be_erased_until_it_is_settled(office: Office) -> None:
    who = office.newcomers.customer(LIFE)
    view = await office.erased(who)
    [held] = office.owed(view, Owed.HELD)
    holds = office.house.room.holds
    with office.clock.on(date(2026, 12, 10)):  # the backups are beyond use until 27 December
        complaint = holds.place(
            view.case.id,
            "สคส. 2569/40",
            actor=office.people.officer,
            reason="he announced a complaint under s.73",
            kind=OrderKind.COMPLAINT,
        )
    before = office.cast.rows(who)
    with office.clock.on(held.due_on):
        await office.release()
        assert office.cast.changed(before) == {}
        assert of_money(office, who) == WHOLE
        assert not office.house.room.obligations.view(held.id).met
        holds.release(complaint, actor=office.people.approver, reason="settled")
        await office.release()
    assert office.house.room.obligations.view(held.id).met
    assert of_money(office, who) == dict.fromkeys(MONEY, 0)

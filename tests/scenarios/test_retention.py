"""S01, S02, S04: what the law keeps of a customer who left, until when, and that it then goes by itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from domain.aftermath import Owed
from domain.calendar import day_in_bangkok
from domain.events import Event
from domain.outcomes import Ending, Outcome
from domain.ports import CaseView
from domain.rights import Right
from tests.scenarios.conftest import Under
from tests.scenarios.newcomers import Bill, Life
from tests.scenarios.office import Office
from tests.support.house import Installation, events_of
from tests.workflows.company import Somebody

pytestmark = pytest.mark.slow

INVOICE = Bill(issued=date(2022, 3, 14), filed=date(2022, 4, 18))
MONEY = ("invoices", "invoice_lines", "payments", "transfer_slips")
LEFT = date(2026, 6, 30)
LIFE = Life(
    ended=LEFT,
    bills=(INVOICE,),
    tickets=(date(2026, 6, 10),),
    visits=(date(2026, 6, 10), date(2026, 6, 28)),
    logins=(date(2026, 6, 28),),
    consents=("marketing_email",),
    cookies=True,
)
VAT = ("H-VAT", "2027-04-18", "2027-04-18", "2027-04-20")
HELD = {(Outcome.HOLD, "EX-LAW")}
# Of the invoice no law needs the address for mail (Revenue Code s.86/4), and s.33 ¶2 excuses only what a law needs.
IN_PART = HELD | {(Outcome.CLEAR, "S33-1")}


def without_basis(told: dict[str, Any]) -> None:
    """Seven years are published, and nobody registered why years 6 and 7 are needed."""
    del told["holds"]["H-BOOKS"]["basis"]


def five_years(told: dict[str, Any]) -> None:
    """The DPO gave years 6 and 7 up: what the Act itself asks for is all that is kept."""
    without_basis(told)
    told["holds"]["H-BOOKS"]["years"] = 5


def books_of(*, last: str, floor: str, release: str) -> tuple[str, str, str, str]:
    return "H-BOOKS", last, floor, release


def of_money(office: Office, who: Somebody) -> dict[str, object]:
    """How many rows of each table of the sale there are, in SQL."""
    invoices = "select id from invoices where billed_user_id = :id"
    payments = f"select id from payments where invoice_id in ({invoices})"
    asked = {
        "invoices": f"select count(*) from ({invoices}) as mine",
        "invoice_lines": f"select count(*) from invoice_lines where invoice_id in ({invoices})",
        "payments": f"select count(*) from ({payments}) as mine",
        "transfer_slips": f"select count(*) from transfer_slips where payment_id in ({payments})",
    }
    return {table: office.cast.value(statement, id=who.id) for table, statement in asked.items()}


WHOLE, NOTHING = dict.fromkeys(MONEY, 1), dict.fromkeys(MONEY, 0)


def assert_partly_erased(office: Office, view: CaseView, who: Somebody) -> None:
    """Profile, tickets, analytics, marketing and old logs are gone; of the sale what the law needs is held."""
    assert view.ending is Ending.PARTIAL
    became = office.outcomes(view)
    assert {table for table, fates in became.items() if fates >= HELD} == set(MONEY)
    assert {table: became[table] for table in MONEY} == {**dict.fromkeys(MONEY, HELD), "invoices": IN_PART}
    assert became["users"] == {(Outcome.ANONYMISE, "S33-1")}
    assert {fate for table in became.keys() - {*MONEY, "users"} for fate, _ in became[table]} == {
        Outcome.ERASE
    }
    for table in ("tickets", "page_views", "consents", "cookie_consents", "login_events", "subscriptions"):
        assert office.count(table, who) == 0, table
    known = "select email like 'erased-%' and phone is null and address_id is null from users where id = :id"
    assert office.cast.value(known, id=who.id) is True
    assert_held_without_address(office, who)


def assert_held_without_address(office: Office, who: Somebody) -> None:
    """Every row of the sale is there, with buyer, numbers, amounts and dates; the address for mail is not."""
    assert of_money(office, who) == WHOLE
    bare = (
        "select billing_email like 'erased@%' and billing_name is not null and number is not null and total > 0"
        " from invoices where billed_user_id = :id"
    )
    assert office.cast.value(bare, id=who.id) is True


async def test_s01_the_invoice_of_a_customer_who_left_goes_by_itself_when_its_hold_lapses(
    office: Office, grounds: Installation
) -> None:
    who = office.newcomers.customer(LIFE)
    view = await office.erased(who)
    case, terms = view.case.id, view.case.terms
    assert (terms.strict, terms.rolled) == (date(2027, 2, 20), date(2027, 2, 23))
    assert terms.decide_by <= date(2026, 12, 22)
    assert_partly_erased(office, view, who)
    assert office.holds(view) == {
        books_of(last="2029-12-31", floor="2027-12-31", release="2030-01-03"),
        VAT,
    }
    [owed] = office.owed(view, Owed.HELD)
    assert (owed.due_on, owed.items, owed.met) == (date(2030, 1, 3), 4, False)
    sent = {letter.code: letter.sent for letter in office.house.room.letters.of(case)}
    told_on = [day_in_bangkok(at) for code in ("DECISION", "L5") if (at := sent[code])]
    assert len(told_on) == 2
    assert max(told_on) <= date(2026, 12, 22)
    told = office.letter(view, "L5")
    for said in (
        "มาตรา33วรรคสอง",
        "พระราชบัญญัติการบัญชีพ.ศ.2543มาตรา14",
        "ประมวลรัษฎากรมาตรา87/3",
        "31ธันวาคม2572",
        "โดยกฎหมายกำหนดให้เก็บรักษาไว้ถึงวันที่31ธันวาคม2570",
        "18เมษายน2570",
        "3มกราคม2573",
    ):
        assert said in told, said

    before = office.cast.rows(who)
    with office.clock.on(owed.due_on - timedelta(days=1)):
        await office.release()
    assert office.cast.changed(before) == {}
    assert not office.house.room.obligations.view(owed.id).met
    with office.clock.on(owed.due_on, hour=3):
        await office.release()
    assert of_money(office, who) == NOTHING
    assert office.house.room.obligations.view(owed.id).met
    assert people_letters(office, view, "L9") == [f"L9-{owed.id}"]
    told = office.letter(view, f"L9-{owed.id}")
    reference = view.case.reference.replace(" ", "")
    for said in (f"{reference}/L5", "31ธันวาคม2572", "3มกราคม2573", "7กุมภาพันธ์2573"):
        assert said in told, said
    heard = events_of(grounds, case)
    assert heard.count(Event.OBLIGATION_MET) >= 1
    assert Event.KEY_SHREDDED in heard
    office.house.room.audit.verify()


def people_letters(office: Office, view: CaseView, kind: str) -> list[str]:
    return [code for code in office.people.letters(view) if code.startswith(kind)]


async def test_s01_without_a_registered_basis_only_the_acts_own_years_keep_it(under: Under) -> None:
    office, later = await under(without_basis), await under(five_years)
    who = office.newcomers.customer(LIFE)
    view = await office.erased(who)
    assert_partly_erased(office, view, who)
    assert office.holds(view) == {
        books_of(last="2027-12-31", floor="2027-12-31", release="2028-01-05"),
        VAT,
    }
    [owed] = office.owed(view, Owed.HELD)
    assert owed.due_on == date(2028, 1, 5)
    assert "2572" not in office.letter(view, "L5")
    with office.clock.on(date(2028, 1, 5)):  # the DPO is asked again that day, and gives years 6 and 7 up
        await office.release()
        assert of_money(office, who) == WHOLE
        assert "review-held-records" in office.people.tasks(view)
        await later.release()
    assert of_money(office, who) == NOTHING


def march(told: dict[str, Any]) -> None:
    """The company closes its books on 31 March."""
    told["accounting"]["fiscal_year_ends"] = "03-31"


def march_without_basis(told: dict[str, Any]) -> None:
    march(told)
    without_basis(told)


async def test_s02_with_books_closed_in_march_the_vat_return_keeps_it_longest(under: Under) -> None:
    office = await under(march_without_basis)
    who = office.newcomers.customer(LIFE)
    view = await office.erased(who)
    assert_partly_erased(office, view, who)
    assert office.holds(view) == {
        books_of(last="2027-03-31", floor="2027-03-31", release="2027-04-01"),
        VAT,
    }
    [owed] = office.owed(view, Owed.HELD)
    assert owed.due_on == date(2027, 4, 20)
    told = office.letter(view, "L5")
    assert "31มีนาคม2570" in told
    assert "18เมษายน2570" in told
    assert "2572" not in told


async def test_s02_with_books_closed_in_march_and_a_basis_it_stays_the_published_years(under: Under) -> None:
    office = await under(march)
    who = office.newcomers.customer(LIFE)
    reference = await office.people.ask(Right.ERASURE, who.email)
    await office.people.identify(who.email, reference)
    view = await office.people.planned(reference)
    assert office.holds(view) == {
        books_of(last="2029-03-31", floor="2027-03-31", release="2029-04-03"),
        VAT,
    }
    held = [row for row in office.house.room.plans.rows(view.case.id) if row.planned is Outcome.HOLD]
    assert {(row.table, row.until) for row in held} == {(table, date(2029, 4, 3)) for table in MONEY}
    await office.people.desk.withdraw(reference)
    await office.people.closed(reference)


OLD = Life(ended=LEFT, bills=(Bill(issued=date(2019, 6, 30), filed=date(2019, 7, 15)),))


async def test_s04_past_the_acts_own_years_a_registered_basis_alone_keeps_it(office: Office) -> None:
    who = office.newcomers.customer(OLD)
    view = await office.erased(who)
    assert view.ending is Ending.PARTIAL
    assert office.holds(view) == {books_of(last="2026-12-31", floor="2024-12-31", release="2027-01-05")}
    assert {one.due_on for one in office.owed(view, Owed.HELD)} == {date(2027, 1, 5)}
    assert of_money(office, who) == WHOLE
    # The letter rests on what the company registered: the Act asks for those years no longer.
    told = office.letter(view, "L5")
    assert "31ธันวาคม2567" in told
    assert "เก็บรักษาไว้เพื่อสิทธิเรียกร้องตามกฎหมาย" in told
    assert "เก็บรักษาไว้เพื่อการปฏิบัติตามกฎหมาย" not in told
    with office.clock.on(date(2027, 1, 5)):
        await office.release()
    assert of_money(office, who) == NOTHING


async def test_s04_without_a_basis_the_dpo_is_asked_and_it_goes_by_the_ninetieth_day(under: Under) -> None:
    asking, decided = await under(without_basis), await under(five_years)
    who = asking.newcomers.customer(OLD)
    view = await asking.erased(who)
    assert view.ending is Ending.PARTIAL
    became = asking.outcomes(view)
    for table in MONEY:
        assert became[table] == {(Outcome.REVIEW, "HOLD-UNFOUNDED")}
    assert {"look-at-records", "separate-held-records"} <= asking.people.tasks(view)
    [owed] = asking.owed(view, Owed.ORDERED)
    await asking.release()
    assert of_money(asking, who) == WHOLE
    # Her account is gone, so nobody could ask for it again: what is owed finds it all the same.
    day = date(2027, 2, 19)
    with asking.clock.on(day):
        await decided.release()
    assert day < view.case.terms.strict == date(2027, 2, 20)
    assert of_money(asking, who) == NOTHING
    assert people_letters(asking, view, "L9") == [f"L9-{owed.id}"]

"""S08, S10, S11, S13, S14, S16, S17, S49: what a person hears of the data about them, by when, and on what grounds they do not."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from pypdf import PdfReader

from domain.assurance import Method
from domain.calendar import day_in_bangkok
from domain.errors import BadInput, NotFound
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Ending, Outcome
from domain.ports import Intake
from domain.rights import Right
from domain.states import State
from tests.scenarios.day import at
from tests.scenarios.newcomers import Bill, Life
from tests.scenarios.office import Office
from tests.support.people import newest_first
from workflows.desk import Desk

pytestmark = pytest.mark.slow

BILLED = Life(bills=(Bill(issued=date(2025, 3, 1), filed=date(2025, 4, 16)),), tickets=(date(2026, 10, 5),))


async def test_s08_the_promise_is_the_strict_day_and_never_the_rolled_one(office: Office) -> None:
    who = office.newcomers.customer(Life())
    received = date(2026, 11, 7)
    reference = await office.people.ask(Right.ACCESS, who.email, received=at(received))
    view = await office.people.until(reference, State.VERIFYING)
    terms = view.case.terms
    assert (terms.received_on, terms.received_on.isoweekday()) == (received, 6)
    assert (terms.strict, terms.rolled, terms.target) == (
        date(2026, 12, 7),
        date(2026, 12, 8),
        date(2026, 12, 4),
    )
    assert day_in_bangkok(terms.due) == terms.strict
    told = office.letter(view, "L1")
    assert "ภายในวันที่7ธันวาคม2569" in told
    assert "8ธันวาคม2569" not in told
    assert "มาตรา30วรรคสี่" in told
    await office.people.desk.withdraw(reference)
    await office.people.closed(reference)


def hurried_desk(office: Office) -> Desk:
    """A desk that leaves whoever is asked late two seconds to answer."""
    desk, seconds = office.people.desk, 2 / 86_400
    rule = desk.policy.deadlines[Right.ACCESS].model_copy(update={"verify_days_least": seconds})
    deadlines = {**desk.policy.deadlines, Right.ACCESS: rule}
    return replace(desk, policy=desk.policy.model_copy(update={"deadlines": deadlines}))


async def test_s10_who_stays_unverified_is_told_in_time_and_gets_nothing(office: Office) -> None:
    people, who = office.people, office.newcomers.customer(BILLED)
    terms = office.house.policy.terms(Right.ACCESS, office.clock.now())
    assert (day_in_bangkok(terms.verify_by), terms.strict) == (date(2026, 12, 18), date(2026, 12, 22))
    now = datetime.now(UTC)  # until when one waits is told by the workflow's own clock, which nobody sets
    with office.clock.on(day_in_bangkok(now)):
        [view] = await hurried_desk(office).open(
            Intake(
                rights=(Right.ACCESS,),
                channel="web",
                received=now - timedelta(days=29),
                language="th",
                identifiers=(identifier(IdentifierKind.EMAIL, who.email),),
            )
        )
        view = await people.closed(view.case.reference)
    assert view.ending is Ending.UNVERIFIED
    assert people.letters(view) == ["L1", "L12"]
    [last] = [one for one in office.house.room.letters.of(view.case.id) if one.code == "L12"]
    assert last.sent is not None
    assert day_in_bangkok(last.sent) <= view.case.terms.strict
    told = office.letter(view, "L12")
    assert "บริษัทมิได้เปิดเผยแก้ไขหรือลบข้อมูลใด" in told
    assert "มาตรา73" in told
    assert office.house.room.letters.bundle(view.case.id) is None
    with pytest.raises(NotFound):
        office.house.room.plans.summary(view.case.id)
    [entry] = office.house.room.refusals.all(view.case.id)
    assert entry.refused.ground == "P-UNVERIFIED"


async def test_s11_who_is_signed_in_with_a_second_factor_is_asked_for_no_document(office: Office) -> None:
    people, who = office.people, office.newcomers.customer(BILLED)
    [view] = await people.desk.open(
        Intake(
            rights=(Right.ACCESS,),
            channel="web",
            received=office.clock.now(),
            language="th",
            identifiers=(identifier(IdentifierKind.EMAIL, who.email),),
            proved=(Method.CRM_SESSION,),
        )
    )
    reference = view.case.reference
    await people.decide(reference)  # nobody is asked anything before
    view = await people.closed(reference)
    assert (view.ending, people.letters(view)) == (Ending.FULFILLED, ["L1", "L4"])
    mailbox = office.house.settings.mailbox
    assert mailbox is not None
    mails = [text for text in newest_first(mailbox, who.email) if reference in text]
    assert mails
    assert not any("/v/" in text or "บัตรประจำตัวประชาชน" in text for text in mails)
    assert not any("สำเนาบัตร" in office.letter(view, code) for code in ("L1", "L4"))
    assert any("/d/" in text for text in mails)  # the answer goes to the account's own address


async def test_s13_a_third_customer_in_a_ticket_is_a_code_and_the_rest_is_supplied(office: Office) -> None:
    people, who = office.people, office.newcomers.customer(BILLED)
    phone = office.cast.value("select phone from users where id = :id", id=who.id)
    staff = office.house.policy.company.officer.email
    office.cast.run(
        "update ticket_messages set body = :body where id = (select min(m.id) from ticket_messages m"
        " join tickets t on t.id = m.ticket_id where t.user_id = :id)",
        id=who.id,
        body=f"คุณมานี ลูกค้าอีกราย (manee@other.example โทร 081-999-1234) แจ้งแล้ว ตอบ {who.email} หรือ {phone} ที่ {staff}",
    )
    reference = await people.ask(Right.ACCESS, who.email)
    await people.identify(who.email, reference)
    await people.planned(reference)
    await people.desk.redact(reference, ("คุณมานี",), actor=people.officer, reason="another customer's name")
    await people.decide(reference)
    view = await people.closed(reference)
    assert (view.ending, people.letters(view)) == (Ending.FULFILLED, ["L1", "L4"])  # redacted is not refused
    assert office.house.room.refusals.all(view.case.id) == ()
    package = office.package(view)
    told = json.loads(package.read("dossier.json"))
    [body] = [
        one["values"]["body"]
        for one in told["records"]
        if one["table"] == "ticket_messages" and "[third-party]" in one["values"]["body"]
    ]
    assert body == (
        "[third-party] ลูกค้าอีกราย ([third-party] โทร [third-party]) แจ้งแล้ว "
        f"ตอบ {who.email} หรือ {phone} ที่ {staff}"  # who answers for the company is no third person
    )
    everything = b"".join(package.read(name) for name in package.namelist() if not name.endswith(".pdf"))
    for third in ("คุณมานี", "manee@other.example", "081-999-1234"):
        assert third.encode() not in everything
    pages = PdfReader(io.BytesIO(package.read("summary.pdf"))).pages
    text = "".join("".join(page.extract_text() for page in pages).split())
    assert "มาตรา30วรรคสอง" in text  # what the code means


async def test_s14_that_somebody_asks_often_is_no_ground_to_refuse_access(office: Office) -> None:
    people, who = office.people, office.newcomers.customer(BILLED)
    reference = await people.ask(Right.ACCESS, who.email)
    await people.identify(who.email, reference)
    await people.planned(reference)
    for ground in ("too-many-requests", "NG-33-1", ""):
        with pytest.raises(BadInput, match="ground does not refuse"):
            await people.desk.propose(
                reference, approved=False, ground=ground, actor=people.officer, reason="the tenth this year"
            )
    with pytest.raises(BadInput, match="both limbs needed"):  # the one ground that there is asks for more
        await people.desk.propose(
            reference, approved=False, ground="R30-LAW", actor=people.officer, reason="the tenth this year"
        )
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.FULFILLED
    assert office.house.room.refusals.all(view.case.id) == ()


async def test_s16_who_was_imported_by_sales_hears_from_whom_and_gets_no_marketing(office: Office) -> None:
    people = office.people
    listed = office.newcomers.lead(source="import", day=date(2026, 3, 4))
    asked = office.newcomers.lead(source="web_form", day=date(2026, 3, 5))
    given, own = await asyncio.gather(*(office.granted(Right.ACCESS, who) for who in (listed, asked)))
    for view in (given, own):
        assert view.ending is Ending.FULFILLED
        told = json.loads(office.package(view).read("dossier.json"))
        assert {one["unit"] for one in told["tables"] if one["name"] == "contacts"} == {"U17"}  # no tenant's
    summary = "".join(
        "".join(page.extract_text() for page in PdfReader(io.BytesIO(package.read(name))).pages)
        for package in (office.package(given),)
        for name in package.namelist()
        if name.endswith(".pdf")
    )
    assert "รายชื่อที่ฝ่ายขายนำเข้า4มีนาคม2569" in "".join(summary.split())
    letter = office.letter(given, "L4")
    assert "มาตรา25" in letter
    assert "บริษัทหยุดส่งการตลาดแบบตรงถึงท่านแล้ว" in letter
    assert "มาตรา25" not in office.letter(own, "L4")
    suppressed = "select count(*) from email_suppressions where email = :email"
    assert [office.cast.value(suppressed, email=who.email) for who in (listed, asked)] == [1, 0]
    assert "obtained-elsewhere" in people.tasks(given)
    assert "obtained-elsewhere" not in people.tasks(own)


async def test_s17_invoices_are_not_portable_and_are_given_under_access(office: Office) -> None:
    who = office.newcomers.customer(BILLED)
    moved, copied = await asyncio.gather(
        office.granted(Right.PORTABILITY, who), office.granted(Right.ACCESS, who)
    )
    assert moved.ending is Ending.PARTIAL
    became = office.outcomes(moved)
    assert became["invoices"] == {(Outcome.NO_GROUND, "R31-SCOPE")}
    assert became["tickets"] == {(Outcome.COPY, "S31-1")}
    told = office.letter(moved, "L5")
    assert "ข้อมูลไม่ได้มาจากความยินยอมหรือสัญญา" in told
    assert "ขอรับสำเนาได้โดยใช้สิทธิตามมาตรา30โดยไม่มีค่าใช้จ่าย" in told
    given = {
        view.case.right: {
            each["table"]: each["records"]
            for each in json.loads(office.package(view).read("dossier.json"))["counts"]
        }
        for view in (moved, copied)
    }
    assert not given[Right.PORTABILITY].get("invoices")
    assert given[Right.ACCESS]["invoices"] == 1
    held = json.loads(office.package(copied).read("dossier.json"))["holds"]
    assert {(one["unit"], one["rule"], one["until"]) for one in held if one["unit"] == "U03"} == {
        ("U03", "H-BOOKS", "2033-01-05"),
        ("U03", "H-VAT", "2030-04-18"),
    }
    assert copied.ending is Ending.FULFILLED


async def test_s49_access_goes_before_erasure_and_each_has_its_clock_from_the_same_day(
    office: Office,
) -> None:
    who = office.newcomers.customer(Life(ended=date(2026, 6, 30), tickets=(date(2026, 6, 10),)))
    people = office.people
    access, erasure = await people.ask_all((Right.ACCESS, Right.ERASURE), who.email)
    first, second = (office.house.room.register.view(each).case for each in (access, erasure))
    assert (first.right, second.right) == (Right.ACCESS, Right.ERASURE)
    assert first.terms.received_on == second.terms.received_on == date(2026, 11, 22)
    assert (first.terms.strict, second.terms.strict) == (date(2026, 12, 22), date(2027, 2, 20))
    await people.identify(who.email, access)
    await people.planned(access)
    await people.until(erasure, State.WAITING)
    assert office.count("tickets", who) == 1  # what is to be copied stands
    await people.decide(access)
    assert (await people.closed(access)).ending is Ending.FULFILLED
    await people.decide(erasure)
    assert (await office.went_on(erasure)).ending is Ending.FULFILLED
    assert office.count("tickets", who) == 0

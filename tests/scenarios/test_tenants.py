"""Pdpa-rules 3.2 no. 6 and 8: a tenant instructs its processor, which carries it out, certifies it and tells nobody else."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest

from activities.instructing import invite
from domain.errors import BadInput, Conflict, NotAllowed
from domain.holds import OrderKind
from domain.identifiers import IdentifierKind, identifier
from domain.instructions import CHANNEL, Source, Told
from domain.outcomes import Ending, Outcome
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from domain.stops import Mistake
from tests.scenarios.newcomers import Life
from tests.scenarios.office import Office
from tests.support.people import CODE, newest_first
from tests.workflows.company import Somebody

pytestmark = pytest.mark.slow

LINK = re.compile(r"https?://\S+/i/([^\s?]+)")
THERE = "select count(*) from contacts where id = :id"


async def passed_on(office: Office) -> tuple[Somebody, CaseView]:
    """Somebody in a tenant's CRM asked for erasure; the tenant has the request, and the person has heard so."""
    tenant = office.newcomers.customer(Life())
    who = office.newcomers.contact_of(tenant)
    people = office.people
    reference = await people.ask(Right.ERASURE, who.email, tenant=f"scenario{tenant.id}")
    await people.identify(who.email, reference)
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.NOT_CONTROLLER
    assert office.cast.value(THERE, id=who.id) == 1
    return who, view


def mailed(office: Office, address: str, pattern: re.Pattern[str]) -> tuple[str, str]:
    """What the pattern finds in the newest mail to an address that has it, and the whole of that mail."""
    mailbox = office.house.settings.mailbox
    assert mailbox is not None
    for text in newest_first(mailbox, address):
        if found := pattern.search(text):
            return found[1], text
    raise AssertionError("no such mail")


def asked_by_link(office: Office, view: CaseView, contact: str) -> tuple[str, str]:
    """The tenant's contact is sent a link; its token and code."""
    address = identifier(IdentifierKind.EMAIL, contact)
    invite(office.house.tools, view.case.id, address, actor=office.people.officer)
    token, text = mailed(office, contact, LINK)
    code = CODE.search(LINK.sub("", text).replace(view.case.reference, ""))
    assert code is not None
    return token, code[0]


def carried_out_in(office: Office, view: CaseView) -> CaseView:
    [given] = office.house.room.instructions.of(view.case.id)
    assert given.opened
    return office.house.room.register.view(given.opened)


async def test_s35_a_tenant_instructs_by_its_link_and_has_a_certificate(office: Office) -> None:
    who, view = await passed_on(office)
    people, contact = office.people, f"dpo{who.id}@tenant.example"
    assert "await-tenant" in {task.code for task in office.house.room.tasks.of(view.case.id)}
    token, code = asked_by_link(office, view, contact)
    with pytest.raises(NotAllowed, match="code wrong"):
        await people.desk.answer_instruction(token, f"{(int(code) + 1) % 10**6:06}", Told.CARRY_OUT)
    assert office.house.room.instructions.of(view.case.id) == ()
    await people.desk.answer_instruction(token, code, Told.CARRY_OUT)
    again = await people.desk.answer_instruction(token, code, Told.CARRY_OUT)  # a second press
    assert again.reference == view.case.reference
    with pytest.raises(NotAllowed, match="invitation used"):
        await people.desk.answer_instruction(token, code, Told.OURSELVES)
    assert not {task.code for task in office.house.room.tasks.of(view.case.id)} & {
        *("await-tenant", "carry-out-instruction")
    }
    done = carried_out_in(office, view)
    assert (done.channel, done.tenant) == (CHANNEL, view.tenant)
    await people.decide(done.case.reference)  # an erasure takes two of ours, whoever asks for it
    done = await people.closed(done.case.reference)
    assert done.ending is Ending.FULFILLED
    assert office.outcomes(done) == {"contacts": {(Outcome.ERASE, "S40-1")}}
    assert office.cast.value(THERE, id=who.id) == 0
    # One letter, to the tenant; nobody was asked who they are, and the person hears from the tenant.
    assert people.letters(done) == ["L-INSTRUCTED"]
    told = office.letter(done, "L-INSTRUCTED")
    for said in (view.case.reference, view.tenant, "มาตรา40วรรคหนึ่ง(1)", "จึงเรียนมาเพื่อโปรดทราบ"):
        assert said.replace(" ", "") in told, said
    link, mail = mailed(office, contact, re.compile(r"https?://\S+(/d/)"))
    assert link
    assert done.case.reference in mail
    mailbox = office.house.settings.mailbox
    assert mailbox is not None
    assert not any(done.case.reference in text for text in newest_first(mailbox, who.email))
    assert office.house.room.refusals.all(done.case.id) == ()
    assert_certified(office, done, view)
    # Nobody need wait for its word any more.
    with office.clock.on(view.case.terms.target):
        await office.release()
    assert "L-SILENT" not in people.letters(view)


def assert_certified(office: Office, done: CaseView, passed: CaseView) -> None:
    """The certificate names the tenant as controller and us as its processor."""
    import io

    from pypdf import PdfReader

    with office.house.tools.files.read(done.case.id, "certificate.pdf") as sealed:
        pdf = PdfReader(io.BytesIO(sealed.read()))
    told = json.loads(pdf.attachments["certificate.json"][0])
    company = office.house.policy.company.name.th
    assert (told["controller"]["th"], told["processor"]["th"]) == (passed.tenant, company)
    assert [(row["unit"], row["records"]) for row in told["erased"]] == [("U13", 1)]
    text = "".join("".join(page.extract_text() for page in pdf.pages).split())
    assert passed.case.reference in text
    assert "ในฐานะผู้ประมวลผลข้อมูลส่วนบุคคล" in text


async def test_s35_no_officer_alone_ends_what_a_tenant_instructed(office: Office) -> None:
    who, view = await passed_on(office)
    people = office.people
    said: dict[str, Any] = {"actor": people.officer, "reason": "letter TN-8, telephoned back"}
    opened = await people.desk.instruct(view.case.reference, Told.CARRY_OUT, Source.WRITTEN, **said)
    assert opened is not None
    wrong: dict[str, Any] = {"reason": "the letter was another's", "mistake": Mistake.MISTAKE}
    reference = opened.case.reference
    assert not (await people.desk.cancel(reference, actor=people.officer, **wrong)).complete
    assert (await people.desk.cancel(reference, actor=people.approver, **wrong)).complete
    assert (await people.closed(reference)).ending is Ending.STOPPED
    assert office.cast.value(THERE, id=who.id) == 1
    assert await people.desk.instruct(view.case.reference, Told.CARRY_OUT, Source.WRITTEN, **said) is not None


async def test_s35_a_tenant_that_answers_itself_has_nothing_done(office: Office) -> None:
    who, view = await passed_on(office)
    desk, officer = office.people.desk, office.people.officer
    said: dict[str, Any] = {"actor": officer, "reason": "letter TN-7, telephoned back"}
    with pytest.raises(BadInput, match="source not enterable"):
        await desk.instruct(view.case.reference, Told.OURSELVES, Source.LINK, **said)
    opened = await desk.instruct(view.case.reference, Told.OURSELVES, Source.WRITTEN, **said)
    assert opened is None
    with office.clock.on(view.case.terms.target):
        await office.release()
    assert not {"L-SILENT", "tenant-silent"} & {*office.people.letters(view), *office.people.tasks(view)}
    assert office.cast.value(THERE, id=who.id) == 1


async def test_s35_after_the_contracts_end_the_agreement_instructs_and_an_order_still_keeps(
    office: Office,
) -> None:
    who, view = await passed_on(office)
    people, holds = office.people, office.house.room.holds
    said: dict[str, Any] = {"actor": people.officer, "reason": "agreement, clause 9: erase within 30 days"}

    async def enter(ended_on: date | None) -> CaseView:
        opened = await people.desk.instruct(
            view.case.reference, Told.CARRY_OUT, Source.AGREEMENT, ended_on=ended_on, **said
        )
        assert opened is not None
        return opened

    for runs in (None, date(2026, 11, 22), date(2027, 1, 1)):
        with pytest.raises(BadInput, match="contract"):
            await enter(runs)
    done = await enter(date(2026, 10, 31))
    with pytest.raises(Conflict, match="instruction stands"):
        await enter(date(2026, 10, 31))
    order = holds.place(
        done.case.id, "civil-2569-35", actor=people.officer, reason="served", kind=OrderKind.ORDER
    )
    await people.until(done.case.reference, State.DECIDING)
    await people.decide(done.case.reference)
    done = await people.closed(done.case.reference)
    assert office.cast.value(THERE, id=who.id) == 1
    assert done.ending in {Ending.REFUSED, Ending.PARTIAL}
    # No address of theirs is on file: officers hand the report over.
    assert "hand-over-L-INSTRUCTED" in people.tasks(done)
    assert office.house.room.refusals.all(done.case.id) == ()
    holds.release(order, actor=people.approver, reason="lifted")
    await office.release()
    assert office.cast.value(THERE, id=who.id) == 0
    [later] = [code for code in people.letters(done) if code.startswith("L-INSTRUCTED-")]
    assert "สัญญาให้บริการกับท่านสิ้นสุดแล้ว" in office.letter(done, later)

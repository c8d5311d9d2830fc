"""Cases through the real workflow, each to the end that the law gives it."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from pypdf import PdfReader
from sqlalchemy import Engine, text

from bootstrap import House
from demo import check, scenarios
from demo.oracle import rows_of
from domain.aftermath import Owed
from domain.calendar import day_in_bangkok
from domain.errors import BadInput, Conflict, NotAllowed, NotFound, SamePerson, StalePlan, TooLate
from domain.outcomes import Ending, Outcome
from domain.rights import Right
from domain.states import State
from domain.stops import Mistake
from tests.support.people import People


async def to_decision(people: People, right: Right, email: str, *, tenant: str = "") -> str:
    reference = await people.ask(right, email, tenant=tenant)
    await people.identify(email, reference)
    await people.until(reference, State.DECIDING)
    return reference


async def test_access_gives_every_row_of_hers_and_no_other(people: People, house: House, crm: Engine) -> None:
    who = scenarios.SHARED_ADDRESS_OTHER
    reference = await to_decision(people, Right.ACCESS, who.email)
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.FULFILLED
    assert people.letters(view) == ["L1", "L4"]

    bundle = house.room.letters.bundle(view.case.id)
    assert bundle is not None
    with house.tools.files.read(view.case.id, bundle.ref) as sealed:
        package = zipfile.ZipFile(io.BytesIO(sealed.read()))
    dossier = json.loads(package.read("dossier.json"))
    with crm.connect() as connection:
        owned = rows_of(connection, who.user_ids, who.contact_ids)
    expected = {table: len(keys) for table, keys in owned.items()}
    disclosed = {each["table"]: each["records"] for each in dossier["counts"] if each["records"]}
    assert disclosed == expected


async def test_somebody_unknown_hears_that_nothing_is_held(people: People, house: House) -> None:
    who = scenarios.UNKNOWN
    reference = await people.ask(Right.ACCESS, who.email)
    await people.prove(who.email, reference)
    view = await people.closed(reference)
    assert view.ending is Ending.NO_DATA
    assert people.letters(view) == ["L-NODATA", "L1"]
    # Nobody of that address is known, and nothing stands under it alone.
    assert [found.count for found in house.room.findings.manifests(view.case.id)] == [0]


async def test_one_code_by_mail_alone_releases_nothing(people: People, house: House) -> None:
    who = scenarios.BOTH_ROLES
    reference = await people.ask(Right.ACCESS, who.email)
    await people.prove(who.email, reference)
    view = await people.until(reference, State.VERIFYING)
    assert house.room.identity.standing(view.case.id).level == 1
    with pytest.raises(NotFound):
        house.room.plans.summary(view.case.id)
    await people.desk.cancel(reference, actor=people.officer, reason="test over", mistake=Mistake.TEST)
    assert (await people.closed(reference)).ending is Ending.STOPPED


async def test_who_stays_unverified_is_told_before_the_promised_day(people: People, house: House) -> None:
    received = house.tools.clock.now() - timedelta(days=29)
    reference = await people.ask(Right.ACCESS, scenarios.LEAD.email, received=received)
    view = await people.closed(reference)
    assert view.ending is Ending.UNVERIFIED
    assert people.letters(view) == ["L1", "L12"]


async def test_a_letter_entered_late_still_leaves_time_to_be_verified(people: People, house: House) -> None:
    who = scenarios.SHARED_ADDRESS_OTHER
    received = house.tools.clock.now() - timedelta(days=29)
    reference = await people.ask(Right.ACCESS, who.email, received=received)
    await people.identify(who.email, reference)
    await people.decide(reference)
    assert (await people.closed(reference)).ending is Ending.FULFILLED


async def test_a_wrong_code_opens_nothing(people: People, house: House) -> None:
    reference = await people.ask(Right.ACCESS, scenarios.LEAD.email)
    token, code = await people.challenge(scenarios.LEAD.email, reference)
    wrong = "000000" if code != "000000" else "000001"
    with pytest.raises(NotAllowed):
        await people.desk.answer_challenge(token, wrong)
    view = house.room.register.view(reference)
    assert not house.room.identity.standing(view.case.id).address_proved
    await people.desk.withdraw(reference)
    assert (await people.closed(reference)).ending is Ending.WITHDRAWN


async def test_two_accounts_under_one_address_wait_for_an_officer(people: People, house: House) -> None:
    who = scenarios.SAME_EMAIL
    reference = await people.ask(Right.ACCESS, who.email)
    view = await people.until(reference, State.CHOOSING)
    assert len(house.room.vault.candidates(view.case.id)) == 2
    await people.desk.choose(reference, 2, actor=people.officer, reason="named the shop")
    await people.identify(who.email, reference)
    await people.decide(reference)
    assert (await people.closed(reference)).ending is Ending.FULFILLED


async def test_who_is_meant_is_not_left_open_beyond_the_promised_day(people: People, house: House) -> None:
    received = house.tools.clock.now() - timedelta(days=29)
    reference = await people.ask(Right.ACCESS, scenarios.SAME_EMAIL.email, received=received)
    await people.until(reference, State.CHOOSING)
    view = await people.closed(reference)
    assert view.ending is Ending.UNVERIFIED
    assert people.letters(view) == ["L1", "L12"]


async def test_who_showed_who_they_are_is_not_closed_because_nobody_chose(
    people: People, house: House
) -> None:
    received = house.tools.clock.now() - timedelta(days=29)
    email = scenarios.SAME_EMAIL.email
    heard, unheard = [await people.ask(Right.ACCESS, email, received=received) for _ in range(2)]
    for reference in (heard, unheard):
        await people.prove(email, reference)
    views = [await people.seen(reference, lambda seen: bool(seen.parked)) for reference in (heard, unheard)]
    assert {(one.state, one.parked[0].code) for one in views} == {(State.CHOOSING, "choice-overdue")}
    await people.desk.choose(heard, 2, actor=people.officer, reason="named the shop")
    # The second choice is kept, and its word gets lost.
    house.room.vault.choose(views[1].case.id, 2, actor=people.officer, reason="named the shop")
    await people.desk.repair(
        unheard,
        views[1].parked[0].system,
        retry=True,
        actor=people.officer,
        reason="chosen, and nothing moves",
    )
    for reference in (heard, unheard):
        await people.vouch(reference)
        assert (await people.planned(reference)).parked == ()
        await people.desk.withdraw(reference)


async def test_a_choice_of_nobody_whose_word_got_lost_is_found_again(people: People, house: House) -> None:
    who = scenarios.SAME_EMAIL
    reference = await people.ask(Right.ACCESS, who.email)
    view = await people.until(reference, State.CHOOSING)
    for actor in (people.officer, people.approver):
        house.room.vault.choose(view.case.id, None, actor=actor, reason="neither shop is theirs")
    await people.prove(who.email, reference)  # whatever has it look again
    assert (await people.closed(reference)).ending is Ending.NO_DATA


async def test_a_choice_of_nobody_ends_without_data(people: People) -> None:
    who = scenarios.SAME_EMAIL
    reference = await people.ask(Right.ACCESS, who.email)
    await people.until(reference, State.CHOOSING)
    why = "neither shop is theirs"
    assert not await people.desk.choose(reference, None, actor=people.officer, reason=why)
    assert await people.desk.choose(reference, None, actor=people.approver, reason=why)
    await people.prove(who.email, reference)
    assert (await people.closed(reference)).ending is Ending.NO_DATA


async def test_a_refusal_names_its_ground_and_needs_two_people(people: People, house: House) -> None:
    who = scenarios.ACTIVE_CUSTOMER
    reference = await to_decision(people, Right.ERASURE, who.email)
    with pytest.raises(BadInput, match="ground does not refuse"):
        await people.desk.propose(
            reference, approved=False, ground="R30-LAW", actor=people.officer, reason="x"
        )
    said = await people.desk.propose(
        reference, approved=False, ground="NG-33-1", actor=people.officer, reason="contract runs"
    )
    assert said is None
    with pytest.raises(SamePerson):
        await people.desk.confirm(reference, actor=people.officer, reason="me again")
    await people.desk.confirm(reference, actor=people.approver, reason="agreed")
    view = await people.closed(reference)
    assert view.ending is Ending.REFUSED
    assert people.letters(view) == ["L1", "L6"]
    with pytest.raises(Conflict):
        await people.desk.confirm(reference, actor=people.approver, reason="again")


async def test_a_decision_names_the_plan_that_was_read(people: People, house: House, crm: Engine) -> None:
    who = scenarios.ACTIVE_CUSTOMER
    reference = await to_decision(people, Right.ACCESS, who.email)
    with pytest.raises(StalePlan):
        await people.desk.propose(
            reference, approved=True, digest="0" * 64, actor=people.officer, reason="an old print"
        )
    await people.decide(reference)
    await people.closed(reference)
    with pytest.raises(Conflict):
        await people.desk.propose(reference, approved=True, actor=people.officer, reason="again")


async def test_an_erasure_called_off_while_it_cools_changes_nothing(
    people: People, house: House, crm: Engine
) -> None:
    who = scenarios.BOTH_ROLES
    before = check.snapshot(crm)
    reference = await to_decision(people, Right.ERASURE, who.email)
    await people.decide(reference)
    await people.until(reference, State.COOLING)
    await people.desk.call_off(reference, proceed=False)
    view = await people.closed(reference)
    assert view.ending is Ending.CALLED_OFF
    assert people.letters(view) == ["DECISION", "L-CALLEDOFF", "L1"]
    assert check.snapshot(crm) == before
    with pytest.raises((TooLate, Conflict)):
        await people.desk.call_off(reference, proceed=True)


async def test_erasure_keeps_what_the_law_keeps_and_owes_the_rest(
    people: People, house: House, crm: Engine
) -> None:
    who = scenarios.FORMER_CUSTOMER
    owned, before = check.owned_rows(crm, who), check.snapshot(crm)
    reference = await to_decision(people, Right.ERASURE, who.email)
    await people.decide(reference)
    await people.until(reference, State.COOLING)
    await people.desk.call_off(reference, proceed=True)
    view = await people.closed(reference)
    assert view.ending is Ending.PARTIAL
    assert check.wrongs([(who, owned)], before, check.snapshot(crm)) == []
    owed = house.room.obligations.of(view.case.id)
    assert {o.due_on.isoformat() for o in owed if o.kind == Owed.HELD} == {"2030-01-03"}
    assert {o.kind for o in owed} == {Owed.HELD, Owed.BACKUPS, Owed.FOLLOW_UP}
    codes = {letter.code for letter in house.room.letters.of(view.case.id)}
    assert {f"confirm-{code.removeprefix('L11-')}" for code in codes if code.startswith("L11-")} == {
        o.code for o in owed if o.kind == Owed.FOLLOW_UP
    }
    assert people.letters(view) == ["DECISION", "L1", "L5"]
    house.room.audit.verify()


async def test_a_system_that_refuses_waits_for_a_person(people: People, house: House, crm: Engine) -> None:
    who = scenarios.LEAD
    reference = await to_decision(people, Right.ERASURE, who.email)
    with crm.begin() as connection:
        connection.execute(text("alter table notes rename to notes_moved"))
    try:
        await people.decide(reference)
        await people.until(reference, State.COOLING)
        await people.desk.call_off(reference, proceed=True)
        view = await people.seen(reference, lambda seen: bool(seen.parked))
        assert [p.system for p in view.parked] == ["siamcrm"]
        with pytest.raises(Conflict):
            await people.desk.repair(
                reference, "another", retry=True, actor=people.officer, reason="not that one"
            )
    finally:
        with crm.begin() as connection:
            connection.execute(text("alter table notes_moved rename to notes"))
    await people.desk.repair(reference, "siamcrm", retry=True, actor=people.officer, reason="table is back")
    view = await people.closed(reference)
    assert view.ending is Ending.FULFILLED
    assert view.parked == ()


async def test_rows_that_came_after_the_plan_need_a_new_decision(
    people: People, house: House, crm: Engine
) -> None:
    who = scenarios.SHARED_ADDRESS
    reference = await to_decision(people, Right.ERASURE, who.email)
    await people.decide(reference)
    await people.until(reference, State.COOLING)
    with crm.begin() as connection:
        connection.execute(
            text(
                "insert into page_views (user_id, path, feature, duration_ms, ip_address, browser,"
                " operating_system, viewed_at) values (:id, '/x', 'x', 1, '192.0.2.1', 'b', 'o', now())"
            ),
            {"id": who.user_ids[0]},
        )
    await people.desk.call_off(reference, proceed=True)
    view = await people.seen(reference, lambda seen: bool(seen.parked))
    assert view.parked[0].code == "leftover-found"
    await people.desk.repair(reference, "siamcrm", retry=True, actor=people.officer, reason="look again")
    await people.until(reference, State.DECIDING)
    assert house.room.plans.summary(view.case.id).version == 2
    await people.decide(reference)
    await people.until(reference, State.COOLING)
    await people.desk.call_off(reference, proceed=True)
    view = await people.closed(reference)
    assert view.ending is Ending.FULFILLED
    assert people.letters(view) == ["DECISION", "DECISION-2", "L1", "L4"]


async def test_a_hold_placed_after_the_decision_still_stops_the_erasure(
    people: People, house: House, crm: Engine
) -> None:
    who = scenarios.BOTH_ROLES
    before = check.snapshot(crm)
    reference = await to_decision(people, Right.ERASURE, who.email)
    await people.decide(reference)
    view = await people.until(reference, State.COOLING)
    order = house.room.holds.place(
        view.case.id, "civil-2569-17", actor=people.officer, reason="order served this morning"
    )
    await people.desk.call_off(reference, proceed=True)
    view = await people.seen(reference, lambda seen: bool(seen.parked))
    assert check.snapshot(crm) == before
    achieved = {o for r in house.room.effects.receipts(view.case.id) for o, n in r.achieved.items() if n}
    assert achieved == {Outcome.HOLD}
    await people.desk.repair(reference, "siamcrm", retry=True, actor=people.officer, reason="plan under it")
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.REFUSED  # all of it is held: nothing of what was asked was done
    assert check.snapshot(crm) == before
    house.room.holds.release(order, actor=people.approver, reason="lifted")


async def test_what_a_tenant_holds_is_forwarded_and_not_touched(
    people: People, house: House, crm: Engine
) -> None:
    who = scenarios.TENANT_CONTACT
    before = check.snapshot(crm)
    references = [await to_decision(people, Right.ERASURE, who.email, tenant="kadluang") for _ in range(2)]
    letters = []
    for number, reference in enumerate(references):
        case = house.room.register.view(reference).case.id
        # Its two working days run from the day on which it was found, not from the answer.
        written = [one for one in house.room.letters.of(case) if one.code == "L10"]
        [task] = [one for one in house.room.tasks.of(case) if one.code == "forward-to-controller"]
        [owed] = [one for one in house.room.obligations.of(case) if one.kind == Owed.FOLLOW_UP]
        assert (len(written), owed.code) == (1, "forward-to-controller")
        assert owed.due_on >= day_in_bangkok(house.tools.clock.now()) + timedelta(days=2)
        if number:
            house.room.tasks.close(task.id, actor=people.officer, reason="sent by registered mail")
        await people.decide(reference)
        view = await people.closed(reference)
        assert view.ending is Ending.NOT_CONTROLLER
        assert people.letters(view) == ["L1", "L7"]
        assert [one for one in house.room.letters.of(case) if one.code == "L10"] == written
        assert len([one for one in house.room.tasks.of(case, open_only=False) if one.code == task.code]) == 1
        [silence] = [one for one in house.room.obligations.of(case) if one.kind == Owed.LETTER]
        assert (silence.code, silence.due_on, silence.met) == ("L-SILENT", view.case.terms.target, False)
        assert set(house.room.obligations.of(case)) == {owed, silence}
        with house.tools.files.read(case, "letters/L7.pdf") as sealed:
            read = "".join(page.extract_text() for page in PdfReader(io.BytesIO(sealed.read())).pages)
        letters.append("".join(read.split()))
    assert check.snapshot(crm) == before
    assert "จะส่งคำขอของท่านต่อ" in letters[0]
    assert "ได้ส่งคำขอของท่านต่อ" in letters[1]


async def test_a_tenant_hears_of_nobody_who_did_not_show_who_they_are(people: People, house: House) -> None:
    """An objection has its plan drawn up before anybody showed who they are: that tells nobody of them."""
    who = scenarios.TENANT_CONTACT
    reference = await people.ask(
        Right.OBJECTION, who.email, tenant="kadluang", changes={"against": "interest"}
    )
    view = await people.until(reference, State.VERIFYING)
    await people.desk.cancel(reference, actor=people.officer, reason="stop", mistake=Mistake.TEST)
    await people.closed(reference)
    assert people.tasks(view).isdisjoint({"forward-to-controller", "hand-over-L10"})
    assert house.room.letters.find(view.case.id, "L10") is None


async def test_a_reference_that_does_not_exist_is_said(people: People) -> None:
    with pytest.raises(NotFound):
        await people.desk.confirm("DSR-2569-999999", actor=people.approver, reason="x")


async def test_no_law_lets_the_company_extend(people: People) -> None:
    reference = await people.ask(Right.ACCESS, scenarios.LEAD.email)
    with pytest.raises(Conflict, match="no power to extend"):
        await people.desk.extend(reference, 10, actor=people.officer, reason="busy")
    await people.desk.withdraw(reference)
    await people.closed(reference)

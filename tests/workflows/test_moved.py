"""Records that became another person's after the plan was read: neither erased nor given away, but looked at."""

from __future__ import annotations

from bootstrap import House
from domain.aftermath import Owed
from domain.calendar import day_in_bangkok
from domain.item import Record
from domain.outcomes import Ending, Outcome
from domain.rights import Right
from domain.states import State
from tests.support.house import Installation
from tests.support.people import People
from tests.workflows.company import PAYS, Cast, Somebody
from tests.workflows.test_release import TWO_BILLS, due_now, erased, release

HEARD = "exists (select from tickets k join ticket_messages m on m.ticket_id = k.id where k.user_id = u.id)"
SUPPORT = {"units": "U06"}


def left(cast: Cast) -> Somebody:
    """Who wrote to support and is a customer no more: nothing keeps what they wrote."""
    who = cast.user(HEARD, f"not {PAYS}")
    cast.run("update users set status = 'disabled' where id = :id", id=who.id)
    return who


def support(cast: Cast, who: Somebody) -> tuple[str, object, object]:
    """The tickets of somebody, as a list for SQL, and how many of them and of their messages stand."""
    ids = str(cast.value("select string_agg(id::text, ',') from tickets where user_id = :id", id=who.id))
    return ids, *standing(cast, ids)


def standing(cast: Cast, ids: str) -> tuple[object, object]:
    return (
        cast.value(f"select count(*) from tickets where id in ({ids})"),
        cast.value(f"select count(*) from ticket_messages where ticket_id in ({ids})"),
    )


def hand_over(cast: Cast, who: Somebody, to: Somebody) -> None:
    """Support finds that the tickets were filed with the wrong person."""
    cast.run(
        "update tickets set user_id = :to, requester_email = :email where user_id = :id",
        to=to.id,
        email=to.email,
        id=who.id,
    )


async def test_what_became_anothers_while_an_erasure_cools_is_not_erased(
    people: People, house: House, cast: Cast
) -> None:
    who, other = left(cast), cast.user()
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    await people.decide(reference)
    await people.until(reference, State.COOLING)
    ids, *before = support(cast, who)
    hand_over(cast, who, other)
    view = await people.went_on(reference)
    assert view.ending is Ending.PARTIAL
    assert [*standing(cast, ids)] == before
    became = {
        row.table: row.planned
        for row in house.room.plans.results(view.case.id)
        if row.table in {"tickets", "ticket_messages"}
    }
    assert became == {"tickets": Outcome.REVIEW, "ticket_messages": Outcome.REVIEW}
    assert "look-at-records" in people.tasks(view)


async def test_what_became_anothers_before_the_decision_is_not_in_the_copy(
    people: People, house: House, cast: Cast
) -> None:
    who, other = cast.user(HEARD), cast.user()
    reference = await people.ask(Right.ACCESS, who.email)
    await people.identify(who.email, reference)
    await people.planned(reference)
    hand_over(cast, who, other)
    cast.run("update users set locale = 'en', full_name_en = 'Renamed Since' where id = :id", id=who.id)
    await people.decide(reference)
    view = await people.closed(reference)
    with house.tools.files.read(view.case.id, "records/siamcrm") as lines:
        given = [Record.model_validate_json(line) for line in lines]
    assert {"tickets", "ticket_messages"}.isdisjoint(record.table for record in given)
    # What changed of her own is given as it stands.
    assert [r.values["full_name_en"] for r in given if r.table == "users"] == ["Renamed Since"]
    assert "look-at-records" in people.tasks(view)


async def test_a_contract_renewed_while_a_refused_batch_waits_keeps_what_it_needs(
    people: People, cast: Cast
) -> None:
    who = left(cast)
    reference = await people.ask(Right.ERASURE, who.email, changes=SUPPORT)
    await people.identify(who.email, reference)
    await people.decide(reference)
    await people.until(reference, State.COOLING)
    ids, *before = support(cast, who)
    cast.run(
        "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$"
    )
    cast.run("create trigger refuse before delete on tickets for each row execute function refuse()")
    try:
        await people.desk.call_off(reference, proceed=True)
        view = await people.seen(reference, lambda seen: bool(seen.parked))
    finally:
        cast.run("drop trigger refuse on tickets")
        cast.run("drop function refuse()")
    assert [*standing(cast, ids)] == before
    cast.run("update users set status = 'active' where id = :id", id=who.id)
    since = view.parked
    await people.desk.repair(reference, "siamcrm", retry=True, actor=people.officer, reason="mended")
    view = await people.seen(
        reference, lambda seen: bool(seen.closed or (seen.parked and seen.parked != since))
    )
    assert [*standing(cast, ids)] == before
    assert [wait.code for wait in view.parked] == ["leftover-found"]
    await people.desk.repair(reference, "siamcrm", retry=True, actor=people.officer, reason="decide anew")
    await people.planned(reference, 2)
    await people.decide(reference)
    assert (await people.closed(reference)).ending is Ending.REFUSED
    assert [*standing(cast, ids)] == before


async def test_what_an_order_kept_and_is_anothers_by_now_does_not_go_with_the_order(
    people: People, house: House, cast: Cast
) -> None:
    who, other = left(cast), cast.user()
    reference = await people.ask(Right.ERASURE, who.email, changes=SUPPORT)
    case = (await people.until(reference, State.VERIFYING)).case.id
    order = house.room.holds.place(case, "civil-2569-19", actor=people.officer, reason="order served")
    await people.identify(who.email, reference)
    await people.decide(reference)
    view = await people.closed(reference)
    ids, *before = support(cast, who)
    hand_over(cast, who, other)
    house.room.holds.release(order, actor=people.approver, reason="lifted")
    await release(people)
    assert [*standing(cast, ids)] == before
    assert "review-held-records" in people.tasks(view)
    assert not any(code.startswith("L9") for code in people.letters(view))
    assert not any(one.met for one in house.room.obligations.of(case) if one.kind == Owed.ORDERED)


async def test_a_held_record_that_the_search_no_longer_comes_to_is_held_still(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    who, other = cast.user(TWO_BILLS), cast.user()
    view = await erased(people, who)
    before = cast.rows(who)
    held = [one for one in house.room.obligations.of(view.case.id) if one.kind == Owed.HELD]
    cast.run("update invoices set billed_user_id = :to where billed_user_id = :id", to=other.id, id=who.id)
    for one in held:
        due_now(installation, one, day_in_bangkok(house.tools.clock.now()))
    await release(people)
    assert {(table, *became) for (table, _), became in cast.changed(before).items()} == {
        ("invoices", "billed_user_id")
    }
    later = [house.room.obligations.view(one.id) for one in held]
    assert [(one.met, one.due_on) for one in later] == [(False, one.due_on) for one in held]

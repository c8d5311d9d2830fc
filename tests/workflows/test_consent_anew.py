"""Who consents again after asking to withdraw has said something newer: nothing of it is stopped or erased blindly."""

from __future__ import annotations

import pytest

from bootstrap import House
from domain.assess import GIVEN_ANEW
from domain.outcomes import DESTROYING, Ending, Outcome
from domain.rights import Right
from domain.states import State
from tests.support.people import People
from tests.workflows.company import ANSWERS_SURVEYS, PAYS, Cast
from tests.workflows.test_withdrawal import erasure_after

pytestmark = pytest.mark.slow

ASKED = "ask-whether-consent-stands"
_AGAIN = """
    insert into consents (user_id, purpose_code, channel, notice_version, given_at)
    values (:id, 'product_research', 'web', '2569-11', now())
"""
_ANEW = "select count(*) from consents where user_id = :id and given_at > now() - interval '1 hour'"
_STANDS = _ANEW + " and withdrawn_at is null"


async def test_a_withdrawal_ends_what_it_was_about_and_leaves_the_consent_given_since(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(ANSWERS_SURVEYS)
    reference = await people.ask(Right.WITHDRAWAL, who.email)
    await people.until(reference, State.VERIFYING)
    cast.run(_AGAIN, id=who.id)
    await people.prove(who.email, reference)
    view = await people.closed(reference)
    assert view.ending is Ending.FULFILLED
    assert (
        cast.value("select count(*) from consents where user_id = :id and withdrawn_at is null", id=who.id)
        == 1
    )
    assert cast.value(_STANDS, id=who.id) == 1
    assert ASKED in people.tasks(view)
    # What rested on the older consents may rest on the new one: nobody erases it without looking.
    assert house.room.register.links(view.case.id) == ()
    assert "assess-what-rested-on-consent" in people.tasks(view)


async def test_what_rested_on_consent_is_planned_anew_where_one_was_given_while_it_cooled_off(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(PAYS, ANSWERS_SURVEYS)
    withdrawn = await people.ask(Right.WITHDRAWAL, who.email)
    await people.prove(who.email, withdrawn)
    reference = erasure_after(house, await people.closed(withdrawn))
    before = cast.rows(who)
    await people.decide(reference)
    await people.until(reference, State.COOLING)
    cast.run(_AGAIN, id=who.id)
    await people.desk.call_off(reference, proceed=True)
    view = await people.seen(reference, lambda seen: bool(seen.parked))
    assert {parked.code for parked in view.parked} == {"leftover-found"}
    assert cast.changed(before) == {}
    for parked in view.parked:
        await people.desk.repair(reference, parked.system, retry=True, actor=people.officer, reason="look")
    view = await people.planned(reference, version=2)
    rows = list(house.room.plans.rows(view.case.id))
    assert not [row for row in rows if row.planned in DESTROYING]
    assert {row.planned for row in rows if row.ground == GIVEN_ANEW} == {Outcome.REVIEW}
    assert ASKED in people.tasks(view)
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.REFUSED
    assert cast.changed(before) == {}

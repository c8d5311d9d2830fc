"""Withdrawal of consent (s.19): at once, nobody decides; what rested on consent alone is then looked at (s.37(3))."""

from __future__ import annotations

import asyncio

import pytest

from bootstrap import House
from domain.errors import Refused
from domain.events import Event
from domain.links import Relation
from domain.outcomes import DESTROYING, Ending, Outcome
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from tests.support.house import Installation, events_of
from tests.support.people import People
from tests.workflows.company import ANSWERS_SURVEYS, CONSENTED_TO_NOTHING, PAYS, Cast, Rows

pytestmark = pytest.mark.slow

RESEARCH = {"purpose": "product_research"}


def ended(became: Rows) -> set[str]:
    """The tables of the consents that now bear the day on which they ended; nothing else may have changed."""
    assert all("withdrawn_at" in values for values in became.values())
    return {table for table, _ in became}


def erasure_after(house: House, view: CaseView) -> str:
    [link] = [one for one in house.room.register.links(view.case.id) if one.relation is Relation.FOLLOWS]
    assert link.right is Right.ERASURE
    return link.reference


async def test_the_consent_that_is_named_ends_and_no_other(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    named, everything = (
        cast.user(ANSWERS_SURVEYS, "exists (select from cookie_consents k where k.user_id = u.id)")
        for _ in range(2)
    )
    before = {one: cast.rows(one) for one in (named, everything)}
    references = await asyncio.gather(
        people.ask(Right.WITHDRAWAL, named.email, changes=RESEARCH),
        people.ask(Right.WITHDRAWAL, everything.email),
    )
    for who, reference in zip((named, everything), references, strict=True):
        await people.prove(who.email, reference)
    views = await asyncio.gather(*map(people.closed, references))
    assert [view.ending for view in views] == [Ending.FULFILLED, Ending.FULFILLED]
    assert [people.letters(view) for view in views] == [["L1", "L8"], ["L1", "L8"]]
    assert Event.DECISION_PROPOSED not in events_of(installation, views[0].case.id)
    assert ended(cast.changed(before[named])) == {"consents"}
    assert ended(cast.changed(before[everything])) == {"consents", "cookie_consents"}
    assert (cast.suppressed(named.email), cast.suppressed(everything.email)) == (False, True)
    # While the consent to cookies stands, nobody can tell what rested on the other one alone.
    assert house.room.register.links(views[0].case.id) == ()
    assert "assess-what-rested-on-consent" in people.tasks(views[0])
    assert "assess-what-rested-on-consent" not in people.tasks(views[1])
    await people.desk.withdraw(erasure_after(house, views[1]))


async def test_a_withdrawal_that_took_effect_is_followed_up_though_its_case_is_broken_off(
    people: People, house: House, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, everything = (
        cast.user(ANSWERS_SURVEYS, "exists (select from cookie_consents k where k.user_id = u.id)")
        for _ in range(2)
    )

    def away(*_: object) -> None:
        raise Refused("probe")

    with monkeypatch.context() as broken:
        broken.setattr("activities.prove.located", away)
        references = await asyncio.gather(
            people.ask(Right.WITHDRAWAL, named.email, changes=RESEARCH),
            people.ask(Right.WITHDRAWAL, everything.email),
        )
        for who, reference in zip((named, everything), references, strict=True):
            await people.prove(who.email, reference)
            await people.seen(reference, lambda seen: bool(seen.parked))
            await people.stop(reference)
        views = await asyncio.gather(*map(people.closed, references))
    assert [view.ending for view in views] == [Ending.PARTIAL, Ending.PARTIAL]
    assert "assess-what-rested-on-consent" in people.tasks(views[0])
    assert house.room.register.links(views[0].case.id) == ()
    await people.desk.withdraw(erasure_after(house, views[1]))


async def test_a_consent_never_given_changes_nothing(people: People, house: House, cast: Cast) -> None:
    none, other = cast.user(CONSENTED_TO_NOTHING), cast.user(ANSWERS_SURVEYS)
    before = cast.rows(none, other)
    references = await asyncio.gather(
        people.ask(Right.WITHDRAWAL, none.email),
        people.ask(Right.WITHDRAWAL, other.email, changes={"purpose": "marketing_email"}),
    )
    for who, reference in zip((none, other), references, strict=True):
        await people.prove(who.email, reference)
    for view in await asyncio.gather(*map(people.closed, references)):
        assert view.ending is Ending.NOTHING_DUE
        assert people.letters(view) == ["L-NOTHING", "L1"]
        assert house.room.register.links(view.case.id) == ()
    assert cast.changed(before) == {}


async def test_what_rested_on_the_consent_alone_is_erased_once_two_have_decided(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(PAYS, ANSWERS_SURVEYS)
    before = cast.rows(who)
    withdrawn = await people.ask(Right.WITHDRAWAL, who.email)
    await people.prove(who.email, withdrawn)
    reference = erasure_after(house, await people.closed(withdrawn))
    # The address proved for the withdrawal is enough for what follows from it: nobody asks again.
    view = await people.planned(reference)
    rows = list(house.room.plans.rows(view.case.id))
    going = {row.table for row in rows if row.planned in DESTROYING}
    assert going <= {"consents", "cookie_consents"}
    assert "consents" in going
    assert {row.planned for row in rows if row.table not in going} == {Outcome.NOT_ASKED}
    said = await people.desk.propose(reference, approved=True, actor=people.officer, reason="read")
    assert said is None
    assert (await people.until(reference, State.DECIDING)).ending is None
    await people.desk.confirm(reference, actor=people.approver, reason="agreed")
    view = await people.went_on(reference)
    assert view.ending is Ending.FULFILLED
    assert people.letters(view) == ["DECISION", "L1", "L4"]
    assert {table for table, _ in cast.changed(before)} == going

"""Objection (s.32): marketing stops at intake, other use rests while it is decided, and goes on only if refused."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta

import pytest

from bootstrap import House
from domain.errors import BadInput, Conflict, NotAllowed, SamePerson
from domain.events import Event
from domain.identifiers import IdentifierKind, identifier
from domain.links import Relation
from domain.outcomes import Ending, Outcome
from domain.rights import Right
from domain.states import State
from domain.stops import Mistake
from tests.support.house import Installation, events_of
from tests.support.people import People
from tests.workflows.company import READS, Cast, views_blocked

pytestmark = pytest.mark.slow

MARKETING, INTEREST = {"against": "marketing"}, {"against": "interest"}


async def test_marketing_stops_at_intake_for_anybody_and_asks_only_the_address(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    who = cast.user(READS)
    for purpose in ("marketing_email", "product_research"):
        cast.run(
            "delete from consents where user_id = :id and purpose_code = :purpose", id=who.id, purpose=purpose
        )
        cast.run(
            "insert into consents (user_id, purpose_code, channel, notice_version, given_at)"
            " values (:id, :purpose, 'web', '1', '2026-01-01')",
            id=who.id,
            purpose=purpose,
        )
    before = cast.rows(who)
    mine, theirs = await asyncio.gather(
        people.ask(Right.OBJECTION, who.email, changes=MARKETING),
        people.ask(Right.OBJECTION, "never.heard.of@example.org", changes=MARKETING),
    )
    await asyncio.gather(*(people.until(one, State.VERIFYING) for one in (mine, theirs)))
    assert cast.suppressed(who.email)
    assert cast.suppressed("never.heard.of@example.org")
    assert cast.changed(before) == {}

    await people.prove(who.email, mine)
    await people.prove("never.heard.of@example.org", theirs)
    view, other = await asyncio.gather(people.closed(mine), people.closed(theirs))
    assert (view.ending, other.ending) == (Ending.FULFILLED, Ending.FULFILLED)
    assert people.letters(view) == people.letters(other) == ["L1", "L8"]
    told = events_of(installation, view.case.id)
    assert Event.DECISION_PROPOSED not in told
    assert told.index(Event.MARKETING_STOPPED) < told.index(Event.IDENTITY_PROVED)
    [(place, values)] = cast.changed(before).items()
    assert place[0] == "consents"
    assert before[place]["purpose_code"] == "marketing_email"
    assert set(values) == {"withdrawn_at"}
    assert cast.suppressed(who.email)


async def test_an_interest_rests_before_anybody_says_who_they_are_and_an_officer_decides(
    people: People, house: House, cast: Cast
) -> None:
    refused, approved, silent = cast.user(READS), cast.user(READS), cast.user(READS)
    everybody = (refused, approved, silent)
    before = cast.rows(*everybody)
    late = house.tools.clock.now() - timedelta(days=29)
    references = await asyncio.gather(
        *(people.ask(Right.OBJECTION, who.email, changes=INTEREST) for who in everybody[:2]),
        people.ask(Right.OBJECTION, silent.email, changes=INTEREST, received=late),
    )
    for who, reference in zip(everybody[:2], references[:2], strict=True):
        await people.until(reference, State.VERIFYING)
        assert views_blocked(house, cast, who) == {True}

    for who, reference in zip(everybody[:2], references[:2], strict=True):
        await people.prove(who.email, reference)
        await people.until(reference, State.VERIFYING)  # the address alone is not enough to decide
        await people.vouch(reference)
    await people.until(references[0], State.DECIDING)
    with pytest.raises(BadInput, match="ground does not refuse"):
        await people.desk.propose(
            references[0], approved=False, ground="NG-33-1", actor=people.officer, reason="x"
        )
    said = await people.desk.propose(
        references[0], approved=False, ground="R32-COMPEL", actor=people.officer, reason="fraud"
    )
    assert said is None
    with pytest.raises(SamePerson):
        await people.desk.confirm(references[0], actor=people.officer, reason="me again")
    await people.desk.confirm(references[0], actor=people.approver, reason="agreed")
    await _kept_by_hand(people, house, references[1])
    await people.decide(references[1])
    views = await asyncio.gather(*map(people.closed, references))

    # What a law or a compelling ground keeps of their sign-ins goes on (S20): what was approved is done in part.
    assert [view.ending for view in views] == [Ending.REFUSED, Ending.PARTIAL, Ending.UNVERIFIED]
    became = {(row.table, row.planned, row.ground) for row in house.room.plans.results(views[1].case.id)}
    assert became - {("login_events", Outcome.HOLD, "EX-LAW")} == {
        ("login_events", Outcome.NO_GROUND, "R32-COMPEL"),
        ("page_views", Outcome.STOP, "S32-1"),
    }
    assert [people.letters(view) for view in views] == [["L1", "L6"], ["L1", "L8"], ["L1", "L12"]]
    assert views_blocked(house, cast, refused) == {False}
    assert views_blocked(house, cast, approved) == {True}
    assert views_blocked(house, cast, silent) == {False}
    done = house.room.tasks.of(views[1].case.id, open_only=False)
    # It was done, and is not asked for again.
    assert [task.closed is not None for task in done if task.code == "keep-from-use"] == [True]
    assert "use-again" in people.tasks(views[0]) & people.tasks(views[2])
    assert cast.changed(before) == {}


async def _kept_by_hand(people: People, house: House, reference: str) -> None:
    """An officer sees to it that nobody uses the records of a system that has no place to note that."""
    case = (await people.until(reference, State.DECIDING)).case.id
    [asked] = [task for task in house.room.tasks.of(case) if task.code == "keep-from-use"]
    house.room.tasks.close(asked.id, actor=people.officer, reason="taken out of the reports")


async def test_an_objection_that_is_taken_back_leaves_nothing_at_rest(
    people: People, house: House, cast: Cast
) -> None:
    withdrawn, stopped = cast.user(READS), cast.user(READS)
    references = await asyncio.gather(
        *(people.ask(Right.OBJECTION, who.email, changes=INTEREST) for who in (withdrawn, stopped))
    )
    await asyncio.gather(*(people.until(one, State.VERIFYING) for one in references))
    assert views_blocked(house, cast, withdrawn) == views_blocked(house, cast, stopped) == {True}
    await people.desk.withdraw(references[0])
    await people.desk.cancel(
        references[1], actor=people.officer, reason="sent by mistake", mistake=Mistake.MISTAKE
    )
    views = await asyncio.gather(*map(people.closed, references))
    assert [view.ending for view in views] == [Ending.WITHDRAWN, Ending.STOPPED]
    assert views_blocked(house, cast, withdrawn) == views_blocked(house, cast, stopped) == {False}


async def test_who_proves_nothing_of_those_they_named_leaves_nothing_of_them_at_rest(
    people: People, house: House, cast: Cast
) -> None:
    """A stranger gives their own address beside somebody else's: the marketing stays stopped, the rest is free again."""
    victim, stranger = cast.user(READS), f"stranger.{secrets.token_hex(4)}@example.org"
    before = cast.rows(victim)
    reference = await people.ask(
        Right.OBJECTION,
        stranger,
        changes={"against": "marketing,interest"},
        also=(identifier(IdentifierKind.EMAIL, victim.email),),
        received=house.tools.clock.now() - timedelta(days=29),
    )
    await people.until(reference, State.VERIFYING)
    assert views_blocked(house, cast, victim) == {True}
    await people.prove(stranger, reference)
    view = await people.closed(reference)
    assert view.ending is Ending.NO_DATA
    assert people.letters(view) == ["L-NODATA", "L1"]
    assert views_blocked(house, cast, victim) == {False}
    assert cast.changed(before) == {}
    assert cast.suppressed(stranger)


async def test_a_refusal_never_reaches_the_part_against_marketing(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS)
    cast.run(
        "insert into consents (user_id, purpose_code, channel, notice_version, given_at)"
        " values (:id, 'event_invitation', 'web', '1', '2026-01-01')",
        id=who.id,
    )
    reference = await people.ask(Right.OBJECTION, who.email, changes={"against": "marketing,interest"})
    await people.identify(who.email, reference)
    await people.decide(reference, approved=False, ground="R32-COMPEL")
    view = await people.closed(reference)
    assert view.ending is Ending.PARTIAL
    assert people.letters(view) == ["L1", "L8"]
    assert cast.suppressed(who.email)
    stamped = "select withdrawn_at is not null from consents where user_id = :id and purpose_code = 'event_invitation'"
    assert cast.value(stamped, id=who.id) is True
    assert views_blocked(house, cast, who) == {False}
    rows = list(house.room.plans.results(view.case.id))
    assert {(row.planned, row.ground) for row in rows if row.table == "page_views"} == {
        (Outcome.NO_GROUND, "R32-COMPEL")
    }
    with pytest.raises(Conflict):
        await people.desk.propose(reference, approved=True, actor=people.officer, reason="again")
    review = await people.desk.reopen(
        reference, actor=people.officer, reason="they complain", relation=Relation.REVIEWS
    )
    again = review.case.reference
    await people.until(again, State.VERIFYING)
    await people.identify(who.email, again)
    await people.planned(again)
    for actor in (people.officer, people.approver):  # what they decided was on an older plan than the last
        with pytest.raises(NotAllowed, match="reviewed by same people"):
            await people.desk.propose(again, approved=True, actor=actor, reason="as before")
    await people.desk.withdraw(again)
    await people.closed(again)

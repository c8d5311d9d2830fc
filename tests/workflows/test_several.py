"""Requests that belong together: several rights, several controllers, two that are one, one that is taken up again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bootstrap import House
from demo import scenarios
from domain.errors import Conflict, NotAllowed
from domain.events import Event
from domain.identifiers import IdentifierKind, identifier
from domain.links import Relation
from domain.outcomes import Ending
from domain.ports import Intake
from domain.rights import Right
from domain.states import State
from tests.support.house import Installation, events_of
from tests.support.people import People, newest_first
from tests.workflows.company import READS, Cast

pytestmark = pytest.mark.slow


async def test_what_is_to_be_copied_is_copied_before_it_is_erased(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS)
    access, erasure = await people.ask_all((Right.ERASURE, Right.ACCESS), who.email)
    views = [house.room.register.view(each) for each in (access, erasure)]
    assert [view.case.right for view in views] == [Right.ACCESS, Right.ERASURE]
    await people.until(erasure, State.WAITING)
    await people.identify(who.email, access)
    await people.planned(access)
    assert house.room.register.view(erasure).state is State.WAITING
    await people.decide(access)
    assert (await people.closed(access)).ending is Ending.FULFILLED
    # The proofs of the one are the proofs of the other.
    view = await people.planned(erasure)
    await people.decide(erasure)
    view = await people.went_on(erasure)
    assert view.ending is Ending.PARTIAL
    assert cast.value("select count(*) from page_views where user_id = :id", id=who.id) == 0


async def test_each_controller_that_is_named_has_a_case_of_its_own(people: People, house: House) -> None:
    who = scenarios.TENANT_CONTACT
    before = await asyncio.to_thread(house.room.register.views)
    references = await people.ask_all((Right.ACCESS,), who.email, controllers=("", "kadluang"))
    views = [house.room.register.view(each) for each in references]
    assert [view.tenant for view in views] == ["", "kadluang"]
    assert len({view.request for view in views}) == 1
    assert len(await asyncio.to_thread(house.room.register.views)) == len(before) + 2
    for reference in references:
        await people.prove(who.email, reference)
    assert (await people.closed(references[0])).ending is Ending.NO_DATA
    await people.vouch(references[1])
    await people.decide(references[1])
    assert (await people.closed(references[1])).ending is Ending.NOT_CONTROLLER


async def test_two_requests_of_one_person_become_the_earlier_one(
    people: People, house: House, cast: Cast, mailbox: Path, installation: Installation
) -> None:
    who, stranger = cast.user(), cast.user()
    earlier = await people.ask(Right.ACCESS, who.email, received=house.tools.clock.now() - timedelta(days=5))
    later = await people.ask(Right.ACCESS, who.email)
    other = await people.ask(Right.ACCESS, stranger.email)
    await asyncio.gather(*(people.until(one, State.VERIFYING) for one in (earlier, later, other)))
    with pytest.raises(Conflict, match="not verified"):
        await people.desk.merge(later, earlier, actor=people.officer, reason="looks the same")
    await asyncio.gather(
        people.identify(who.email, earlier),
        people.identify(who.email, later),
        people.identify(stranger.email, other),
    )
    views = await asyncio.gather(*map(people.planned, (earlier, later, other)))
    [like] = house.room.register.like(views[1].case.id)
    assert like.case.reference == earlier
    with pytest.raises(Conflict, match="different people"):
        await people.desk.merge(other, earlier, actor=people.officer, reason="a mistake")
    with pytest.raises(Conflict, match="case is open"):
        await people.desk.reopen(earlier, actor=people.officer, reason="too early")
    assert all(house.room.register.links(view.case.id) == () for view in views)
    await people.desk.merge(later, earlier, actor=people.officer, reason="one and the same")
    view = await people.closed(later)
    assert (view.ending, people.letters(view)) == (Ending.MERGED, ["L-MERGED", "L1"])
    assert house.room.register.view(earlier).case.terms == views[0].case.terms
    await asyncio.gather(people.decide(earlier), people.decide(other))
    await asyncio.gather(people.closed(earlier), people.closed(other))
    assert Event.CASE_MERGED in events_of(installation, views[0].case.id)


async def test_no_reply_address_crosses_when_requests_are_merged(
    people: People, house: House, cast: Cast, mailbox: Path
) -> None:
    who, written = cast.user(), "another.mailbox@example.org"
    earlier = await people.ask(Right.ACCESS, who.email)
    (view,) = await people.desk.open(
        Intake(
            rights=(Right.ACCESS,),
            channel="web",
            received=house.tools.clock.now(),
            language="th",
            identifiers=tuple(identifier(IdentifierKind.EMAIL, each) for each in (who.email, written)),
        )
    )
    later = view.case.reference
    await asyncio.gather(people.identify(who.email, earlier), people.identify(who.email, later))
    await people.prove(written, later)
    await asyncio.gather(people.planned(earlier), people.planned(later))
    await people.desk.merge(later, earlier, actor=people.officer, reason="one and the same")
    await people.closed(later)
    await people.decide(earlier)
    assert (await people.closed(earlier)).ending is Ending.FULFILLED
    assert not any(earlier in text and later not in text for text in newest_first(mailbox, written))


async def test_a_review_is_decided_by_others_and_a_closed_case_is_taken_up_again(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user()
    before = cast.rows(who)
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    await people.decide(reference, approved=False, ground="NG-33-1")
    await people.closed(reference)
    review = await people.desk.reopen(
        reference, actor=people.officer, reason="they complain", relation=Relation.REVIEWS
    )
    again = review.case.reference
    await people.until(again, State.VERIFYING)  # who asks is looked at anew
    await people.identify(who.email, again)
    await people.planned(again)
    for actor in (people.officer, people.approver):
        with pytest.raises(NotAllowed, match="reviewed by same people"):
            await people.desk.propose(again, approved=True, actor=actor, reason="as before")
    others = await People.at(house, people.client)
    said = await others.desk.propose(again, approved=True, actor=others.officer, reason="look again")
    assert said is None
    with pytest.raises(NotAllowed, match="reviewed by same people"):
        await people.desk.confirm(again, actor=people.approver, reason="as before")
    await others.desk.confirm(again, actor=others.approver, reason="agreed")
    await people.until(again, State.COOLING)
    await people.desk.call_off(again, proceed=False)
    assert (await people.closed(again)).ending is Ending.CALLED_OFF
    reopened = await people.desk.reopen(reference, actor=people.officer, reason="the person asks again")
    with pytest.raises(Conflict, match="already reopened"):
        await people.desk.reopen(reference, actor=people.officer, reason="twice")
    await people.desk.withdraw(reopened.case.reference)
    assert (await people.closed(reopened.case.reference)).ending is Ending.WITHDRAWN
    assert cast.changed(before) == {}

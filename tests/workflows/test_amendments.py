"""A request changes on its way: planned anew, what was decided before is void, and too late once it is carried out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bootstrap import House
from domain.case import Moved
from domain.errors import BadInput, Conflict, NotAllowed, SamePerson, StalePlan, TooLate
from domain.identifiers import IdentifierKind, identifier
from domain.links import Relation
from domain.outcomes import Ending, Outcome
from domain.rights import Right
from domain.states import State
from tests.support.people import DIED, People, newest_first
from tests.workflows.company import PAYS, READS, WRITES, Cast, views_blocked

pytestmark = pytest.mark.slow

NEW, NEVER_PROVED = "new.address@example.org", "never.proved@example.org"


async def test_narrowed_while_it_cools_it_is_decided_anew_and_the_rest_stays(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS, WRITES)
    before = cast.rows(who)
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    old = (await people.decide(reference)).digest
    await people.until(reference, State.COOLING)
    with pytest.raises(BadInput):
        await people.amend(reference, Moved.SCOPE, changes={"shoe-size": "42"})
    await people.amend(reference, Moved.SCOPE, changes={"units": "U07"})
    view = await people.planned(reference, 2)
    rows = list(house.room.plans.rows(view.case.id))
    assert {row.planned for row in rows if row.table == "page_views"} == {Outcome.ERASE}
    assert {row.planned for row in rows if row.table != "page_views"} == {Outcome.NOT_ASKED}
    assert house.room.plans.decision(view.case.id) is None
    with pytest.raises(StalePlan):
        await people.desk.propose(
            reference, approved=True, digest=old, actor=people.officer, reason="an old print"
        )
    with pytest.raises(Conflict):
        await people.desk.confirm(reference, actor=people.approver, reason="an old proposal")
    await people.decide(reference)
    view = await people.went_on(reference)
    assert view.ending is Ending.FULFILLED
    assert people.letters(view) == ["DECISION", "DECISION-2", "L1", "L4"]
    assert {table for table, _ in cast.changed(before)} == {"page_views"}
    with pytest.raises(TooLate):
        await people.amend(reference, Moved.SCOPE, changes={"units": ""})


async def test_widened_again_it_is_planned_whole_and_a_narrowed_restriction_frees_the_rest(
    people: People, house: House, cast: Cast
) -> None:
    copied, restricted = cast.user(WRITES), cast.user(WRITES)
    references = await asyncio.gather(
        people.ask(Right.ACCESS, copied.email, changes={"units": "U06"}),
        people.ask(Right.RESTRICTION, restricted.email, changes={"because": "claims"}),
    )
    for who, reference in zip((copied, restricted), references, strict=True):
        await people.identify(who.email, reference)
    await asyncio.gather(*map(people.planned, references))
    use = "select processing_restricted from users where id = :id"
    assert cast.value(use, id=restricted.id) is True
    await people.amend(references[0], Moved.SCOPE, changes={"units": ""})
    await people.amend(references[1], Moved.SCOPE, changes={"units": "U06"})
    view, _ = await asyncio.gather(*(people.planned(reference, 2) for reference in references))
    assert {row.planned for row in house.room.plans.rows(view.case.id)} == {Outcome.COPY}
    assert cast.value(use, id=restricted.id) is False
    tickets = "select bool_and(processing_restricted) from tickets where user_id = :id"
    assert cast.value(tickets, id=restricted.id) is True
    await asyncio.gather(
        people.decide(references[0]), people.decide(references[1], approved=False, ground="NG-34-1")
    )
    await asyncio.gather(*map(people.closed, references))
    assert (cast.value(use, id=restricted.id), cast.value(tickets, id=restricted.id)) == (False, False)


async def test_an_objection_that_turns_against_marketing_stops_it_at_once(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS)
    reference = await people.ask(Right.OBJECTION, who.email, changes={"against": "interest"})
    await people.until(reference, State.VERIFYING)
    assert not cast.suppressed(who.email)
    assert views_blocked(house, cast, who) == {True}
    await people.amend(reference, Moved.SCOPE, changes={"against": "marketing"})
    await people.prove(who.email, reference)
    view = await people.closed(reference)
    assert cast.suppressed(who.email)
    assert (view.ending, people.letters(view)) == (Ending.FULFILLED, ["L1", "L8"])
    assert views_blocked(house, cast, who) == {False}  # that is no longer objected to


async def test_answers_go_elsewhere_only_for_whom_is_known_and_once_the_address_is_proved(
    people: People, cast: Cast, mailbox: Path
) -> None:
    who = cast.user()
    reference = await people.ask(Right.ACCESS, who.email)
    await people.until(reference, State.VERIFYING)
    new, never = (identifier(IdentifierKind.EMAIL, each) for each in (NEW, NEVER_PROVED))
    with pytest.raises(NotAllowed, match="identity not shown"):
        await people.amend(reference, Moved.REPLY_TO, address=new)
    with pytest.raises(StopIteration):
        next(newest_first(mailbox, NEW))
    await people.identify(who.email, reference)
    await people.planned(reference)
    for address, version in ((new, 2), (never, 3)):
        await people.amend(reference, Moved.REPLY_TO, address=address)
        await people.planned(reference, version)
    await people.prove(NEW, reference)
    await people.challenge(NEVER_PROVED, reference)
    await people.decide(reference)
    view = await people.closed(reference)
    assert (view.ending, people.letters(view)) == (Ending.FULFILLED, ["L1", "L4"])
    assert any("/d/" in text for text in newest_first(mailbox, NEW) if reference in text)
    assert not any("/d/" in text for text in newest_first(mailbox, NEVER_PROVED))


async def test_who_acts_changes_with_authority_and_coming_of_age_asks_identity_anew(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user()
    reference = await people.ask(Right.ACCESS, who.email)
    await people.identify(who.email, reference)
    case = (await people.planned(reference)).case.id
    with pytest.raises(BadInput, match="authority missing"):
        await people.amend(reference, Moved.AGENT, agent="มารดา")
    await people.amend(reference, Moved.AGENT, agent="มารดา", authority="สูติบัตร")
    await people.authorise(reference, covers=(Right.ACCESS,))
    await people.planned(reference, 2)
    assert house.room.vault.agent(case) == ("มารดา", "สูติบัตร")
    shown = await people.challenge(who.email, reference)
    # Somebody acted meanwhile: only addresses that are named again are written to.
    await people.amend(reference, Moved.OF_AGE, address=identifier(IdentifierKind.EMAIL, who.email))
    await people.until(reference, State.VERIFYING)
    assert house.room.vault.agent(case) == ("", "")
    assert house.room.identity.standing(case).level == 0
    token, code = await challenge_after(shown, people, who.email, reference)
    await people.desk.answer_challenge(token, code)
    await people.vouch(reference)
    await people.decide(reference)
    assert (await people.closed(reference)).ending is Ending.FULFILLED


async def challenge_after(
    first: tuple[str, str], people: People, email: str, reference: str
) -> tuple[str, str]:
    """The challenge that went out after that one."""
    for _ in range(400):
        if (newest := await people.challenge(email, reference)) != first:
            return newest
        await asyncio.sleep(0.05)
    raise AssertionError("no further challenge came")


async def test_another_right_goes_on_under_another_reference_from_the_same_day(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user()
    reference = await people.ask(Right.ACCESS, who.email)
    await people.identify(who.email, reference)
    view = await people.planned(reference)
    for right in (Right.ACCESS, Right.OBJECTION):  # the same one; one that must say against what
        with pytest.raises(BadInput):
            await people.amend(reference, Moved.RIGHT, right=right)
    await people.amend(reference, Moved.RIGHT, right=Right.PORTABILITY)
    view = await people.closed(reference)
    assert (view.ending, people.letters(view)) == (Ending.REPLACED, ["L-REPLACED", "L1"])
    [link] = house.room.register.links(view.case.id)
    assert (link.relation, link.right, link.backwards) == (Relation.REPLACES, Right.PORTABILITY, True)
    other = await people.planned(link.reference)  # whoever showed who they are need not do so again
    assert other.case.terms.received_on == view.case.terms.received_on
    await people.decide(link.reference)
    assert (await people.closed(link.reference)).ending in {Ending.FULFILLED, Ending.PARTIAL}


async def test_a_death_ends_it_without_a_word_to_the_dead_and_nothing_is_erased(
    people: People, cast: Cast
) -> None:
    who = cast.user(PAYS)
    before = cast.rows(who)
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    await people.decide(reference)
    view = await people.until(reference, State.COOLING)
    for _ in range(100):
        if "DECISION" in people.letters(view):
            break
        await asyncio.sleep(0.05)
    told = people.letters(view)
    await people.died(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.DECEASED
    assert people.letters(view) == told
    assert "tell-who-told-of-the-death" in people.tasks(view)
    assert cast.changed(before) == {}


async def test_a_death_told_of_one_case_ends_every_case_of_the_request(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS)
    before = cast.rows(who)
    access, erasure = await people.ask_all((Right.ERASURE, Right.ACCESS), who.email)
    await people.identify(who.email, access)
    await people.planned(access)
    await people.until(erasure, State.WAITING)
    assert not await people.desk.amend(access, DIED, actor=people.officer, reason="certificate seen")
    with pytest.raises(SamePerson):
        await people.desk.amend(access, DIED, actor=people.officer, reason="certificate seen")
    assert (await people.planned(access)).ending is None
    assert await people.desk.amend(access, DIED, actor=people.approver, reason="certificate seen")
    views = [await people.closed(each) for each in (access, erasure)]
    assert [view.ending for view in views] == [Ending.DECEASED, Ending.DECEASED]
    assert cast.changed(before) == {}


async def test_a_death_has_officers_look_at_the_person_s_other_requests_and_ends_none_of_them(
    people: People, cast: Cast
) -> None:
    who, other = cast.user(READS), cast.user(READS)
    theirs, strangers = (
        await people.ask(Right.ERASURE, who.email),
        await people.ask(Right.ACCESS, other.email),
    )
    reference = await people.ask(
        Right.ACCESS, who.email, also=(identifier(IdentifierKind.EMAIL, other.email),)
    )
    await people.identify(who.email, theirs)
    await people.planned(theirs)
    await people.prove(who.email, reference)
    await people.until(strangers, State.VERIFYING)
    await people.died(reference)
    assert (await people.closed(reference)).ending is Ending.DECEASED
    view, untouched = await people.planned(theirs), await people.until(strangers, State.VERIFYING)
    assert f"death-told-in-{reference}" in people.tasks(view)
    # Whoever asks writes down whose address they like: that one is not surely theirs.
    assert people.tasks(untouched) == set()
    await people.desk.withdraw(theirs)
    await people.desk.withdraw(strangers)


async def test_who_comes_and_who_comes_of_age_is_heard_by_every_case_of_the_request(
    people: People, house: House, cast: Cast
) -> None:
    who, vault = cast.user(READS), house.room.vault
    access, portability = await people.ask_all((Right.ACCESS, Right.PORTABILITY), who.email)
    cases = [house.room.register.view(each).case.id for each in (access, portability)]
    await people.identify(who.email, access)
    await asyncio.gather(people.planned(access), people.planned(portability))
    await people.amend(portability, Moved.AGENT, agent="มารดา", authority="สูติบัตร")
    await people.authorise(access, covers=(Right.ACCESS, Right.PORTABILITY))
    await asyncio.gather(people.planned(access, 2), people.planned(portability, 2))
    assert {vault.agent(case) for case in cases} == {("มารดา", "สูติบัตร")}
    own = identifier(IdentifierKind.EMAIL, NEW)
    await people.amend(access, Moved.OF_AGE, address=own)
    await asyncio.gather(*(people.until(each, State.VERIFYING) for each in (access, portability)))
    assert {vault.agent(case) for case in cases} == {("", "")}
    assert {vault.reachable(case) for case in cases} == {(own,)}
    await people.desk.withdraw(access)
    await people.desk.withdraw(portability)

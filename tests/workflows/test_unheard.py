"""Words that the register keeps and no workflow heard: nothing is done before they are taken up, none stays half done."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bootstrap import House
from domain.case import Case, Merge, Moved
from domain.errors import Conflict, TooLate, Unavailable
from domain.events import Event
from domain.identifiers import IdentifierKind, identifier
from domain.links import Amendment, Relation
from domain.outcomes import Ending, Outcome
from domain.ports import Intake
from domain.rights import Right
from domain.states import State
from tests.support.house import Installation, events_of
from tests.support.people import DIED, People, newest_first
from tests.workflows.company import READS, WRITES, Cast, Somebody
from tests.workflows.test_amendments import challenge_after
from tests.workflows.test_reconcile import sweep
from workflows.desk import Desk

pytestmark = pytest.mark.slow

TICKETS, VIEWS = "U06", "U07"


async def known(people: People, who: Somebody, *units: str, right: Right = Right.ERASURE) -> list[str]:
    """Cases of one person, each for such units, ready to be decided; the oldest first."""
    now = people.house.tools.clock.now()
    asked = [
        await people.ask(
            right, who.email, changes={"units": unit}, received=now - timedelta(days=len(units) - no)
        )
        for no, unit in enumerate(units)
    ]
    await asyncio.gather(*(people.identify(who.email, each) for each in asked))
    await asyncio.gather(*map(people.planned, asked))
    return asked


def case_of(house: House, reference: str) -> str:
    return house.room.register.view(reference).case.id


def asked(house: House, reference: str) -> set[str]:
    """The tables of which the newest plan says anything."""
    rows = house.room.plans.rows(case_of(house, reference))
    return {row.table for row in rows if row.planned is not Outcome.NOT_ASKED}


@dataclass(frozen=True)
class DeafDesk(Desk):
    """A desk that Temporal does not hear."""

    async def start(self, case: Case, *, recovered: bool = False) -> None:
        raise Unavailable("temporal-unreachable")

    async def update(self, case: str, name: str, *said: object, update_id: str | None = None) -> None:
        raise Unavailable("temporal-unreachable")


def deaf(people: People) -> Desk:
    return DeafDesk(**vars(people.desk))


async def test_an_amendment_that_nobody_heard_is_taken_up_before_anything_is_destroyed(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS, WRITES)
    before = cast.rows(who)
    [reference] = await known(people, who, "")
    case = case_of(house, reference)
    await people.decide(reference)
    await people.until(reference, State.COOLING)
    narrowed = Amendment(moved=Moved.SCOPE, changes={"units": VIEWS})
    house.room.register.amend(case, narrowed, actor=people.officer, reason="written while Temporal was away")
    await people.desk.call_off(reference, proceed=True)
    await people.planned(reference, 2)
    assert cast.changed(before) == {}
    assert asked(house, reference) == {"page_views"}
    await people.decide(reference)
    assert (await people.went_on(reference)).ending is Ending.FULFILLED
    assert {table for table, _ in cast.changed(before)} == {"page_views"}


async def test_a_death_that_nobody_heard_stops_the_erasure(people: People, house: House, cast: Cast) -> None:
    who = cast.user(READS)
    before = cast.rows(who)
    [reference] = await known(people, who, "")
    await people.decide(reference)
    await people.until(reference, State.COOLING)
    for actor in (people.officer, people.approver):
        house.room.register.amend(case_of(house, reference), DIED, actor=actor, reason="certificate seen")
    await people.desk.call_off(reference, proceed=True)
    assert (await people.closed(reference)).ending is Ending.DECEASED
    assert cast.changed(before) == {}


async def test_what_both_ask_goes_on_in_the_earlier_and_what_was_decided_there_is_void(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS, WRITES)
    earlier, later = await known(people, who, VIEWS, TICKETS)
    await people.decide(earlier)
    await people.until(earlier, State.COOLING)
    await people.desk.merge(later, earlier, actor=people.officer, reason="one and the same")
    assert (await people.closed(later)).ending is Ending.MERGED
    await people.planned(earlier, 2)
    assert {"page_views", "tickets"} <= asked(house, earlier)
    assert house.room.plans.decision(case_of(house, earlier)) is None
    await people.decide(earlier)
    assert (await people.went_on(earlier)).ending in {Ending.FULFILLED, Ending.PARTIAL}
    assert cast.value("select count(*) from page_views where user_id = :id", id=who.id) == 0


async def test_who_showed_less_than_the_right_asks_is_not_merged(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user()
    references = [await people.ask(Right.ACCESS, who.email) for _ in range(2)]
    for reference in references:
        await people.prove(who.email, reference)
    with pytest.raises(Conflict, match="not verified"):
        await people.desk.merge(references[1], references[0], actor=people.officer, reason="looks the same")
    assert house.room.register.links(case_of(house, references[1])) == ()


async def test_a_merge_is_kept_while_temporal_is_away_and_the_sweep_brings_the_word(
    people: People, house: House, cast: Cast
) -> None:
    earlier, later = await known(people, cast.user(READS, WRITES), VIEWS, TICKETS)
    away = deaf(people)
    await away.merge(later, earlier, actor=people.officer, reason="one and the same")
    assert house.room.register.view(later).closed is None
    await sweep(house, people).reconcile()
    await people.planned(earlier, 2)
    await sweep(house, people).reconcile()
    assert (await people.closed(later)).ending is Ending.MERGED
    assert {"page_views", "tickets"} <= asked(house, earlier)
    await people.desk.withdraw(earlier)


async def test_a_later_request_that_ended_otherwise_leaves_the_earlier_as_it_was(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    earlier, later = await known(people, cast.user(READS, WRITES), VIEWS, TICKETS)
    cases = [case_of(house, each) for each in (earlier, later)]
    told = house.room.register.merge(cases[1], cases[0], actor=people.officer, reason="word lost")
    assert told is not None
    await people.desk.tell_amendment(cases[0], told)
    await people.planned(earlier, 2)
    await people.desk.withdraw(later)  # before the word of the merge
    assert (await people.closed(later)).ending is Ending.WITHDRAWN
    await sweep(house, people).reconcile()
    await people.planned(earlier, 3)
    assert asked(house, earlier) == {"page_views"}
    assert house.room.register.links(cases[0]) == ()
    assert Event.CASE_UNMERGED in events_of(installation, cases[1])
    await people.desk.withdraw(earlier)


async def test_an_erasure_waits_for_the_case_in_which_the_access_goes_on(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS)
    first = await people.ask(Right.ACCESS, who.email, received=house.tools.clock.now() - timedelta(days=2))
    access, erasure = await people.ask_all((Right.ERASURE, Right.ACCESS), who.email)
    await asyncio.gather(people.identify(who.email, first), people.identify(who.email, access))
    await asyncio.gather(people.planned(first), people.planned(access))
    await people.desk.merge(access, first, actor=people.officer, reason="one and the same")
    assert (await people.closed(access)).ending is Ending.MERGED
    await people.desk.nudge(case_of(house, erasure))
    await asyncio.sleep(1)
    assert house.room.register.view(erasure).state is State.WAITING
    await people.decide(first)
    await people.closed(first)
    await people.planned(erasure)  # told by the end of the case that it was not linked to
    await people.desk.withdraw(erasure)


async def test_a_replacing_erasure_waits_and_a_replaced_access_is_waited_for(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS)
    access, portability, erasure = await people.ask_all(
        (Right.ERASURE, Right.ACCESS, Right.PORTABILITY), who.email
    )
    await people.identify(who.email, access)
    await asyncio.gather(people.planned(access), people.planned(portability))
    await people.desk.withdraw(portability)
    await people.closed(portability)
    await people.amend(access, Moved.RIGHT, right=Right.PORTABILITY)
    assert (await people.closed(access)).ending is Ending.REPLACED
    [link] = [
        one for one in house.room.register.links(case_of(house, access)) if one.relation is Relation.REPLACES
    ]
    await people.planned(link.reference)
    await people.desk.nudge(case_of(house, erasure))
    await asyncio.sleep(1)
    assert house.room.register.view(erasure).state is State.WAITING
    await people.desk.withdraw(link.reference)
    await people.planned(erasure)
    await people.desk.withdraw(erasure)


async def test_what_was_begun_is_not_changed_while_its_leftovers_are_decided(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS)
    earlier, later = await known(people, who, "", "")
    await people.decide(earlier)
    await people.until(earlier, State.COOLING)
    cast.run(
        "insert into page_views (user_id, path, feature, duration_ms, ip_address, browser, operating_system,"
        " viewed_at) values (:id, '/x', 'x', 1, '192.0.2.1', 'b', 'o', now())",
        id=who.id,
    )
    await people.desk.call_off(earlier, proceed=True)
    view = await people.seen(earlier, lambda seen: bool(seen.parked))
    await people.desk.repair(earlier, view.parked[0].system, retry=True, actor=people.officer, reason="again")
    await people.planned(earlier, 2)
    for amendment in (
        Amendment(moved=Moved.SCOPE, changes={"units": VIEWS}),
        Amendment(moved=Moved.RIGHT, right=Right.ACCESS),
        DIED,
    ):
        with pytest.raises(TooLate):
            await people.desk.amend(earlier, amendment, actor=people.officer, reason="too late")
    with pytest.raises(TooLate):
        await people.desk.withdraw(earlier)
    with pytest.raises(Conflict, match="fulfilment begun"):
        await people.desk.merge(later, earlier, actor=people.officer, reason="one and the same")
    assert house.room.register.view(earlier).state is State.DECIDING
    await people.decide(earlier, approved=False, ground="NG-33-1")
    view = await people.closed(earlier)
    assert view.ending is Ending.PARTIAL  # what was destroyed stays so, and is certified
    await people.desk.withdraw(later)


async def test_new_terms_that_nobody_heard_are_told_by_the_sweep_and_twice_is_once(
    people: People, house: House, cast: Cast
) -> None:
    [reference] = await known(people, cast.user(), "", right=Right.ACCESS)
    case = house.room.register.view(reference).case
    later = case.terms.due + timedelta(days=1)
    terms = case.terms.model_copy(update={"version": 2, "due": later})
    house.room.register.retime(case.id, terms, actor=people.officer, reason="a law lets us")
    soon = house.tools.clock.now() + timedelta(seconds=1)
    assert dict(house.room.register.unheard_terms(soon))[case.id] == terms
    await sweep(house, people).reconcile()
    assert case.id not in dict(house.room.register.unheard_terms(soon))
    await people.desk.tell_terms(case.id, terms)
    with pytest.raises(Conflict, match="terms shorten a promise"):
        await people.desk.tell_terms(case.id, case.terms)
    await people.desk.withdraw(reference)


async def test_a_case_taken_up_again_while_temporal_is_away_is_started_by_the_sweep(
    people: People, house: House, cast: Cast
) -> None:
    reference = await people.ask(Right.ACCESS, cast.user().email)
    await people.until(reference, State.VERIFYING)
    await people.desk.withdraw(reference)
    await people.closed(reference)
    away = deaf(people)
    view = await away.reopen(reference, actor=people.officer, reason="they ask again")
    assert (view.started, view.state) == (False, State.RECEIVED)
    await sweep(house, people).reconcile()
    await people.until(view.case.reference, State.VERIFYING)
    await people.desk.withdraw(view.case.reference)


async def test_who_came_of_age_late_is_challenged_at_their_own_address_and_has_time(
    people: People, house: House, cast: Cast, mailbox: Path
) -> None:
    who, parent, now = cast.user(), "parent@example.org", house.tools.clock.now()
    intake = Intake(
        rights=(Right.ACCESS,),
        channel="web",
        received=now,
        language="th",
        identifiers=tuple(identifier(IdentifierKind.EMAIL, each) for each in (who.email, parent)),
        agent="มารดา",
        authority="สูติบัตร",
    )
    seconds = 15
    late = {"verify_by": now, "verify_days_least": seconds / 86400}
    terms = house.policy.terms(Right.ACCESS, now).model_copy(update=late)
    [case] = house.room.register.open_request(intake, {Right.ACCESS: terms})
    await people.desk.start(case)
    await people.authorise(case.reference, covers=(Right.ACCESS,))
    await people.identify(who.email, case.reference)
    await people.planned(case.reference)
    before = await people.challenge(who.email, case.reference)
    written = len([*newest_first(mailbox, parent)])
    await asyncio.sleep(seconds)  # whoever counts from the start finds that it is too late
    own = identifier(IdentifierKind.EMAIL, who.email)
    await people.amend(case.reference, Moved.OF_AGE, address=own)
    shown = await challenge_after(before, people, who.email, case.reference)
    await people.desk.answer_challenge(*shown)
    await people.vouch(case.reference)
    await people.decide(case.reference)
    assert (await people.closed(case.reference)).ending is Ending.FULFILLED
    assert len([*newest_first(mailbox, parent)]) == written, "the parent is neither challenged nor written to"


async def test_an_erasure_that_has_to_wait_after_all_waits_and_goes_on(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS)
    received = house.tools.clock.now() - timedelta(days=2)
    earlier = await people.ask(Right.ERASURE, who.email, received=received)
    access, later = await people.ask_all((Right.ERASURE, Right.ACCESS), who.email)
    await asyncio.gather(people.identify(who.email, earlier), people.identify(who.email, access))
    await asyncio.gather(people.planned(earlier), people.planned(access))
    await people.desk.merge(later, earlier, actor=people.officer, reason="one and the same")
    assert (await people.closed(later)).ending is Ending.MERGED
    view = await people.until(earlier, State.WAITING)  # for the access that the later request came with
    assert view.parked == ()
    await people.decide(access)
    await people.closed(access)
    await people.planned(earlier, 2)
    await people.desk.withdraw(earlier)


@pytest.mark.parametrize("units", [("", ""), (VIEWS, TICKETS)], ids=["the same", "more"])
async def test_what_was_merged_into_a_request_that_was_taken_back_goes_on_by_itself(
    people: People, house: House, cast: Cast, units: tuple[str, str]
) -> None:
    earlier, later = await known(people, cast.user(READS, WRITES), *units)
    cases = [case_of(house, each) for each in (earlier, later)]
    house.room.register.merge(cases[1], cases[0], actor=people.officer, reason="word lost")
    await people.desk.withdraw(earlier)
    await people.closed(earlier)
    await sweep(house, people).reconcile()
    assert house.room.register.links(cases[1]) == ()
    assert (await people.planned(later)).ending is None
    await people.desk.withdraw(later)


async def test_what_was_merged_into_a_request_that_was_refused_unheard_goes_on_by_itself(
    people: People, house: House, cast: Cast
) -> None:
    earlier, later = await known(people, cast.user(READS, WRITES), VIEWS, TICKETS)
    await deaf(people).merge(later, earlier, actor=people.officer, reason="one and the same")
    await people.decide(earlier, approved=False, ground="NG-33-1")
    view = await people.closed(earlier)
    assert view.ending is Ending.REFUSED
    assert "look-at-late-change" in people.tasks(view)
    await sweep(house, people).reconcile()
    assert house.room.register.links(case_of(house, later)) == ()
    assert (await people.planned(later)).ending is None
    await people.desk.withdraw(later)


async def test_nothing_is_merged_into_a_case_that_is_leaving(
    people: People, house: House, cast: Cast
) -> None:
    """Its workflow knows before the register does, and is asked."""
    earlier, later = await known(people, cast.user(READS), "", "")
    cases = [case_of(house, each) for each in (earlier, later)]
    house.room.register.merge(cases[1], cases[0], actor=people.officer, reason="one and the same")
    await people.desk.update(cases[0], "withdraw")
    with pytest.raises(Conflict, match="earlier case ended"):
        await people.desk.tell_merge(cases[1], Merge(into=cases[0]))
    assert house.room.register.links(cases[1]) == ()
    assert (await people.planned(later)).ending is None
    await people.desk.withdraw(later)

"""What a restriction keeps is not erased under anybody's feet (s.34; S28, S29), nor what an order keeps on another's word.

And what is owed stays owed until it is gone, whatever dies in between.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from activities.release import Release as Releasing
from bootstrap import House
from domain.aftermath import Block, Owed
from domain.calendar import day_in_bangkok
from domain.case import Due, Freed
from domain.errors import Unavailable
from domain.events import Event
from domain.holds import Bound, OrderKind
from domain.identifiers import IdentifierKind, identifier
from domain.item import place
from domain.outcomes import Ending, Outcome
from domain.ports import CaseView, Intake
from domain.rights import Right
from domain.states import State
from tests.support.house import Installation, events_of
from tests.support.people import People
from tests.workflows.company import PAYS, READS, WRITES, Cast, Somebody
from tests.workflows.test_release import age, due_now, erased, release
from workflows.lift import lift_id

pytestmark = pytest.mark.slow

LOOKED_AT = frozenset({Outcome.REVIEW, Outcome.BLOCKED})
TICKETS = {"because": "claims", "units": "U06"}
LOOKED_AT = frozenset({Outcome.REVIEW, Outcome.BLOCKED})
ASK_TO_LIFT = "ask-whether-to-lift-restriction"


async def restricted(people: People, who: Somebody, changes: dict[str, str]) -> CaseView:
    reference = await people.ask(Right.RESTRICTION, who.email, changes=changes)
    await people.identify(who.email, reference)
    await people.decide(reference)
    return await people.closed(reference)


async def lifted(people: People, view: CaseView) -> None:
    await people.desk.lift(view.case.reference, actor=people.officer, reason="she says so")
    await people.client.get_workflow_handle(lift_id(view.case.id)).result()


def tickets(cast: Cast, who: Somebody) -> object:
    return cast.value("select count(*) from tickets where user_id = :id", id=who.id)


def grounds_of(house: House, view: CaseView, unit: str) -> set[tuple[str, str]]:
    rows = house.room.plans.results(view.case.id)
    return {(row.planned.value, row.ground) for row in rows if row.unit == unit}


async def test_s29_what_she_needs_for_her_lawsuit_is_kept_from_her_own_erasure_until_it_is_lifted(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS, WRITES, f"not {PAYS}")
    cast.leaves(who)  # her contract is over
    before = tickets(cast, who)
    claim = await restricted(people, who, TICKETS)
    view = await erased(people, who)
    assert view.ending is Ending.PARTIAL
    assert tickets(cast, who) == before
    assert grounds_of(house, view, "U06") == {("hold", "S34-3")}
    assert {ASK_TO_LIFT, "separate-held-records"} <= set(people.tasks(view))
    assert "L5" in people.letters(view)
    [kept] = [one for one in house.room.obligations.of(view.case.id) if one.kind == Owed.ORDERED]

    await release(people)  # every pass asks again, and while it stands nothing goes and nothing is told
    assert tickets(cast, who) == before
    assert house.room.obligations.view(kept.id) == kept
    assert not [code for code in people.letters(view) if code.startswith("L9")]

    await lifted(people, claim)
    await release(people)
    assert tickets(cast, who) == 0
    assert house.room.obligations.view(kept.id).met
    assert [code for code in people.letters(view) if code.startswith("L9")] == [f"L9-{kept.id}"]


async def test_a_restriction_placed_after_the_decision_spares_its_record_at_the_last_moment(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS, f"not {PAYS}", f"not {WRITES}")
    [other] = await asyncio.to_thread(_case_of_a_stranger, house)
    reference = await people.ask(Right.ERASURE, who.email)
    await people.identify(who.email, reference)
    await people.decide(reference)
    view = await people.until(reference, State.COOLING)
    going = frozenset({Outcome.ERASE})
    one = next(p for p in house.room.plans.items(view.case.id, "siamcrm", going) if p.row.unit == "U07")
    block = Block(item=one.item, ground="S34-3")
    await asyncio.to_thread(house.room.blocks.place, other, "siamcrm", [block])
    await people.desk.call_off(reference, proceed=True)
    await people.seen(reference, lambda seen: bool(seen.parked))
    key = one.item.locator["id"]
    assert cast.value("select count(*) from page_views where user_id = :id", id=who.id) == 1
    assert cast.value("select count(*) from page_views where id = :key", key=key) == 1
    # Somebody else's claim is nobody's to read: the exemption is told, and no more.
    stayed = {row.no: row.ground for row in house.room.plans.results(view.case.id) if row.planned == "hold"}
    assert stayed == {one.row.no: "EX-CLAIM"}
    await people.desk.repair(reference, "siamcrm", retry=True, actor=people.officer, reason="look again")
    await people.planned(reference, 2)
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.PARTIAL
    assert ASK_TO_LIFT not in people.tasks(view)


def _case_of_a_stranger(house: House) -> list[str]:
    intake = Intake(
        rights=(Right.RESTRICTION,),
        channel="web",
        received=house.tools.clock.now(),
        language="th",
        identifiers=(identifier(IdentifierKind.EMAIL, f"{secrets.token_hex(6)}@example.com"),),
        changes=TICKETS,
    )
    terms = {Right.RESTRICTION: house.policy.terms(Right.RESTRICTION, house.tools.clock.now())}
    return [case.id for case in house.room.register.open_request(intake, terms)]


async def test_a_dispute_keeps_on_the_ground_of_legal_claims_and_nothing_else_is_told(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS, f"not {PAYS}", f"not {WRITES}")
    reference = await people.ask(Right.ERASURE, who.email)
    case = (await people.until(reference, State.VERIFYING)).case.id
    house.room.holds.place(case, "สคส. 9", actor=people.officer, reason="s.73", kind=OrderKind.COMPLAINT)
    await people.identify(who.email, reference)
    await people.decide(reference)
    view = await people.closed(reference)
    assert view.ending is Ending.REFUSED
    assert {row.ground for row in house.room.plans.results(case) if row.planned == "hold"} == {"EX-CLAIM"}


async def test_what_cannot_go_when_an_order_is_lifted_stays_owed_and_is_looked_at_again(
    people: People, house: House, cast: Cast, installation: Installation
) -> None:
    """Her contract runs on: what it needs is neither done nor forgotten, and what went is told once."""
    who = cast.user(READS, WRITES, f"not {PAYS}")
    today = day_in_bangkok(house.tools.clock.now())
    reference = await people.ask(Right.ERASURE, who.email)
    case = (await people.until(reference, State.VERIFYING)).case.id
    order = house.room.holds.place(case, "civil-2569-77", actor=people.officer, reason="order served")
    await people.identify(who.email, reference)
    await people.decide(reference)
    view = await people.closed(reference)
    [owed] = [one for one in house.room.obligations.of(case) if one.kind == Owed.ORDERED]
    house.room.holds.release(order, actor=people.approver, reason="lifted")
    for _ in range(2):
        await release(people)
        now = house.room.obligations.view(owed.id)
        assert (now.met, now.due_on) == (False, today + timedelta(days=house.policy.review_days))
        left = {item.found.table for item in house.room.obligations.items(owed.id)}
        assert "tickets" in left
        assert "page_views" not in left
        assert [code for code in people.letters(view) if code.startswith("L9")] == [f"L9-{owed.id}"]
    assert "review-held-records" in people.tasks(view)
    later = [one for one in house.room.obligations.of(case) if one.code == f"after-{owed.id}"]
    assert [(one.kind, one.due_on) for one in later] == [
        (Owed.BACKUPS, today + timedelta(days=house.policy.backup_days))
    ]
    # Then her contract is over.
    cast.leaves(who)
    due_now(installation, now, today)
    await release(people)
    assert tickets(cast, who) == 0
    told = [code for code in people.letters(view) if code.startswith("L9")]
    assert len(told) == 2
    assert told[0] == f"L9-{owed.id}"


async def test_what_officers_must_look_at_is_owed_until_they_have(
    people: People, house: House, cast: Cast
) -> None:
    who = cast.user(READS, f"not {PAYS}", f"not {WRITES}")
    # What proves that she objected is not erased by machine: she would be written to again.
    cast.run(
        "insert into email_suppressions (email, list_code, reason, created_at)"
        " values (:email, 'marketing', 'objected', now())",
        email=who.email,
    )
    view = await erased(people, who)
    waits = {row.system for row in house.room.plans.results(view.case.id) if row.planned in LOOKED_AT}
    assert waits
    due = day_in_bangkok(house.tools.clock.now()) + timedelta(days=house.policy.review_days)
    owed = [one for one in house.room.obligations.of(view.case.id) if one.code == "look-at-records"]
    assert {(one.kind, one.system, one.due_on, one.met) for one in owed} == {
        (Owed.FOLLOW_UP, system, due, False) for system in waits
    }
    assert "look-at-records" in people.tasks(view)


class Dying:
    """A port that dies once, before or after what it was asked for."""

    def __init__(self, port: object, call: str, *, done: bool) -> None:
        self._port, self._call, self._done, self._died = port, call, done, False

    def __getattr__(self, name: str) -> object:
        asked = getattr(self._port, name)
        if name != self._call or self._died:
            return asked

        def dies(*args: object, **kwargs: object) -> None:
            self._died = True
            if self._done:
                asked(*args, **kwargs)
            raise Unavailable("killed")

        return dies


@pytest.mark.parametrize(
    "killed_at",
    [
        ("effects", "done", False),
        ("effects", "done", True),
        ("letters", "queue", True),
        ("letters", "sent", False),
        ("obligations", "meet", False),
        ("obligations", "meet", True),
    ],
)
async def test_a_release_that_dies_anywhere_is_done_once_and_told_once(
    people: People, house: House, cast: Cast, installation: Installation, killed_at: tuple[str, str, bool]
) -> None:
    (port, call, done), who = killed_at, cast.user(PAYS)
    view = await erased(people, who)
    case, today = view.case.id, day_in_bangkok(house.tools.clock.now())
    free, *_ = [one for one in house.room.obligations.of(case) if one.kind == Owed.HELD]
    going = [place(item) for item in house.room.obligations.items(free.id)]
    age(cast, house, free)
    due_now(installation, free, today)
    due, before = Due(id=free.id, system=free.system), cast.rows(who)
    dying: dict[str, Any] = {port: Dying(getattr(house.tools, port), call, done=done)}
    killed = replace(house.tools, **dying)
    with pytest.raises(Unavailable):
        await asyncio.to_thread(Releasing(killed).release, due)
    gone = set(cast.changed(before))
    assert len(gone) == len(going)
    assert house.room.obligations.view(free.id).met is (call == "meet" and done)
    for _ in range(2):
        assert await asyncio.to_thread(Releasing(house.tools).release, due) is Freed.MET
        assert set(cast.changed(before)) == gone
    assert house.room.obligations.view(free.id).met
    assert [code for code in people.letters(view) if code.startswith("L9")] == [f"L9-{free.id}"]
    told = events_of(installation, case)
    assert told.count(Event.OBLIGATION_MET) == told.count(Event.KEY_SHREDDED) == 1
    assert len([one for one in house.room.effects.receipts(case) if free.id in one.key]) == 1
    became = house.room.plans.achieved(case)
    assert Outcome.REVIEW not in became.values()


class Ordering:
    """The effects of the register, where an order comes in between two batches."""

    def __init__(self, house: House, case: str, actor: str) -> None:
        self._house, self._case, self._actor = house, case, actor
        self.order, self.batches = "", 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._house.tools.effects, name)

    @contextmanager
    def gate(self, case: str) -> Iterator[Mapping[str, Bound]]:
        self.batches += 1
        if self.batches == 2:
            placed = self._house.room.holds.place
            self.order = placed(self._case, "civil-2569-91", actor=self._actor, reason="served")
        with self._house.tools.effects.gate(case) as orders:
            yield orders


async def test_what_went_before_an_order_came_is_told_at_once_and_the_rest_is_owed(
    people: People,
    house: House,
    cast: Cast,
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One record at a time is searched for and let go; the order comes after the first."""
    monkeypatch.setattr("activities.release.WINDOW", 1)
    who = cast.user(PAYS)
    view = await erased(people, who)
    case, today = view.case.id, day_in_bangkok(house.tools.clock.now())
    free, *_ = [one for one in house.room.obligations.of(case) if one.kind == Owed.HELD]
    going = {place(item) for item in house.room.obligations.items(free.id)}
    assert len(going) > 1
    age(cast, house, free)
    due_now(installation, free, today)
    due, before = Due(id=free.id, system=free.system), cast.rows(who)
    ordering: Any = Ordering(house, case, people.officer)
    halted = Releasing(replace(house.tools, effects=ordering))
    assert await asyncio.to_thread(halted.release, due) is Freed.FROZEN
    assert len(cast.changed(before)) == 1
    assert [code for code in people.letters(view) if code.startswith("L9")] == [f"L9-{free.id}"]
    assert len(list(house.room.obligations.items(free.id))) == len(going) - 1
    assert "review-held-records" not in people.tasks(view)
    assert await asyncio.to_thread(Releasing(house.tools).release, due) is Freed.FROZEN
    assert len(cast.changed(before)) == 1
    house.room.holds.release(ordering.order, actor=people.approver, reason="lifted")
    assert await asyncio.to_thread(Releasing(house.tools).release, due) is Freed.MET
    assert len(cast.changed(before)) == len(going)
    told = [code for code in people.letters(view) if code.startswith("L9")]
    assert told == [f"L9-{free.id}", f"L9-{free.id}-1"]

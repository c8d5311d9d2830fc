"""Deputies: from one day to another, of the same role, and nobody becomes two; and who leaves empties their hands at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from cases.board import Asks, Reader
from domain.errors import BadInput, Conflict, NotAllowed, NotFound, SamePerson
from domain.events import Event
from domain.identifiers import IdentifierKind, identifier
from domain.ports import Proposal
from domain.rights import Right
from domain.states import State
from tests.cases.conftest import START, House
from tests.cases.test_register import events_of

TODAY = START.date()
IN_A_WEEK = TODAY + timedelta(days=7)


@pytest.fixture
def staff(own_house: House) -> Callable[..., list[str]]:
    return lambda *roles: [own_house.room.staff.add(role, role)[0] for role in roles]


def test_the_absent_ones_work_shows_between_the_days_and_no_longer(
    own_house: House, staff: Callable[..., list[str]]
) -> None:
    room, (away, here) = own_house.room, staff("officer", "officer")
    led, parked, tasked, nobodys = (own_house.case(State.RESOLVING) for _ in range(4))
    room.hands.give(led, away, actor=here)
    room.register.park(parked, State.RESOLVING, "stripe", "system-unreachable")
    room.register.hand(parked, "stripe", away, actor=here)
    room.register.open_task(tasked, "credit-note")
    [task] = room.tasks.of(tasked)
    room.tasks.hand(task.id, away, actor=here)

    def shown(member: str) -> set[str]:
        reader = Reader(member=member, covers=room.deputies.covered_by(member))
        return {line.id for line in room.board.page(Asks(member=member), reader=reader).lines}

    room.deputies.name(away, here, TODAY + timedelta(days=1), IN_A_WEEK)
    assert (shown(here), shown(away)) == (set(), {led, parked, tasked})
    own_house.clock.pass_by(days=1)
    assert shown(here) == {led, parked, tasked}
    assert shown(away) == {led, parked, tasked}
    own_house.clock.pass_by(days=6)
    assert shown(here) == {led, parked, tasked}
    own_house.clock.pass_by(days=1)
    assert shown(here) == set()
    assert nobodys not in shown(away)


def test_only_one_at_a_time_of_the_same_role_and_in_days_to_come(
    own_house: House, staff: Callable[..., list[str]]
) -> None:
    deputies = own_house.room.deputies
    officer, other, approver, gone = staff("officer", "officer", "approver", "officer")
    own_house.room.staff.disable(gone, actor=other)
    yesterday = TODAY - timedelta(days=1)
    refused: dict[tuple[str, date, date], type[Exception]] = {
        (officer, TODAY, IN_A_WEEK): SamePerson,
        (approver, TODAY, IN_A_WEEK): BadInput,
        (gone, TODAY, IN_A_WEEK): NotFound,
        ("S-none", TODAY, IN_A_WEEK): NotFound,
        (other, IN_A_WEEK, TODAY): BadInput,
        (other, yesterday, yesterday): BadInput,
        (other, TODAY, TODAY + timedelta(days=180)): BadInput,
    }
    for (to, since, until), error in refused.items():
        with pytest.raises(error):
            deputies.name(officer, to, since, until)
    number = deputies.name(officer, other, TODAY, IN_A_WEEK)
    with pytest.raises(Conflict, match="deputy named already"):
        deputies.name(officer, other, IN_A_WEEK, IN_A_WEEK)
    with pytest.raises(NotFound):
        deputies.end(number, member=other)
    assert [one.deputy for one in deputies.of(officer)] == [other]
    for _ in range(2):
        deputies.end(number, member=officer)
    assert (deputies.of(officer), deputies.covered_by(other)) == ((), ())
    deputies.name(officer, other, TODAY, TODAY)
    own_house.room.staff.change_role(other, "approver", actor=officer)
    assert deputies.covered_by(other) == ()


def test_a_deputy_is_no_second_person_of_themselves(
    own_house: House, staff: Callable[..., list[str]]
) -> None:
    """Who proposed in the place of another has proposed: the other's word is a second one, their own never."""
    room, (away, here, third) = own_house.room, staff("approver", "approver", "approver")
    room.deputies.name(away, here, TODAY, IN_A_WEEK)
    case = own_house.case(State.RESOLVING, State.VERIFYING, State.LOCATING, State.PLANNING, State.DECIDING)
    summary = room.plans.write(case, iter(()))
    said = Proposal(digest=summary.digest, approved=True, actor=here, reason="in her place")
    assert room.plans.propose(case, said, confirm=True) is None
    with pytest.raises(SamePerson):
        room.plans.confirm(case, actor=here, reason="and as myself")
    confirmed = room.plans.confirm(case, actor=third, reason="seen")
    assert (confirmed.proposer, confirmed.confirmer) == (here, third)
    told = {actor for name, actor, _ in events_of(own_house, case) if name.startswith("decision:")}
    assert told == {here, third}


def test_a_deputy_is_let_into_no_case_about_themselves(
    own_house: House, staff: Callable[..., list[str]]
) -> None:
    room, (away, here) = own_house.room, staff("officer", "officer")
    about = identifier(IdentifierKind.EMAIL, "here@example.com")
    room.access.know_oneself(here, (about,))
    [case] = own_house.open(Right.ACCESS, identifiers=(about,))
    room.access.confide(case.id, [away], actor=room.staff.add("ย", "approver")[0], reason="staff")
    room.deputies.name(away, here, TODAY, IN_A_WEEK)
    with pytest.raises(NotAllowed, match="ones own"):
        room.register.view(case.reference, here)


def test_who_leaves_hands_all_of_it_over_at_once(own_house: House, staff: Callable[..., list[str]]) -> None:
    room, (goes, follows, boss, approver) = (
        own_house.room,
        staff("officer", "officer", "administrator", "approver"),
    )
    about = identifier(IdentifierKind.EMAIL, "follows@example.com")
    room.access.know_oneself(follows, (about,))
    led, parked, tasked = (own_house.case(State.RESOLVING) for _ in range(3))
    [closed] = own_house.open(Right.ACCESS, identifiers=(about,))
    room.hands.give(led, goes, actor=boss)
    room.hands.give(closed.id, goes, actor=approver)
    room.register.park(parked, State.RESOLVING, "stripe", "system-unreachable")
    room.register.hand(parked, "stripe", goes, actor=boss)
    room.register.open_task(tasked, "credit-note")
    [task] = room.tasks.of(tasked)
    room.tasks.hand(task.id, goes, actor=boss)
    session = room.sessions.begin(goes).session
    room.deputies.name(goes, follows, TODAY, IN_A_WEEK)
    for nobody in (approver, goes):
        with pytest.raises(BadInput, match="successor of another role"):
            room.staff.leave(goes, actor=boss, to=nobody)
    assert room.sessions.present(session).member == goes
    assert room.staff.leave(goes, actor=boss, to=follows) == 4
    with pytest.raises(NotAllowed):
        room.sessions.present(session)
    assert room.hands.of([led, closed.id]) == {led: follows}
    assert [one.hand for one in room.register.view(parked).parked] == [follows]
    assert [one.hand for one in room.tasks.of(tasked)] == [follows]
    assert room.deputies.covered_by(follows) == ()
    with own_house.app.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT event, facts FROM events WHERE seq >= (SELECT max(seq) FROM events"
            " WHERE event = 'staff:disabled') ORDER BY seq"
        ).all()
    assert [row.event for row in rows] == [
        Event.STAFF_DISABLED,
        Event.CASE_ASSIGNED,
        Event.CASE_ASSIGNED,
        Event.SYSTEM_HANDED,
        Event.TASK_HANDED,
    ]
    assert rows[0].facts == {"staff": goes, "to": follows}
    assert room.staff.leave(goes, actor=boss, to=follows) == 0

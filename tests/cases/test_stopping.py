"""Stops: two officers say the same, or one where one may; the reasons are sealed, and what stands is told once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from domain.case import Moved, Receipt, Task
from domain.errors import Conflict, SamePerson, TooLate
from domain.identifiers import IdentifierKind, identifier
from domain.links import Amendment
from domain.outcomes import Ending, Outcome
from domain.refusals import Refused, Scope
from domain.rights import Right, Verb
from domain.states import State
from domain.stops import Mistake, Stop
from domain.suppression import MARKETING, TAKE_OFF, Why
from tests.cases.conftest import House
from tests.cases.test_refusals import record
from tests.cases.test_register import events_of, names_of

WHY, AGREED = "คุณมาลีเป็นนิติบุคคล", "เห็นด้วย"
JURISTIC = "P-JURISTIC"


def say(house: House, case: str, actor: str = "S-1", reason: str = WHY, *, ground: str = JURISTIC) -> Stop:
    return house.room.register.stopping(case, ground=ground, actor=actor, reason=reason)


def test_a_ground_needs_the_same_word_of_a_second_officer(house: House) -> None:
    case = house.case()
    assert not say(house, case).complete
    with pytest.raises(SamePerson):
        say(house, case)
    assert names_of(house, case)[-1] == "case:cancel-proposed"
    complete = say(house, case, "S-2", AGREED)
    assert complete == Stop(proposer="S-1", confirmer="S-2", ground=JURISTIC, complete=True)
    assert complete.ending is Ending.REFUSED
    assert house.room.register.stop_of(case) == complete
    # Once it is complete it stands, whatever is said after it.
    assert say(house, case, "S-3", ground="P-NOTCTRL") == complete
    told = [(actor, facts) for name, actor, facts in events_of(house, case) if name == "case:cancelled"]
    assert told == [("S-2", {"state": "received", "ground": JURISTIC})]


def test_a_mistake_may_be_said_alone_where_the_desk_lets_it(house: House) -> None:
    case, register = house.case(), house.room.register
    for _ in range(2):
        said = register.stopping(case, mistake=Mistake.DUPLICATE, actor="S-1", reason="คุณมาลีส่งซ้ำ", alone=True)
        assert (said.complete, said.ending) == (True, Ending.STOPPED)
    assert names_of(house, case).count("case:cancelled") == 1
    with house.app.connect() as connection:
        sealed = connection.scalar(text("SELECT reason FROM stops WHERE case_id = :case"), {"case": case})
    assert "มาลี".encode() not in sealed
    register.close(case, Ending.STOPPED)
    with pytest.raises(Conflict, match="already closed"):
        register.stopping(case, mistake=Mistake.TEST, actor="S-1", reason="x")


def test_another_ground_is_another_word_and_waits_for_another_officer(house: House) -> None:
    case = house.case()
    say(house, case)
    assert not say(house, case, "S-2", ground="P-NOTCTRL").complete
    assert house.room.register.stop_of(case) == Stop(proposer="S-2", ground="P-NOTCTRL")
    assert say(house, case, "S-1", ground="P-NOTCTRL").complete


def test_what_was_said_of_another_request_is_not_confirmed(house: House) -> None:
    case = house.case()
    say(house, case)
    house.clock.pass_by(seconds=1)
    narrowed = Amendment(moved=Moved.SCOPE, changes={"units": "U01"})
    house.room.register.amend(case, narrowed, actor="S-3", reason="เธอเขียนมา")
    house.clock.pass_by(seconds=1)
    assert house.room.register.stop_of(case) is None
    assert not say(house, case, "S-2").complete
    assert say(house, case, "S-1").complete
    house.clock.pass_by(seconds=1)
    house.room.register.amend(case, narrowed, actor="S-4", reason="อีกครั้ง")
    stands = house.room.register.stop_of(case)
    assert stands is not None
    assert stands.complete


def test_a_stop_that_no_workflow_heard_is_found_until_the_case_ends(own_house: House) -> None:
    house, register = own_house, own_house.room.register
    waits, lost, over = (house.case() for _ in range(3))
    say(house, waits)
    for case in (lost, over):
        say(house, case)
        say(house, case, "S-2")
    register.enter(over, State.ANSWERING)
    assert register.unheard_stops(house.clock.at) == ()
    with pytest.raises(TooLate, match="case is ending"):
        say(house, over, "S-3")
    [(case, stop)] = register.unheard_stops(house.clock.at + timedelta(seconds=1))
    assert (case, stop.ground) == (lost, JURISTIC)


def test_the_record_of_refusals_names_both_and_has_their_words(house: House) -> None:
    case = house.case()
    say(house, case)
    say(house, case, "S-2", AGREED)
    [entry] = record(house, case, Refused(scope=Scope.WHOLE, ground=JURISTIC))
    assert (entry.proposer, entry.confirmer, entry.reasons) == ("S-1", "S-2", (WHY, AGREED))
    assert entry.decided == house.clock.at


@pytest.mark.parametrize("early", [True, False])
def test_who_was_noted_for_a_test_is_free_again_and_lists_are_undone_by_people(
    house: House, early: bool
) -> None:
    """Marketing is stopped before anybody looks; a test must not keep somebody out of it for ever."""
    case, room = house.case(right=Right.OBJECTION), house.room
    hers = identifier(IdentifierKind.EMAIL, f"test-{case}@example.com".lower())
    stop = Task(case=case, step=State.RECEIVED, system="mail", verb=Verb.STOP, batch="marketing-1")
    receipt = Receipt(key=stop.key, system="mail", verb=Verb.STOP, achieved={Outcome.STOP: 1})
    if early:
        room.suppressions.enter(case, Why.OBJECTED, (hers,), (MARKETING,))
        room.effects.done(receipt, case, {})
    room.register.stopping(case, mistake=Mistake.TEST, actor="S-1", reason=WHY, alone=True)
    room.suppressions.enter(case, Why.OBJECTED, (hers,), (MARKETING,))
    [verdict] = room.suppressions.check([(hers,)])
    assert verdict.answer == "free"
    assert [(task.code, task.system) for task in room.tasks.of(case)] == (
        [(TAKE_OFF, "mail")] if early else []
    )
    assert ("suppression:lifted" in names_of(house, case)) is early


def test_who_asked_twice_did_object(house: House) -> None:
    case, room = house.case(right=Right.OBJECTION), house.room
    hers = identifier(IdentifierKind.EMAIL, f"twice-{case}@example.com".lower())
    room.suppressions.enter(case, Why.OBJECTED, (hers,), (MARKETING,))
    room.register.stopping(case, mistake=Mistake.DUPLICATE, actor="S-1", reason=WHY, alone=True)
    [verdict] = room.suppressions.check([(hers,)])
    assert verdict.answer == "objected"

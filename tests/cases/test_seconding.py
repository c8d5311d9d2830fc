"""What two officers say alike: a system is left out of a request by nobody alone, and by nobody unseen."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from domain.case import Moved
from domain.errors import BadInput, Conflict, SamePerson
from domain.links import Amendment
from domain.rights import Right
from domain.seconding import DeathShown, Word
from domain.states import State
from tests.cases.conftest import House
from tests.cases.test_register import events_of, names_of

WHY = "คุณมาลีมีคดีกับบริษัท"
CERTIFICATE = DeathShown.CERTIFICATE


def parked(house: House) -> str:
    case = house.case()
    house.room.register.park(case, State.LOCATING, "crm", "credentials-refused")
    return case


def leave_out(house: House, case: str, actor: str = "S-1", *, ground: str = "EX-CLAIM") -> Word:
    return house.room.register.leaving_out(case, "crm", ground=ground, actor=actor, reason=WHY)


def test_a_system_is_left_out_by_the_same_word_of_a_second_officer(house: House) -> None:
    case, register = parked(house), house.room.register
    assert leave_out(house, case) == Word(code="EX-CLAIM", proposer="S-1")
    with pytest.raises(SamePerson):
        leave_out(house, case)
    with pytest.raises(Conflict, match="second person due"):
        register.repaired(case, "crm", actor="S-1", ground="EX-CLAIM", reason=WHY)
    [waits] = register.view(case).parked
    assert (waits.ground, waits.proposer) == ("EX-CLAIM", "S-1")
    complete = leave_out(house, case, "S-2")
    assert complete == Word(code="EX-CLAIM", proposer="S-1", confirmer="S-2", complete=True)
    assert (
        leave_out(house, case, "S-3", ground="EX-LAW") == complete
    )  # it stands until the workflow has heard
    register.repaired(case, "crm", actor="S-2", ground="EX-CLAIM", reason=WHY)
    assert register.view(case).parked == ()
    facts = {"system": "crm", "ground": "EX-CLAIM"}
    assert events_of(house, case)[-3:] == [
        ("system:skip-proposed", "S-1", facts),
        ("system:skip-confirmed", "S-2", facts),
        ("system:repaired", "S-2", facts),
    ]
    with house.app.connect() as connection:
        sealed = connection.execute(
            text("SELECT reason, confirmed_why FROM seconded WHERE case_id = :case"), {"case": case}
        ).one()
    assert not any("มาลี".encode() in each for each in sealed)


def test_another_ground_another_wait_and_an_amended_request_are_each_another_word(house: House) -> None:
    case, register = parked(house), house.room.register
    leave_out(house, case)
    assert not leave_out(house, case, "S-2", ground="EX-LAW").complete
    house.clock.pass_by(seconds=1)
    narrowed = Amendment(moved=Moved.SCOPE, changes={"units": "U01"})
    register.amend(case, narrowed, actor="S-3", reason="เธอเขียนมา")
    house.clock.pass_by(seconds=1)
    [waits] = register.view(case).parked
    assert (waits.ground, waits.proposer) == ("", "")  # nobody can confirm what was said of another request
    assert not leave_out(house, case, "S-1", ground="EX-LAW").complete
    assert register.view(case).parked[0].proposer == "S-1"
    register.repaired(case, "crm", actor="S-3", reason="ต่ออายุแล้ว")
    with pytest.raises(Conflict, match="not parked"):
        leave_out(house, case, "S-2", ground="EX-LAW")
    register.park(case, State.FULFILLING, "crm", "drift")
    assert register.view(case).parked[0].proposer == ""
    assert not leave_out(house, case, "S-2", ground="EX-LAW").complete
    assert "system:skip-confirmed" not in names_of(house, case)


def died(house: House, case: str, actor: str, shown: DeathShown | None = CERTIFICATE) -> str:
    return house.room.register.amend(
        case, Amendment(moved=Moved.DEATH, shown=shown), actor=actor, reason="เห็นมรณบัตรแล้ว"
    )


def test_a_death_is_kept_once_two_officers_have_seen_the_same_of_it(house: House) -> None:
    case, register = house.case(), house.room.register
    with pytest.raises(BadInput, match="death not shown"):
        died(house, case, "S-1", None)
    assert died(house, case, "S-1") == ""
    with pytest.raises(SamePerson):
        died(house, case, "S-1")
    assert died(house, case, "S-2", DeathShown.REGISTER) == ""  # they have seen something else
    assert register.waiting(case) == ()
    assert register.death_of(case) == Word(code="civil-registration", proposer="S-2")
    assert died(house, case, "S-1", DeathShown.REGISTER)
    assert [each.moved for each in register.waiting(case)] == [Moved.DEATH]
    said = {"evidence": "civil-registration"}
    assert events_of(house, case)[-1] == ("death:confirmed", "S-1", said)


def test_what_two_saw_of_a_death_holds_for_every_case_of_the_request_and_for_no_other(house: House) -> None:
    register, (first, sibling) = (
        house.room.register,
        [case.id for case in house.open(Right.ACCESS, Right.ERASURE)],
    )
    stranger = house.case()
    died(house, first, "S-1")
    assert register.waiting(sibling) == ()
    assert died(house, sibling, "S-2") == ""  # that one is another officer's first word there
    assert died(house, first, "S-2")
    assert died(house, sibling, "S-2")
    assert died(house, stranger, "S-2") == ""

"""What of an obligation is lost: kept as the last look saw it, and let go on the word of two."""

from __future__ import annotations

import pytest

from domain.aftermath import Settlement
from domain.errors import Conflict, KeyShredded, NotFound, SamePerson
from security.ports import KeyPurpose
from tests.cases.conftest import House
from tests.cases.test_obligations import held, told

WHY = "ใบแจ้งหนี้นี้เป็นของผู้อื่นแล้ว"


def settle(house: House, obligation: str, actor: str) -> Settlement:
    return house.room.obligations.settle(obligation, actor=actor, reason=WHY)


def test_what_is_lost_is_as_the_last_look_saw_it(house: House) -> None:
    obligations, owed = house.room.obligations, held(house, 3)
    assert obligations.lost(owed.id) == frozenset()
    for lost in ({1, 2}, {3}, set[int]()):
        obligations.move(owed.id, owed.due_on, lost=lost)
        assert obligations.lost(owed.id) == lost


def test_two_people_let_go_what_is_lost_and_the_rest_is_owed(house: House) -> None:
    obligations, owed = house.room.obligations, held(house, 3)
    obligations.move(owed.id, owed.due_on, lost={1, 2})
    assert settle(house, owed.id, "S-1") == Settlement(obligation=owed.id, items=2, proposer="S-1")
    with pytest.raises(SamePerson):
        settle(house, owed.id, "S-1")
    assert len(list(obligations.items(owed.id))) == 3
    # One was found again since, another is lost of which nobody has spoken.
    obligations.move(owed.id, owed.due_on, lost={2, 3})
    done = settle(house, owed.id, "S-2")
    assert done == Settlement(obligation=owed.id, items=1, proposer="S-1", confirmer="S-2")
    assert [item.found.no for item in obligations.items(owed.id)] == [1, 3]
    assert obligations.lost(owed.id) == {3}
    assert not obligations.view(owed.id).met
    assert told(house, owed.case, "obligation:settled") == [
        {"obligation": owed.id, "system": "crm", "items": 2, "state": "proposed"},
        {"obligation": owed.id, "system": "crm", "items": 1, "state": "confirmed"},
    ]
    house.room.audit.verify()


def test_with_nothing_left_it_is_met_and_opens_no_more(house: House) -> None:
    obligations, owed = house.room.obligations, held(house)
    obligations.move(owed.id, owed.due_on, lost={1, 2})
    for actor in ("S-1", "S-2"):
        settle(house, owed.id, actor)
    assert obligations.view(owed.id).met
    with pytest.raises(KeyShredded):
        house.ring.for_owner(KeyPurpose.OBLIGATION, owed.id)
    with pytest.raises(Conflict, match="nothing lost"):
        settle(house, owed.id, "S-3")


def test_what_is_not_lost_or_is_under_an_order_is_let_go_by_nobody(house: House) -> None:
    obligations, owed = house.room.obligations, held(house)
    with pytest.raises(NotFound, match="obligation unknown"):
        settle(house, "o-none", "S-1")
    with pytest.raises(Conflict, match="nothing lost"):
        settle(house, owed.id, "S-1")
    obligations.move(owed.id, owed.due_on, lost={1})
    order = house.room.holds.place(owed.case, "civil-1", actor="S-1", reason="served")
    with pytest.raises(Conflict, match="order binds"):
        settle(house, owed.id, "S-1")
    house.room.holds.release(order, actor="S-1", reason="lifted")
    assert not settle(house, owed.id, "S-1").confirmer

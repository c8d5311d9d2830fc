"""Kinds of orders: a complaint to สคส. (s.73) freezes what is left to do for its person, until it is released."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from domain.aftermath import Owed
from domain.errors import BadInput, Conflict
from domain.holds import OrderKind
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Ending
from domain.rights import Right
from tests.cases.conftest import House
from tests.cases.test_register import events_of, names_of


def test_a_complaint_binds_every_case_of_the_person_and_what_is_owed_after_it(own_house: House) -> None:
    room, closed = own_house.room, own_house.case()
    owed = room.obligations.add(closed, Owed.BACKUPS, date(2026, 12, 1), system="crm")
    room.register.close(closed, Ending.WITHDRAWN)
    running = own_house.case()
    [stranger] = own_house.open(
        Right.ERASURE, identifiers=(identifier(IdentifierKind.EMAIL, "somchai@example.com"),)
    )
    complaint = room.holds.place(
        running, "สคส. 7/2569", actor="S-1", reason="ร้องเรียน", kind=OrderKind.COMPLAINT
    )
    for case in (running, owed.case):
        assert room.holds.binding(case) == (complaint,)
        with room.effects.gate(case) as binding:
            assert tuple(binding) == (complaint,)
    assert room.holds.binding(stranger.id) == ()
    assert events_of(own_house, running)[-2:] == [
        ("hold:placed", "S-1", {"order": complaint, "kind": "complaint", "scope": "case"}),
        ("complaint:made", "S-1", {"order": complaint}),
    ]
    room.holds.release(complaint, actor="S-1", reason="ยุติเรื่อง")
    assert room.holds.binding(owed.case) == ()


def test_every_kind_binds_and_is_told_as_what_it_is(own_house: House) -> None:
    holds, case = own_house.room.holds, own_house.case()
    plain = holds.place(case, "คดีดำ 1/2569", actor="S-1", reason="x")
    own_house.clock.pass_by(seconds=1)
    dispute = holds.place(None, "dispute 2", actor="S-1", reason="x", kind=OrderKind.LITIGATION)
    assert [(order.id, order.kind) for order in holds.orders()] == [
        (plain, OrderKind.ORDER),
        (dispute, OrderKind.LITIGATION),
    ]
    assert holds.binding(case) == (plain, dispute)
    assert "complaint:made" not in names_of(own_house, case)


def test_an_order_is_kept_with_the_units_that_it_names(own_house: House) -> None:
    holds, case = own_house.room.holds, own_house.case()
    order = holds.place(case, "คดีดำ 2/2569", actor="S-1", reason="x", units=("U07", "U06", "U06"))
    [kept] = holds.orders()
    assert kept.units == ("U06", "U07")
    with own_house.room.effects.gate(case) as binding:
        assert {name: one.units for name, one in binding.items()} == {order: ("U06", "U07")}
    placed = {"order": order, "kind": "order", "scope": "case:U06,U07"}
    assert events_of(own_house, case)[-1] == ("hold:placed", "S-1", placed)


@pytest.mark.parametrize(("order", "reason"), [("", "x"), ("  ", "x"), ("คดีดำ 1/2569", " ")])
def test_an_order_has_its_number_and_its_reason(own_house: House, order: str, reason: str) -> None:
    with pytest.raises(BadInput, match="missing"):
        own_house.room.holds.place(own_house.case(), order, actor="S-1", reason=reason)
    assert own_house.room.holds.orders() == ()


def test_a_complaint_is_somebody_s(own_house: House) -> None:
    with pytest.raises(BadInput, match="complaint without case"):
        own_house.room.holds.place(None, "x", actor="S-1", reason="x", kind=OrderKind.COMPLAINT)
    assert own_house.room.holds.orders() == ()


def test_the_same_order_pressed_twice_at_once_is_one(own_house: House) -> None:
    holds, case = own_house.room.holds, own_house.case()

    def place(_: int) -> str:
        try:
            return holds.place(case, "คดีดำ 3/2569", actor="S-1", reason="x", units=("U06",))
        except Conflict as known:
            return known.code

    with ThreadPoolExecutor(4) as pool:
        placed = list(pool.map(place, range(4)))
    assert placed.count("order-known") == 3
    [order] = holds.binding(case)
    further = holds.place(case, "คดีดำ 3/2569", actor="S-1", reason="x", units=("U07",))
    everybody = holds.place(None, "คดีดำ 3/2569", actor="S-1", reason="x", units=("U06",))
    assert set(holds.binding(case)) == {order, further, everybody}
    holds.release(order, actor="S-2", reason="ถอนฟ้อง")
    assert holds.place(case, "คดีดำ 3/2569", actor="S-1", reason="x", units=("U06",)) != order

"""Holds and systems at the desk: placed by one, released by another; reached when asked."""

from __future__ import annotations

from datetime import timedelta

from domain.errors import Unavailable
from domain.holds import OrderKind
from domain.staffing import Role
from domain.states import State
from portal.desk.holds import review_of
from tests.portal.desk_world import START, DeskWorld, press, proof_of


async def test_an_order_is_placed_by_an_officer_and_released_by_an_approver(desk_world: DeskWorld) -> None:
    case = desk_world.case().case
    sent = {"kind": "litigation", "reference": case.reference.lower(), "order": "พ.1234/2569", "reason": "คดี"}
    async with desk_world.signed(Role.OFFICER) as officer, desk_world.signed(Role.APPROVER) as approver:
        page = await officer.get("/desk/holds")
        answer = await press(officer, page, "/desk/holds", **sent, unit=["U06"])
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/holds")
        assert (await press(officer, page, "/desk/holds", **sent)).status_code == 403
        [order] = desk_world.room.holds.binding(case.id)
        assert f"/desk/holds/{order}" not in (await officer.get("/desk/holds")).text
        page = await approver.get("/desk/holds")
        assert "พ.1234/2569" in page.text
        wanting = await press(approver, page, f"/desk/holds/{order}", reason=" ")
        assert (wanting.status_code, "โปรดระบุเหตุผล" in wanting.text) == (422, True)
        answer = await press(approver, page, f"/desk/holds/{order}", reason="ถอนฟ้อง")
        assert answer.status_code == 303
        gone = await approver.post(
            "/desk/holds/h-0", data={"proof": proof_of(page, f"/desk/holds/{order}"), "reason": "x"}
        )
        assert gone.status_code == 404
    assert desk_world.room.holds.binding(case.id) == ()
    assert desk_world.released == [(case.id, order)]


async def test_what_is_wrong_in_an_order_is_told_beside_it_and_kept(desk_world: DeskWorld) -> None:
    reference = desk_world.case().case.reference
    good = {"kind": "order", "reference": reference, "order": "คำสั่ง 9", "reason": "สรรพากร"}
    async with desk_world.signed(Role.OFFICER) as client:
        page, before = await client.get("/desk/holds"), len(desk_world.room.holds.orders())
        for changed, told in (
            ({"reference": ""}, "reference-error"),
            ({"all": "1"}, "reference-error"),
            ({"reference": "DSR-2569-999999"}, "reference-error"),
            ({"reference": "", "all": "1", "kind": "complaint"}, "kind-error"),
            ({"order": " "}, "order-error"),
            ({"reason": ""}, "reason-error"),
        ):
            answer = await press(client, page, "/desk/holds", **good | changed)
            assert answer.status_code == 422
            assert f'id="{told}"' in answer.text
            assert (good | changed)["order"].strip() in answer.text
    assert len(desk_world.room.holds.orders()) == before


async def test_an_order_that_stands_is_told_to_stand(desk_world: DeskWorld) -> None:
    case = desk_world.case().case
    sent = {"kind": "order", "reference": case.reference, "order": "คำสั่ง 10", "reason": "สรรพากร"}
    async with desk_world.signed(Role.OFFICER) as client:
        for status in (303, 422):
            page = await client.get("/desk/holds")
            answer = await press(client, page, "/desk/holds", **sent)
            assert answer.status_code == status
        assert "คำสั่งนี้ใช้อยู่แล้วและยังไม่ได้ปลด" in answer.text
    assert len(desk_world.room.holds.binding(case.id)) == 1


async def test_the_auditor_sees_that_an_order_stands_and_not_why(desk_world: DeskWorld) -> None:
    officer = desk_world.of(Role.OFFICER).member
    desk_world.room.holds.place(None, "ลับ 1", actor=officer, reason="เรื่องของนางมาลี", kind=OrderKind.ORDER)
    before = len(desk_world.events())
    async with desk_world.signed(Role.AUDITOR) as auditor, desk_world.signed(Role.FINANCE) as finance:
        page = await auditor.get("/desk/holds")
        assert "คำสั่งศาลหรือหน่วยงานของรัฐ" in page.text
        assert "มาลี" not in page.text
        assert "มาลี" in (await finance.get("/desk/holds")).text
    told = [each for each in desk_world.events()[before:] if each[0] == "staff:looked"]
    assert told == [("staff:looked", desk_world.of(Role.FINANCE).member, {"command": "desk-holds"})]


def test_a_litigation_hold_is_reviewed_every_ninety_days(desk_world: DeskWorld) -> None:
    officer, room = desk_world.of(Role.OFFICER).member, desk_world.room
    ids = [
        room.holds.place(None, "1", actor=officer, reason="คดี", kind=kind)
        for kind in (OrderKind.LITIGATION, OrderKind.ORDER)
    ]
    orders = {order.id: order for order in room.holds.orders()}
    day = orders[ids[0]].placed.date()
    reviews = [review_of(orders[ids[0]], day + timedelta(days=days)) for days in (0, 1, 90, 91)]
    assert [(review - day).days for review in reviews if review] == [90, 90, 90, 180]
    assert review_of(orders[ids[1]], START.date()) is None


async def test_a_system_is_reached_when_asked_and_what_waits_is_shown(desk_world: DeskWorld) -> None:
    def away() -> None:
        raise Unavailable("system-unreachable")

    desk_world.systems.update({"siamcrm": lambda: None, "stripe": away})
    case = desk_world.case(State.RESOLVING, State.LOCATING).case.id
    for system in ("stripe", "left-over"):
        desk_world.room.register.park(case, State.LOCATING, system, "credential-refused")
    async with desk_world.signed(Role.ADMINISTRATOR) as client:
        page = await client.get("/desk/systems?lang=en")
        assert "No longer in the settings" in page.text
        assert page.text.count("Waiting: 1") == 2
        assert "/desk?system=" not in page.text
        answer = await press(client, page, "/desk/systems", system="siamcrm")
        assert "Reached, and as its data map says" in answer.text
        answer = await press(client, page, "/desk/systems", system="stripe")
        assert "Doesn’t answer as it should" in answer.text
        assert "system-unreachable" in answer.text
        assert (await press(client, page, "/desk/systems", system="left-over")).status_code == 404

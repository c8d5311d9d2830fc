"""The page of the staff: let in, let out, another role, a lost factor reset by two."""

from __future__ import annotations

import re

from domain.staffing import Role
from tests.portal.desk_world import DeskWorld, press, proof_of


def credential_on(text: str) -> str:
    return str(re.findall(r"S-[0-9a-f]{12}\.sst_[\w-]+", text)[0])


async def test_somebody_is_added_once_and_their_credential_shown_once(desk_world: DeskWorld) -> None:
    async with desk_world.signed(Role.ADMINISTRATOR) as client:
        page = await client.get("/desk/staff")
        sent = {"name": " นายใหม่  มาแล้ว ", "role": "intake"}
        made = await press(client, page, "/desk/staff", **sent)
        assert made.status_code == 200
        assert made.headers["cache-control"] == "no-store"
        credential = credential_on(made.text)
        member = desk_world.room.staff.authenticate(credential)
        assert desk_world.room.staff.name(member) == "นายใหม่ มาแล้ว"
        again = await press(client, page, "/desk/staff", **sent)
        assert again.status_code == 403
        page = await client.get("/desk/staff")
        assert page.text.count("นายใหม่ มาแล้ว</th>") + page.text.count("นายใหม่ มาแล้ว <span") == 1
        assert credential not in page.text


async def test_what_is_wrong_is_told_beside_it_and_adds_nobody(desk_world: DeskWorld) -> None:
    async with desk_world.signed(Role.ADMINISTRATOR) as client:
        page, before = await client.get("/desk/staff"), len(desk_world.room.staff.members())
        for sent, told in (
            ({"name": " ", "role": "intake"}, "โปรดกรอกชื่อ"),
            ({"name": "ก", "role": "boss"}, "โปรดเลือกบทบาท"),
        ):
            answer = await press(client, page, "/desk/staff", **sent)
            assert (answer.status_code, told in answer.text) == (422, True)
    assert len(desk_world.room.staff.members()) == before


async def test_role_and_leave_are_others_to_change(desk_world: DeskWorld) -> None:
    who, boss = desk_world.hire(Role.INTAKE), desk_world.of(Role.ADMINISTRATOR)
    async with desk_world.signed(Role.ADMINISTRATOR) as client:
        page = await client.get("/desk/staff")
        proof = proof_of(page, f"/desk/staff/{who.member}")
        for deed, changed in (("role", {"role": "finance"}), ("disable", {})):
            sent = {"proof": proof, "deed": deed} | changed
            own = await client.post(f"/desk/staff/{boss.member}", data=sent)
            assert own.status_code == 403
            other = await client.post(f"/desk/staff/{who.member}", data=sent)
            assert other.headers["location"] == "/desk/staff"
            assert (await client.post("/desk/staff/S-nobody", data=sent)).status_code == 404
        sent = {"proof": proof, "deed": "role", "role": "boss"}
        assert (await client.post(f"/desk/staff/{who.member}", data=sent)).status_code == 400
    [now] = [each for each in desk_world.room.staff.members() if each.id == who.member]
    assert (now.role, now.disabled) == (Role.FINANCE, True)


async def test_a_lost_factor_takes_two_and_neither_sees_what_is_new(desk_world: DeskWorld) -> None:
    who = desk_world.hire(Role.APPROVER)
    async with (
        desk_world.browser(address="203.0.113.9") as own,
        desk_world.signed(Role.ADMINISTRATOR) as boss,
        desk_world.signed(Role.OFFICER) as second,
    ):
        begun = await own.post("/desk/lost", headers={"origin": "https://portal.example"})
        assert begun.headers["location"] == "/desk/lost"
        [shown] = re.findall(r"<code class=\"secret\">([\d ]+)<", (await own.get("/desk/lost")).text)
        seen = []
        page = await boss.get("/desk/staff")
        proof = proof_of(page, f"/desk/staff/{who.member}")
        sent = {"proof": proof, "deed": "reset", "reason": "", "number": shown}
        address = f"/desk/staff/{who.member}"
        assert (await boss.post(address, data=sent)).status_code == 422
        sent["reason"] = "โทรศัพท์หาย"
        wrong = await boss.post(address, data={**sent, "number": "1234 5678 9"})
        assert (wrong.status_code, "ไม่มีผู้ใดเริ่มด้วยหมายเลขนี้" in wrong.text) == (422, True)
        for status in (303, 409):
            answer = await boss.post(address, data=sent)
            assert answer.status_code == status
            seen.append(answer.text)
        page = await boss.get("/desk/resets")
        assert "ต้องให้บุคคลอื่นยืนยันรายการนี้" in page.text
        page = await second.get("/desk/resets")
        wrong = await press(second, page, "/desk/resets", member=who.member, number="00000000")
        assert (wrong.status_code, "หมายเลขไม่ตรง" in wrong.text) == (422, True)
        waits = await own.post("/desk/lost", headers={"origin": "https://portal.example"})
        assert waits.headers["location"] == "/desk/lost"
        done = await press(second, page, "/desk/resets", member=who.member, number=shown)
        assert done.headers["location"] == "/desk/resets?done=1"
        seen += [done.text, (await second.get("/desk/resets?done=1")).text, page.text]
        assert "ไม่มีรายการที่รอบุคคลที่สอง" in seen[-2]
        assert (await press(second, page, "/desk/resets", member=who.member, number=shown)).status_code == 404
        assert not re.findall(r"sst_|secret", "".join(seen))
        back = await own.post("/desk/lost", headers={"origin": "https://portal.example"})
        assert desk_world.room.staff.authenticate(credential_on(back.text)) == who.member
        assert (await own.get("/desk/first/set")).status_code == 200
        again = await own.post("/desk/lost", headers={"origin": "https://portal.example"})
        assert "sst_" not in again.text

"""Incidents and notes in the register: sealed with the case's key, told without a word of them, frozen and let go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.errors import BadInput, Conflict, KeyShredded
from domain.incidents import Assessment, Closing, Heard, IncidentKind, Risk
from security.ports import KeyPurpose
from tests.cases.conftest import House
from tests.cases.samples import planned
from tests.cases.test_plan_edits import KEPT, edited
from tests.cases.test_plans import deciding, proposal
from tests.cases.test_register import events_of, names_of

WHY: dict[str, Any] = {"actor": "S-1", "reason": "ส่งถึงนายวิชัยแทนนางมาลี"}
SAID = Assessment(
    risk=Risk.HIGH,
    units=("U06",),
    people=2,
    disclosed="สำเนาคำร้อง",
    to_whom="นายวิชัย ใจดี",
    effects="อาจถูกติดต่อ",
    done="ขอให้ลบ",
)


def opened(house: House, case: str, **more: Any) -> str:
    said = {**WHY, "freeze": True, **more}
    return house.room.incidents.open(case, IncidentKind.WRONG_RECIPIENT, **said).id


def test_the_clock_runs_from_when_it_was_noticed_and_the_same_again_is_one(house: House) -> None:
    case = house.case()
    noticed = house.clock.now() - timedelta(hours=5)
    first = opened(house, case, noticed=noticed)
    assert opened(house, case) == first
    [one] = house.room.incidents.of(case)
    assert (one.noticed, one.due) == (noticed, noticed + timedelta(hours=72))
    assert names_of(house, case).count("incident:opened") == 1
    with pytest.raises(BadInput, match="time to come"):
        opened(house, house.case(), noticed=house.clock.now() + timedelta(minutes=1))


def test_nothing_is_decided_of_a_frozen_case_until_its_incident_is_closed(house: House) -> None:
    case, summary = deciding(house, planned(1))
    made = opened(house, case)
    plans, book = house.room.plans, house.room.incidents
    assert book.frozen(case)
    with pytest.raises(Conflict, match="case frozen"):
        plans.propose(case, proposal(summary), confirm=True)
    with pytest.raises(Conflict, match="case frozen"):
        edited(house, case, KEPT)
    book.close(made, Closing.MISTAKE, actor="S-2", reason="เป็นของเจ้าของข้อมูลเอง")
    assert not book.frozen(case)
    assert plans.propose(case, proposal(summary), confirm=False) is not None
    assert names_of(house, case).count("case:unfrozen") == 1


def test_an_incident_is_assessed_told_and_closed_and_the_chain_hears_codes_alone(house: House) -> None:
    case = house.case()
    made, book = opened(house, case), house.room.incidents
    book.assess(made, SAID.model_copy(update={"risk": Risk.RISK}), actor="S-1")
    assert book.assess(made, SAID, actor="S-2").owed == (Heard.PDPC, Heard.PERSON)
    assert book.assessment(made) == SAID
    now = house.clock.now()
    with pytest.raises(BadInput, match="out of time"):
        book.notify(made, Heard.PDPC, told=now + timedelta(hours=1), evidence="สคส. 9", actor="S-1")
    for heard in Heard:
        book.notify(made, heard, told=now, evidence="สคส. รับที่ 77/2569", actor="S-1")
    closed = book.close(made, Closing.NOTIFIED, actor="S-1", reason="แจ้งครบแล้ว")
    assert (closed.outcome, closed.owed, closed.waits) == (Closing.NOTIFIED, (), False)
    with pytest.raises(Conflict, match="incident is closed"):
        book.assess(made, SAID, actor="S-1")
    told = str([facts for event, _, facts in events_of(house, case) if event.startswith("incident:")])
    assert not [word for word in ("วิชัย", "สำเนา", "77/2569", "มาลี") if word in told]
    assert "'level': 'high'" in told


def test_those_whose_clock_runs_come_first_and_the_earliest_due_before_the_others(house: House) -> None:
    book, now = house.room.incidents, house.clock.now()
    ids = [opened(house, house.case(), noticed=now - timedelta(hours=hours)) for hours in (1, 80, 20)]
    done = opened(house, house.case(), noticed=now - timedelta(hours=90))
    book.close(done, Closing.MISTAKE, actor="S-1", reason="ซ้ำ")
    ours = [one.id for one in book.all() if one.id in {*ids, done}]
    assert ours == [ids[1], ids[2], ids[0], done]
    assert done not in [one.id for one in book.all(open_only=True)]


def test_notes_are_read_with_the_key_of_the_case_and_gone_with_it(house: House) -> None:
    case = house.case()
    notes = house.room.notes
    notes.write(case, " โทรหาคุณมาลีแล้ว ไม่รับสาย ", actor="S-1")
    notes.write(case, "นัดวันจันทร์", actor="S-2")
    assert {(one.by, one.text) for one in notes.of(case)} == {
        ("S-1", "โทรหาคุณมาลีแล้ว ไม่รับสาย"),
        ("S-2", "นัดวันจันทร์"),
    }
    assert notes.count(case) == 2
    told = [(actor, set(facts)) for event, actor, facts in events_of(house, case) if event == "note:written"]
    assert told == [("S-1", {"note"}), ("S-2", {"note"})]
    for text in ("  ", "ก" * 4001):
        with pytest.raises(BadInput):
            notes.write(case, text, actor="S-1")
    house.ring.shred(house.ring.for_owner(KeyPurpose.CASE, case).key_id, "case-over")
    with pytest.raises(KeyShredded):
        notes.of(case)
    with pytest.raises(KeyShredded):
        notes.write(case, "สาย", actor="S-1")

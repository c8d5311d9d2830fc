"""Edits of plans in the register: on the plan that was read, with a sealed reason, and nothing decided past them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from domain.calendar import day_in_bangkok
from domain.errors import BadInput, Conflict, KeyShredded, NotFound, StalePlan
from domain.outcomes import Outcome
from domain.plan_edits import Change
from domain.ports import PlannedItem
from domain.rights import Right
from security.ports import KeyPurpose
from tests.cases.conftest import House
from tests.cases.samples import hold, planned
from tests.cases.test_plans import deciding, proposal
from tests.cases.test_register import events_of, names_of

WHY: dict[str, Any] = {"actor": "S-1", "reason": "คดีแพ่งหมายเลขดำที่ พ.123/2569"}
LATER = date(2028, 1, 1)
KEPT = Change(
    system="crm",
    table="invoices",
    unit="billing",
    was=Outcome.ERASE,
    becomes=Outcome.HOLD,
    ground="EX-CLAIM",
    until=LATER,
)
ROWS = [planned(1), planned(2, Outcome.HOLD, holds=(hold(),)), planned(3), planned(4)]


def edited(house: House, case: str, change: Change, **more: Any) -> str:
    digest = house.room.plans.summary(case).digest
    said = {**WHY, "digest": digest, **more}
    return house.room.plan_edits.make(case, Right.ERASURE, change, **said).id


def again(house: House, case: str, *rows: PlannedItem) -> list[tuple[int, Outcome, str]]:
    """The next version, made under what stands."""
    edits = house.room.plan_edits
    standing = edits.standing(case, Right.ERASURE, day_in_bangkok(house.clock.now()))
    after = [one.model_copy(update={"row": standing.on(one.row, one.item)}) for one in rows or ROWS]
    house.room.plans.write(case, after)
    return [(row.no, row.planned, row.edit) for row in house.room.plans.rows(case)]


def test_an_edit_changes_the_next_plan_and_nothing_is_decided_on_the_one_that_it_edits(house: House) -> None:
    case, first = deciding(house, *ROWS)
    plans = house.room.plans
    plans.propose(case, proposal(first), confirm=True)
    made = edited(house, case, KEPT.model_copy(update={"numbers": (3,)}))
    with pytest.raises(StalePlan, match="plan is older"):
        plans.confirm(case, actor="S-2", reason="ตรวจแล้ว")
    with pytest.raises(StalePlan, match="plan is older"):
        plans.propose(case, proposal(first), confirm=False)
    with pytest.raises(StalePlan, match="plan is older"):
        edited(house, case, KEPT)
    assert again(house, case) == [
        (1, Outcome.ERASE, ""),
        (2, Outcome.HOLD, ""),
        (3, Outcome.HOLD, made),
        (4, Outcome.ERASE, ""),
    ]
    second = plans.summary(case)
    assert (second.version, second.digest != first.digest) == (2, True)
    assert [row.until for row in plans.rows(case) if row.edit] == [LATER]
    plans.propose(case, proposal(second), confirm=False)
    with pytest.raises(Conflict, match="already decided"):
        edited(house, case, KEPT)
    assert names_of(house, case).count("decision:voided") == 1
    [(actor, told)] = [
        (actor, facts) for event, actor, facts in events_of(house, case) if event == "plan:edited"
    ]
    assert (actor, told["from"], told["to"], told["items"]) == ("S-1", "erase", "hold", 1)
    assert "พ.123" not in str(told)


def test_a_record_is_known_by_its_place_and_not_by_its_number(house: House) -> None:
    case, _ = deciding(house, *ROWS)
    made = edited(house, case, KEPT.model_copy(update={"numbers": (3,)}))
    moved = planned(3)  # the same record, now the second of the plan
    renumbered = moved.model_copy(
        update={
            "row": moved.row.model_copy(update={"no": 2}),
            "item": moved.item.model_copy(update={"found": moved.item.found.model_copy(update={"no": 2})}),
        }
    )
    assert again(house, case, planned(1), renumbered) == [(1, Outcome.ERASE, ""), (2, Outcome.HOLD, made)]
    assert house.room.plan_edits.lost(case, 2) == ()


def test_an_edit_that_no_longer_fits_is_told_once(house: House) -> None:
    case, _ = deciding(house, *ROWS)
    edited(house, case, KEPT.model_copy(update={"numbers": (3, 4)}))
    again(house, case, planned(1), planned(3), planned(4, Outcome.HOLD, holds=(hold(),)))
    edits = house.room.plan_edits
    assert edits.lost(case, 2) == ("crm",)
    assert edits.lost(case, 2) == ()
    [one] = edits.of(case)
    assert (one.items, one.now, one.single) == (2, 1, True)
    assert names_of(house, case).count("plan:edit-lost") == 1


def test_an_edit_is_taken_back(house: House) -> None:
    case, _ = deciding(house, *ROWS)
    made = edited(house, case, KEPT)
    assert [outcome for _, outcome, _ in again(house, case)] == [Outcome.HOLD] * 4
    edits, digest = house.room.plan_edits, house.room.plans.summary(case).digest
    edits.undo(case, made, digest=digest, **WHY)
    assert {edit for _, _, edit in again(house, case)} == {""}
    assert [(one.stands, one.undone, one.undoes) for one in edits.of(case)] == [
        (False, True, ""),
        (False, False, made),
    ]
    with pytest.raises(NotFound, match="edit unknown"):
        edits.undo(case, made, digest=house.room.plans.summary(case).digest, **WHY)


def test_what_may_not_be_changed_is_refused_whole(house: House) -> None:
    case, summary = deciding(house, *ROWS)
    for change, code in (
        (KEPT.model_copy(update={"numbers": (2,)}), "edit-of-nothing"),  # a hold keeps it
        (KEPT.model_copy(update={"numbers": (3, 99)}), "edit-of-nothing"),
        (
            KEPT.model_copy(update={"becomes": Outcome.ANONYMISE, "ground": "", "until": None}),
            "edit-no-such-way",
        ),
    ):
        with pytest.raises(BadInput) as refused:
            edited(house, case, change)
        assert refused.value.code == code
    with pytest.raises(StalePlan):
        edited(house, case, KEPT, digest="0" * 64)
    assert house.room.plan_edits.of(case) == ()
    assert house.room.plans.summary(case) == summary


def test_what_the_workflow_never_heard_is_found_and_what_it_refused_is_dropped(house: House) -> None:
    case, _ = deciding(house, *ROWS)
    made = edited(house, case, KEPT)
    edits = house.room.plan_edits
    soon = house.clock.now() + timedelta(seconds=1)
    assert [(found, edit.id) for found, edit in edits.unheard(soon) if found == case] == [(case, made)]
    edits.drop(made)
    edits.drop(made)
    assert [found for found, _ in edits.unheard(soon) if found == case] == []
    assert edits.of(case) == ()
    assert names_of(house, case).count("plan:edit-dropped") == 1
    assert {edit for _, _, edit in again(house, case)} == {""}


def test_the_reason_goes_with_the_key_of_the_case(house: House) -> None:
    case, _ = deciding(house, *ROWS)
    made = edited(house, case, KEPT, harm="")
    assert house.room.plan_edits.reasons(case) == {made: WHY["reason"]}
    house.ring.shred(house.ring.for_owner(KeyPurpose.CASE, case).key_id, "retention")
    with pytest.raises(KeyShredded):
        house.room.plan_edits.reasons(case)

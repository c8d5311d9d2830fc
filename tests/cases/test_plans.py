"""Plans and decisions: versions, digests, two persons, and nothing decided that was not read."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import cast

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domain.case import Decision, Receipt
from domain.errors import BadInput, Conflict, Integrity, NotFound, SamePerson, SealBroken, StalePlan
from domain.outcomes import DESTROYING, Outcome
from domain.plan import PlanSummary, SystemCount
from domain.ports import PlannedItem, Proposal
from domain.rights import Verb
from domain.states import State
from tests.cases.conftest import House
from tests.cases.samples import hold, many, planned
from tests.cases.test_register import events_of, names_of

TO_DECIDING = (State.RESOLVING, State.VERIFYING, State.LOCATING, State.PLANNING, State.DECIDING)


def deciding(house: House, *rows: PlannedItem) -> tuple[str, PlanSummary]:
    case = house.case(*TO_DECIDING)
    return case, house.room.plans.write(case, rows or [planned(1)])


def proposal(summary: PlanSummary, actor: str = "S-1", **changed: object) -> Proposal:
    value = {"digest": summary.digest, "approved": True, "actor": actor, "reason": "ตรวจแล้ว", **changed}
    return Proposal.model_validate(value)


def test_a_plan_comes_back_as_it_was_written(house: House) -> None:
    rows = [
        planned(1),
        planned(2, Outcome.HOLD, holds=(hold(), hold("tax"))),
        planned(3, Outcome.ERASE, system="billing"),
        planned(5),
    ]
    case, summary = deciding(house, *rows)
    plans = house.room.plans
    assert plans.summary(case) == summary
    assert summary.version == 1
    assert summary.counts == (
        SystemCount(system="crm", outcome=Outcome.ERASE, count=2),
        SystemCount(system="crm", outcome=Outcome.HOLD, count=1),
        SystemCount(system="billing", outcome=Outcome.ERASE, count=1),
    )
    read = list(plans.rows(case))
    assert [row.model_copy(update={"fingerprint": ""}) for row in read] == [each.row for each in rows]
    assert len({row.fingerprint for row in read}) == 4
    erased = list(plans.items(case, "crm", DESTROYING))
    assert [each.item for each in erased] == [rows[0].item, rows[3].item]
    assert [each.row.no for each in plans.items(case, "crm", DESTROYING, backwards=True)] == [5, 1]
    assert list(plans.items(case, "none", DESTROYING)) == []


def test_the_digest_is_what_the_docs_say(house: House) -> None:
    case, summary = deciding(house, *many(3))
    digest = hashlib.sha256(rfc8785.dumps({"case": case, "version": 1}) + b"\n")
    for row in house.room.plans.rows(case):
        digest.update(rfc8785.dumps(row.model_dump(mode="json", exclude={"edit"})) + b"\n")
    assert summary.digest == digest.hexdigest()


def test_the_digest_binds_what_is_sealed_and_which_case_it_is(house: House) -> None:
    case, first = deciding(house, planned(1, content_hash="a"))
    second = house.room.plans.write(case, [planned(1, content_hash="b")])
    _, other = deciding(house, planned(1, content_hash="a"))
    assert len({first.digest, second.digest, other.digest}) == 3
    prints = [row.fingerprint for row in house.room.plans.rows(case)]
    assert house.room.plans.write(case, [planned(1, content_hash="b")]).version == 3
    assert [row.fingerprint for row in house.room.plans.rows(case)] == prints


def test_results_tell_of_every_record_over_all_versions(house: House) -> None:
    room, case = house.room, house.case()

    def became(key: str, achieved: dict[int, Outcome]) -> None:
        room.effects.done(Receipt(key=f"{case}:{key}", system="crm", verb=Verb.ERASE), case, achieved)

    with pytest.raises(NotFound):
        next(room.plans.results(case))
    room.plans.write(case, [*many(3), planned(4, Outcome.ANONYMISE), planned(5, Outcome.HOLD)])
    became("1", {1: Outcome.ERASE, 2: Outcome.HOLD, 4: Outcome.ANONYMISE})
    second = [planned(1), planned(2), planned(3, Outcome.HOLD), planned(4, Outcome.BLOCKED), planned(5)]
    room.plans.write(case, second)
    became("2", {1: Outcome.DETACH, 5: Outcome.HOLD})
    assert [(row.no, row.planned, row.ground) for row in room.plans.results(case)] == [
        (1, Outcome.ERASE, "S33-1"),
        (4, Outcome.ANONYMISE, "S33-1"),
        (1, Outcome.DETACH, "S33-1"),
        (2, Outcome.BLOCKED, "not-carried-out"),
        (3, Outcome.HOLD, "S33-1"),
        (4, Outcome.BLOCKED, "S33-1"),
        (5, Outcome.HOLD, "EX-LAW"),
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["crm", "billing", "mail"]), st.sampled_from(list(Outcome))), max_size=30
    )
)
def test_counts_and_rows_agree(house: House, drawn: list[tuple[str, Outcome]]) -> None:
    rows = [planned(no, outcome, system=system) for no, (system, outcome) in enumerate(drawn)]
    case = house.case()
    summary = house.room.plans.write(case, iter(rows))
    read = [(row.system, row.planned) for row in house.room.plans.rows(case)]
    assert read == drawn
    assert {(c.system, c.outcome): c.count for c in summary.counts} == {d: drawn.count(d) for d in drawn}
    assert [(c.system, c.outcome) for c in summary.counts] == list(dict.fromkeys(drawn))
    assert house.room.plans.summary(case) == summary


@pytest.mark.parametrize("numbers", [(1, 1), (2, 1), (1, 3, 2)])
def test_rows_out_of_order_write_nothing(house: House, numbers: tuple[int, ...]) -> None:
    case = house.case()
    with pytest.raises(BadInput, match="plan out of order"):
        house.room.plans.write(case, [planned(no) for no in numbers])
    with pytest.raises(NotFound):
        house.room.plans.summary(case)
    with house.app.connect() as connection:
        rows = text("SELECT count(*) FROM plan_items WHERE case_id = :case")
        assert connection.scalar(rows, {"case": case}) == 0


def test_a_row_comes_with_its_own_item(house: House) -> None:
    swapped = PlannedItem(row=planned(1).row, item=planned(2).item)
    with pytest.raises(BadInput, match="plan row not its item"):
        house.room.plans.write(house.case(), [swapped])


def test_a_source_that_fails_leaves_no_plan(house: House) -> None:
    case = house.case()

    def failing() -> object:
        yield from many(1000)
        raise SealBroken("manifest-broken")

    with pytest.raises(SealBroken):
        house.room.plans.write(case, failing())  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        house.room.plans.summary(case)
    assert house.room.plans.write(case, many(2)).version == 1


def test_memory_does_not_grow_with_a_plan(house: House) -> None:
    case = house.case()
    house.room.plans.write(case, many(10))

    def peak(count: int) -> int:
        tracemalloc.start()
        house.room.plans.write(case, many(count))
        read = sum(1 for _ in house.room.plans.items(case, "crm", DESTROYING))
        assert read == count
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    small, large = peak(600), peak(2400)
    assert large < small + 1_000_000


def test_a_sealed_item_of_another_row_does_not_open(own_house: House) -> None:
    case, _ = deciding(own_house, *many(2))
    with own_house.owner.begin() as connection:
        swap = "UPDATE plan_items SET item = (SELECT item FROM plan_items WHERE no = 2) WHERE no = 1"
        connection.execute(text(swap))
    with pytest.raises(SealBroken):
        list(own_house.room.plans.items(case, "crm", DESTROYING))


def test_a_reading_may_be_left_in_the_middle(house: House) -> None:
    case, _ = deciding(house, *many(1500))
    for _ in range(30):
        with closing(
            cast("Generator[PlannedItem, None, None]", house.room.plans.items(case, "crm", DESTROYING))
        ) as stream:
            assert next(stream).row.no == 1
    assert sum(1 for _ in house.room.plans.rows(case)) == 1500


def test_one_person_is_enough_where_the_right_says_so(house: House) -> None:
    case, summary = deciding(house)
    decision = house.room.plans.propose(case, proposal(summary), confirm=False)
    assert decision is not None
    assert (decision.digest, decision.approved, decision.proposer) == (summary.digest, True, "S-1")
    assert decision.confirmer == ""
    assert house.room.plans.decision(case) == decision
    assert names_of(house, case)[-1] == "decision:proposed"


def test_a_decision_on_an_older_plan_is_found_though_it_decides_the_newest_no_more(house: House) -> None:
    plans, (case, summary) = house.room.plans, deciding(house)
    assert plans.decisions(case) == ()
    plans.propose(case, proposal(summary, approved=False, ground="R32-COMPEL"), confirm=True)
    assert plans.decisions(case) == ()
    refused = plans.confirm(case, actor="S-2", reason="เห็นชอบ")
    newer = plans.write(case, [planned(1, Outcome.NO_GROUND)])
    assert plans.decision(case) is None
    assert plans.decisions(case) == (refused,)
    granted = plans.propose(case, proposal(newer, "S-3"), confirm=False)
    assert plans.decisions(case) == (refused, granted)


def test_a_second_person_completes_a_decision(house: House) -> None:
    plans, (case, summary) = house.room.plans, deciding(house)
    assert plans.propose(case, proposal(summary), confirm=True) is None
    assert plans.decision(case) is None
    with pytest.raises(SamePerson):
        plans.confirm(case, actor="S-1", reason="ฉันเอง")
    decision = plans.confirm(case, actor="S-2", reason="เห็นชอบ")
    assert decision == plans.decision(case)
    assert (decision.proposer, decision.confirmer) == ("S-1", "S-2")
    facts = {"decision": decision.id, "digest": summary.digest, "approved": 1}
    assert events_of(house, case)[-2:] == [
        ("decision:proposed", "S-1", facts),
        ("decision:confirmed", "S-2", facts),
    ]
    with house.app.connect() as connection:
        why = text("SELECT proposed_why, confirmed_why FROM decisions WHERE case_id = :case")
        for sealed in connection.execute(why, {"case": case}).one():
            assert not any(word.encode() in sealed for word in ("ตรวจ", "เห็นชอบ"))


def test_a_refusal_always_needs_a_second_person_and_a_ground(house: House) -> None:
    plans, (case, summary) = house.room.plans, deciding(house)
    with pytest.raises(BadInput, match="refusal without ground"):
        plans.propose(case, proposal(summary, approved=False), confirm=True)
    refusal = proposal(summary, approved=False, ground="EX-LAW")
    assert plans.propose(case, refusal, confirm=False) is None
    decision = plans.confirm(case, actor="S-2", reason="x")
    assert (decision.approved, decision.ground) == (False, "EX-LAW")


def test_the_database_itself_refuses_one_person_as_two(house: House) -> None:
    case, summary = deciding(house)
    house.room.plans.propose(case, proposal(summary), confirm=True)
    change = text("UPDATE decisions SET confirmer = proposer WHERE case_id = :case")
    with pytest.raises(Integrity) as refused, house.room.plans._work.begin() as tx:
        tx.connection.execute(change, {"case": case})
    assert refused.value.facts["constraint"] == "ck_decisions_two_persons"


def test_a_plan_is_decided_once(house: House) -> None:
    plans, (case, summary) = house.room.plans, deciding(house)
    with pytest.raises(Conflict, match="nothing proposed"):
        plans.confirm(case, actor="S-2", reason="x")
    plans.propose(case, proposal(summary), confirm=True)
    with pytest.raises(Conflict, match="already proposed"):
        plans.propose(case, proposal(summary, "S-3"), confirm=True)
    plans.confirm(case, actor="S-2", reason="x")
    with pytest.raises(Conflict, match="already decided"):
        plans.propose(case, proposal(summary, "S-3"), confirm=False)
    with pytest.raises(Conflict, match="already decided"):
        plans.confirm(case, actor="S-3", reason="x")
    house.room.register.enter(case, State.COOLING)
    with pytest.raises(Conflict, match="already decided"):
        plans.propose(case, proposal(summary, "S-3"), confirm=False)


def test_of_many_proposals_at_once_one_stands(house: House) -> None:
    case, summary = deciding(house)

    def propose(number: int) -> Decision | str | None:
        try:
            return house.room.plans.propose(case, proposal(summary, f"S-{number}"), confirm=False)
        except Conflict as refused:
            return refused.code

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(propose, range(8)))
    assert [code for code in told if isinstance(code, str)] == ["already-decided"] * 7


def test_an_older_plan_is_not_decided(house: House) -> None:
    plans, (case, first) = house.room.plans, deciding(house)
    plans.propose(case, proposal(first), confirm=True)
    second = plans.write(case, [planned(1), planned(2)])
    assert events_of(house, case)[-1][0] == "decision:voided"
    with pytest.raises(StalePlan) as stale:
        plans.propose(case, proposal(first, "S-3"), confirm=False)
    assert stale.value.facts == {"version": 2}
    with pytest.raises(StalePlan):
        plans.confirm(case, actor="S-2", reason="x")
    assert plans.propose(case, proposal(second), confirm=False) is not None


def test_a_decision_needs_a_plan_and_its_time(house: House) -> None:
    case = house.case()
    with pytest.raises(Conflict, match="not deciding"):
        house.room.plans.propose(
            case, Proposal(digest="x", approved=True, actor="S-1", reason="x"), confirm=False
        )
    summary = house.room.plans.write(case, [planned(1)])
    with pytest.raises(Conflict, match="not deciding"):
        house.room.plans.propose(case, proposal(summary), confirm=False)


def test_the_sweep_finds_decisions_that_were_not_delivered(own_house: House) -> None:
    plans = own_house.room.plans
    cases = [deciding(own_house) for _ in range(3)]
    decisions = [plans.propose(case, proposal(summary), confirm=False) for case, summary in cases]
    own_house.room.register.enter(cases[1][0], State.COOLING)
    later = own_house.clock.at + timedelta(seconds=1)
    assert plans.undelivered(own_house.clock.at) == ()
    expected = {(cases[0][0], decisions[0]), (cases[2][0], decisions[2])}
    assert {(case, decision) for case, decision in plans.undelivered(later)} == expected
    plans.write(cases[0][0], [planned(9)])
    assert [case for case, _ in plans.undelivered(later)] == [cases[2][0]]


def test_a_second_person_confirms_the_proposal_that_was_read(house: House) -> None:
    plans, (case, first) = house.room.plans, deciding(house)
    plans.propose(case, proposal(first), confirm=True)
    read = house.room.traces.proposed(case)
    assert read is not None
    second = plans.write(case, [planned(1), planned(2)])
    plans.propose(case, proposal(second, approved=False, ground="EX-LAW"), confirm=True)
    with pytest.raises(StalePlan):
        plans.confirm(case, actor="S-2", reason="x", decision=read.id)
    assert plans.decision(case) is None
    stands = house.room.traces.proposed(case)
    assert stands is not None
    assert plans.confirm(case, actor="S-2", reason="x", decision=stands.id).id == stands.id

"""What people are asked: once, sealed, with a task; answered by somebody, with evidence; late once."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from domain.errands import Answer, Asks, Errand, Evidence, Paper, Question, Result, Wanted, check_answer
from domain.errors import BadInput, Conflict, NotFound
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import Ending
from domain.states import State
from tests.cases.conftest import House
from tests.cases.samples import leave_out
from tests.cases.test_register import events_of, names_of
from tests.cases.test_watches import OPEN

HERS = identifier(IdentifierKind.EMAIL, "malee.jaidee@example.com")
FIND = Question(asks=Asks.FIND, identifiers=(HERS,), name="มาลี ใจดี")
MINE = (Wanted(kind="file", ref="HR-1"), Wanted(kind="file", ref="HR-2"))
DESTROY = Question(asks=Asks.DESTROY, records=MINE)
KINDS = {"file": ("ended_on",)}
MINUTE = Evidence(file="errands/1/1", title="minute.pdf", size=3, sha256="0" * 64)
FOUND = Answer(papers=(Paper(kind="file", ref="HR-1", note="คุณมาลี สองเล่ม"),))
GONE = Answer(results=dict.fromkeys(("HR-1", "HR-2"), Result.DONE), files=(MINUTE,))


def asked(house: House, case: str, question: Question = FIND, key: str = "k1", owner: str = "") -> Errand:
    return house.room.errands.ask(case, "archive", key, question, within_days=7, owner=owner)


def codes(house: House, case: str) -> list[str]:
    return [task.code for task in house.room.tasks.of(case)]


def test_a_question_is_put_once_and_is_a_task_in_its_owner_s_hand(own_house: House) -> None:
    case = own_house.case()
    owner, _ = own_house.room.staff.add("สมศรี", "officer")
    first = asked(own_house, case, owner=owner)
    own_house.clock.pass_by(days=2)
    assert asked(own_house, case, owner=owner) == first
    assert (first.question, first.due_on, first.answer) == (FIND, date(2026, 11, 29), None)
    [task] = own_house.room.tasks.of(case)
    assert (task.code, task.system, task.hand) == ("ask-people-what-is-there", "archive", owner)
    assert names_of(own_house, case).count("errand:asked") == 1


def test_who_left_is_not_asked(own_house: House) -> None:
    owner, _ = own_house.room.staff.add("วิชัย", "officer")
    errands, case = own_house.room.errands, own_house.case()
    assert errands.may_be_asked(owner)
    assert errands.may_be_asked("")
    own_house.room.staff.disable(owner, actor="S-1")
    assert not errands.may_be_asked(owner)
    with pytest.raises(NotFound):
        asked(own_house, case, owner=owner)
    assert errands.of(case, "archive") == ()
    with pytest.raises(NotFound):
        asked(own_house, "c-none")


def test_an_answer_closes_the_task_and_may_be_told_anew(own_house: House) -> None:
    case, errands = own_house.case(), own_house.room.errands
    errand = asked(own_house, case)
    answered = errands.answer(errand.id, FOUND, actor="S-1")
    assert (answered.answer, answered.answered) == (FOUND, own_house.clock.at)
    assert codes(own_house, case) == []
    errands.answer(errand.id, Answer(), actor="S-1")
    assert errands.view(errand.id).answer == Answer()
    assert errands.of(case, "phone") == ()
    told = [facts for name, actor, facts in events_of(own_house, case) if name == "errand:answered"]
    assert told[0] == {"system": "archive", "code": "find", "items": 1, "evidence": 0}


def test_the_task_stays_while_another_question_of_its_kind_is_open(own_house: House) -> None:
    case, errands = own_house.case(), own_house.room.errands
    first, second = asked(own_house, case), asked(own_house, case, key="k2")
    errands.answer(first.id, FOUND, actor="S-1")
    assert codes(own_house, case) == ["ask-people-what-is-there"]
    errands.answer(second.id, Answer(), actor="S-1")
    assert codes(own_house, case) == []


def test_what_was_destroyed_is_told_once_and_of_a_closed_case_nothing(own_house: House) -> None:
    case, errands = own_house.case(*OPEN), own_house.room.errands
    errand, open_one = asked(own_house, case, DESTROY), asked(own_house, case, key="k2")
    errands.answer(errand.id, GONE, actor="S-1")
    with pytest.raises(Conflict, match="errand answered"):
        errands.answer(errand.id, GONE, actor="S-1")
    own_house.room.register.close(case, Ending.PARTIAL)
    with pytest.raises(Conflict, match="already closed"):
        errands.answer(open_one.id, FOUND, actor="S-1")
    assert errands.all() == ()
    assert len(errands.all(case=case, open_only=False)) == 2
    with pytest.raises(NotFound):
        errands.view(4711)
    with pytest.raises(NotFound):
        errands.answer(4711, FOUND, actor="S-1")


def test_late_is_told_once(own_house: House) -> None:
    case, errands = own_house.case(), own_house.room.errands
    asked(own_house, case)
    done = asked(own_house, case, DESTROY, "k2")
    errands.answer(done.id, GONE, actor="S-1")
    own_house.clock.pass_by(days=7)
    assert errands.overdue() == 0
    own_house.clock.pass_by(days=1)
    assert [errands.overdue(), errands.overdue()] == [1, 0]
    [listed] = errands.all()
    assert (listed.late, listed.answered, listed.due_on) == (True, False, "2026-11-29")
    assert names_of(own_house, case).count("errand:overdue") == 1


def test_what_was_asked_and_answered_is_sealed(own_house: House) -> None:
    case = own_house.case()
    own_house.room.errands.answer(asked(own_house, case).id, FOUND, actor="S-1")
    with own_house.owner.connect() as connection:
        [row] = connection.execute(text("SELECT * FROM errands")).all()
    kept = b"".join(bytes(one) if isinstance(one, memoryview) else str(one).encode() for one in row)
    for word in ("malee", "มาลี", "HR-1"):
        assert word.encode() not in kept


@pytest.mark.parametrize(
    ("question", "answer", "code"),
    [
        (FIND, Answer(papers=(Paper(kind="card", ref="HR-1"),)), "kind-unknown"),
        (
            FIND,
            Answer(papers=(Paper(kind="file", ref="HR-1", dates={"x": date(2020, 1, 1)}),)),
            "date-unknown",
        ),
        (FIND, Answer(papers=(Paper(kind="file", ref="HR-1"),) * 2), "mark-not-unique"),
        (FIND, Answer(papers=(Paper(kind="file", ref=" "),)), "mark-not-unique"),
        (DESTROY, Answer(results=GONE.results), "evidence-missing"),
        (DESTROY, Answer(results={"HR-1": Result.DONE}, files=(MINUTE,)), "record-not-answered"),
        (
            DESTROY,
            Answer(results={**GONE.results, "HR-9": Result.DONE}, files=(MINUTE,)),
            "record-not-asked-for",
        ),
        (DESTROY, FOUND, "record-not-asked-for"),
        (Question(asks=Asks.COPY, records=MINE), Answer(files=(MINUTE,)), "record-not-answered"),
        (
            Question(asks=Asks.COPY, records=MINE),
            Answer(files=(MINUTE.model_copy(update={"ref": "HR-9"}),)),
            "record-not-asked-for",
        ),
    ],
)
def test_an_answer_that_is_none_is_refused(question: Question, answer: Answer, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_answer(question, answer, KINDS)
    assert refused.value.code == code
    assert "HR-9" not in str(refused.value)


def test_an_answer_to_the_question_is_taken() -> None:
    check_answer(FIND, FOUND, KINDS)
    check_answer(FIND, Answer(), KINDS)
    check_answer(DESTROY, GONE, KINDS)
    changed = Answer(results=dict.fromkeys(("HR-1", "HR-2"), Result.CHANGED))
    check_answer(DESTROY, changed, KINDS)
    copies = tuple(MINUTE.model_copy(update={"ref": one.ref}) for one in MINE)
    check_answer(Question(asks=Asks.COPY, records=MINE), Answer(files=copies), KINDS)


def test_what_comes_due_after_the_end_is_asked_anew_and_what_was_open_then_is_given_up(
    own_house: House,
) -> None:
    case, errands = own_house.case(*OPEN), own_house.room.errands
    before = asked(own_house, case, DESTROY)
    own_house.clock.pass_by(hours=1)
    own_house.room.register.close(case, Ending.PARTIAL)
    assert (codes(own_house, case), errands.all()) == ([], ())
    own_house.clock.pass_by(hours=1)
    after = asked(own_house, case, DESTROY)
    assert after.id != before.id
    assert asked(own_house, case, DESTROY) == after
    assert codes(own_house, case) == ["ask-people-to-destroy"]
    assert [one.id for one in errands.all()] == [after.id]
    errands.answer(after.id, GONE, actor="S-1")
    assert (codes(own_house, case), errands.all()) == ([], ())
    # Somebody destroyed them all the same: it is so, and is taken down.
    assert errands.answer(before.id, GONE, actor="S-1").answer == GONE


def test_of_a_system_that_two_left_out_nothing_is_asked_any_more(own_house: House) -> None:
    case, register = own_house.case(*OPEN), own_house.room.register
    asked(own_house, case, DESTROY)
    elsewhere = own_house.room.errands.ask(case, "phone", "k1", FIND, within_days=7)
    own_house.clock.pass_by(hours=1)
    register.park(case, State.FULFILLING, "archive", "people-asked")
    assert register.left_out(case) == frozenset()
    leave_out(register, case, "archive", ground="EX-CLAIM", reason="the archive burnt down")
    assert register.left_out(case) == {"archive"}
    assert [task.system for task in own_house.room.tasks.of(case)] == ["phone"]
    assert [one.id for one in own_house.room.errands.all()] == [elsewhere.id]
    own_house.clock.pass_by(days=30)
    assert own_house.room.errands.overdue() == 1


def test_an_order_holds_back_what_people_were_asked_to_destroy(own_house: House) -> None:
    holds, errands = own_house.room.holds, own_house.room.errands
    case, finding = own_house.case(*OPEN), own_house.case()
    asked(own_house, case, DESTROY)
    asked(own_house, finding)
    order = holds.place(case, "civil-1", actor="S-1", reason="served")
    assert codes(own_house, case) == ["ask-people-to-destroy", "hold-back-destruction"]
    assert codes(own_house, finding) == ["ask-people-what-is-there"]
    assert {one.asks: one.held for one in errands.all()} == {"destroy": True, "find": False}
    fewer = Question(asks=Asks.DESTROY, records=MINE[:1])
    smaller = asked(own_house, case, fewer, "k3")
    assert [one.id for one in errands.all(case=case)] == [smaller.id]
    holds.release(order, actor="S-1", reason="lifted")
    assert not any(one.held for one in errands.all())

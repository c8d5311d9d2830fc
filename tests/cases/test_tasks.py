"""Tasks for people: listed, handed to somebody who may act, closed once with a reason that is sealed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from domain.aftermath import Task
from domain.errors import Conflict, KeyShredded, NotFound
from security.ports import KeyPurpose
from tests.cases.conftest import House
from tests.cases.test_register import events_of, names_of

WHY = "โทรแจ้งฝ่ายบัญชี คุณมาลี แล้ว"


def opened(house: House, code: str = "credit-note", system: str = "") -> Task:
    case = house.case()
    house.room.register.open_task(case, code, system)
    [task] = house.room.tasks.of(case)
    return task


def test_tasks_are_listed_the_oldest_first(own_house: House) -> None:
    tasks, register = own_house.room.tasks, own_house.room.register
    [case] = own_house.open()
    other = own_house.case()
    assert tasks.of() == ()
    register.open_task(case.id, "tell-processor", "sendgrid")
    register.open_task(other, "credit-note")
    register.open_task(case.id, "credit-note")
    first, between, last = tasks.of()
    assert tasks.of(case.id) == (first, last)
    assert (first.code, first.system, first.reference) == ("tell-processor", "sendgrid", case.reference)
    assert (first.opened, first.closed, first.hand) == (own_house.clock.at, None, "")
    tasks.close(first.id, actor="S-1", reason=WHY)
    assert tasks.of() == (between, last)
    closed = first.model_copy(update={"closed": own_house.clock.at})
    assert tasks.of(case.id, open_only=False) == (closed, last)
    assert tasks.of("c-none") == ()


def test_a_task_is_handed_to_somebody_who_may_act(house: House) -> None:
    tasks, task = house.room.tasks, opened(house)
    officer, _ = house.room.staff.add("วิชัย", "officer")
    gone, _ = house.room.staff.add("สมศรี", "finance")
    house.room.staff.disable(gone, actor="S-1")
    for nobody in (gone, "S-none", ""):
        with pytest.raises(NotFound, match="staff unknown"):
            tasks.hand(task.id, nobody, actor="S-1")
    for _ in range(2):
        tasks.hand(task.id, officer, actor="S-1")
    [handed] = tasks.of(task.case)
    assert handed.hand == officer
    told = [(actor, facts) for name, actor, facts in events_of(house, task.case) if name == "task:handed"]
    assert told == [("S-1", {"task": task.id, "code": "credit-note", "staff": officer})]
    tasks.close(task.id, actor=officer, reason=WHY)
    with pytest.raises(Conflict, match="task done"):
        tasks.hand(task.id, officer, actor="S-1")


def test_a_task_is_closed_once_and_its_reason_sealed(house: House) -> None:
    tasks, task, together = (
        house.room.tasks,
        opened(house, "tell-processor", "sendgrid"),
        threading.Barrier(6),
    )

    def close(number: int) -> None:
        together.wait()
        tasks.close(task.id, actor=f"S-{number}", reason=WHY)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(close, range(6)))
    told = [facts for name, _, facts in events_of(house, task.case) if name == "task:closed"]
    assert told == [{"task": task.id, "code": "tell-processor", "system": "sendgrid", "done": 1}]
    with house.app.connect() as connection:
        stored = text("SELECT reason, closed_by FROM tasks WHERE id = :task")
        row = connection.execute(stored, {"task": task.id}).one()
    assert "มาลี".encode() not in row.reason
    assert row.closed_by.startswith("S-")


def test_what_was_done_once_can_be_asked_for_again(house: House) -> None:
    register, tasks, first = house.room.register, house.room.tasks, opened(house)
    register.open_task(first.case, first.code, first.system)
    assert tasks.of(first.case) == (first,)
    tasks.close(first.id, actor="S-1", reason=WHY)
    register.open_task(first.case, first.code, first.system, once=True)
    assert tasks.of(first.case) == ()
    for _ in range(2):
        register.open_task(first.case, first.code, first.system)
    [again] = tasks.of(first.case)
    assert (again.id > first.id, again.code, again.closed) == (True, first.code, None)
    assert len(tasks.of(first.case, open_only=False)) == 2
    assert names_of(house, first.case).count("task:opened") == 2


def test_a_reason_cannot_be_kept_without_the_case_s_key(house: House) -> None:
    task = opened(house)
    house.ring.shred(house.ring.for_owner(KeyPurpose.CASE, task.case).key_id, "case-over")
    with pytest.raises(KeyShredded):
        house.room.tasks.close(task.id, actor="S-1", reason=WHY)
    assert house.room.tasks.of(task.case) == (task,)
    assert "task:closed" not in names_of(house, task.case)


def test_a_task_that_never_was_is_not_found(house: House) -> None:
    with pytest.raises(NotFound, match="task unknown"):
        house.room.tasks.close(999_999, actor="S-1", reason=WHY)
    with pytest.raises(NotFound, match="task unknown"):
        house.room.tasks.hand(999_999, "S-1", actor="S-1")

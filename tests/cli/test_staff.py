"""`staff reset` and `staff lost`: two others bring back who lost phone or password, and see nothing of what is new."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.errors import NotAllowed
from tests.cli.counter import Counter, counter

__all__ = ["counter"]


def refused(counter: Counter, *args: str) -> tuple[int, str]:
    """The exit code, and the error's code as the line on standard error has it."""
    code, line = counter.refused(*args)
    return code, line.removeprefix("error: ").partition(" (")[0].partition(":")[0]


def test_a_lost_factor_is_reset_by_two_others(counter: Counter, tmp_path: Path) -> None:
    lost, old = counter.room.staff.add("สมชาย ลืมรหัส", "finance")
    _, secret = counter.room.staff.add("สมหญิง", "approver")
    file, own = tmp_path / "second", tmp_path / "own"
    file.write_text(secret, "utf-8")
    second = counter.with_credential(str(file))
    begun = counter.run("staff", "lost", "--into", str(own))
    [number] = re.findall(r"^\d{8}", begun.stdout)
    told = ("--number", f"{number[:4]} {number[4:]}")
    assert counter.refused("staff", "reset", lost, *told)[0] == 3
    assert counter.refused("staff", "reset", counter.officer, "--reason", "lost", *told)[0] == 4
    waits = counter.run("staff", "lost", "--into", str(own))
    assert (waits.exit_code, number in waits.stderr) == (5, True)
    seen = counter.shown("staff", "reset", lost, "--reason", "โทรศัพท์หาย", *told)
    assert "another member" in seen
    assert counter.refused("staff", "reset", lost, *told)[0] == 4
    assert counter.refused("staff", "reset", lost, "--number", "00000000")[0] == 4
    seen += second.shown("staff", "reset", lost, *told)
    back = counter.run("staff", "lost", "--into", str(own))
    assert back.exit_code == 0, back.stderr
    seen += back.stdout
    assert "sst_" not in seen
    assert own.stat().st_mode & 0o777 == 0o600
    assert counter.room.staff.authenticate(own.read_text("utf-8").strip()) == lost
    with pytest.raises(NotAllowed):
        counter.room.staff.authenticate(old)


def test_finance_alone_closes_its_tasks(counter: Counter, tmp_path: Path) -> None:
    _, secret = counter.room.staff.add("นายอนันต์ บัญชี", "finance")
    file = tmp_path / "finance"
    file.write_text(secret, "utf-8")
    finance = counter.with_credential(str(file))
    view = counter.room.register.view(counter.case()[0])
    for code in ("settle-stripe-balance", "post-L1"):
        counter.room.register.open_task(view.case.id, code, "stripe")
    numbers = {task.code: str(task.id) for task in counter.room.tasks.of(view.case.id)}
    said = ("--reason", "paid")
    assert refused(counter, "tasks", "done", numbers["settle-stripe-balance"], *said) == (4, "role-may-not")
    for command in (
        ("settled", *said),
        ("wait", "--until", "31/12/2570", *said),
        ("cancel", "--when", "now", *said),
    ):
        asked = ("finance", command[0], view.case.reference, "stripe", *command[1:])
        assert refused(counter, *asked) == (4, "role-may-not")
    counter.shown("tasks", "done", numbers["post-L1"], *said)
    finance.shown("tasks", "done", numbers["settle-stripe-balance"], *said)
    assert counter.room.tasks.of(view.case.id) == ()


def test_a_case_about_who_acts_is_closed_to_their_commands(counter: Counter, tmp_path: Path) -> None:
    member, secret = counter.room.staff.add("นางสาวเจ้าของ เรื่องเอง", "officer")
    file = tmp_path / "own"
    file.write_text(secret, "utf-8")
    own = counter.with_credential(str(file))
    view = counter.room.register.view(counter.case()[0])
    counter.room.access.know_oneself(member, counter.room.vault.given(view.case.id))
    ref, code, why = view.case.reference, ("--reason", "HELP-1"), ("--reason", "mine")
    for asked in (
        ("wish", ref, *code),
        ("candidates", ref, *code),
        ("propose", ref, *why),
        ("cancel", ref, "--mistake", "test", *why),
        ("hold", "place", ref, "--order", "1/2569", *why),
        ("redact", ref, "--word", "Somchai", *why),
    ):
        assert refused(own, *asked) == (4, "case-is-ones-own"), asked
    assert refused(counter, "wish", ref, *code) == (4, "case-is-confidential")

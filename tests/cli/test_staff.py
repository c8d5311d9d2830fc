"""`staff reset` and `staff lost`: two others bring back who lost phone or password, and see nothing of what is new."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.errors import NotAllowed
from tests.cli.counter import Counter, counter

__all__ = ["counter"]


def test_a_lost_factor_is_reset_by_two_others(counter: Counter, tmp_path: Path) -> None:
    lost, old = counter.room.staff.add("สมชาย ลืมรหัส", "finance")
    _, secret = counter.room.staff.add("สมหญิง", "approver")
    file, own = tmp_path / "second", tmp_path / "own"
    file.write_text(secret, "utf-8")
    second = counter.with_credential(str(file))
    [number] = re.findall(r"^\d{8}", counter.shown("staff", "lost", "--into", str(own)))
    told = ("--number", f"{number[:4]} {number[4:]}")
    assert counter.refused("staff", "reset", lost, *told)[0] == 3
    assert counter.refused("staff", "reset", counter.officer, "--reason", "lost", *told)[0] == 4
    assert counter.refused("staff", "lost", "--into", str(own)) == (5, "comeback-waits")
    seen = counter.shown("staff", "reset", lost, "--reason", "โทรศัพท์หาย", *told)
    assert "another member" in seen
    assert counter.refused("staff", "reset", lost, *told)[0] == 4
    assert counter.refused("staff", "reset", lost, "--number", "00000000")[0] == 4
    seen += second.shown("staff", "reset", lost, *told)
    seen += counter.shown("staff", "lost", "--into", str(own))
    assert "sst_" not in seen
    assert own.stat().st_mode & 0o777 == 0o600
    assert counter.room.staff.authenticate(own.read_text("utf-8").strip()) == lost
    with pytest.raises(NotAllowed):
        counter.room.staff.authenticate(old)

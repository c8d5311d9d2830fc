"""`staff reset`: two others bring back who lost phone or password; one of them alone doesn't."""

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
    file = tmp_path / "second"
    file.write_text(secret, "utf-8")
    second = counter.with_credential(str(file))
    assert counter.refused("staff", "reset", lost)[0] == 3
    assert counter.refused("staff", "reset", counter.officer, "--reason", "lost")[0] == 4
    assert "another member" in counter.shown("staff", "reset", lost, "--reason", "โทรศัพท์หาย")
    assert counter.refused("staff", "reset", lost)[0] == 4
    [fresh] = re.findall(r"S-\S+\.sst_\S+", second.shown("staff", "reset", lost))
    assert counter.room.staff.authenticate(fresh) == lost
    with pytest.raises(NotAllowed):
        counter.room.staff.authenticate(old)

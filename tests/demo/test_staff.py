"""The demonstration's staff: one of each role, the same ones each time, who can sign in at the portal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyotp
import pytest

from demo.staff import hire, sign_ins
from domain.staffing import Role
from tests.portal.desk_world import DeskWorld, open_world
from tests.support.databases import Database


@pytest.fixture(scope="module")
def world(
    register_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskWorld]:
    yield from open_world(register_database, tmp_path_factory.mktemp("staff"))


def test_each_can_sign_in_with_what_is_printed(world: DeskWorld, tmp_path: Path) -> None:
    house: Any = SimpleNamespace(room=world.room, tools=SimpleNamespace(clock=world.clock))
    staff = hire(house, tmp_path)
    world.clock.pass_by(seconds=30)
    assert hire(house, tmp_path) == staff
    assert (tmp_path / "staff.json").stat().st_mode & 0o777 == 0o600
    told = sign_ins(tmp_path)
    assert [role for role, *_ in told] == list(Role)
    entered = {
        role: world.room.doors.enter(login, password, pyotp.TOTP(key).at(world.clock.at))
        for role, login, password, key in told
    }
    assert (entered[Role.OFFICER], entered[Role.APPROVER]) == (staff.officer, staff.approver)
    roles = {member.id: member.role for member in world.room.staff.members()}
    assert {roles[member]: member for member in entered.values()} == entered
    assert len({password for _, _, password, _ in told}) == len(Role)

"""What must be known before it is acted on: systems, grounds, data units, members of staff. Unknown ones are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.errors import BadInput, NotFound

if TYPE_CHECKING:
    from cli.office import Office
    from domain.ports import CaseView
    from policy.model import Policy


def check_units(policy: Policy, changes: Mapping[str, str]) -> None:
    """Every data unit that a request is narrowed to stands in the policy. Raises `BadInput`."""
    from domain.wishes import UNITS

    named = [unit.strip() for unit in changes.get(UNITS, "").split(",") if unit.strip()]
    if any(unit not in policy.units for unit in named):
        raise BadInput("unit-unknown", f"use of {', '.join(policy.units)}", field="--set")


def check_ground(policy: Policy, ground: str) -> None:
    """The ground stands in the policy. Raises `BadInput`."""
    if ground and ground not in policy.grounds:
        raise BadInput("ground-unknown", f"use one of {', '.join(policy.grounds)}", field="--ground")


def check_system(office: Office, view: CaseView, system: str) -> None:
    """The system waits in that case or is connected. Raises `BadInput` that lists those that are."""
    waiting = {parked.system for parked in view.parked}
    connected = office.house.tools.connectors
    if system not in {*waiting, *connected}:
        named = ", ".join(dict.fromkeys((*sorted(waiting), *connected))) or "none: no system is connected"
        raise BadInput("system-unknown", f"use one of {named}", argument="SYSTEM")


def check_staff(office: Office, member: str) -> None:
    """Somebody of that id may act. Raises `NotFound`."""
    members = office.house.room.staff.members()
    if not any(each.id == member and not each.disabled for each in members):
        raise NotFound("staff-unknown", "`staff list` names those who may act", field="--to")

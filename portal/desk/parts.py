"""What the pages of the desk work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from cases import Room
from domain.ports import Clock
from policy.model import Policy
from portal.desk.tries import Tries
from security.staff_tokens import StaffTokens
from workflows.desk import Desk
from workflows.front import run

_T = TypeVar("_T")


@dataclass(frozen=True)
class Parts:
    """The register's room, the desk, the policy and the time.

    `room` blocks: call it through `read`. `desk` raises `Unavailable` while Temporal is away.
    """

    room: Room
    desk: Callable[[], Awaitable[Desk]]
    policy: Policy
    clock: Clock
    tokens: StaffTokens
    tries: Tries = field(default_factory=Tries)

    @staticmethod
    async def read(ask: Callable[[], _T]) -> _T:
        """What a blocking call returns, off the event loop."""
        return await run(ask)

"""What the pages of the desk work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from activities.tools import Tools
from cases import Room
from domain.connector import Coverage
from domain.inspection import Export, Made
from domain.ports import Clock
from policy.model import Policy
from portal.desk.tries import Tries
from security.staff_tokens import StaffTokens
from settings import Told
from workflows.desk import Desk
from workflows.front import run

_T = TypeVar("_T")


@dataclass(frozen=True)
class Parts:
    """The register's room, the desk, the policy and the time.

    `room` blocks: call it through `read`. `desk` raises `Unavailable` while Temporal is away. `systems` are those
    connected, each with what reaches it (raises `SitthiError`); `released` takes back what the order of that id
    made the case owe; `export` makes an audit export that was begun, into a file, in the name of a member. `tools`
    are the ports of the steps, by which a case's data and documents are read; without them no case has a page.
    `settings` are those of this installation, without secrets. `mapped` tells of systems with a schema of their own how
    much of it is classified.
    """

    room: Room
    desk: Callable[[], Awaitable[Desk]]
    policy: Policy
    clock: Clock
    tokens: StaffTokens
    systems: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    released: Callable[[str, str], None] = lambda _case, _order: None
    export: Callable[[Export, Path, str], Made] | None = None
    tries: Tries = field(default_factory=Tries)
    tools: Tools | None = None
    settings: tuple[Told, ...] = ()
    mapped: Mapping[str, Callable[[], Coverage]] = field(default_factory=dict)

    @staticmethod
    async def read(ask: Callable[[], _T]) -> _T:
        """What a blocking call returns, off the event loop."""
        return await run(ask)

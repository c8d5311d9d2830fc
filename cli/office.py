"""Opening the house for one command: with which settings, and in whose name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bootstrap import House, build, connect, desk_of
from cli.given import Given, missing_credential
from domain.errors import NotAllowed
from domain.ports import CaseView
from domain.staffing import MAY, Deed, may
from embedded.lock import attach
from security.redaction import configure_logging
from settings import Settings
from workflows.desk import Desk

_T = TypeVar("_T")


@dataclass(frozen=True)
class Office:
    """An open house, and the member of staff who acts in it."""

    house: House
    actor: str

    def must_do(self, deed: Deed) -> None:
        """Who acts has a role that may. Raises `NotAllowed`."""
        [role] = [one.role for one in self.house.room.staff.members() if one.id == self.actor]
        if not may(role, deed):
            mend = f"a member of staff of this role may: {', '.join(sorted(MAY[deed]))}"
            raise NotAllowed("role-may-not", mend, deed=deed.value)

    def act(self, deed: Callable[[Desk], Awaitable[_T]]) -> _T:
        """Do something at the desk. Raises what the desk raises, and `Unavailable` without Temporal."""
        return asyncio.run(self._act(deed))

    def view(self, reference: str) -> CaseView:
        """The case as it stands. Raises `NotFound`; `NotAllowed`: it is closed to who acts."""
        return self.house.room.register.view(reference, self.actor)

    async def _act(self, deed: Callable[[Desk], Awaitable[_T]]) -> _T:
        client = await connect(self.house)
        return await deed(desk_of(self.house, client))


def own_settings() -> Settings:
    """The settings of this process's environment, with the log kept to errors: a command's output is its own."""
    configure_logging("ERROR")
    return Settings.from_environment()


def running_settings() -> Settings:
    """The settings of the running stack. Raises `Unavailable` when there is none.

    The credential is always this process's own: whoever may read the stack's settings does not thereby act
    in the name of who started it.
    """
    own = own_settings()
    return attach(own).model_copy(update={"staff_credential": own.staff_credential})


@contextmanager
def open_house(systems: Path | None = None) -> Iterator[House]:
    """The house of the running stack, for as long as the block lasts; with other systems where a file is given."""
    settings = running_settings()
    house = build(settings.model_copy(update={"systems": systems}) if systems else settings)
    try:
        yield house
    finally:
        house.close()


@contextmanager
def open_office(
    credential: str, given: Given | None = None, *, systems: Path | None = None
) -> Iterator[Office]:
    """The house, and who acts in it. Raises `NotAllowed` without a good credential."""
    secret = (given or Given()).secret(credential, "--credential") if credential else ""
    with open_house(systems) as house:
        yield Office(house, who_acts(house, secret))


def who_acts(house: House, secret: str) -> str:
    """The id of the member of staff. Raises `NotAllowed` when the credential is missing or nobody's."""
    own = house.settings.staff_credential
    secret = secret or (own.get_secret_value().strip() if own else "")
    if not secret:
        raise missing_credential()
    return house.room.staff.authenticate(secret)

"""Where the branches play: the company, its officers and the persons, all of whose words are marks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, text
from temporalio.client import WorkflowHandle

from bootstrap import House
from demo import scenarios
from domain.case import Moved
from domain.links import Amendment
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from tests.support.marked import LATIN, THAI
from tests.support.people import People
from tests.workflows.company import Cast, Somebody

SYSTEM = "siamcrm"
RECEIVER, DOWN = "othercrm", "downcrm"
WHY = f"{LATIN} {THAI}"

Who = scenarios.Scenario | Somebody


@dataclass(frozen=True)
class Stage:
    """What a branch plays with."""

    people: People
    house: House
    crm: Engine
    cast: Cast = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cast", Cast(self.crm))

    async def asked(self, right: Right, who: Who, **about: Any) -> str:
        """A request whose sender has shown who they are."""
        reference = await self.people.ask(right, who.email, name=WHY, **about)
        await self.people.identify(who.email, reference)
        return reference

    async def to_decision(self, right: Right, who: Who, **about: Any) -> str:
        reference = await self.asked(right, who, **about)
        await self.people.planned(reference)
        return reference

    async def decided(self, right: Right, who: Who, **about: Any) -> str:
        reference = await self.to_decision(right, who, **about)
        await self.people.decide(reference)
        return reference

    async def refused(self, right: Right, who: Who, ground: str, **about: Any) -> str:
        reference = await self.to_decision(right, who, **about)
        await self.people.decide(reference, approved=False, ground=ground)
        return reference

    async def amended(self, reference: str, moved: Moved, **what: Any) -> None:
        await self.people.desk.amend(
            reference, Amendment(moved=moved, **what), actor=self.people.officer, reason=WHY
        )

    async def proceed(self, reference: str) -> None:
        await self.people.until(reference, State.COOLING)
        await self.people.desk.call_off(reference, proceed=True)

    async def parked(self, reference: str) -> CaseView:
        return await self.people.seen(reference, lambda view: bool(view.parked))

    async def repaired(self, reference: str, *, system: str = SYSTEM, ground: str = "") -> None:
        """A parked system is tried again, or left out on a ground."""
        await self.parked(reference)
        if ground:
            await self.people.skip(reference, system, ground)
            return
        await self.people.desk.repair(reference, system, retry=True, actor=self.people.officer, reason=WHY)

    @contextmanager
    def without(self, table: str) -> Iterator[None]:
        """The company's database cannot do its part meanwhile."""
        self._alter(f"alter table {table} rename to {table}_away")
        try:
            yield
        finally:
            self._alter(f"alter table {table}_away rename to {table}")

    def _alter(self, statement: str) -> None:
        with self.crm.begin() as connection:
            connection.execute(text(statement))


Branch = Callable[[Stage], Awaitable[str]]
"""Plays a case to its end; its reference."""

Branches = Mapping[str, Branch]

Later = Callable[[Stage], Awaitable[WorkflowHandle[Any, Any]]]
"""Plays what comes after a case; the run that is kept."""

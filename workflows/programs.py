"""What programs of the company's own ask for over the network: to open requests, and where they stand. Needs no Temporal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from domain import entering
from domain.errors import BadInput, NotAllowed
from domain.events import Event
from domain.ports import CaseView, Intake
from domain.programs import Programs, missing
from domain.states import State
from domain.wishes import UNITS
from workflows.reception import FrontDoor


class _Trail(Protocol):
    def note(self, event: str, facts: Mapping[str, str | int]) -> None: ...


class _Cases(Protocol):
    def view(self, reference: str) -> CaseView: ...
    def of_request(self, case: str) -> tuple[CaseView, ...]: ...
    def request(self, request: str) -> tuple[CaseView, ...]: ...
    def page(
        self, *, state: State | None, due_before: date | None, after: str, limit: int
    ) -> tuple[CaseView, ...]: ...


@dataclass(frozen=True)
class Gate:
    """Lets a program in by its token. What a good token was not made for is told to the audit chain."""

    tokens: Programs
    trail: _Trail

    async def admit(self, secret: str, *scopes: str) -> str:
        """The id of a token that opens one of these.

        Raises:
            NotAllowed: `token-refused` where it is none or was revoked, `scope-missing` where it opens none of them.
            Unavailable: the register is away.
        """
        program = await asyncio.to_thread(self.tokens.known, secret)
        if missing(program, scopes):
            facts = {"token": program.token, "scope": ",".join(scopes)}
            await asyncio.to_thread(self.trail.note, Event.PROGRAM_REFUSED, facts)
            mend = f"use a token made with --scope {scopes[0]}"
            raise NotAllowed("scope-missing", mend, token=program.token)
        return program.token


@dataclass(frozen=True)
class Counter:
    """Where programs bring requests and ask after them. Nothing that it tells is personal."""

    gate: Gate
    door: FrontDoor
    cases: _Cases

    async def admit(self, secret: str, *scopes: str) -> str:
        """See `Gate.admit`."""
        return await self.gate.admit(secret, *scopes)

    def now(self) -> datetime:
        """The current instant, by the register's clock."""
        return self.door.clock.now()

    async def open(self, intake: Intake) -> tuple[CaseView, ...]:
        """Keep a request, and start its cases.

        The same `dedup` with the same `said` again gives the cases of the first.

        Raises:
            BadInput: it came before the rights were in force, or is yet to come, or asks what cannot be asked.
            Conflict: the same `dedup` came with something else.
            Unavailable: the register is away.
        """
        entering.received(intake.received.isoformat(), self.now(), field="received")
        reception = self.door.reception
        named = [unit.strip() for unit in str(intake.changes.get(UNITS, "")).split(",") if unit.strip()]
        if not set(named) <= reception.policy.units.keys():
            raise BadInput("unit-unknown", f"use of {', '.join(reception.policy.units)}", field="changes")
        opened = await asyncio.to_thread(reception.keep, intake)
        await self.door.begin(opened)
        return await asyncio.to_thread(lambda: tuple(self.cases.view(case.id) for case in opened))

    async def case(self, reference: str) -> CaseView:
        """A case. Raises `NotFound`, `Unavailable`."""
        return await asyncio.to_thread(self.cases.view, reference)

    async def request(self, reference: str) -> tuple[CaseView, ...]:
        """The cases of a request, by its id or the reference of any of them. Raises `NotFound`, `Unavailable`."""
        if reference.startswith("r-"):
            return await asyncio.to_thread(self.cases.request, reference)
        view = await self.case(reference)
        return await asyncio.to_thread(self.cases.of_request, view.case.id)

    async def page(
        self, *, state: State | None, due_before: date | None, after: str, limit: int
    ) -> tuple[CaseView, ...]:
        """So many cases in the order of their references, from after that one. Raises `Unavailable`."""
        return await asyncio.to_thread(
            lambda: self.cases.page(state=state, due_before=due_before, after=after, limit=limit)
        )

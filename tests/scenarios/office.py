"""The company as a DPO sees it: a house under one policy on a day that the test sets, with what it says and holds."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from pypdf import PdfReader
from temporalio.client import ScheduleActionExecutionStartWorkflow

from bootstrap import House, connect
from domain.aftermath import Obligation
from domain.errors import Conflict, TooLate
from domain.outcomes import Outcome
from domain.ports import CaseView
from domain.rights import Right
from domain.states import State
from embedded.temporal import TemporalServer
from policy.gaps import sign
from policy.load import load_policy
from policy.model import Signature
from tests.scenarios.day import DayClock
from tests.scenarios.newcomers import Newcomers
from tests.support.house import Installation
from tests.support.people import People
from tests.workflows.company import Cast, Somebody
from worker import keep_schedules, workers
from workflows.release import RELEASE_ID

Rules = Callable[[dict[str, Any]], None]
"""What another company has otherwise in holds.yaml."""


@dataclass
class Office:
    """One company under one policy."""

    people: People
    clock: DayClock
    cast: Cast
    newcomers: Newcomers

    @property
    def house(self) -> House:
        return self.people.house

    # What people do

    async def erased(self, who: Somebody) -> CaseView:
        """A request to erase everything, granted; its end."""
        reference = await self.people.ask(Right.ERASURE, who.email)
        await self.people.identify(who.email, reference)
        await self.people.decide(reference)
        return await self.went_on(reference)

    async def went_on(self, reference: str) -> CaseView:
        """The person says to go on, unless the time to call it off is over by the calendar; its end."""
        await self.people.until(reference, State.COOLING, State.CLOSED)
        with suppress(TooLate, Conflict):
            await self.people.desk.call_off(reference, proceed=True)
        return await self.people.closed(reference)

    async def granted(self, right: Right, who: Somebody, **asked: Any) -> CaseView:
        """A request of that right that destroys nothing, granted; its end."""
        return await self.decided(right, who, approved=True, **asked)

    async def decided(
        self,
        right: Right,
        who: Somebody,
        *,
        approved: bool,
        ground: str = "",
        **asked: Any,
    ) -> CaseView:
        """A request of that right, decided so; its end."""
        reference = await self.people.ask(right, who.email, **asked)
        await self.people.identify(who.email, reference)
        await self.people.decide(reference, approved=approved, ground=ground)
        return await self.people.closed(reference)

    async def release(self) -> None:
        """The night's pass over all that is due, by the schedule that runs it."""
        client = self.people.client
        await keep_schedules(client, every=timedelta(days=30))
        handle = client.get_schedule_handle(RELEASE_ID)
        before = (await handle.describe()).info.num_actions
        await handle.trigger()
        async for _ in _looking():
            told = (await handle.describe()).info
            if told.num_actions > before and not told.running_actions:
                break
        started = told.recent_actions[-1].action
        assert isinstance(started, ScheduleActionExecutionStartWorkflow)
        await client.get_workflow_handle(started.workflow_id).result()

    # What there is to see

    def letter(self, view: CaseView, code: str) -> str:
        """What the letter says, without any space."""
        with self.house.tools.files.read(view.case.id, f"letters/{code}.pdf") as sealed:
            pages = PdfReader(io.BytesIO(sealed.read())).pages
            return "".join("".join(page.extract_text() for page in pages).split())

    def package(self, view: CaseView) -> zipfile.ZipFile:
        """What went out with the letter."""
        bundle = self.house.room.letters.bundle(view.case.id)
        assert bundle is not None
        with self.house.tools.files.read(view.case.id, bundle.ref) as sealed:
            return zipfile.ZipFile(io.BytesIO(sealed.read()))

    def outcomes(self, view: CaseView) -> Mapping[str, set[tuple[Outcome, str]]]:
        """What became of the records of each table, and on which ground."""
        found: dict[str, set[tuple[Outcome, str]]] = {}
        for row in self.house.room.plans.results(view.case.id):
            found.setdefault(row.table, set()).add((row.planned, row.ground))
        return found

    def holds(self, view: CaseView) -> set[tuple[str, str, str, str]]:
        """Rule, last day, floor and release of every hold that the plan names."""
        rows = self.house.room.plans.results(view.case.id)
        return {
            (hold.rule, str(hold.last_day), str(hold.floor_last_day or ""), str(hold.release_on))
            for row in rows
            for hold in row.holds
        }

    def owed(self, view: CaseView, kind: str) -> list[Obligation]:
        """What of that kind outlives the case."""
        return [one for one in self.house.room.obligations.of(view.case.id) if one.kind == kind]

    def count(self, table: str, who: Somebody, column: str = "user_id") -> object:
        """How many rows of that table are theirs, as the company's database itself has it."""
        return self.cast.value(f"select count(*) from {table} where {column} = :id", id=who.id)


async def _looking(seconds: float = 60) -> AsyncIterator[None]:
    for _ in range(int(seconds / 0.1)):
        yield
        await asyncio.sleep(0.1)
    raise AssertionError("the pass does not end")


@asynccontextmanager
async def opened(
    installation: Installation, clock: DayClock, newcomers: Newcomers, home: Path, rules: Rules | None = None
) -> AsyncIterator[Office]:
    """The company's people at work under its policy, with `rules` put into it, all of it signed by the DPO.

    On the same register and company as every other: as if it had been stopped, and started under other rules.
    """
    folder, server = written(home / "policy", installation, rules), TemporalServer(home / "temporal")
    server.start()
    told = {"temporal_address": server.address, "temporal_namespace": server.namespace, "policy": folder}
    house = Installation(installation.settings.model_copy(update=told), installation.crm).house(clock)
    try:
        client = await connect(house)
        async with AsyncExitStack() as stack:
            for worker in workers(house, client):
                await stack.enter_async_context(worker)
            people = await People.at(house, client)
            yield Office(people, clock, Cast(newcomers.crm), newcomers)
    finally:
        house.close()
        server.stop()


def written(folder: Path, installation: Installation, rules: Rules | None) -> Path:
    """The installation's rules, changed and signed."""
    folder.mkdir(parents=True)
    assert installation.settings.policy is not None
    for file in installation.settings.policy.glob("*.yaml"):
        (folder / file.name).write_bytes(file.read_bytes())
    if rules is not None:
        holds = folder / "holds.yaml"
        told = yaml.safe_load(holds.read_text("utf-8"))
        rules(told)
        holds.write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), "utf-8")
    sign(folder, load_policy(folder), (), Signature(by="S-DPO", on=date(2026, 11, 1), reason="read"))
    return folder

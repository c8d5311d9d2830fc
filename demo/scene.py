"""One act of the demonstration, from the request to the closed case."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bootstrap import House
from demo.acts import Act
from demo.person import fetch_documents, prove_address
from domain.assurance import Method
from domain.errors import NotFound, Unavailable
from domain.identifiers import IdentifierKind, identifier
from domain.outcomes import KEEPING, Outcome
from domain.ports import CaseView, Intake
from domain.rights import Right
from domain.states import State
from workflows.desk import Desk

STEP_WITHIN = timedelta(seconds=180)
"""How long a step of an act may take before the demonstration calls it stuck."""

Counts = Mapping[tuple[str, Outcome], int]
"""Items by table and outcome."""

_WAITING = {State.CHOOSING, State.DECIDING, State.COOLING, State.CLOSED}


@dataclass(frozen=True)
class Staff:
    """The two members of staff of the demonstration: opaque ids."""

    officer: str
    approver: str


@dataclass(frozen=True)
class Played:
    """One act as it went: the closed case, what became of its items, what the person fetched, what was not as told."""

    act: Act
    view: CaseView
    counts: Counter[Outcome]
    files: tuple[Path, ...]
    fetched: frozenset[str] = frozenset()
    wrongs: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Scene:
    """Plays one act: the person by mail and portal, the staff at the desk."""

    house: House
    desk: Desk
    staff: Staff
    act: Act
    expected: Counts
    out: Path

    async def play(self) -> Played:
        """Ask, prove, answer what the case waits for until it is closed, and take its documents out."""
        reference = await self._ask()
        await prove_address(self.house.settings.mailbox or Path(), self.act.who.email, reference)
        await self.desk.record_identity(
            reference,
            Method.MASKED_DOCUMENT,
            actor=self.staff.officer,
            reason="masked card matches the account",
        )
        wrongs: list[str] = []
        while (state := (await self._until(reference, _waits)).state) is not State.CLOSED:
            wrongs += await self._say(reference, state)
            await self._until(reference, _left(state))
        view = await self.desk.ending(reference)
        if view.ending is not self.act.ending:
            wrongs.append(f"ended as {view.ending}, not as {self.act.ending}")
        fetched, missing = await self._fetch(view)
        counts = await asyncio.to_thread(self._counts, view.case.id)
        files = await asyncio.to_thread(self.house.handover.export, view, self.out, actor=self.staff.officer)
        wrongs += missing
        return Played(
            act=self.act, view=view, counts=counts, files=files, fetched=fetched, wrongs=tuple(wrongs)
        )

    async def _fetch(self, view: CaseView) -> tuple[frozenset[str], list[str]]:
        """Have the person fetch their package; gives what came, and what was not as the register has it."""
        bundle = await asyncio.to_thread(self.house.room.letters.bundle, view.case.id)
        if bundle is None:
            return frozenset(), []
        mailbox = self.house.settings.mailbox or Path()
        came = await fetch_documents(mailbox, self.act.who.email, view.case.reference)
        wrongs = [] if came.get(bundle.ref) == bundle.sha256 else ["the package fetched is not the one made"]
        return frozenset(came), wrongs

    async def _ask(self) -> str:
        (view,) = await self.desk.open(
            Intake(
                rights=(self.act.right,),
                channel="web",
                received=self.house.tools.clock.now(),
                language="th",
                identifiers=(identifier(IdentifierKind.EMAIL, self.act.who.email, field="email"),),
                controllers=(self.act.tenant,),
            )
        )
        return view.case.reference

    async def _say(self, reference: str, state: State) -> list[str]:
        """Say what the case waits for; returns what its plan has that the scenario has not."""
        if state is State.CHOOSING:
            await self.desk.choose(
                reference, self.act.choose, actor=self.staff.officer, reason="named the shop on the phone"
            )
        elif state is State.COOLING:
            await self.desk.call_off(reference, proceed=True)
        else:
            wrongs = await asyncio.to_thread(self._plan_wrongs, reference)
            decision = await self.desk.propose(
                reference, approved=True, actor=self.staff.officer, reason="plan read, holds are right"
            )
            if decision is None:
                await self.desk.confirm(reference, actor=self.staff.approver, reason="read again, agreed")
            return wrongs
        return []

    def _plan_wrongs(self, reference: str) -> list[str]:
        if self.act.right is not Right.ERASURE:
            return []
        case = self.house.room.register.view(reference).case.id
        planned = Counter((row.table, row.planned) for row in self.house.room.plans.rows(case))
        return [
            f"plan has {planned.get(key, 0)} {key[0]} to {key[1]}, the scenario {self.expected.get(key, 0)}"
            for key in sorted(planned.keys() | self.expected.keys())
            if planned.get(key, 0) != self.expected.get(key, 0)
        ]

    async def _until(self, reference: str, there: Callable[[CaseView], bool]) -> CaseView:
        deadline = asyncio.get_running_loop().time() + STEP_WITHIN.total_seconds()
        while asyncio.get_running_loop().time() < deadline:
            view = await asyncio.to_thread(self.house.room.register.view, reference)
            for parked in view.parked:
                raise Unavailable(
                    "demo-case-parked", reference=reference, system=parked.system, why=parked.code
                )
            if there(view):
                return view
            await asyncio.sleep(0.1)
        raise Unavailable("demo-case-stuck", "read var/log/worker.log", reference=reference)

    def _counts(self, case: str) -> Counter[Outcome]:
        counts: Counter[Outcome] = Counter()
        for receipt in self.house.room.effects.receipts(case):
            counts.update(receipt.achieved)
        try:
            plan = self.house.room.plans.summary(case)
        except NotFound:
            return counts  # ended before there was a plan
        counts.update({row.outcome: row.count for row in plan.counts if row.outcome in KEEPING})
        return counts


def _waits(view: CaseView) -> bool:
    return view.state in _WAITING


def _left(state: State) -> Callable[[CaseView], bool]:
    return lambda view: view.state is not state

"""One act of the demonstration, from the request to the closed case."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, text

from bootstrap import House
from demo.acts import Act, Way
from demo.person import fetch_documents, prove_address
from domain.assurance import Assurance, Method
from domain.case import Moved
from domain.errors import NotFound, TooLate, Unavailable
from domain.identifiers import IdentifierKind, identifier
from domain.links import Amendment, Relation
from domain.outcomes import KEEPING, Ending, Outcome
from domain.ports import CaseView, Intake
from domain.states import State
from domain.wishes import assurance_for, read_wish
from workflows.desk import Desk

STEP_WITHIN = timedelta(seconds=180)
"""How long a step of an act may take before the demonstration calls it stuck."""

Counts = Mapping[tuple[str, Outcome], int]
"""Items by table and outcome."""

_WAITING = {State.CHOOSING, State.VERIFYING, State.DECIDING, State.COOLING, State.CLOSED}
_BROKEN = "user_profile_history"


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
    expected: Counts | None
    out: Path
    crm: Engine

    async def play(self) -> list[Played]:
        """Ask, prove, answer what the case waits for until it is closed, and take its documents out.

        A case that opens another by itself (the erasure after a withdrawal of consent) is played with it.
        """
        with away(self.crm) if self.act.way is Way.PARKED else nullcontext() as mend:
            reference = await self._ask()
            played = [await self._to_the_end(reference, self.act.ending, mend)]
        if self.act.follows is not None:
            linked = await asyncio.to_thread(self.house.room.register.links, played[0].view.case.id)
            opened = [link.reference for link in linked if link.relation is Relation.FOLLOWS]
            played += [await self._to_the_end(one, self.act.follows, None) for one in opened]
            if len(played) == 1:
                played[0] = replace(played[0], wrongs=(*played[0].wrongs, "no erasure was opened after it"))
        return played

    async def _to_the_end(self, reference: str, ending: Ending, mend: Callable[[], None] | None) -> Played:
        wrongs: list[str] = []
        amended = False
        while (view := await self._until(reference, _waits)).state is not State.CLOSED:
            if view.parked:
                wrongs += await self._repair(view, mend)
            elif view.state is State.VERIFYING:
                await self._show_who(view)
                await self._until(reference, _left(view.state))
            elif view.state is State.DECIDING and self.act.way is Way.AMENDED and not amended:
                amended = await self._amend(view)
            else:
                wrongs += await self._say(reference, view.state)
                await self._until(reference, _left(view.state))
        view = await self.desk.ending(reference)
        if view.ending is not ending:
            wrongs.append(f"ended as {view.ending}, not as {ending}")
        fetched, missing = await self._fetch(view)
        counts = await asyncio.to_thread(self._counts, view.case.id)
        files = await asyncio.to_thread(self.house.handover.export, view, self.out, actor=self.staff.officer)
        wrongs += missing
        return Played(
            act=self.act, view=view, counts=counts, files=files, fetched=fetched, wrongs=tuple(wrongs)
        )

    async def _show_who(self, view: CaseView) -> None:
        """By the mailbox, and where the right asks for more, by a masked card."""
        case = view.case
        await prove_address(self.house.settings.mailbox or Path(), self.act.who.email, case.reference)
        wish = read_wish(case.right, self.act.asked)
        if assurance_for(case.right, wish, consent_only=case.consent_only) <= Assurance.ADDRESS:
            return
        with suppress(TooLate):  # whoever is unknown needs no card: the case is over with the proof
            await self.desk.record_identity(
                case.reference,
                Method.MASKED_DOCUMENT,
                actor=self.staff.officer,
                reason="masked card matches the account",
            )

    async def _amend(self, view: CaseView) -> bool:
        """The person asks for less: what is planned then is a new version."""
        case = view.case
        before = self.house.room.plans.summary(case.id).version
        narrowed = Amendment(moved=Moved.SCOPE, changes=dict(self.act.amended))
        await self.desk.amend(case.reference, narrowed, actor=self.staff.officer, reason="she asks for less")
        summary = self.house.room.plans.summary
        await self._until(case.reference, lambda _: summary(case.id).version > before)
        return True

    async def _repair(self, view: CaseView, mend: Callable[[], None] | None) -> list[str]:
        """A parked system is mended and tried again; one that nobody broke is not as told."""
        (parked, *_) = view.parked
        if mend is None:
            return [f"{parked.system} is parked: {parked.code}"]
        await asyncio.to_thread(mend)
        await self.desk.repair(
            view.case.reference,
            parked.system,
            retry=True,
            actor=self.staff.officer,
            reason="the table is back",
        )
        await self._until(view.case.reference, lambda now: not now.parked)
        return []

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
                changes=dict(self.act.asked),
            )
        )
        return view.case.reference

    async def _say(self, reference: str, state: State) -> list[str]:
        """Say what the case waits for; returns what its plan has that the scenario has not."""
        act, officer = self.act, self.staff.officer
        if state is State.CHOOSING:
            await self.desk.choose(reference, act.choose, actor=officer, reason="named the shop on the phone")
        elif state is State.COOLING:
            await self.desk.call_off(reference, proceed=act.way is not Way.CALLED_OFF)
        elif act.way is Way.WITHDRAWN:
            await self.desk.withdraw(reference)
        else:
            wrongs = await asyncio.to_thread(self._plan_wrongs, reference)
            await self._decide(reference)
            return wrongs
        return []

    async def _decide(self, reference: str) -> None:
        refused = self.act.way is Way.REFUSED
        decision = await self.desk.propose(
            reference,
            approved=not refused,
            ground=self.act.ground,
            actor=self.staff.officer,
            reason="what the company needs it for weighs more" if refused else "plan read, holds are right",
        )
        if decision is None:
            await self.desk.confirm(reference, actor=self.staff.approver, reason="read again, agreed")

    def _plan_wrongs(self, reference: str) -> list[str]:
        if self.expected is None:
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
    return view.state in _WAITING or bool(view.parked)


def _left(state: State) -> Callable[[CaseView], bool]:
    return lambda view: view.state is not state or bool(view.parked)


@contextmanager
def away(crm: Engine) -> Iterator[Callable[[], None]]:
    """The company's database lacks a table meanwhile; gives what brings it back, which happens in any case."""
    back: list[bool] = []

    def rename(old: str, new: str) -> None:
        with crm.begin() as connection:
            connection.execute(text(f"alter table {old} rename to {new}"))

    def mend() -> None:
        if not back:
            rename(f"{_BROKEN}_away", _BROKEN)
            back.append(True)

    rename(_BROKEN, f"{_BROKEN}_away")
    try:
        yield mend
    finally:
        mend()

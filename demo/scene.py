"""One act of the demonstration, from the request to the closed case."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from bootstrap import House
from demo import check_vendors
from demo.acts import Act, Way
from demo.at_vendors import Snapshot
from demo.person import fetch_documents, prove_address
from demo.vendors import Vendors
from domain.assurance import Assurance, Method
from domain.case import Moved
from domain.errors import NotFound, TooLate, Unavailable
from domain.identifiers import IdentifierKind, identifier
from domain.links import Amendment, Relation
from domain.outcomes import KEEPING, Ending, Outcome
from domain.ports import CaseView, Intake
from domain.rights import Right
from domain.states import State
from domain.wishes import assurance_for, read_wish
from workflows.desk import Desk

STEP_WITHIN = timedelta(seconds=180)
"""How long a step of an act may take before the demonstration calls it stuck."""

Counts = Mapping[tuple[str, str, Outcome], int]
"""Items by system, table and outcome."""

BUNDLE = "bundle.zip"
_WAITING = {State.CHOOSING, State.VERIFYING, State.DECIDING, State.COOLING, State.CLOSED}


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
    in_systems: Counter[tuple[str, Outcome]] = field(default_factory=Counter)


@dataclass(frozen=True)
class Scene:
    """Plays one act: the person by mail and portal, the staff at the desk; `before` is how the vendors began."""

    house: House
    desk: Desk
    staff: Staff
    act: Act
    expected: Counts | None
    out: Path
    vendors: Vendors
    before: Snapshot

    async def play(self) -> list[Played]:
        """Ask, prove, answer what the case waits for until it is closed, and take its documents out.

        A case that opens another by itself (the erasure after a withdrawal of consent) is played with it.
        """
        with ExitStack() as broken:
            reference = await self._ask()
            played = [await self._to_the_end(reference, self.act.ending, broken)]
        if self.act.follows is not None:
            linked = await asyncio.to_thread(self.house.room.register.links, played[0].view.case.id)
            opened = [link.reference for link in linked if link.relation is Relation.FOLLOWS]
            played += [await self._to_the_end(one, self.act.follows, ExitStack()) for one in opened]
            if len(played) == 1:
                played[0] = replace(played[0], wrongs=(*played[0].wrongs, "no erasure was opened after it"))
        return played

    async def _to_the_end(self, reference: str, ending: Ending, broken: ExitStack) -> Played:
        wrongs: list[str] = []
        amended, breaks = False, self.act.way is Way.PARKED
        while (view := await self._until(reference, _waits)).state is not State.CLOSED:
            if view.parked:
                await self._repair(view, broken)
                breaks = False
            elif view.state is State.VERIFYING:
                wrongs += self._not_stopped()
                if breaks:
                    broken.enter_context(self.vendors.stripe_key_revoked())
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
        if breaks:
            wrongs.append("nothing was parked")
        fetched, missing = await self._fetch(view)
        counts = await asyncio.to_thread(self._counts, view.case.id)
        files = await asyncio.to_thread(self.house.handover.export, view, self.out, actor=self.staff.officer)
        wrongs += missing + await asyncio.to_thread(self._not_packed, files)
        return Played(
            act=self.act,
            view=view,
            counts=counts,
            files=files,
            fetched=fetched,
            wrongs=tuple(wrongs),
            in_systems=await asyncio.to_thread(self._in_systems, view.case.id),
        )

    def _not_stopped(self) -> list[str]:
        """Direct marketing has stopped at SendGrid before anybody asks who it is (s.32 ¶1(2))."""
        objects = self.act.right is Right.OBJECTION and self.act.asked.get("against") == "marketing"
        stands = objects and not self.vendors.unsubscribed(self.act.who.email)
        return ["SendGrid still sends marketing after the objection"] if stands else []

    def _not_packed(self, written: tuple[Path, ...]) -> list[str]:
        if not self.act.parts:
            return []
        (bundle,) = (path for path in written if path.name == BUNDLE)
        return check_vendors.packed(self.act.who, bundle, self.act.parts, self.before)

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

    async def _repair(self, view: CaseView, broken: ExitStack) -> None:
        """A parked system is mended and tried again.

        Raises:
            Unavailable: it is one that nobody broke.
        """
        (parked, *_) = view.parked
        if self.act.way is not Way.PARKED:
            facts = {"reference": view.case.reference, "system": parked.system, "fault": parked.code}
            raise Unavailable("demo-system-parked", "read var/log/worker.log", **facts)
        broken.close()
        await self.desk.repair(
            view.case.reference,
            parked.system,
            retry=True,
            actor=self.staff.officer,
            reason="Stripe takes the key again",
        )
        await self._until(view.case.reference, lambda now: not now.parked)

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
        if not refused and await self.desk.files_to_review(reference):
            seen = "the files show nobody else"
            await self.desk.review_files(reference, actor=self.staff.officer, reason=seen)
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
        rows = self.house.room.plans.rows(case)
        planned = Counter((row.system, row.table, row.planned) for row in rows)
        return [
            f"plan has {planned.get(key, 0)} of {key[0]} {key[1]} to {key[2]}, the scenario {self.expected.get(key, 0)}"
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
        for row in plan.counts:
            if row.outcome in KEEPING:
                counts[row.outcome] += row.count
        return counts

    def _in_systems(self, case: str) -> Counter[tuple[str, Outcome]]:
        with suppress(NotFound):  # ended before there was a plan
            return Counter((row.system, row.planned) for row in self.house.room.plans.results(case))
        return Counter()


def _waits(view: CaseView) -> bool:
    return view.state in _WAITING or bool(view.parked)


def _left(state: State) -> Callable[[CaseView], bool]:
    return lambda view: view.state is not state or bool(view.parked)

"""People for tests: a data subject at the mailbox and the staff at the desk, patient while servers are away."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from temporalio.client import Client

from bootstrap import House, desk_of
from demo.person import mails
from domain.acting import RULES, Acting, Capacity
from domain.assurance import Method
from domain.case import Decision, Moved
from domain.errors import Conflict, Unavailable
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.links import Amendment
from domain.ports import CaseView, Intake
from domain.rights import Right
from domain.seconding import DeathShown
from domain.states import State
from domain.stops import Mistake
from workflows.desk import Desk

T = TypeVar("T")
PATIENCE = 120.0
DIED = Amendment(moved=Moved.DEATH, shown=DeathShown.CERTIFICATE)
LINK = re.compile(r"https?://\S+/v/([^\s?]+)\S*")
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


class StuckError(AssertionError):
    """A case did not get where the test waits for it."""


async def patiently(what: Callable[[], Awaitable[T]], patience: float = PATIENCE) -> T:
    """Do it again while a server is away."""
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        try:
            return await what()
        except Unavailable:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.2)


@dataclass
class People:
    """One data subject and two members of staff."""

    house: House
    client: Client
    officer: str
    approver: str

    @classmethod
    async def at(cls, house: House, client: Client) -> People:
        add = house.room.staff.add
        officer, _ = await asyncio.to_thread(add, "Officer", "officer")
        approver, _ = await asyncio.to_thread(add, "Approver", "approver")
        return cls(house, client, officer, approver)

    @property
    def desk(self) -> Desk:
        return desk_of(self.house, self.client)

    async def ask(
        self,
        right: Right,
        email: str,
        *,
        received: datetime | None = None,
        tenant: str = "",
        changes: Mapping[str, str] | None = None,
        language: str = "th",
        name: str = "",
        also: tuple[Identifier, ...] = (),
    ) -> str:
        """Make a request of one right; its reference."""
        [reference] = await self.ask_all(
            (right,),
            email,
            received=received,
            controllers=(tenant,),
            changes=changes,
            language=language,
            name=name,
            also=also,
        )
        return reference

    async def ask_all(
        self,
        rights: tuple[Right, ...],
        email: str,
        *,
        received: datetime | None = None,
        controllers: tuple[str, ...] = ("",),
        changes: Mapping[str, str] | None = None,
        language: str = "th",
        name: str = "",
        also: tuple[Identifier, ...] = (),
    ) -> tuple[str, ...]:
        """Make one request of several rights or controllers; the references of its cases."""
        intake = Intake(
            rights=rights,
            channel="web",
            received=received or self.house.tools.clock.now(),
            language=language,
            identifiers=(identifier(IdentifierKind.EMAIL, email, field="email"), *also),
            name=name,
            controllers=controllers,
            changes=dict(changes or {}),
            dedup=secrets.token_hex(8),
        )
        views = await patiently(lambda: self.desk.open(intake))
        return tuple(view.case.reference for view in views)

    async def prove(self, email: str, reference: str) -> None:
        """Read the mail, open the link, give the code."""
        token, code = await self.challenge(email, reference)
        await patiently(lambda: self.desk.answer_challenge(token, code))

    async def challenge(self, email: str, reference: str) -> tuple[str, str]:
        """The newest link and code that came for the case."""
        mailbox = self.house.settings.mailbox or Path()
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while asyncio.get_running_loop().time() < deadline:
            for text in newest_first(mailbox, email):
                link = LINK.search(text)
                if link and reference in text:
                    code = CODE.search(LINK.sub("", text).replace(reference, ""))
                    assert code is not None
                    return link[1], code[0]
            await asyncio.sleep(0.1)
        raise StuckError(f"no challenge came for {reference}")

    async def vouch(self, reference: str) -> None:
        """The officer saw a masked document."""
        await patiently(
            lambda: self.desk.record_identity(
                reference, Method.MASKED_DOCUMENT, actor=self.officer, reason="document seen"
            )
        )

    async def authorise(
        self,
        reference: str,
        capacity: Capacity = Capacity.AGENT,
        *,
        covers: tuple[Right, ...] = (),
        **seen: Any,
    ) -> None:
        """The officer saw what shows that somebody may act; for an agent a power of attorney that names those rights."""
        shown = seen.pop("shown", tuple(RULES[capacity].needs))
        acting = Acting(capacity=capacity, shown=shown, covers=covers, **seen)

        async def record() -> None:
            try:
                await self.desk.authorise(reference, acting, actor=self.officer, reason="papers seen")
            except Conflict as waits:  # that somebody else acts was said just now
                if waits.code != "change-waits":
                    raise
                raise Unavailable("try-again") from waits

        await patiently(record)

    async def identify(self, email: str, reference: str) -> None:
        """Both halves of a proof good enough for any right."""
        await self.prove(email, reference)
        await self.vouch(reference)

    async def decide(self, reference: str, *, approved: bool = True, ground: str = "") -> Decision:
        """Propose, and have it confirmed where that is due."""
        await self.until(reference, State.DECIDING)
        if approved:
            await self.desk.review_files(reference, actor=self.officer, reason="looked at")
        decision = await patiently(
            lambda: self.desk.propose(
                reference, approved=approved, ground=ground, actor=self.officer, reason="plan read"
            )
        )
        if decision is None:
            decision = await patiently(
                lambda: self.desk.confirm(reference, actor=self.approver, reason="agreed")
            )
        return decision

    async def stop(self, reference: str, *, ground: str = "") -> None:
        """Two officers say that the case is to be stopped: for a test, or on a ground."""
        mistake = None if ground else Mistake.TEST
        for number, actor in enumerate((self.officer, self.approver), 1):
            said = {"mistake": mistake, "ground": ground, "actor": actor, "reason": f"word {number}"}
            if (await patiently(lambda said=said: self.desk.cancel(reference, **said))).complete:  # type: ignore[misc]
                return

    async def skip(self, reference: str, system: str, ground: str) -> None:
        """Two officers say that a parked system is to be left out."""
        for number, actor in enumerate((self.officer, self.approver), 1):
            said = {"ground": ground, "actor": actor, "reason": f"word {number}"}
            await self.desk.repair(reference, system, retry=False, **said)

    async def amend(self, reference: str, moved: Moved, **what: Any) -> None:
        """Change the request."""
        amendment = Amendment(moved=moved, **what)
        await self.desk.amend(reference, amendment, actor=self.officer, reason="the person wrote")

    async def died(self, reference: str) -> None:
        """Two officers have seen the death certificate."""
        for actor in (self.officer, self.approver):
            await self.desk.amend(reference, DIED, actor=actor, reason="certificate seen")

    async def planned(self, reference: str, version: int = 1) -> CaseView:
        """Wait until the officers can decide on that version of the plan, or a later one."""

        def there(view: CaseView) -> bool:
            return (
                view.state is State.DECIDING
                and self.house.room.plans.summary(view.case.id).version >= version
            )

        return await self.seen(reference, there)

    async def went_on(self, reference: str) -> CaseView:
        """The person says to go on with a cooling erasure; its end."""
        await self.until(reference, State.COOLING)
        await patiently(lambda: self.desk.call_off(reference, proceed=True))
        return await self.closed(reference)

    def letters(self, view: CaseView) -> list[str]:
        """The codes of the letters of a case to its person, sorted; without those to other companies."""
        codes = (letter.code for letter in self.house.room.letters.of(view.case.id))
        return sorted(code for code in codes if not code.startswith(("L10", "L11")))

    def tasks(self, view: CaseView) -> set[str]:
        """What people are asked to do by hand."""
        return {task.code for task in self.house.room.tasks.of(view.case.id, open_only=False)}

    async def until(self, reference: str, *states: State) -> CaseView:
        """Wait for a state."""
        return await self.seen(reference, lambda view: view.state in states)

    async def seen(self, reference: str, there: Callable[[CaseView], bool]) -> CaseView:
        """Wait until the register shows it."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        view: CaseView | None = None
        while asyncio.get_running_loop().time() < deadline:
            try:
                view = await asyncio.to_thread(self.house.room.register.view, reference)
            except Unavailable:
                await asyncio.sleep(0.2)
                continue
            if there(view):
                return view
            if view.state is State.CLOSED:
                break
            await asyncio.sleep(0.05)
        seen = f"{view.state} ({view.ending}), parked {view.parked}" if view else "nowhere"
        raise StuckError(f"{reference} stands in {seen}")

    async def closed(self, reference: str) -> CaseView:
        """Wait for the end."""
        return await self.until(reference, State.CLOSED)


def newest_first(mailbox: Path, email: str) -> Iterator[str]:
    """The texts of the mails to an address."""
    files = sorted(mailbox.glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files:
        yield from mails([path], email)

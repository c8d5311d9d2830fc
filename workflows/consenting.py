"""Consents that stand, each with a way to withdraw it (s.19 ¶5): one press, as it was given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from activities.asked import wish_of
from activities.consents import consents_located
from activities.tools import Tools
from domain.acting import lacking
from domain.calendar import day_in_bangkok
from domain.case import Case, Moved
from domain.errors import KeyShredded, NotAllowed, NotFound
from domain.events import Event
from domain.following import Followed, Following
from domain.links import Amendment
from domain.ports import PERSON, CaseView, Intake
from domain.rights import RULES, Right
from domain.states import BEGUN
from domain.value import Value
from domain.wishes import PURPOSE
from workflows.front import run


class _Desk(Protocol):
    async def amend(self, reference: str, amendment: Amendment, *, actor: str, reason: str) -> bool: ...


class _Door(Protocol):
    async def receive(self, intake: Intake) -> tuple[Case, ...]: ...


class Standing(Value):
    """A consent that stands. `asked`: this request withdraws it already."""

    purpose: str
    marketing: bool
    asked: bool


class Consents(Value):
    """What may be withdrawn from here; `own`: this request itself is to withdraw, and grows by what is chosen."""

    reference: str
    own: bool
    standing: tuple[Standing, ...]


@dataclass(frozen=True)
class Consenting:
    """Shows which consents stand and withdraws one. A session that is not good raises `NotAllowed`."""

    following: Following
    tools: Tools
    door: _Door
    desk: Callable[[], Awaitable[_Desk]]

    async def offered(self, session: str) -> bool:
        """Whether consents can be shown to the session: its address is proved and on file, and records were located."""
        return await run(lambda: self._open(self.following.by_session(session)))

    async def consents(self, session: str) -> Consents:
        """The consents that stand; that they were seen is told first. Raises `NotAllowed`, `Unavailable`."""

        def shown() -> Consents:
            followed = self.following.by_session(session)
            found = self._found(followed)
            self.tools.register.note(followed.case, Event.CONSENTS_SHOWN, PERSON, items=len(found.standing))
            return found

        return await run(shown)

    async def withdraw(self, session: str, purpose: str) -> Case | None:
        """Withdraw one: within this request where it is to withdraw, else by a request of its own, which is returned.

        Pressed twice on a day it is one. What is direct marketing stops at once, whoever asks (s.32 ¶1(2)).

        Raises:
            NotAllowed: the session is not good, or shows no consents.
            NotFound: no such consent stands.
            TooLate: the request was decided meanwhile.
            Unavailable: a part is away.
        """
        followed = await run(lambda: self.following.by_session(session))
        found = await run(lambda: self._found(followed))
        named = next((one for one in found.standing if one.purpose == purpose), None)
        if named is None:
            raise NotFound("consent-unknown", "choose one of those shown")
        if named.asked:
            return None
        if found.own:
            await self._amend(followed.case, found.reference, purpose)
            return None
        return await self._ask(followed, purpose)

    async def _amend(self, case: str, reference: str, purpose: str) -> None:
        purposes = (await run(lambda: wish_of(self.tools, case))).purposes
        both = ",".join(dict.fromkeys((*purposes, purpose)))
        amendment = Amendment(moved=Moved.SCOPE, changes={PURPOSE: both})
        await (await self.desk()).amend(reference, amendment, actor=PERSON, reason="status-page")

    async def _ask(self, followed: Followed, purpose: str) -> Case:
        language = await run(lambda: self.tools.register.view(followed.case).language)
        now = self.tools.clock.now()
        intake = Intake(
            rights=(Right.WITHDRAWAL,),
            channel="web",
            received=now,
            language=language,
            identifiers=(followed.address,),
            changes={PURPOSE: purpose},
            # Of that day: who consented anew since must be able to withdraw anew.
            dedup=f"consent:{followed.case}:{purpose}:{day_in_bangkok(now).isoformat()}",
        )
        [case] = await self.door.receive(intake)
        return case

    def _open(self, followed: Followed) -> bool:
        view = self.tools.register.view(followed.case)
        return self._theirs(followed, view) and bool(self.tools.findings.manifests(followed.case))

    def _theirs(self, followed: Followed, view: CaseView) -> bool:
        """A tenant's consents are the tenant's; and to see which stand asks what withdrawing them asks."""
        identity = self.tools.identity
        if view.tenant or followed.address not in identity.reply_addresses(followed.case):
            return False
        if identity.standing(followed.case).level < RULES[Right.WITHDRAWAL].assurance:
            return False
        if self.tools.incidents.frozen(followed.case):
            return False  # this may be the wrong recipient (s.37(4))
        today = day_in_bangkok(self.tools.clock.now())
        # Who acts shows that they may (s.20).
        return not lacking(identity.acting(followed.case), Right.WITHDRAWAL, today)

    def _found(self, followed: Followed) -> Consents:
        if not self._open(followed):
            raise NotAllowed("consents-not-shown", "see where the request is")
        view = self.tools.register.view(followed.case)
        own = view.case.right is Right.WITHDRAWAL and view.state not in BEGUN
        try:
            consents = consents_located(self.tools, followed.case)
            purposes = wish_of(self.tools, followed.case).purposes if own else ()
        except KeyShredded:
            raise NotAllowed("link-not-good", "ask the company for a new link") from None
        return Consents(
            reference=view.case.reference,
            own=own,
            standing=tuple(
                Standing(
                    purpose=one.purpose,
                    marketing=one.marketing,
                    asked=own and (not purposes or one.purpose in purposes),
                )
                for one in consents
            ),
        )

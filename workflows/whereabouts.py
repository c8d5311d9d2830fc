"""The status page's side: where a request is, as far as the holder of a link may see, and what they may do to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.deadlines import cooling_ends
from domain.documents import Letters
from domain.errors import TooLate
from domain.following import Act, Followed, Following, Whereabouts
from domain.outcomes import Ending
from domain.ports import CaseView, Identity, Register
from domain.states import BEGUN, State
from workflows.front import run

_DECISION = "DECISION"
_ENDS = {
    "L-NODATA": Ending.NO_DATA,
    "L12": Ending.UNVERIFIED,
    "L-CLOSED": Ending.WITHDRAWN,
    "L-REPLACED": Ending.REPLACED,
}
"""Letters to whoever asked, known or not, and what they tell: with one of them the end is no secret any more."""


class _Desk(Protocol):
    async def call_off(self, reference: str, *, proceed: bool) -> None: ...
    async def withdraw(self, reference: str) -> None: ...


@dataclass(frozen=True)
class Progressing:
    """Where requests are, and the person's own acts on them; `desk` is found when somebody acts."""

    following: Following
    register: Register
    identity: Identity
    letters: Letters
    desk: Callable[[], Awaitable[_Desk]]
    remembering: Callable[[], AbstractContextManager[None]] = nullcontext
    """Around one reading of it all: what several parts ask of the same case is read once."""

    async def by_link(self, token: str) -> Whereabouts:
        """Where a request is, to who holds a link. Raises `NotAllowed`, `Unavailable`."""
        return await run(lambda: self._where(self.following.by_link(token), acting=False))

    async def by_session(self, session: str) -> Whereabouts:
        """The same to who also had the code, with what they may do. Raises `NotAllowed`, `Unavailable`."""
        return await run(lambda: self._where(self.following.by_session(session), acting=True))

    async def act(self, session: str, act: Act) -> None:
        """The person's word.

        Raises:
            NotAllowed: the session is not good.
            TooLate: that can't be said of this request now, or not from this address.
            Unavailable: a part is away; it may be said again.
        """
        where = await self.by_session(session)
        if act not in where.acts:
            raise TooLate("not-now", "see where the request is", reference=where.case.reference)
        desk = await self.desk()
        if act is Act.WITHDRAW:
            await desk.withdraw(where.case.reference)
        else:
            await desk.call_off(where.case.reference, proceed=act is Act.PROCEED)

    def _where(self, followed: Followed, *, acting: bool) -> Whereabouts:
        with self.remembering():
            return self._seen(followed, acting=acting)

    def _seen(self, followed: Followed, *, acting: bool) -> Whereabouts:
        view = self.register.view(followed.case)
        if not self._may_see(followed):
            return _told(view, followed, acts=self._acts(view, proved=False) if acting else ())
        return Whereabouts(
            case=view.case,
            state=view.state,
            ending=view.ending,
            closed=view.closed,
            cooling_until=self._cools_until(view),
            acts=self._acts(view, proved=True) if acting else (),
        )

    def _cools_until(self, view: CaseView) -> datetime | None:
        if view.state is not State.COOLING:
            return None
        told = next((one for one in self.letters.of(view.case.id)[::-1] if _decides(one.code)), None)
        return cooling_ends(view.case.terms, told.sent) if told and told.sent else None

    def _may_see(self, followed: Followed) -> bool:
        """Whether the address was proved and is on file: to any other nothing may tell whether somebody is known."""
        return followed.address in self.identity.reply_addresses(followed.case)

    def _acts(self, view: CaseView, *, proved: bool) -> tuple[Act, ...]:
        if view.closed is not None:
            return ()
        if not proved:
            # Whoever was only named may say that it was not they who asked, until somebody has shown that it was.
            shown = self.identity.reply_addresses(view.case.id)
            return () if shown or view.state in BEGUN else (Act.WITHDRAW,)
        if view.state is State.COOLING:
            return (Act.CALL_OFF, Act.PROCEED)
        return () if view.state in BEGUN else (Act.WITHDRAW,)


def _decides(code: str) -> bool:
    return code == _DECISION or code.startswith(f"{_DECISION}-")


def _told(view: CaseView, followed: Followed, acts: tuple[Act, ...] = ()) -> Whereabouts:
    """What the letters to that address told, and no more."""
    if view.closed is not None:
        for letter, ending in _ENDS.items():
            if letter in followed.told:
                said = view.ending if letter == "L-CLOSED" else ending
                return Whereabouts(case=view.case, state=State.CLOSED, ending=said, closed=view.closed)
    state = State.RECEIVED if view.state is State.RECEIVED else State.VERIFYING
    return Whereabouts(case=view.case, state=state, acts=acts)

"""Corrections proposed field by field against what is held (ss.35-36), by the person, before anything is decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from activities.asked import wish_of
from activities.details import held_in_record, recorded_fields
from activities.tools import Tools
from domain.acting import lacking
from domain.answer_links import Upload
from domain.calendar import day_in_bangkok
from domain.case import Moved
from domain.errors import BadInput, KeyShredded, NotAllowed
from domain.events import Event
from domain.following import Followed, Following
from domain.links import Amendment
from domain.ports import PERSON
from domain.rights import RULES, Right
from domain.states import BEGUN
from workflows.correspondence import Correspondence, Draft, Held
from workflows.front import run

LONGEST = 200
"""Characters of one value."""

_NEEDED = max(RULES[Right.RECTIFICATION].assurance, RULES[Right.ACCESS].assurance)
"""To see what is held is access: never at a lower level than that."""


class _Desk(Protocol):
    async def amend(self, reference: str, amendment: Amendment, *, actor: str, reason: str) -> bool: ...


@dataclass(frozen=True)
class Details:
    """The fields that may be corrected. Without `enough` proof their names alone; `whole`: every system was read."""

    reference: str
    fields: tuple[str, ...]
    enough: bool
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    """What is asked for already."""
    whole: bool = True


@dataclass(frozen=True)
class Proposal:
    """What is right, by field, as it was typed; why, and what shows it. `key` is the form's own."""

    values: Mapping[str, str]
    why: str = ""
    files: Sequence[Upload] = ()
    key: str = ""


@dataclass(frozen=True)
class Correcting:
    """Shows what is held and takes what is right. A session that is not good raises `NotAllowed`."""

    following: Following
    tools: Tools
    messages: Correspondence
    desk: Callable[[], Awaitable[_Desk]]

    async def offered(self, session: str) -> bool:
        """Whether the session's request is one to correct, and can still be changed. Raises `NotAllowed`."""
        return await run(lambda: self._open(self.following.by_session(session)))

    async def details(self, session: str) -> Details:
        """What may be corrected, and what is held of it where identity is shown; that it was seen is told first.

        Raises:
            NotAllowed: the session is not good, or its request is none to correct.
            Unavailable: the register is away.
        """
        return await run(lambda: self._details(self.following.by_session(session)))

    async def propose(self, session: str, proposal: Proposal) -> None:
        """Put corrections into the request, and what was written and enclosed before the office.

        Raises:
            NotAllowed: identity is not shown to the level that the right asks.
            BadInput: nothing new is typed, a value is too long, no system keeps the field, or a file is none that is
                taken.
            TooLate: it was decided meanwhile.
        """
        followed = await run(lambda: self.following.by_session(session))
        reference, changes = await run(lambda: self._judged(followed, proposal))
        if proposal.why.strip() or proposal.files:
            await self.messages.write(
                Held(session=session), Draft(proposal.why, proposal.files, proposal.key)
            )
        if not changes:
            return  # the same press again: it is asked for already
        desk = await self.desk()
        amendment = Amendment(moved=Moved.SCOPE, changes=changes)
        await desk.amend(reference, amendment, actor=PERSON, reason="status-page")

    def _open(self, followed: Followed) -> bool:
        view = self.tools.register.view(followed.case)
        return view.case.right is Right.RECTIFICATION and view.closed is None and view.state not in BEGUN

    def _enough(self, followed: Followed) -> bool:
        identity = self.tools.identity
        theirs = followed.address in identity.reply_addresses(followed.case)
        if not theirs or identity.standing(followed.case).level < _NEEDED:
            return False
        if self.tools.incidents.frozen(followed.case):
            return False  # this may be the wrong recipient (s.37(4))
        # Whoever acts without authority may see as little as they may ask for (s.20), whoever they are.
        acting, today = identity.acting(followed.case), day_in_bangkok(self.tools.clock.now())
        return not any(lacking(acting, right, today) for right in (Right.RECTIFICATION, Right.ACCESS))

    def _details(self, followed: Followed) -> Details:
        if not self._open(followed):
            raise NotAllowed("not-to-correct", "see where the request is")
        case, fields = followed.case, recorded_fields(self.tools)
        reference = self.tools.register.view(case).case.reference
        if not self._enough(followed):
            return Details(reference, fields, enough=False)
        self.tools.register.note(case, Event.DETAILS_SHOWN, PERSON, items=len(fields))
        try:
            held, whole = held_in_record(self.tools, case)
            asked = {name: str(value) for name, value in wish_of(self.tools, case).corrections.items()}
        except KeyShredded:
            raise NotAllowed("link-not-good", "ask the company for a new link") from None
        return Details(reference, fields, enough=True, held=held, asked=asked, whole=whole)

    def _judged(self, followed: Followed, proposal: Proposal) -> tuple[str, dict[str, str]]:
        if not self._open(followed) or not self._enough(followed):
            raise NotAllowed("identity-not-shown", "show who you are first")
        known = set(recorded_fields(self.tools))
        typed = {name: value.strip() for name, value in proposal.values.items() if value.strip()}
        for name, value in typed.items():
            if name not in known:
                raise BadInput("field-without-owner", "choose one of those shown", field="new")
            if len(value) > LONGEST:
                raise BadInput("value-too-long", f"at most {LONGEST} characters", field=name)
        asked = wish_of(self.tools, followed.case).corrections
        changes = {name: value for name, value in typed.items() if str(asked.get(name, "")) != value}
        if not typed:
            raise BadInput("correction-missing", "write what is right", field="new")
        return self.tools.register.view(followed.case).case.reference, changes

"""The side of the page on which a person shows who they are by a masked copy of a document (pdpa-rules 4.3)."""

from __future__ import annotations

from dataclasses import dataclass

from activities.asked import asked_of
from activities.identity_copy import receive_from_person
from activities.tools import Tools, instructed
from domain.assurance import Assurance
from domain.errors import KeyShredded, NotAllowed, TooLate
from domain.following import Followed, Following, Whereabouts
from domain.identity_documents import Asked
from domain.states import State
from domain.wishes import assurance_for
from workflows.front import run
from workflows.whereabouts import Progressing

_BEFORE = frozenset({State.RECEIVED, State.RESOLVING, State.CHOOSING, State.WAITING, State.VERIFYING})
"""While who they are may still be shown."""


@dataclass(frozen=True)
class Identifying:
    """Takes copies from whoever has the code to an address that the request gave; nothing here tells if they are known."""

    following: Following
    progressing: Progressing
    tools: Tools

    async def asked(self, session: str) -> Asked:
        """Whether a copy is asked for, and what was sent by that address. Raises `NotAllowed`, `Unavailable`."""
        where = await self.progressing.by_session(session)
        return await run(lambda: self._asked(self.following.by_session(session), where))

    async def send(self, session: str, picture: bytes) -> None:
        """Keep a copy until an officer has looked.

        Raises:
            NotAllowed: the session is not good.
            BadInput: it is no picture, or too large a one.
            TooLate: none is asked for. Conflict: too many wait.
            Unavailable: a part is away; it may be sent again.
        """
        where = await self.progressing.by_session(session)

        def keep() -> None:
            followed = self.following.by_session(session)
            if not self._asked(followed, where).open:
                raise TooLate("not-now", "see where the request is", reference=where.case.reference)
            receive_from_person(self.tools, followed.case, picture, followed.address)

        await run(keep)

    def _asked(self, followed: Followed, where: Whereabouts) -> Asked:
        case, tools = followed.case, self.tools
        wanted = where.closed is None and where.state in _BEFORE and not instructed(tools, case)
        try:
            asked = asked_of(tools, case)
        except KeyShredded:
            raise NotAllowed("session-not-good") from None
        needed = assurance_for(asked.right, asked.wish, consent_only=asked.consent_only)
        sent = tools.identity_documents.of(case, followed.address)
        return Asked(case=where.case, open=wanted and needed >= Assurance.IDENTITY, sent=sent)

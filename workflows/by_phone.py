"""A second channel: a code by text message beside the e-mail's (pdpa-rules 4.3). Nothing tells who has a number on file."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from activities.asked import asked_of
from activities.casefile import case_file
from activities.tools import Tools
from domain.assurance import Assurance
from domain.errors import NotAllowed, SitthiError, Unavailable
from domain.following import Followed, Following
from domain.states import BEGUN
from domain.texting import PhoneCode, PhoneCodes, Sms, Texter
from domain.wishes import assurance_for
from workflows.front import run

_log = logging.getLogger("sitthi.portal")


class _Desk(Protocol):
    async def wake(self, case: str) -> None: ...


@dataclass(frozen=True)
class ByPhone:
    """Asks for codes and takes them. A session that is not good raises `NotAllowed`."""

    following: Following
    codes: PhoneCodes
    texter: Texter
    tools: Tools
    desk: Callable[[], Awaitable[_Desk]]

    async def offered(self, session: str) -> bool:
        """Whether two channels are what the session's request asks for. Raises `NotAllowed`, `Unavailable`."""
        return bool(await self.reference(session))

    async def reference(self, session: str) -> str:
        """The reference of such a request; of any other nothing.

        It is told by the right alone, never by what is on file. Raises `NotAllowed`, `Unavailable`.
        """
        return await run(lambda: self._offered(self.following.by_session(session)))

    async def ask(self, session: str) -> Callable[[], Awaitable[None]]:
        """Make a code; what is returned sends it, if there is a number, and is called once the page went out.

        So nobody can tell by the time that the page took, nor by an error, whether there was one.

        Raises:
            RateLimited, NotAllowed: see `PhoneCodes.ask`.
        """
        code = await run(lambda: self._ask(session))

        async def send() -> None:
            await run(lambda: self._send(code))

        return send

    async def answer(self, session: str, code: str) -> None:
        """Take a code. Raises `NotAllowed`: `code-wrong` while another try may succeed, or `code-void`."""

        def taken() -> str:
            followed = self.following.by_session(session)
            self.codes.answer(followed.case, followed.address, code)
            return followed.case

        case = await run(taken)
        with suppress(Unavailable):  # Temporal is away: whoever waits looks by itself
            await (await self.desk()).wake(case)

    def _offered(self, followed: Followed) -> str:
        view = self.tools.register.view(followed.case)
        if view.closed is not None or view.state in BEGUN:
            return ""
        asked = asked_of(self.tools, followed.case)
        needed = assurance_for(asked.right, asked.wish, consent_only=asked.consent_only)
        return view.case.reference if needed is Assurance.CHANNELS else ""

    def _ask(self, session: str) -> PhoneCode:
        followed = self.following.by_session(session)
        if not self._offered(followed):
            raise NotAllowed("not-asked-for", "show who you are as the right asks")
        return self.codes.ask(followed.case, followed.address)

    def _send(self, code: PhoneCode) -> None:
        if code.to is None:
            return
        text = self.tools.exports.sms(case_file(self.tools, code.case, code=code.code))
        try:
            self.texter.text(Sms(to=code.to, text=text, dedup=f"sms:{code.id}"))
            self.codes.sent(code.id)
        except SitthiError as error:  # the person asks again; the page is out already
            _log.warning("a code by text message was not sent: %s", error.code)

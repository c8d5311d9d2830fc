"""The SendGrid stand-in's account in a file."""

from __future__ import annotations

from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo import kept
from demo.sendgrid_account import Account, Object


class Kept:
    """Keeps what the account holds in a file, before an answer tells that it changed."""

    def __init__(self, app: ASGIApp, account: Account, state: Path) -> None:
        self._app, self._account, self._state = app, account, state
        self._last: Object = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and keep first."""

        async def keeping(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = self._account.told()
                if told != self._last:
                    kept.write(self._state, told)
                    self._last = told
            await send(message)

        await self._app(scope, receive, keeping)

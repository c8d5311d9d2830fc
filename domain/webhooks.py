"""What programs are told of without asking: a closed list of events, sent to addresses that a company's officer named.

A message carries references and codes, never a person's data. Each is written with the change that it tells of, sent until
it is taken or given up, and may come twice: its id says so. Signed as Standard Webhooks asks (v1, HMAC-SHA256).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from domain.errors import BadInput
from domain.events import Event
from domain.value import Personal, Value


class Told(StrEnum):
    """What can be subscribed to."""

    RECEIVED = "request.received"
    OPENED = "case.opened"
    MOVED = "case.moved"
    DUE_SOON = "case.due-soon"
    AT_RISK = "case.at-risk"
    OVERDUE = "case.overdue"
    DECIDED = "case.decided"
    CLOSED = "case.closed"


TOLD: Mapping[Event, Told] = {
    Event.REQUEST_RECEIVED: Told.RECEIVED,
    Event.CASE_OPENED: Told.OPENED,
    Event.CASE_ENTERED: Told.MOVED,
    Event.DEADLINE_NEAR: Told.DUE_SOON,
    Event.DEADLINE_AT_RISK: Told.AT_RISK,
    Event.DEADLINE_MISSED: Told.OVERDUE,
    Event.DECISION_PROPOSED: Told.DECIDED,  # where one word suffices
    Event.DECISION_CONFIRMED: Told.DECIDED,
    Event.CASE_CLOSED: Told.CLOSED,
}
"""Which event of the audit chain each tells."""

SHOWN = ("request", "channel", "from", "to", "approved", "ending")
"""Facts of those events that a message repeats; all are codes."""

AGAIN_AFTER = tuple(
    timedelta(minutes=minutes) for minutes in (0.5, 2, 10, 30, 60, 180, 360, 720, 720, 720, 720)
)
"""How long is waited after each try that failed: 12 tries in all, over two and a half days. Then it is given up."""

KEPT_FOR = timedelta(days=30)
"""How long a message that was taken is kept."""


LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_URL = re.compile(r"[!-~]{1,500}")


class Webhook(Value):
    """A subscription as lists show it, without its secret; `url` is shown, for it holds none (no user, no query)."""

    id: str
    url: str
    events: tuple[Told, ...]
    added: datetime
    revoked: bool
    waiting: int
    given_up: int
    last_code: str
    """Of the newest try: `taken`, or why not."""


class Outgoing(Personal):
    """A message that is due, with where it goes and what signs it."""

    id: str
    webhook: str
    url: str
    secret: str
    body: bytes


def body(message: str, told: str, at: datetime, data: Mapping[str, str | int]) -> bytes:
    """The bytes that are signed and sent: the same at every try, for they are made of what never changes."""
    content: dict[str, object] = {
        "id": message,
        "type": told,
        "timestamp": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "data": dict(data),
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


class Webhooks(Protocol):
    """The subscriptions and what is to be sent to them."""

    def claim(self) -> tuple[Outgoing, ...]:
        """Messages that are due, now this caller's for a while: whoever dies with one leaves it to the next."""
        ...

    def taken(self, message: str) -> None:
        """It arrived."""
        ...

    def failed(self, message: str, code: str) -> bool:
        """It did not, for the reason of that code; whether it is given up with that."""
        ...

    def forget(self) -> int:
        """Drop what was taken long ago; how many messages that is."""
        ...


class Post(Protocol):
    """The way out to the subscribers."""

    def send(self, message: Outgoing) -> None:
        """Hand a message over. Raises `Unavailable`, `Refused`: not taken, and why in their code."""
        ...


def told_of(event: Event, facts: Mapping[str, str | int]) -> Told | None:
    """What an event is told as; a proposal that waits for a second person is nobody's news."""
    if event is Event.DECISION_PROPOSED and not facts.get("done"):
        return None
    return TOLD.get(event)


def checked_url(url: str, *, loopback: bool) -> str:
    """An address that may be subscribed: https, without a name, a query or a fragment; or plain, on this machine.

    Where the name leads is looked at again whenever something is sent.

    Raises:
        BadInput: it is none, or `loopback` is not allowed.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        plain = parts.scheme == "http" and loopback and parts.hostname in LOOPBACK and port is not None
    except ValueError:
        raise _not_an_address() from None
    odd = parts.username is not None or parts.password is not None or parts.query or parts.fragment
    if not _URL.fullmatch(url) or not parts.hostname or odd or not (parts.scheme == "https" or plain):
        raise _not_an_address()
    return url


def _not_an_address() -> BadInput:
    return BadInput("url-refused", "give https://host/path, without user, query or fragment", field="--url")


def events_of(words: Sequence[str]) -> tuple[Told, ...]:
    """These, each once, in the order of the list; all of them where none is named. Raises `BadInput`."""
    if unknown := set(words) - set(Told):
        mend = f"use of {', '.join(Told)}"
        raise BadInput("unknown-word", mend, field="--event", count=len(unknown))
    named = {Told(word) for word in words}
    return tuple(one for one in Told if one in named or not named)

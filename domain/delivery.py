"""How documents reach the person: a link in the e-mail, a code to the same address, a short session.

A link alone opens nothing: whoever it was forwarded to lacks the mailbox that the code goes to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from domain.identifiers import Identifier
from domain.value import Personal, Value

CERTIFICATE, PACKAGE = "certificate", "package"
"""Kinds of documents that are no letter; a letter's kind is its code."""

OPENING = "OPENING"
"""The e-mail that carries a code and announces no letter."""


class Document(Value):
    """A sealed file of a case as it was sent: its bytes are those of this digest, or it is not given out.

    `name` tells it from others of its case and is free of personal data; `size` is in bytes.
    """

    name: str
    kind: str
    ref: str
    sha256: str
    size: int


class Link(Personal):
    """A link for one letter and one address; `token` is shown once.

    `dedup` stays the same however often the link of this letter and address is made anew.
    """

    id: str
    token: str
    dedup: str


class Code(Personal):
    """A code for the holder of a link, to go to the address that the link was made for."""

    id: int
    case: str
    address: Identifier
    code: str
    expires: datetime


class Sent(Value):
    """A document, when it was sent, and until when it can be fetched."""

    document: Document
    at: datetime
    until: datetime


class Opened(Value):
    """What a session may read: what was sent to its address, the newest first."""

    case: str
    expires: datetime
    documents: tuple[Sent, ...]


class Deliveries(Protocol):
    """Links, the codes that open them, and the sessions that fetch; all of them rest hashed.

    Whatever cannot be opened any more (unknown, expired, revoked, used up) raises `NotAllowed` alike.
    """

    def link(
        self,
        letter: str,
        address: Identifier,
        documents: Sequence[Document],
        *,
        expires: datetime,
        proved: bool,
    ) -> Link | None:
        """A fresh link to what a letter brings to an address; None when one went out.

        `proved` says that the address was proved and is on file: only such a link opens what went to proved
        addresses. One made but never noted as `sent` is made anew, and then both are good.
        """
        ...

    def sent(self, link: str) -> None:
        """The e-mail with the link of that id left."""
        ...

    def case(self, token: str) -> str:
        """The case of a link; looking changes nothing. Raises `NotAllowed`."""
        ...

    def code(self, token: str) -> Code:
        """A fresh code; the one before it is void. Raises `NotAllowed`, `RateLimited`."""
        ...

    def code_sent(self, code: int) -> None:
        """The e-mail with the code of that id left."""
        ...

    def open(self, token: str, code: str) -> str:
        """A session for the newest code, which is then spent.

        Raises `NotAllowed`: code `code-wrong` while another try may succeed, `code-void` when a new code
        would help, any other when nothing will. Wrong tries are counted, whatever is raised.
        """
        ...

    def opened(self, session: str) -> Opened:
        """What the session may read. Raises `NotAllowed`."""
        ...

    def fetch(self, session: str, name: str) -> tuple[str, Document]:
        """The case and a document of that name, counted and told as fetched. Raises `NotAllowed`, `NotFound`."""
        ...

    def leave(self, session: str) -> None:
        """End a session; ending it twice, or none, is as good."""
        ...

    def revoke(self, case: str, *, actor: str, reason: str) -> int:
        """Void every link of a case, its codes and sessions; returns how many links that were good."""
        ...


class Fate(StrEnum):
    """What became of a message, in the words of who carries mail. That a provider took it is none of these."""

    DELIVERED = "delivered"  # the recipient's own server took it
    BOUNCED = "bounced"  # it was sent back
    DROPPED = "dropped"  # the provider never sent it: the address is on one of its lists


class Notice(Value):
    """One word of a mail provider about one message.

    `mark` is the message's (`mark_of`); `event` tells this word from any other, so that the same again counts once.
    """

    mark: str
    event: str
    fate: Fate
    at: datetime


class Posted(Value):
    """A letter that went by post: on which day, and the number under which the carrier proves it."""

    letter: str
    code: str
    on: date
    tracking: str


def mark_of(dedup: str) -> str:
    """Under which mark a message travels: a hash, for a dedup key may be a secret, and a provider keeps the mark."""
    return hashlib.sha256(dedup.encode()).hexdigest()[:40]


_PATIENCE = timedelta(days=7)
_AT_LEAST = timedelta(days=1)
_CARRIED_WITHIN = timedelta(days=5)


LOOKED_BACK = timedelta(days=90)
"""How far back letters are looked at that nobody fetched: a sweep stands still for days, not for months. An older one was
sent before anybody asked for the post, and people decide about it."""


def goes_by_post(sent: datetime, due: datetime) -> datetime:
    """When a letter that nobody fetched goes by post: after a week, or so early that it arrives before it is due.

    A day is left to fetch it in any case. Registered mail within Thailand takes up to five days.
    """
    return min(sent + _PATIENCE, max(sent + _AT_LEAST, due - _CARRIED_WITHIN))


class Fates(Protocol):
    """What became of letters on their way."""

    def take(self, notices: Sequence[Notice]) -> int:
        """Note what a provider tells; how much of it was new and about a letter of ours.

        A letter that reached none of its addresses goes by post: a task says so.
        """
        ...

    def unread(self) -> int:
        """Ask for the post of every letter that nobody fetched in time (`goes_by_post`); how many."""
        ...

    def posted(self, case: str, code: str, *, on: date, tracking: str, actor: str) -> None:
        """A letter went by post; its task is done. Raises `NotFound`, `KeyShredded`."""
        ...

    def posts(self, case: str) -> tuple[Posted, ...]:
        """What of a case went by post, the oldest first. Raises `KeyShredded`."""
        ...

"""Messages between a person and the data protection office about a request, with the files that come with them.

Each address of a case has a thread of its own: who was only named must not read what the office writes to somebody
else. What is written rests sealed under the case's key and ends with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.delivery import Link
from domain.identifiers import Identifier
from domain.value import Personal

MESSAGE_MAIL = "MESSAGE"
"""The e-mail that says that the office wrote; it announces no letter and says nothing of what was written."""

ARRIVED = "message-arrived"
"""The task of the office: somebody wrote about a case."""

LONGEST = 3000
"""Characters of one message."""

AN_HOUR, IN_ALL = 10, 100
"""Messages that one address may write about one case: enough to talk."""

BYTES_IN_ALL = 128 << 20
"""Of all files that one address may send about one case: too few to fill a disk."""


class Side(StrEnum):
    """Who wrote."""

    PERSON = "person"
    OFFICE = "office"


class Attached(Personal):
    """A file that came with a message; `title` is what its sender called it, `ref` where it rests, `size` in bytes."""

    title: str
    ref: str
    sha256: str
    size: int


class Written(Personal):
    """One message. `no` counts those of its case; `thread` is a keyed hash of the address it is exchanged with.

    `read` is when the other side first opened it; `mailed`, of the office's, when the e-mail about it left.
    """

    id: str
    case: str
    no: int
    side: Side
    thread: str
    address: Identifier
    text: str
    files: tuple[Attached, ...] = ()
    actor: str
    at: datetime
    read: datetime | None = None
    mailed: datetime | None = None


class Messages(Protocol):
    """The register of messages. Every reading raises `KeyShredded` once the case's key is gone."""

    def keep(
        self,
        case: str,
        side: Side,
        address: Identifier,
        text: str,
        files: Sequence[Attached],
        *,
        dedup: str,
        actor: str,
    ) -> Written:
        """Keep a message; the first again for the same `dedup`, and then these files are not kept.

        Raises:
            RateLimited: that address wrote too many within the hour.
            Conflict: it wrote too many in all.
        """
        ...

    def thread(self, case: str, address: Identifier) -> tuple[Written, ...]:
        """What was exchanged with one address, the oldest first."""
        ...

    def all(self, case: str) -> tuple[Written, ...]:
        """What was exchanged about a case, the oldest first."""
        ...

    def read(self, case: str, side: Side, address: Identifier | None = None) -> int:
        """That side opened what the other wrote, to one address or all; noted and told once a message. How many."""
        ...

    def thread_of(self, address: Identifier) -> str:
        """The name of an address's thread: a keyed hash."""
        ...

    def unmailed(self) -> tuple[tuple[str, str], ...]:
        """Messages of the office about which no e-mail left yet: case and id, the oldest first."""
        ...

    def one(self, message: str) -> Written:
        """One message. Raises `NotFound`."""
        ...

    def link(self, message: str, *, expires: datetime, proved: bool) -> Link | None:
        """A fresh link for the e-mail about a message of the office; None when that left. Raises `NotFound`."""
        ...

    def mailed(self, message: str, link: str) -> None:
        """The e-mail with the link of that id left; told once. Raises `NotFound`."""
        ...

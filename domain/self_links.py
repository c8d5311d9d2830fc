"""Links that the company hands to a customer it knows: whom they are about is sealed, and only a press uses them up.

A link is good for one request, for the rights that it names and the person whom it names. Where a program of the
company's own vouches that the customer is signed in with a fresh second factor (pdpa-rules 4.3, ADR 5), a press within
15 minutes of that factor counts as identity; later the same link asks for proof as anybody's request does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from domain.identifiers import Identifier
from domain.rights import Right
from domain.value import Personal, Value

FRESH_FOR = timedelta(minutes=15)
"""How long a second factor is fresh (AAL2, pdpa-rules 4.3)."""
SKEW = timedelta(minutes=1)
"""How far the clock of who vouches may run ahead of ours."""
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=30)
DRAFT_LIFE = timedelta(hours=24)
"""How long what was typed is kept for a link, and never longer than the link."""

MINT, VOUCH = "links:mint", "links:vouch"
"""Scopes of programs: to make links, and to say besides that the customer is signed in."""

Draft = Mapping[str, tuple[str, ...]]
"""What was typed, by field."""


class About(Personal):
    """Whom a link is about: what they are known by, and how letters address them."""

    identifiers: tuple[Identifier, ...]
    name: str = ""


class Wanted(Personal):
    """A link to be made. `vouched` is when the customer's second factor was shown, where somebody vouches for that."""

    rights: tuple[Right, ...]
    about: About
    language: str = "th"
    life: timedelta = timedelta(days=7)
    vouched: datetime | None = None


class Minted(Personal):
    """A link as it was made; `token` is shown this once. `fresh_until` is when the vouching ends, if there was any."""

    id: str
    token: str
    expires: datetime
    fresh_until: datetime | None = None


class SelfLink(Value):
    """A link as lists show it: not itself, and nobody's data."""

    id: str
    rights: tuple[Right, ...]
    made_by: str
    made: datetime
    expires: datetime
    vouched: bool
    drafted: bool
    used: datetime | None = None
    revoked: datetime | None = None


class Offered(Personal):
    """What a link opens."""

    id: str
    rights: tuple[Right, ...]
    about: About
    language: str
    expires: datetime
    fresh_until: datetime | None = None
    draft: Mapping[str, tuple[str, ...]] = {}


class SelfLinks(Protocol):
    """Links that rest as hashes. One that opens nothing any more raises `NotAllowed`, whatever the reason."""

    def mint(self, wanted: Wanted, *, actor: str, token: str = "") -> Minted:
        """A new link, by a member of staff, or by a program whose `token` is named. Raises `BadInput`."""
        ...

    def offered(self, token: str) -> Offered:
        """What a link opens; looking changes nothing. Raises `NotAllowed`."""
        ...

    def keep(self, token: str, typed: Draft) -> None:
        """Keep what was typed, sealed, in place of what was kept before. Raises `NotAllowed`."""
        ...

    def use(self, token: str, case: str) -> None:
        """The link opened the request of that case, and opens nothing more; whom it was about is destroyed."""
        ...

    def revoke(self, link: str, *, actor: str, token: str = "") -> None:
        """From now on it opens nothing; again changes nothing. A program revokes its own. Raises `NotFound`."""
        ...

    def all(self, limit: int = 200) -> Sequence[SelfLink]:
        """Links, the newest first."""
        ...

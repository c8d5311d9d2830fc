"""What a program of the company's own may be let do: the closed list of scopes of its token.

A token may have several (RFC 6749, section 3.3, writes them with blanks between). None of them decides anything: that is
the word of people, who sign in for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from domain.self_links import MINT, VOUCH
from domain.value import Value


class Scope(StrEnum):
    """One thing that a token opens."""

    CHECK_SUPPRESSIONS = "suppressions:check"
    WRITE_REQUESTS = "requests:write"
    READ_REQUESTS = "requests:read"  # one at a time, by its reference
    READ_CASES = "cases:read"  # all of them, in lists
    MINT_LINKS = MINT
    VOUCH_LINKS = VOUCH


class Program(Value):
    """Who asks: the id of a token that was not revoked, and what it opens."""

    token: str
    scopes: frozenset[str]


class Programs(Protocol):
    """The tokens that were given to programs."""

    def known(self, secret: str) -> Program:
        """Whose token that is. Raises `NotAllowed`."""
        ...


def missing(program: Program, wanted: Sequence[str]) -> bool:
    """Whether a program was let do none of these."""
    return program.scopes.isdisjoint(wanted)

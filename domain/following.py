"""How a person follows a request: by the link of a letter's e-mail, which outlives the letter while the case is open."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.case import Case
from domain.identifiers import Identifier
from domain.outcomes import Ending
from domain.states import State
from domain.value import Personal, Value


class Act(StrEnum):
    """What a person may do to a request that is under way."""

    WITHDRAW = "withdraw"
    CALL_OFF = "call-off"
    PROCEED = "proceed"  # a cooling erasure goes on at once


class Followed(Personal):
    """What a link or session follows: a case, from one address; `told` are the letters that this address was sent."""

    case: str
    address: Identifier
    told: tuple[str, ...]


class Whereabouts(Value):
    """Where a request is, as far as the holder of a link may see it.

    `state` and `ending` are the case's own only for an address that was proved and is on file; every other address
    sees what its letters told. `acts` is empty for a link without a code.
    """

    case: Case
    state: State
    ending: Ending | None = None
    closed: datetime | None = None
    cooling_until: datetime | None = None
    acts: tuple[Act, ...] = ()


class Following(Protocol):
    """Links and sessions as the status page reads them. One that is not good raises `NotAllowed`."""

    def by_link(self, token: str) -> Followed:
        """What a link follows; it does so while its case is open, though its documents may have expired."""
        ...

    def by_session(self, session: str) -> Followed:
        """What a session follows: its address received the code."""
        ...

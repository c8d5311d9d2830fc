"""Masked copies of identity documents that persons send in: checked by an officer, or refused with what to do."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.case import Case
from domain.identifiers import Identifier
from domain.value import Value

CHECK = "check-identity-document"
"""The task of an officer: somebody sent one."""

MOST_WAITING = 3
"""So many may wait for their check, of one request: nobody fills our disks."""


class Fault(StrEnum):
    """Why a copy is not taken; the person is told what to do."""

    SHOWS_SENSITIVE = "shows-sensitive"  # religion (s.26) or blood group
    UNREADABLE = "unreadable"
    NO_DOCUMENT = "no-document"
    SOMEBODY_ELSE = "somebody-else"  # not who our records know


class IdentityDocument(Value):
    """One copy: received, and, once an officer looked, taken or refused for that fault."""

    id: str
    case: str
    received: datetime
    checked: datetime | None = None
    checked_by: str = ""
    fault: Fault | None = None

    @property
    def taken(self) -> bool:
        """Whether an officer took it as proof."""
        return self.checked is not None and self.fault is None


class Asked(Value):
    """What the page for sending one shows: whose request, whether one is asked for now, and what was sent from here."""

    case: Case
    open: bool
    sent: tuple[IdentityDocument, ...] = ()


class IdentityDocuments(Protocol):
    """The register of such copies; the pictures lie sealed beside it until they are destroyed."""

    def enter(self, case: str, made: str, address: Identifier) -> None:
        """One came, from who follows the request by that address. Raises `Conflict`: too many wait for their check."""
        ...

    def of(self, case: str, address: Identifier | None = None) -> tuple[IdentityDocument, ...]:
        """Those of a case, the oldest first; only what came by that address where one is given."""
        ...

    def check(self, case: str, made: str, fault: Fault | None, *, actor: str) -> None:
        """An officer looked: it is taken, or refused for a fault. Raises `NotFound`, `Conflict`: it was checked."""
        ...

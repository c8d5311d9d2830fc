"""What a tenant instructs about a request that was passed on to it (s.40 ¶1(1); pdpa-rules 3.2 no. 6 and 8).

The tenant is the controller; the company acts on its word and on nobody else's. How its word reached us is kept with it:
by a link that went to its contact, in writing that an officer saw, or by the agreement itself once the contract has ended.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from domain.errors import BadInput
from domain.identifiers import Identifier
from domain.rights import Right
from domain.value import Personal, Value

CHANNEL = "instruction"
"""The channel of a request that is a tenant's instruction. Nothing else may come by it."""

INVITATION = "INSTRUCT"
"""The e-mail that asks a tenant's contact to instruct; it announces no letter."""
ANSWER = "L-INSTRUCTED"
"""The letter that tells the tenant what was done on its word, with the certificate."""

EXECUTED = frozenset({Right.ERASURE})
"""Rights whose instruction the engine carries out; of any other, people do."""

AWAIT, CARRY_OUT_BY_HAND = "await-tenant", "carry-out-instruction"
"""Tasks: enter what the tenant instructed; carry out what it did, or see to it that the engine could begin."""

ESCALATE = "tenant-silent"
"""The task of reaching the tenant again, for it said nothing."""


class Told(StrEnum):
    """What the tenant says is to be done."""

    CARRY_OUT = "carry-out"  # do as the person asked
    OURSELVES = "ourselves"  # nothing: the tenant does and answers it itself


class Source(StrEnum):
    """How its word reached the company."""

    LINK = "link"  # its contact opened the link, gave the code and pressed
    WRITTEN = "written"  # an officer saw it in writing and made sure whose it is
    AGREEMENT = "agreement"  # its contract has ended, and the data processing agreement says what then becomes of data


class Instruction(Value):
    """One instruction; `opened` is the case that carries it out, once there is one."""

    id: str
    case: str
    told: Told
    source: Source
    by: str
    given: datetime
    opened: str = ""


class Invitation(Personal):
    """A link and a code for the tenant's contact; shown once, stored only as hashes."""

    id: str
    case: str
    address: Identifier
    token: str
    code: str
    expires: datetime


class Invited(Value):
    """What a link is about, for who opened it: the request's reference and right, and no person."""

    case: str
    reference: str
    right: Right


def must_have_ended(ended_on: date | None, today: date) -> None:
    """The agreement speaks only of what becomes of data after the contract. Raises `BadInput`."""
    if ended_on is None:
        raise BadInput("contract-end-missing", "say when the contract ended", field="--ended-on")
    if ended_on >= today:
        raise BadInput(
            "contract-runs", "until it has ended the tenant itself must instruct", field="--ended-on"
        )


class Instructions(Protocol):
    """The register of invitations and instructions."""

    def invite(self, case: str, address: Identifier, *, actor: str, expires: datetime) -> Invitation:
        """A fresh link and code for the tenant's contact; those before it are void.

        Raises `BadInput`: no tenant was named in the request; `Conflict`: an instruction to carry out stands.
        """
        ...

    def sent(self, invitation: str) -> None:
        """The message with that invitation left; told once. Raises `NotFound`."""
        ...

    def invited(self, token: str) -> Invited:
        """What a link is about; looking consumes nothing. Raises `NotAllowed`."""
        ...

    def answer(self, token: str, code: str, told: Told) -> Instruction:
        """The contact's word; the same again is once.

        Raises:
            NotAllowed: no such link, answered otherwise, expired, tried too often, or the wrong code, which is counted.
        """
        ...

    def enter(self, case: str, told: Told, source: Source, *, actor: str, reason: str) -> Instruction:
        """What an officer saw, with its document as the reason, kept sealed; the same word again is once.

        Raises `BadInput`: no tenant was named; `Conflict`: an instruction to carry out stands.
        """
        ...

    def of(self, case: str) -> tuple[Instruction, ...]:
        """The instructions on a case, the oldest first."""
        ...

    def behind(self, case: str) -> Instruction | None:
        """The instruction that a case carries out; None where it is no such case."""
        ...

    def contact(self, instruction: str) -> Identifier | None:
        """The address from which it was given; None where it came otherwise. Raises `KeyShredded`."""
        ...

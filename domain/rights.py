"""What a right is, the section it stands on, and what it needs.

The Act's seven: ss.19, 30, 31, 32, 33, 34, 35-36. The company's policy names six of them and
leaves out restriction; the engine offers it all the same (pdpa-rules 1.5).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from domain.assurance import Assurance
from domain.errors import BadInput
from domain.value import Value


class Right(StrEnum):
    """The rights a data subject may exercise."""

    ACCESS = "access"
    PORTABILITY = "portability"
    OBJECTION = "objection"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    RECTIFICATION = "rectification"
    WITHDRAWAL = "withdrawal"


class Verb(StrEnum):
    """What a connector can be told to do with located items."""

    COPY = "copy"
    CORRECT = "correct"
    ERASE = "erase"
    RESTRICT = "restrict"
    RESUME = "resume"
    STOP = "stop"


class RightRule(Value):
    """What the engine must know of a right before it opens a case.

    `assurance` is the least proof of identity before anything is disclosed or destroyed;
    `two_persons` asks a second member of staff to confirm a grant (a refusal always asks one).
    """

    right: Right
    section: str
    verb: Verb
    assurance: Assurance
    two_persons: bool = False
    cools_off: bool = False


RULES: dict[Right, RightRule] = {
    rule.right: rule
    for rule in (
        RightRule(right=Right.ACCESS, section="s.30", verb=Verb.COPY, assurance=Assurance.IDENTITY),
        RightRule(right=Right.PORTABILITY, section="s.31", verb=Verb.COPY, assurance=Assurance.IDENTITY),
        RightRule(right=Right.OBJECTION, section="s.32", verb=Verb.STOP, assurance=Assurance.CHANNELS),
        RightRule(
            right=Right.ERASURE,
            section="s.33",
            verb=Verb.ERASE,
            assurance=Assurance.IDENTITY,
            two_persons=True,
            cools_off=True,
        ),
        RightRule(right=Right.RESTRICTION, section="s.34", verb=Verb.RESTRICT, assurance=Assurance.CHANNELS),
        RightRule(
            right=Right.RECTIFICATION, section="ss.35-36", verb=Verb.CORRECT, assurance=Assurance.IDENTITY
        ),
        RightRule(right=Right.WITHDRAWAL, section="s.19", verb=Verb.STOP, assurance=Assurance.ADDRESS),
    )
}


ORDER = (
    Right.ACCESS,
    Right.PORTABILITY,
    Right.RECTIFICATION,
    Right.WITHDRAWAL,
    Right.OBJECTION,
    Right.RESTRICTION,
    Right.ERASURE,
)
"""In which order the rights of one request are carried out: what is to be copied is copied before it goes."""


def goes_before(right: Right, among: Iterable[Right]) -> tuple[Right, ...]:
    """Those rights of the same request that must be over before this one touches anything.

    Only erasure waits: the others leave what they find (scenario S49: access first, then erasure).
    """
    if right is not Right.ERASURE:
        return ()
    others = frozenset(among) - {right}
    return tuple(other for other in ORDER if other in others)


def right_named(name: str) -> Right:
    """The right of that name.

    Raises:
        BadInput: no right has that name; the error lists those that exist.
    """
    try:
        return Right(name.strip().lower())
    except ValueError:
        raise BadInput("unknown-right", f"use one of {', '.join(Right)}", field="right") from None

"""Links by which people answer without an account: an errand (`domain.errands`), or what a recipient was told (L11).

A link is for one question, ends, can be revoked, and takes one answer. Whom the question is about is shown only to who
opened it by a press, and each such look is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO, Protocol

from domain.errands import Answer, Evidence, Paper, Result, Wanted
from domain.identifiers import Identifier
from domain.item import Label
from domain.recipients import Said
from domain.self_links import Draft
from domain.value import Personal, Value

ANSWER_MAIL = "ANSWER"
"""The e-mail with such a link; it announces no letter."""

COULD_NOT = "people-could-not"
"""The task of an officer: whoever was asked said that it cannot be done, and why."""

RECIPIENT = "recipient"
"""What a link asks where it asks for no errand."""


class AnswerLink(Personal):
    """A fresh link; its token is told once and rests only as a keyed hash. `address` is where it goes, if anywhere."""

    id: str
    case: str
    token: str
    expires: datetime
    address: Identifier | None = None


class About(Value):
    """What a link is about, and no person: an errand by its number, or a recipient by its code.

    `asks` is one of `domain.errands.Asks`, or `RECIPIENT`. `held`: an order forbids destroying meanwhile.
    """

    link: str
    case: str
    reference: str
    asks: str
    due: date
    errand: int = 0
    system: str = ""
    recipient: str = ""
    held: bool = False


class KindShown(Value):
    """A kind of record that may be found, with the dates to read off it."""

    name: str
    label: Label
    dates: tuple[str, ...] = ()


class Job(Personal):
    """What is to be done, for whom, where and how: what only who opened the link sees."""

    about: About
    keeper: str | Label = ""
    place: Label | None = None
    how: Label | None = None
    kinds: tuple[KindShown, ...] = ()
    name: str = ""
    known_by: tuple[str, ...] = ()
    records: tuple[Wanted, ...] = ()
    action: str = ""
    corrections: Mapping[str, str] = {}

    @property
    def dates(self) -> tuple[str, ...]:
        """The dates that some kind of record has, each once."""
        return tuple(dict.fromkeys(each for kind in self.kinds for each in kind.dates))


@dataclass(frozen=True)
class Upload:
    """A file that came with an answer, as it was sent; `ref` is the record of which it is the copy, if any."""

    title: str
    size: int
    content: BinaryIO
    ref: str = ""


@dataclass(frozen=True)
class Reply:
    """An answer as somebody gave it. `could_not`: it was not done, for that reason; to a recipient `said` is asked."""

    papers: Sequence[Paper] = ()
    results: Mapping[str, Result] | None = None
    said: Said | None = None
    why: str = ""
    could_not: bool = False
    files: Sequence[Upload] = ()


class AnswerLinks(Protocol):
    """The register of such links. One that is not good (forged, over, used, revoked, nobody waits) raises `NotAllowed`."""

    def for_errand(
        self, errand: int, address: Identifier | None, *, actor: str, expires: datetime
    ) -> AnswerLink:
        """A link to answer an errand; those before it are void. Raises `NotFound`, `Conflict`: nobody waits for it."""
        ...

    def for_recipient(  # a link is as long
        self, case: str, recipient: str, address: Identifier | None, *, actor: str, expires: datetime
    ) -> AnswerLink:
        """A link to answer L11; those before it are void. Raises `NotFound`, `Conflict`: it has answered."""
        ...

    def sent(self, link: str) -> None:
        """The message with it left; told once. Raises `NotFound`."""
        ...

    def about(self, token: str) -> About:
        """What it is about; looking changes nothing."""
        ...

    def opened(self, token: str) -> About:
        """The same, for who is about to see whom it concerns: counted and told first."""
        ...

    def keep(self, token: str, typed: Draft) -> None:
        """Keep what was typed, sealed, until the link is answered or over. Raises `BadInput`: more than a form holds."""
        ...

    def kept(self, token: str) -> Draft:
        """What was typed so far."""
        ...

    def answer_errand(self, token: str, answer: Answer) -> About:
        """The answer, checked already; the link is used up with it, in one change."""
        ...

    def answer_recipient(self, token: str, said: Said, evidence: Sequence[Evidence], why: str) -> About:
        """A recipient's answer; the link is used up with it. Raises `BadInput`: done without evidence."""
        ...

    def could_not(self, token: str, why: str) -> About:
        """It cannot be done, and why: sealed, a task for officers, and the link is used up. The errand stays open."""
        ...

    def unasked(self, systems: Sequence[str]) -> tuple[tuple[int, str], ...]:
        """Errands of these systems, with the system, that somebody waits for and for which no link ever left."""
        ...

    def reasons(self, errand: int) -> tuple[str, ...]:
        """Why it could not be done, as those who were asked wrote, the oldest first. Raises `KeyShredded`."""
        ...

    def revoke(self, case: str, *, errand: int = 0, recipient: str = "", actor: str) -> int:
        """Void the links of one question; how many that were good."""
        ...

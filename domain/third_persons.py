"""Data of third persons in what somebody wrote: redacted with a code, and the rest supplied (s.30 ¶2; pdpa-rules 1.1 no. 8).

What a machine can tell is an address or a telephone number that is not the person's own; a name it cannot, so officers
mark those words. A member of staff who answers for the company is no third person: their business address stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from domain.errors import BadInput
from domain.identifiers import IdentifierKind, identifier
from domain.item import Record
from domain.outcomes import DISCLOSING
from domain.plan import PlanRow
from domain.rights import RULES, Right, Verb
from domain.value import Value

CODE = "third-party"
"""The code of the redaction; the catalogue says what it means."""
MARK = f"[{CODE}]"

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PHONE = re.compile(r"(?<![\d+])(?:\+?66|0)(?:[ .-]?\d){8,9}(?!\d)")


class Redactor:
    """Redacts text for one person: `own` are their identifiers in normal form, `words` what officers marked.

    `staff` are domains whose addresses are the company's own.
    """

    def __init__(self, own: Collection[str], words: Sequence[str] = (), staff: Collection[str] = ()) -> None:
        self._own = frozenset(own)
        self._staff = frozenset(staff)
        longest_first = sorted({word for word in words if word.strip()}, key=len, reverse=True)
        self._words = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def marked(self, text: str) -> str:
        """The text without the words that officers marked."""
        return self._words.sub(MARK, text) if self._words else text

    def written(self, text: str) -> str:
        """What somebody wrote freely: nor addresses and numbers that are not the person's own."""
        kept = _EMAIL.sub(lambda one: self._unless_own(IdentifierKind.EMAIL, one[0]), text)
        return self.marked(_PHONE.sub(lambda one: self._unless_own(IdentifierKind.PHONE, one[0]), kept))

    def _unless_own(self, kind: IdentifierKind, found: str) -> str:
        try:
            value = identifier(kind, found).value
        except BadInput:  # looks like one, and is none
            return found
        business = kind is IdentifierKind.EMAIL and value.rpartition("@")[2] in self._staff
        return found if value in self._own or business else MARK


class FileReview(Value):
    """That an officer looked at the files of a plan for data of third persons; `without` are the lines left out."""

    case: str
    digest: str
    without: tuple[int, ...]
    by: str
    at: datetime


class FileReviews(Protocol):
    """Reviews of the files that a plan hands over. No machine reads a picture; what nobody looked at is given to nobody."""

    def enter(self, case: str, digest: str, without: Sequence[int], *, actor: str, reason: str) -> None:
        """Note a review of the plan of that digest; a later one takes its place. The reason is kept sealed."""
        ...

    def of(self, case: str, digest: str) -> FileReview | None:
        """The newest review of that plan; None where there is none."""
        ...


def with_files(
    rows: Iterable[PlanRow], right: Right, tables: Collection[tuple[str, str]]
) -> Iterator[PlanRow]:
    """The lines of a plan whose files are handed over: of a right that copies, in those tables by system (s.30 ¶2)."""
    if RULES[right].verb is not Verb.COPY or not tables:
        return iter(())
    return (row for row in rows if row.planned in DISCLOSING and (row.system, row.table) in tables)


def without_files(record: Record) -> Record:
    """The record without its files, which is said where each would be named."""
    paths = {file.path for file in record.files}
    bare, withheld = dict(record.values), dict(record.withheld)
    for name, value in record.values.items():
        named = value if isinstance(value, list) else [value]
        if any(isinstance(one, str) and one in paths for one in named):
            bare[name], withheld[name] = None, CODE
    return record.model_copy(update={"values": bare, "withheld": withheld, "files": ()})

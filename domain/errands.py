"""Errands: what the engine asks of people where no program can look: paper files, a telephone system, a processor.

A question is put once, is due by a day, and is answered by somebody who looked; what is said to be destroyed counts
only with evidence. What people answered is all that the engine knows of such a system.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

from domain.errors import BadInput
from domain.identifiers import Identifier
from domain.value import Personal

ASKED = "people-asked"
"""With what a system is parked that waits for an answer."""


class Asks(StrEnum):
    """What is asked."""

    FIND = "find"  # which records of this person are there
    COPY = "copy"  # copies of these records
    CORRECT = "correct"  # write these values into these records
    DESTROY = "destroy"  # destroy these records, and show that it was done


EFFECTS = frozenset({Asks.CORRECT, Asks.DESTROY})
"""What changes something: shown by evidence, and told once."""


class Wanted(Personal):
    """A record that is asked for: its kind, and the mark by which people find it again."""

    kind: str
    ref: str
    values: Mapping[str, str] = {}
    """What to write into it, by field of the person's wish."""


class Question(Personal):
    """Whom to look for, or with which records to do something."""

    asks: Asks
    identifiers: tuple[Identifier, ...] = ()
    name: str = ""
    records: tuple[Wanted, ...] = ()


class Paper(Personal):
    """A record that people found: its kind of the system's map, its own mark, a note, and dates that holds count from."""

    kind: str
    ref: str
    note: str = ""
    dates: Mapping[str, date] = {}


class Result(StrEnum):
    """What became of a record that was to be destroyed or corrected."""

    DONE = "done"
    CHANGED = "changed"  # it is no longer what was found: left, and planned again


class Evidence(Personal):
    """A sealed file that came with an answer: its place among the case's files; `ref` where it is the copy of a record."""

    file: str
    title: str
    size: int
    sha256: str
    ref: str = ""


class Answer(Personal):
    """What people said."""

    papers: tuple[Paper, ...] = ()
    results: Mapping[str, Result] = {}
    files: tuple[Evidence, ...] = ()


class Errand(Personal):
    """One question to people, and what they answered."""

    id: int
    case: str
    system: str
    key: str
    question: Question
    due_on: date
    asked: datetime
    answered: datetime | None = None
    answer: Answer | None = None


class Errands(Protocol):
    """Questions and answers, sealed under their case's key."""

    def ask(
        self, case: str, system: str, key: str, question: Question, *, within_days: int, owner: str = ""
    ) -> Errand:
        """Put a question, or find it put already, answered or not. `owner` is the member of staff who sees to it.

        Raises `NotFound` for no case, or where the owner may act no more; `KeyShredded`, `Unavailable`.
        """
        ...

    def of(self, case: str, system: str) -> tuple[Errand, ...]:
        """What was asked for a case in a system, the oldest first. Raises `KeyShredded`."""
        ...

    def may_be_asked(self, owner: str) -> bool:
        """Whether a member of staff may still act; nobody in particular always may."""
        ...


class Overdue(Protocol):
    """What is to be seen to without anybody asking: questions that nobody answered by their day, and answers."""

    def overdue(self) -> int:
        """Tell what nobody answered by its day, once each; how many."""
        ...

    def waited_for(self, before: datetime) -> tuple[tuple[str, str], ...]:
        """Case and system where people answered, before that instant, what the system still waits with."""
        ...


class Papers(Protocol):
    """The sealed files of cases, to read from."""

    def read(self, case: str, ref: str) -> AbstractContextManager[BinaryIO]:
        """A file's plaintext, streamed. Raises `SealBroken`, `KeyShredded`, `NotFound`."""
        ...


def blocks(papers: Papers, case: str, ref: str, size: int = 1 << 18) -> Iterator[bytes]:
    """A sealed file in pieces."""
    with papers.read(case, ref) as source:
        while block := source.read(size):
            yield block


def unanswered(errands: Sequence[Errand]) -> tuple[Errand, ...]:
    """Those that wait."""
    return tuple(one for one in errands if one.answer is None)


def check_answer(question: Question, answer: Answer, kinds: Mapping[str, Collection[str]]) -> None:
    """Whether an answer is one to the question; `kinds` are the system's kinds of records, with the dates each has.

    Raises:
        BadInput: a kind or date that the system's map does not know, a mark twice, a record that was not asked for
            or not spoken of, or something done without evidence.
    """
    refs = {one.ref for one in question.records}
    if question.asks is Asks.FIND:
        _check_papers(answer.papers, kinds)
        return
    if answer.papers or not refs.issuperset({*answer.results, *(one.ref for one in answer.files if one.ref)}):
        raise BadInput("record-not-asked-for", "speak of the records that were asked for", field="record")
    if question.asks in EFFECTS:
        if refs != answer.results.keys():
            raise BadInput("record-not-answered", "say of each record what became of it", field="record")
        if Result.DONE in answer.results.values() and not answer.files:
            mend = "give a file that shows it: a certificate, a minute, a photograph"
            raise BadInput("evidence-missing", mend, field="evidence")
    elif refs != {one.ref for one in answer.files} | answer.results.keys():
        raise BadInput("record-not-answered", "give a copy of each record", field="record")


def _check_papers(papers: Sequence[Paper], kinds: Mapping[str, Collection[str]]) -> None:
    seen: set[str] = set()
    for one in papers:
        if one.kind not in kinds:
            raise BadInput("kind-unknown", f"use one of {', '.join(kinds)}", field="record")
        if not set(one.dates) <= set(kinds[one.kind]):
            known = ", ".join(kinds[one.kind]) or "none"
            raise BadInput("date-unknown", f"dates of such a record: {known}", field="record")
        if not one.ref.strip() or one.ref in seen:
            raise BadInput("mark-not-unique", "give each record a mark of its own", field="record")
        seen.add(one.ref)

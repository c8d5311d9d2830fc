"""What is known of a system that people keep: what they answered, taken together.

A record is there as it was found last, with what was corrected in it since, until somebody showed that it was destroyed.
One that was found otherwise than planned when something was to be done with it is another record since: its content hash
changes, so that it is planned again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.connector import ABSENT
from domain.errands import Asks, Errand, Evidence, Paper, Result
from domain.identifiers import Identifier


@dataclass(frozen=True, slots=True)
class Standing:
    """A record as it is known to stand; `hash` is `ABSENT` once it was shown to be destroyed."""

    paper: Paper
    hash: str
    changes: int = 0
    corrected: Mapping[str, str] = field(default_factory=dict)

    def with_values(self, values: Mapping[str, str]) -> str:
        """The content hash that it will have with these values written into it."""
        return (
            self.hash
            if self.hash == ABSENT
            else _hash(self.paper, self.changes, {**self.corrected, **values})
        )


class Ledger:
    """The answers of one case in one system."""

    def __init__(self, errands: Sequence[Errand]) -> None:
        self._errands = [one for one in errands if one.answer is not None]

    def covered(self, identifiers: Iterable[Identifier]) -> bool:
        """Whether people looked for all of these."""
        looked = {one for find in self._finds(identifiers) for one in find.question.identifiers}
        return looked.issuperset(identifiers)

    def found(self, identifiers: Iterable[Identifier]) -> list[Standing]:
        """What there is by these, in the order in which it was found; what was destroyed is left out."""
        seen: dict[str, Paper] = {}
        for find in self._finds(identifiers):
            for paper in find.answer.papers if find.answer else ():
                seen[paper.ref] = paper
        every = (self._standing(paper) for paper in seen.values())
        return [one for one in every if one.hash != ABSENT]

    def at(self, ref: str) -> Standing | None:
        """A record by its mark, destroyed ones too; None for one that nobody found."""
        every = (paper for one in self._errands for paper in (one.answer.papers if one.answer else ()))
        told = [paper for paper in every if paper.ref == ref]
        return self._standing(told[-1]) if told else None

    def copies(self, ref: str) -> tuple[Evidence, ...]:
        """The copies that people made of it, of the last time that they were asked."""
        made = [one for one in self._of(Asks.COPY) if ref in {each.ref for each in one.question.records}]
        files = made[-1].answer.files if made and made[-1].answer else ()
        return tuple(one for one in files if one.ref == ref)

    def _finds(self, identifiers: Iterable[Identifier]) -> list[Errand]:
        """Questions that named nobody but these: one that named more may have found another's."""
        known = set(identifiers)
        return [one for one in self._of(Asks.FIND) if known.issuperset(one.question.identifiers)]

    def _of(self, asks: Asks) -> list[Errand]:
        return [one for one in self._errands if one.question.asks is asks]

    def _standing(self, paper: Paper) -> Standing:
        changes = 0
        corrected: dict[str, str] = {}
        for one in self._errands:
            result = one.answer.results.get(paper.ref) if one.answer else None
            if result is Result.CHANGED:
                changes += 1
            elif result is Result.DONE and one.question.asks is Asks.DESTROY:
                return Standing(paper, ABSENT)
            elif result is Result.DONE:
                corrected |= {
                    n: v
                    for each in one.question.records
                    if each.ref == paper.ref
                    for n, v in each.values.items()
                }
        return Standing(paper, _hash(paper, changes, corrected), changes, corrected)


def _hash(paper: Paper, changes: int, corrected: Mapping[str, str]) -> str:
    told = [changes, sorted(corrected.items()), paper.model_dump(mode="json")]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

"""Labels and laws on the person's pages, in the words of the letters' own catalogue, so that both say the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from domain.acting import RULES, Capacity, Shown
from domain.case import Case
from domain.deadlines import Authority
from domain.value import Value
from exports.words import Words, load


class Promise(Value):
    """By when a case is answered, and by which law: what its first letter says too. Dates are ISO days."""

    reference: str
    right: str
    received: str
    due: str
    authority: Authority
    citation: str
    marketing: bool = False
    """Whether it is the stop of direct marketing, which is at once (s.32 ¶2); the day is then that of its letter."""

    @classmethod
    def of(cls, case: Case, *, marketing: bool = False) -> Promise:
        """What was promised the day the case opened."""
        terms = case.terms
        return cls(
            reference=case.reference,
            right=case.right.value,
            received=terms.received_on.isoformat(),
            due=terms.strict.isoformat(),
            authority=terms.authority,
            citation=terms.reference,
            marketing=marketing,
        )


@cache
def _catalogue() -> dict[str, Words]:
    return load()


def purposes() -> tuple[str, ...]:
    """The codes of consents that the catalogue has words for."""
    return _catalogue()["th"].under("purposes")


def label(language: str, kind: str, code: str) -> str:
    """What a code of `fields` or `purposes` is called; the code itself where nobody wrote words for it."""
    return _catalogue()[language].get(f"{kind}.{code}") or code


def by_law(language: str, promise: Promise) -> str:
    """On which law, or on which word of the company's own, a date stands."""
    words = _catalogue()[language]
    return words(f"authorities.{promise.authority}", reference=words.cite(promise.citation))


def evidence(language: str, capacity: Capacity) -> Sequence[str]:
    """What will be asked of somebody in that capacity, in words (`domain.acting`)."""
    words = _catalogue()[language]
    shown = [words(f"lacking.{one.value}") for one in Shown if one in RULES[capacity].needs]
    if capacity is Capacity.MINOR:
        shown.append(words(f"lacking.{Shown.PARENTAL_CONSENT.value}"))
    return shown

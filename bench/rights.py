"""One case of every right but access, against a bare workflow with the same activities; a fresh person each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bench.place import Place
from bench.population import ANSWERS_SURVEYS, READS, WRITES, Population
from bench.rows import Row
from bench.runner import WARM, Asked, at_work, in_turns
from domain.outcomes import CORRECTING, DESTROYING, DISCLOSING, Outcome
from domain.rights import Right

_Whom = Callable[[Population, int], list[str]]
_STOPPED = frozenset({Outcome.STOP})


@dataclass(frozen=True)
class Sort:
    """A right as it is asked for, of people who have rows that it changes, and what must come of it."""

    what: str
    right: Right
    whom: _Whom
    effect: frozenset[Outcome]
    changes: Mapping[str, str] = field(default_factory=dict)


def _users(which: str) -> _Whom:
    return lambda people, count: people.users(which, count)


def _leads(people: Population, count: int) -> list[str]:
    return people.leads(count)


SORTS = (
    Sort("portability case", Right.PORTABILITY, _users(READS), DISCLOSING),
    Sort("objection to marketing", Right.OBJECTION, _leads, _STOPPED, {"against": "marketing"}),
    Sort("objection to an interest", Right.OBJECTION, _users(READS), _STOPPED, {"against": "interest"}),
    Sort(
        "restriction case",
        Right.RESTRICTION,
        _users(WRITES),
        frozenset({Outcome.RESTRICT}),
        {"because": "accuracy"},
    ),
    Sort(
        "rectification case",
        Right.RECTIFICATION,
        _users(READS),
        CORRECTING,
        {"name-en": "Rungarun Tangchaidi"},
    ),
    Sort("withdrawal case", Right.WITHDRAWAL, _users(ANSWERS_SURVEYS), _STOPPED),
    Sort("erasure case", Right.ERASURE, _users(READS), DESTROYING),
)
"""Access is measured in `bench.cases`. Those whom few others could stand in for are chosen first (`measure`)."""


async def measure(place: Place, *, times: int) -> list[Row]:
    people = Population(place.crm)
    picky = sorted(SORTS, key=lambda sort: sort.right not in {Right.RESTRICTION, Right.WITHDRAWAL})
    given = {sort.what: sort.whom(people, WARM + times) for sort in picky}
    found = []
    async with at_work(place) as runner:
        for sort in SORTS:
            requests = [Asked(sort.right, email, sort.effect, sort.changes) for email in given[sort.what]]
            found.append((sort.what, await in_turns(runner, requests)))
    return [
        Row(f"{what}, {pair.activities:.0f} activities, p50", pair.ours * 1000, "ms", pair.floor * 1000)
        for what, pair in found
    ]

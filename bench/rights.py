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

TIMES = 9
"""Cases of a right in a full run, beside those to warm up: a fresh person each, and the company has few more."""

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

    def requests(self, people: Population, count: int) -> list[Asked]:
        """So many, each of a person of its own: what was erased or stopped once would be nothing to do again."""
        return [Asked(self.right, email, self.effect, self.changes) for email in self.whom(people, count)]


def _users(which: str) -> _Whom:
    return lambda people, count: people.users(which, count)


def _leads(people: Population, count: int) -> list[str]:
    return people.leads(count)


SORTS = (
    Sort(
        "restriction",
        Right.RESTRICTION,
        _users(WRITES),
        frozenset({Outcome.RESTRICT}),
        {"because": "accuracy"},
    ),
    Sort("withdrawal", Right.WITHDRAWAL, _users(ANSWERS_SURVEYS), _STOPPED),
    Sort("portability", Right.PORTABILITY, _users(READS), DISCLOSING),
    Sort("objection (marketing)", Right.OBJECTION, _leads, _STOPPED, {"against": "marketing"}),
    Sort("objection (an interest)", Right.OBJECTION, _users(READS), _STOPPED, {"against": "interest"}),
    Sort(
        "rectification",
        Right.RECTIFICATION,
        _users(READS),
        CORRECTING,
        {"name-en": "Rungarun Tangchaidi"},
    ),
    Sort("erasure", Right.ERASURE, _users(READS), DESTROYING),
)
"""Access is measured in `bench.cases`. The first two choose before the others: few people have what they need."""


async def measure(place: Place, *, times: int) -> list[Row]:
    people = Population(place.crm)
    rows = []
    async with at_work(place) as runner:
        for sort in SORTS:
            pair = await in_turns(runner, sort.requests(people, WARM + times))
            what = f"{sort.what}, {pair.activities:.0f} activities, p50"
            rows.append(Row(what, pair.ours * 1000, "ms", pair.floor * 1000))
    return rows

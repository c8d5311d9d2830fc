"""Rehearse a case: who would be found, what, and what would become of it today. No case is opened, nothing is written.

Resolve, locate and plan are those of a case, over the same systems and under the policy and orders in force; nothing of
what was found is kept, and nobody is written to. Systems that people keep are not asked: each look there is a question
to somebody. Restrictions count as another person's, for there is no case of whose person they could be.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count

from activities.batches import calls_for, chunks
from activities.plan import judge
from activities.restrictions import kept_by_restriction
from activities.tools import Tools
from domain.assess import Asked
from domain.calendar import day_in_bangkok
from domain.connector import Capability, Connector, KeptByPeople
from domain.errors import Refused, Unavailable
from domain.holds import Bound
from domain.identifiers import Identifier
from domain.item import Candidate, Item, Subject, place
from domain.keeping import ordered_for
from domain.outcomes import Outcome
from domain.plan import PlanRow, beside_hold
from domain.rights import Right
from domain.value import Value
from domain.wishes import Use
from policy.preflight import Line, Preflight, preflight

RIGHTS = (Right.ACCESS, Right.PORTABILITY, Right.ERASURE)
"""Rights that ask for nothing beside their name, so that an identifier says all."""

RESOLVE, LOCATE, PLAN = "resolve", "locate", "plan"
SEVERAL, NOBODY, PEOPLE = "several-persons", "nobody-found", "kept-by-people"

_ROUNDS = 5
_NO_CASE = "c-none"


class Took(Value):
    """One step in one system, or in none: how long it took, and what came of it; `code` says why it could not."""

    step: str
    system: str
    millis: int
    items: int = 0
    code: str = ""


class Rehearsal(Value):
    """What a case would come to. `blocks` would keep it from going on, by code and system; `calls` is what it costs.

    `changes` counts records that are written, by system; `told` are recipients who would be instructed (L11).
    """

    right: Right
    today: date
    persons: int
    steps: tuple[Took, ...]
    lines: tuple[Line, ...] = ()
    changes: Mapping[str, int] = {}
    calls: Mapping[str, int] = {}
    told: tuple[str, ...] = ()
    blocks: tuple[tuple[str, str], ...] = ()

    @property
    def items(self) -> int:
        """Records found."""
        return sum(line.items for line in self.lines)

    @property
    def millis(self) -> int:
        """How long all of it took; systems are searched one after the other here, in a case side by side."""
        return sum(step.millis for step in self.steps)


def rehearse(
    tools: Tools, known_by: Sequence[Identifier], right: Right, orders: Sequence[Bound], *, tenant: str = ""
) -> Rehearsal:
    """What a request of whom these identifiers mean would come to today; `orders` are those that would bind it."""
    run = _Run(tools, right, orders, day_in_bangkok(tools.clock.now()))
    persons = run.resolve(known_by, tenant)
    if len(persons) == 1:
        run.search(_subject(known_by, tenant, persons[0]))
    else:
        run.blocks[SEVERAL if persons else NOBODY, ""] = None
    return run.told(len(persons))


@dataclass
class _Watch:
    """How long a system itself took, and what it gave."""

    millis: int = 0
    items: int = 0


@dataclass
class _Run:
    """One rehearsal on its way. Of what is found only counts are kept, page by page: some have very much."""

    tools: Tools
    right: Right
    orders: Sequence[Bound]
    today: date
    tick: Callable[[], float] = time.monotonic
    steps: list[Took] = field(default_factory=list)
    blocks: dict[tuple[str, str], None] = field(default_factory=dict)
    plans: dict[str, Preflight] = field(default_factory=dict)

    def resolve(self, known_by: Sequence[Identifier], tenant: str) -> tuple[tuple[Candidate, ...], ...]:
        """The persons that may be meant, each with their rows by system."""
        grouped: dict[str | int, list[Candidate]] = {}
        numbers = count()
        for connector in self._asked(Capability.RESOLVE):
            watch = _Watch()
            with self._timed(RESOLVE, connector.name, watch):
                found = connector.resolve(known_by, tenant)
                watch.items = len(found)
                for one in found:
                    grouped.setdefault(one.same_as or next(numbers), []).append(one)
        return tuple(tuple(rows) for rows in grouped.values())

    def search(self, subject: Subject) -> None:
        """Search every system until no new identifier appears, as a case does, and judge what is found."""
        searched = self._asked(Capability.LOCATE)
        for _ in range(_ROUNDS):
            before = subject.identifiers
            for connector in searched:
                subject = self._search_one(connector, subject)
            if subject.identifiers == before:
                return

    def _search_one(self, connector: Connector, subject: Subject) -> Subject:
        name, judged, watch = connector.name, 0, _Watch()
        with self._timed(LOCATE, name, watch):
            began = self.tick()
            items = self._items(connector, subject, watch)
            self.plans[name] = preflight(self.tools.policy, self.right, self._rows(name, items))
            judged = round((self.tick() - began) * 1000) - watch.millis
            seen = connector.scan(subject) if Capability.SCAN in connector.capabilities else ()
            subject = subject.model_copy(
                update={"identifiers": tuple(dict.fromkeys((*subject.identifiers, *seen)))}
            )
        self.steps.append(Took(step=PLAN, system=name, millis=judged, items=watch.items))
        return subject

    def _items(self, connector: Connector, subject: Subject, watch: _Watch) -> Iterator[Item]:
        cursor = ""
        while True:
            began = self.tick()
            page = connector.locate(subject, cursor)
            watch.millis += round((self.tick() - began) * 1000)
            watch.items += len(page.items)
            yield from page.items
            cursor = page.cursor
            if not cursor:
                return

    def told(self, persons: int) -> Rehearsal:
        """What it came to."""
        plans = self.plans.values()
        changes = {system: plan.changes.get(system, 0) for system, plan in self.plans.items()}
        return Rehearsal(
            right=self.right,
            today=self.today,
            persons=persons,
            steps=tuple(self.steps),
            lines=tuple(line for plan in plans for line in plan.lines),
            changes={system: written for system, written in changes.items() if written},
            calls={system: calls_for(written) for system, written in changes.items() if written},
            told=tuple(sorted({name for plan in plans for name in plan.told})),
            blocks=tuple(self.blocks),
        )

    def _asked(self, needed: Capability) -> list[Connector]:
        able = self.tools.able(needed)
        self.blocks |= {(PEOPLE, one.name): None for one in able if isinstance(one, KeptByPeople)}
        return [one for one in able if not isinstance(one, KeptByPeople)]

    @contextmanager
    def _timed(self, step: str, system: str, watch: _Watch) -> Iterator[None]:
        """Time a step in a system; one that is away, or refuses, would park there: it is noted, and the rest goes on."""
        began, code = self.tick(), ""
        try:
            yield
        except (Unavailable, Refused) as error:
            code = error.code
            self.blocks[code, system] = None
        millis = watch.millis or round((self.tick() - began) * 1000)
        self.steps.append(Took(step=step, system=system, millis=millis, items=watch.items, code=code))

    def _rows(self, system: str, items: Iterator[Item]) -> Iterator[PlanRow]:
        policy = self.tools.policy
        asked = Asked(
            right=self.right,
            marketing_units=policy.units_for(Use.MARKETING),
            research_units=policy.units_for(Use.RESEARCH),
            compelled=policy.compelled(),
        )
        for page in chunks(items):
            resting = kept_by_restriction(self.tools, asked, _NO_CASE, system, page)
            for item in page:
                kept_on = ordered_for(self.orders, item.found.unit) or resting.get(place(item), "")
                yield from self._row(asked, item, kept_on)

    def _row(self, asked: Asked, item: Item, kept_on: str) -> Iterator[PlanRow]:
        row = judge(self.tools, asked, item.found, self.today, kept_on=kept_on)
        if row is None:
            return
        if row.planned in {Outcome.REVIEW, Outcome.BLOCKED}:
            self.blocks[row.ground, row.system] = None
        yield row
        if asked.right is Right.ERASURE and (rest := beside_hold(item.found, row)):
            yield rest


def _subject(known_by: Sequence[Identifier], tenant: str, person: Sequence[Candidate]) -> Subject:
    """Whom to search for: of what was given only what is on file for them counts, as in a case."""
    on_file = {address for row in person for address in row.addresses}
    anchors: defaultdict[str, list[Mapping[str, object]]] = defaultdict(list)
    for row in person:
        anchors[row.system].append(row.locator)
    return Subject.model_validate(
        {
            "identifiers": tuple(one for one in known_by if one in on_file),
            "tenant": tenant,
            "anchors": {system: tuple(rows) for system, rows in anchors.items()},
        }
    )

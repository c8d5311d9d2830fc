"""Held: the records of one obligation as they stand today, judged anew, and what one look at them came to."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from activities.batches import BATCH, Way
from activities.look_again import located
from activities.plan import judge, record_holds
from activities.restrictions import kept_by_restriction
from activities.tools import Tools
from domain.aftermath import Obligation
from domain.assess import Asked
from domain.case import Task
from domain.connector import ABSENT, Connector
from domain.errors import BadInput
from domain.holds import Bound
from domain.item import Found, Item, place
from domain.keeping import ordered_for
from domain.outcomes import DESTROYING, IN_DOUBT, NOT_CARRIED_OUT, Outcome
from domain.plan import PlanRow, line_of
from domain.ports import PlannedItem
from domain.rights import Verb
from domain.states import State

_REMOVING = frozenset({Outcome.ERASE, Outcome.DESTROY})


WINDOW = 10 * BATCH
"""Records of one search for the person: however many an obligation has, no more of them are in memory."""


@dataclass
class Look:
    """One look at what an obligation keeps, chunk by chunk: what went, and what remains and why, as counts of rows."""

    owed: Obligation
    today: date
    frozen: bool = False
    """An order binds all that the person has: what stands, stays, whatever else is true of it."""
    gone: list[int] = field(default_factory=list)
    """The numbers of what is no more, by us or by others."""
    lost: set[int] = field(default_factory=set)
    """The numbers of what no law keeps, and what the search no longer comes to: people must say whose it is."""
    went: Counter[PlanRow] = field(default_factory=Counter)
    kept: Counter[PlanRow] = field(default_factory=Counter)
    _seen: int = 0
    _lapsed: set[date | None] = field(default_factory=set)

    def task(self, free: Sequence[PlannedItem]) -> Task:
        """A batch of it. Its key tells which records: another look on the same day may find others free."""
        numbers = ",".join(str(one.row.no) for one in free)
        told = hashlib.sha256(numbers.encode()).hexdigest()[:16]
        owed = self.owed
        task = Task(case=owed.case, step=State.CLOSED, system=owed.system, verb=Verb.ERASE, version=owed.plan)
        return task.model_copy(update={"batch": f"{owed.id}-{self.today.isoformat()}-n{told}"})

    def add(
        self, found: Sequence[PlannedItem], drifted: Container[int], lapsed: Iterable[date | None]
    ) -> None:
        """Count a chunk; what `drifted` was to go and was no longer as it had been found, and `lapsed` what kept the rest."""
        self._seen += len(found)
        self._lapsed.update(lapsed)
        for one in found:
            row = one.row.model_copy(update={"no": 0, "table": ""})
            if row.planned not in DESTROYING:
                self.kept[row] += 1
            elif one.row.no in drifted:
                self.kept[row.model_copy(update={"planned": Outcome.REVIEW, "ground": NOT_CARRIED_OUT})] += 1
            else:
                self.went[row] += 1
                self.gone.append(one.row.no)

    @property
    def before(self) -> int:
        """How many of its records had gone at earlier looks: the number of the look, for whatever is written once."""
        return self.owed.items - self._seen

    @property
    def held_until(self) -> date | None:
        """Until when rules of the policy kept what went; None where an order or a restriction alone kept some."""
        days = [day for day in self._lapsed if day]
        return max(days) if days and None not in self._lapsed else None

    @property
    def stuck(self) -> bool:
        """Whether people must look: something changed under our hands, or is needed again (a contract that runs)."""
        return any(row.planned is not Outcome.HOLD for row in self.kept)

    @property
    def resting(self) -> bool:
        """Whether something stays without a day, under a restriction or in doubt of a hold: every pass asks again."""
        dayless = [row for row in self.kept if row.until is None]
        return self.frozen or any(row.planned is Outcome.HOLD or row.ground in IN_DOUBT for row in dayless)

    def again_on(self, review_days: int) -> date:
        """When what remains is looked at next."""
        if self.resting:
            return self.owed.due_on
        days = [row.until for row in self.kept if row.planned is Outcome.HOLD and row.until]
        review = [self.today + timedelta(days=review_days)] if self.stuck else []
        return min(days + review)


def as_they_stand(
    tools: Tools, connector: Connector, case: str, items: Sequence[Item]
) -> Iterator[tuple[Item, Item | None]]:
    """Records as planned and as one search finds them now, in the same order; None for what is not found."""
    wanted = {place(item) for item in items}
    now = {
        place(item): item
        for page in located(tools, connector, case)
        for item in page
        if place(item) in wanted
    }
    for then in items:
        yield then, now.get(place(then))


def judged(
    tools: Tools,
    connector: Connector,
    asked: Asked,
    look: Look,
    chunk: Sequence[tuple[Item, Item | None]],
    *,
    orders: Sequence[Bound],
) -> list[PlannedItem]:
    """What the law of today makes of them under these orders; the look learns what is lost.

    Ask while no order and no restriction can be placed (`Effects.gate`).
    """
    owed = look.owed
    lost = _lost(connector, owed, [then for then, now in chunk if now is None])
    standing = [now or then for then, now in chunk if now or then.found.no in lost]
    resting = kept_by_restriction(tools, asked, owed.case, owed.system, standing, later=True)

    def one(then: Item, now: Item | None) -> PlannedItem:
        item = now or then
        found = item.found.model_copy(update={"no": then.found.no})
        item = item.model_copy(update={"found": found})
        if now is None and found.no not in lost:
            return _gone(item)
        kept_on = ordered_for(orders, found.unit) or resting.get(place(then), "")
        row = judge(tools, asked, found, look.today, kept_on=kept_on)
        if now is None and (row is None or row.planned is not Outcome.HOLD):
            look.lost.add(found.no)
        if row is None or (now is None and row.planned in DESTROYING):
            row = line_of(found, Outcome.REVIEW, NOT_CARRIED_OUT)
        return PlannedItem(row=row, item=item)

    return [one(then, now) for then, now in chunk]


def lapsed_on(tools: Tools, found: Found, today: date) -> date | None:
    """The last day on which a rule of the policy kept a record that is free today; None where none ever did."""
    try:
        past = [hold.last_day for hold in record_holds(tools, found) if not hold.binds(today)]
    except BadInput:
        return None
    return max(past, default=None)


def _gone(item: Item) -> PlannedItem:
    """Of what is gone, by us before a crash or by others, nothing is left to judge: it went as it was to go."""
    way = Outcome.DETACH if item.found.shared else item.found.on_erase
    return PlannedItem(row=line_of(item.found, way, "S33-1"), item=item)


def _lost(connector: Connector, owed: Obligation, missing: Sequence[Item]) -> frozenset[int]:
    """Which of those that the search no longer comes to are there still: they may be another person's by now.

    One that was to be changed and is changed is left to its batch: it is our own work, or is found to have drifted.
    """
    if not missing:
        return frozenset()
    planned = {item.found.no: _gone(item) for item in missing}
    task = Task(case=owed.case, step=State.CLOSED, system=owed.system, verb=Verb.ERASE, batch=owed.id)
    stands = connector.observe(Way(Verb.ERASE).batch(task, list(planned.values())))

    def is_ours(no: int, content: str) -> bool:
        one = planned[no]
        return one.row.planned not in _REMOVING and content != one.item.content_hash

    return frozenset(
        one.no for one in stands if one.hash_after != ABSENT and not is_ours(one.no, one.hash_after)
    )

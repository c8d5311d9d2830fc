"""Held: the records of one obligation as they stand today, judged anew, and what one look at them came to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from activities.look_again import located
from activities.plan import judge, record_holds
from activities.restrictions import kept_by_restriction
from activities.tools import Tools
from domain.aftermath import Obligation
from domain.assess import Asked
from domain.case import Task
from domain.connector import Connector
from domain.errors import BadInput
from domain.holds import Bound
from domain.item import Found, Item, place
from domain.keeping import ordered_for
from domain.outcomes import DESTROYING, IN_DOUBT, NOT_CARRIED_OUT, Outcome
from domain.plan import PlanRow, line_of
from domain.ports import PlannedItem
from domain.rights import Verb
from domain.states import State


@dataclass
class Look:
    """One look at what an obligation keeps: what went, and what remains and why."""

    owed: Obligation
    today: date
    before: int
    """How many of its records had gone at earlier looks: the number of the look, for whatever is written once."""
    rows: list[PlanRow] = field(default_factory=list)
    drifted: set[int] = field(default_factory=set)

    def task(self, free: Sequence[PlannedItem]) -> Task:
        """A batch of it. Its key tells which records: another look on the same day may find others free."""
        numbers = ",".join(str(one.row.no) for one in free)
        told = hashlib.sha256(numbers.encode()).hexdigest()[:16]
        batch = f"{self.owed.id}-{self.today.isoformat()}-n{told}"
        owed = self.owed
        return Task(case=owed.case, step=State.CLOSED, system=owed.system, verb=Verb.ERASE, batch=batch)

    @property
    def gone(self) -> list[PlanRow]:
        """What is no more, by us or by others."""
        return [row for row in self.rows if row.planned in DESTROYING and row.no not in self.drifted]

    @property
    def kept(self) -> list[PlanRow]:
        """What remains, each with why."""
        changed = {"planned": Outcome.REVIEW, "ground": NOT_CARRIED_OUT}
        drifted = [row.model_copy(update=changed) for row in self.rows if row.no in self.drifted]
        return [row for row in self.rows if row.planned not in DESTROYING] + drifted

    @property
    def stuck(self) -> bool:
        """Whether people must look: something changed under our hands, or is needed again (a contract that runs)."""
        return any(row.planned is not Outcome.HOLD for row in self.kept)

    @property
    def resting(self) -> bool:
        """Whether something stays without a day, under a restriction or in doubt of a hold: every pass asks again."""
        dayless = [row for row in self.kept if row.until is None]
        return any(row.planned is Outcome.HOLD or row.ground in IN_DOUBT for row in dayless)

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
    """Records as planned and as they stand now, children before parents; None for what is gone."""
    wanted = {place(item): item for item in items}
    now = {
        place(item): item
        for page in located(tools, connector, case)
        for item in page
        if place(item) in wanted
    }
    for where, then in reversed(wanted.items()):
        yield then, now.get(where)


def judged(
    tools: Tools, asked: Asked, look: Look, chunk: Sequence[tuple[Item, Item | None]], orders: Sequence[Bound]
) -> list[PlannedItem]:
    """What the law of today makes of them under these orders.

    Ask while no order and no restriction can be placed (`Effects.gate`).
    """
    owed, standing = look.owed, [now for _, now in chunk if now is not None]
    resting = kept_by_restriction(tools, asked, owed.case, owed.system, standing, later=True)
    return [
        _judged(
            tools,
            asked,
            then,
            now,
            look.today,
            kept_on=ordered_for(orders, then.found.unit) or resting.get(place(then), ""),
        )
        for then, now in chunk
    ]


def lapsed_on(tools: Tools, found: Found, today: date) -> date | None:
    """The last day on which a rule of the policy kept a record that is free today; None where none ever did."""
    try:
        past = [hold.last_day for hold in record_holds(tools, found) if not hold.binds(today)]
    except BadInput:
        return None
    return max(past, default=None)


def _judged(
    tools: Tools, asked: Asked, then: Item, now: Item | None, today: date, *, kept_on: str
) -> PlannedItem:
    item = now or then
    found = item.found.model_copy(update={"no": then.found.no})
    row = judge(tools, asked, found, today, kept_on=kept_on) if now else None
    # What is gone, by us before a crash or by others, leaves nothing to judge: it went in the way it was to go.
    way = Outcome.DETACH if found.shared else found.on_erase
    return PlannedItem(row=row or line_of(found, way, "S33-1"), item=item.model_copy(update={"found": found}))

"""Release: what was owed comes due. Looked at again that day, under the law then in force, done, and told (L9).

A hold, an order or a complaint that binds then keeps the records on; nothing trusts the date that was written down
years ago.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from activities.batches import Way, carry_out, chunks
from activities.casefile import case_file, groups
from activities.letters import send_letter
from activities.look_again import located, place
from activities.owing import REVIEW
from activities.plan import record_holds
from activities.tools import Step, Tools, step
from domain.aftermath import Obligation, Owed
from domain.calendar import day_in_bangkok
from domain.case import Due, Freed, Task
from domain.connector import Capability, Connector
from domain.errors import BadInput
from domain.holds import Hold
from domain.item import Item
from domain.outcomes import DESTROYING, Outcome
from domain.plan import PlanRow, line_of
from domain.ports import PlannedItem
from domain.rights import Verb
from domain.states import State

AT_ONCE = 100
"""Obligations of one look at the register: a workflow's history must not grow with the years."""

_RECORDS = frozenset({Owed.HELD, Owed.ORDERED})
LOOK_AT_HELD = "review-held-records"


class Release(Step):
    """Does what is due."""

    @step("due")
    def due(self, after: str) -> tuple[Due, ...]:
        """The next obligations that are due today, by id, those after that one."""
        today = day_in_bangkok(self.tools.clock.now())
        waiting = sorted(self.tools.obligations.due(today), key=lambda one: one.id)
        return tuple(
            Due(id=one.id, system=one.system if one.kind in _RECORDS else "")
            for one in waiting
            if one.id > after
        )[:AT_ONCE]

    @step("release")
    def release(self, due: Due) -> Freed:
        """Do what one obligation asks for, if nothing forbids it today."""
        owed = self.tools.obligations.view(due.id)
        if owed.met:
            return Freed.MET
        match owed.kind:
            case Owed.HELD | Owed.ORDERED:
                return self._records(owed)
            case Owed.RESTRICTED:
                return self._later(owed, self.tools.policy.review_days)
            case Owed.LETTER:
                send_letter(self.tools, owed.case, owed.code)
            case Owed.FOLLOW_UP:
                self.tools.register.open_task(owed.case, owed.code, owed.system)
            case _:  # backups: the last of them has aged out
                pass
        self.tools.obligations.meet(owed.id)
        return Freed.MET

    @step("restriction-notice")
    def notice(self, task: Task) -> None:
        """The person hears that the restriction ends, before it does."""
        send_letter(self.tools, task.case, "L-LIFTED")

    @step("restriction-lifted")
    def lifted(self, task: Task) -> None:
        """Nothing of the restriction is owed any more."""
        for owed in self.tools.obligations.of(task.case):
            if owed.kind == Owed.RESTRICTED:
                self.tools.obligations.meet(owed.id)

    def _later(self, owed: Obligation, days: int) -> Freed:
        tools = self.tools
        tools.register.open_task(owed.case, owed.code or REVIEW, owed.system)
        tools.obligations.move(owed.id, day_in_bangkok(tools.clock.now()) + timedelta(days=days))
        return Freed.HELD

    def _records(self, owed: Obligation) -> Freed:
        tools, today = self.tools, day_in_bangkok(self.tools.clock.now())
        connector = tools.connector(owed.system, Capability.ERASE)
        erased: list[PlanRow] = []
        kept: list[PlannedItem] = []
        for number, chunk in enumerate(chunks(iter(_as_they_stand(tools, connector, owed)))):
            task = Task(
                case=owed.case,
                step=State.CLOSED,
                system=owed.system,
                verb=Verb.ERASE,
                batch=f"{owed.id}-{today.isoformat()}-{number}",
            )
            with tools.effects.gate(owed.case) as orders:
                if orders:
                    return Freed.FROZEN
                held = [one for one in chunk if _holds(tools, one.item, today)]
                kept.extend(held)
                spared = {one.row.no for one in held}
                receipt = carry_out(
                    tools,
                    connector,
                    task,
                    chunk,
                    Way(Verb.ERASE),
                    spared=lambda p, s=spared: p.row.no in s,  # type: ignore[misc]
                )
            if receipt.achieved.get(Outcome.REVIEW):
                tools.register.open_task(owed.case, LOOK_AT_HELD, owed.system)
            erased.extend(one.row for one in chunk if one.row.no not in spared)
        if erased:
            self._tell(owed, erased, today)
        if kept:
            tools.obligations.move(owed.id, _free_on(tools, kept, today))
            return Freed.HELD
        tools.obligations.meet(owed.id, items=len(erased))
        return Freed.MET

    def _tell(self, owed: Obligation, erased: Sequence[PlanRow], today: date) -> None:
        """L9: the rest of what was promised has been done."""
        tools = self.tools
        file = case_file(
            tools,
            owed.case,
            held_until=owed.due_on.isoformat(),
            erased_on=today.isoformat(),
        )
        file = file.model_copy(update={"groups": tuple(groups(iter(erased)))})
        send_letter(tools, owed.case, "L9", file, to=owed.id)


def _as_they_stand(tools: Tools, connector: Connector, owed: Obligation) -> Iterable[PlannedItem]:
    """The records owed, as they are today, children before their parents: years have passed since they were planned."""
    wanted = {place(item): item for item in tools.obligations.items(owed.id)}
    now = {
        place(item): item
        for page in located(tools, connector, owed.case)
        for item in page
        if place(item) in wanted
    }
    for where, then in reversed(wanted.items()):
        item = now.get(where, then)
        found = item.found.model_copy(update={"no": then.found.no})
        outcome = found.on_erase if found.on_erase in DESTROYING else Outcome.REVIEW
        if outcome in DESTROYING:
            yield PlannedItem(
                row=line_of(found, outcome, "S33-1"), item=item.model_copy(update={"found": found})
            )


def _holds(tools: Tools, item: Item, today: date) -> tuple[Hold, ...]:
    try:
        return tuple(hold for hold in record_holds(tools, item.found) if hold.binds(today))
    except BadInput:  # without its date nobody can say that it is free: it is not
        return (
            Hold(rule="", reference="", ground="", last_day=today, release_on=today + timedelta(days=30)),
        )


def _free_on(tools: Tools, kept: Sequence[PlannedItem], today: date) -> date:
    return min(hold.release_on for one in kept for hold in _holds(tools, one.item, today)[:1])

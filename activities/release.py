"""Release: what was owed comes due. Looked at again that day, under the law then in force, done, and told (L9).

A hold, an order or a complaint that binds then keeps the records on; nothing trusts the date that was written down
years ago.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from activities.asked import asked_of
from activities.batches import Way, carry_out, chunks
from activities.casefile import case_file, groups
from activities.letters import send_letter
from activities.look_again import located
from activities.owing import REVIEW
from activities.plan import record_holds
from activities.tools import Step, Tools, step
from domain.aftermath import Obligation, Owed
from domain.calendar import day_in_bangkok
from domain.case import Due, Freed, Task
from domain.connector import Capability, Connector
from domain.errors import BadInput
from domain.holds import Hold
from domain.item import Found, place
from domain.outcomes import DESTROYING, Outcome
from domain.plan import PlanRow, line_of, plan_item
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
        rows: list[PlanRow] = []
        for number, chunk in enumerate(chunks(_as_they_stand(tools, connector, owed, today))):
            task = Task(
                case=owed.case,
                step=State.CLOSED,
                system=owed.system,
                verb=Verb.ERASE,
                batch=f"{owed.id}-{today.isoformat()}-{number}",
            )
            free = [one for one in chunk if one.row.planned in DESTROYING]
            with tools.effects.gate(owed.case) as orders:
                if orders:
                    return Freed.FROZEN
                carry_out(tools, connector, task, free, Way(Verb.ERASE))
            rows.extend(one.row for one in chunk)
        return self._settled(owed, rows, today)

    def _settled(self, owed: Obligation, rows: Sequence[PlanRow], today: date) -> Freed:
        """What became of them: all done, or some held on, or some for people to look at."""
        tools, became = self.tools, self.tools.plans.achieved(owed.case)
        erased = [row for row in rows if row.planned in DESTROYING]
        held = [row.until for row in rows if row.planned is Outcome.HOLD and row.until]
        drifted = any(became.get(row.no) is Outcome.REVIEW for row in erased)
        if drifted or len(erased) + len(held) < len(rows):
            # Changed under our hands, or needed again: a contract that runs, a row that others use.
            tools.register.open_task(owed.case, LOOK_AT_HELD, owed.system)
        if drifted:
            return Freed.HELD
        if erased:
            self._tell(owed, rows, today)
        if held:
            tools.obligations.move(owed.id, min(held))
            return Freed.HELD
        tools.obligations.meet(owed.id, items=len(erased))
        return Freed.MET

    def _tell(self, owed: Obligation, rows: Sequence[PlanRow], today: date) -> None:
        """L9: what was promised has been done, and what of it must still be kept, if any."""
        tools = self.tools
        file = case_file(
            tools,
            owed.case,
            held_until=(owed.due_on - timedelta(days=1)).isoformat(),
            first_letter=_first_letter(tools, owed.case),
            erased_on=today.isoformat(),
        )
        file = file.model_copy(update={"groups": tuple(groups(iter(rows)))})
        send_letter(tools, owed.case, "L9", file, to=f"{owed.id}-{owed.due_on.isoformat()}")


def _first_letter(tools: Tools, case: str) -> str:
    """The number of the letter that told what is kept."""
    sent = [letter.code for letter in tools.letters.of(case) if letter.code in {"L4", "L5", "L6"}]
    return f"{tools.register.view(case).case.reference}/{sent[0]}" if sent else ""


def _as_they_stand(
    tools: Tools, connector: Connector, owed: Obligation, today: date
) -> Iterator[PlannedItem]:
    """The records owed, judged anew, children before their parents: years may have passed since they were planned."""
    asked = asked_of(tools, owed.case)
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
        judged = plan_item(asked, found, _holds(tools, found, today), today) if where in now else None
        # What is gone, by us before a crash or by others, leaves nothing to judge.
        row = judged or line_of(found, found.on_erase, "S33-1")
        yield PlannedItem(row=row, item=item.model_copy(update={"found": found}))


def _holds(tools: Tools, found: Found, today: date) -> tuple[Hold, ...]:
    try:
        return record_holds(tools, found)
    except BadInput:  # without its date nobody can say that it is free: it is not
        again = today + timedelta(days=30)
        return (Hold(rule="", reference="", ground="", last_day=again, release_on=again),)

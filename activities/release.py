"""Release: what was owed comes due. Looked at again that day, under the law then in force, done, and told (L9).

A hold, an order, a complaint or a restriction that binds then keeps the records on; nothing trusts the date that was
written down years ago. What cannot go stays owed until it is gone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain

from pydantic import JsonValue

from activities.asked import asked_of
from activities.batches import Way, carry_out, chunks
from activities.casefile import case_file, groups
from activities.held import WINDOW, Look, as_they_stand, judged, lapsed_on
from activities.identity_copy import destroy_if_decided
from activities.instructing import instruction_facts
from activities.letters import handed_over, send_letter
from activities.others import FORWARD, SILENT, ask_recipient, tell_of_silence
from activities.owing import REVIEW
from activities.tools import Step, Tools, step
from domain.aftermath import Obligation, Owed
from domain.assess import Asked
from domain.calendar import day_in_bangkok
from domain.case import Due, Freed, Receipt, Task
from domain.connector import Capability, Connector
from domain.events import Event
from domain.instructions import ANSWER
from domain.item import Item
from domain.outcomes import DESTROYING, Outcome
from domain.recipients import CONFIRM
from domain.recipients import SILENT as NEVER_ANSWERED
from domain.rights import Verb

AT_ONCE = 100
"""Obligations of one look at the register: a workflow's history must not grow with the years."""

_RECORDS = frozenset({Owed.HELD, Owed.ORDERED})
LIFTED = "L-LIFTED"
LOOK_AT_HELD = "review-held-records"
SEE_TO_OWED = "see-to-what-is-owed"


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
            case Owed.LETTER if owed.code == SILENT:
                tell_of_silence(self.tools, owed.case)
            case Owed.LETTER:
                send_letter(self.tools, owed.case, owed.code)
            case Owed.FOLLOW_UP if owed.code.startswith((CONFIRM, NEVER_ANSWERED)):
                ask_recipient(self.tools, owed.case, owed.code)
            case Owed.FOLLOW_UP:
                # The tenant is told once, by that day; what is to be looked at is looked at again.
                told = owed.code == FORWARD
                self.tools.register.open_task(owed.case, owed.code, owed.system, once=told)
            case Owed.IDENTITY_COPY:
                return destroy_if_decided(self.tools, owed)
            case _:  # backups: the last of them has aged out
                pass
        self.tools.obligations.meet(owed.id)
        return Freed.MET

    @step("release-failed")
    def failed(self, due: Due) -> None:
        """It could not be seen to: told with the code of why, a person looks, and the next pass tries again."""
        owed, register = self.tools.obligations.view(due.id), self.tools.register
        why = {"kind": owed.kind, "system": owed.system, "code": due.failed}
        register.note(owed.case, Event.OBLIGATION_FAILED, obligation=owed.id, **why)
        if due.system:
            register.open_task(owed.case, LOOK_AT_HELD, owed.system)
        else:
            register.open_task(owed.case, SEE_TO_OWED, owed.system)

    @step("unread-letters")
    def unread(self) -> int:
        """Letters that nobody fetched in time go by post: officers are asked; how many that was."""
        return self.tools.fates.unread()

    @step("refusals-over")
    def refusals_over(self) -> int:
        """The record of refusals (s.39 ¶1(7)) is kept for its years and no longer; of how many cases it ended."""
        refusals, today = self.tools.refusals, day_in_bangkok(self.tools.clock.now())
        return sum(refusals.end(case, today) for case in refusals.over(today))

    @step("restriction-ends")
    def ends(self, task: Task) -> datetime | None:
        """When the restriction ends: so many days after the person heard of it; None until they have (s.34).

        On the day after, it is looked at again as any restriction is: one that could not be lifted is then seen.
        """
        tools = self.tools
        told = tools.letters.find(task.case, LIFTED)
        heard = (told.sent if told else None) or handed_over(tools, task.case, LIFTED)
        if heard is None:
            return None
        ends = heard + timedelta(days=tools.policy.lift_notice_days)
        for owed in tools.obligations.of(task.case):
            if owed.kind == Owed.RESTRICTED and not owed.met:
                tools.obligations.move(owed.id, day_in_bangkok(ends) + timedelta(days=1))
        return ends

    @step("restriction-notice")
    def notice(self, task: Task) -> None:
        """The person hears on which day the restriction ends, before it does (s.34).

        A letter that people hand over names no day: it runs from when they do.
        """
        tools, days = self.tools, self.tools.policy.lift_notice_days
        ends_on = day_in_bangkok(tools.clock.now() + timedelta(days=days)).isoformat()
        posted = bool(tools.identity.reply_addresses(task.case))
        when: dict[str, JsonValue] = {"lifted_on": ends_on} if posted else {"notice_days": math.ceil(days)}
        send_letter(tools, task.case, LIFTED, case_file(tools, task.case, when))

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
        tools, look = self.tools, Look(owed, day_in_bangkok(self.tools.clock.now()))
        connector = tools.connector(owed.system, Capability.ERASE)
        asked = asked_of(tools, owed.case)
        for window in chunks(tools.obligations.items(owed.id, backwards=True), WINDOW):
            for chunk in chunks(as_they_stand(tools, connector, owed.case, window)):
                self._one_chunk(look, connector, asked, chunk)
        return self._settled(look)

    def _one_chunk(
        self, look: Look, connector: Connector, asked: Asked, chunk: Sequence[tuple[Item, Item | None]]
    ) -> None:
        """Let go what is free. Under an order on all nothing is: what had gone before is told, and the rest is owed."""
        tools, drifted = self.tools, frozenset[int]()
        with tools.effects.gate(look.owed.case) as binding:
            orders = list(binding.values())
            look.frozen = look.frozen or any(not one.units for one in orders)
            found = judged(tools, connector, asked, look, chunk, orders=orders)
            free = [one for one in found if one.row.planned in DESTROYING]
            if free:
                receipt = carry_out(tools.effects, connector, look.task(free), free, Way(Verb.ERASE))
                drifted = self._drifted(look, receipt)
        look.add(found, drifted, (lapsed_on(tools, one.item.found, look.today) for one in free))

    def _drifted(self, look: Look, receipt: Receipt) -> frozenset[int]:
        if not receipt.achieved.get(Outcome.REVIEW):
            return frozenset()
        became = self.tools.plans.achieved(look.owed.case, look.owed.plan)
        return frozenset(no for no, outcome in became.items() if outcome is Outcome.REVIEW)

    def _settled(self, look: Look) -> Freed:
        """Met when nothing of it remains; else what remains is owed still, and looked at again on a later day."""
        tools, owed = self.tools, look.owed
        if look.gone:
            self._tell(look)
        if not look.kept:
            tools.obligations.meet(owed.id, items=owed.items)
            return Freed.MET
        if look.stuck and not look.frozen:
            self._ask(look)
        again = look.again_on(tools.policy.review_days)
        tools.obligations.move(owed.id, again, gone=look.gone, lost=look.lost)
        return Freed.FROZEN if look.frozen else Freed.HELD

    def _ask(self, look: Look) -> None:
        """Ask people to look, and not again before the days of a review, unless more is lost since.

        Every pass comes by while something rests under a restriction: what they did is not asked for the next day.
        """
        tools, owed = self.tools, look.owed
        if look.resting and look.lost <= tools.obligations.lost(owed.id):
            told = (owed.case, LOOK_AT_HELD, owed.system)
            days = [
                day_in_bangkok(task.closed) + timedelta(days=tools.policy.review_days)
                for task in tools.tasks.of(owed.case, open_only=False)
                if task.closed and (task.case, task.code, task.system) == told
            ]
            if max(days, default=look.today) > look.today:
                return
        tools.register.open_task(owed.case, LOOK_AT_HELD, owed.system)

    def _tell(self, look: Look) -> None:
        """L9: what was promised has been done, and what of it remains and why, if any."""
        tools, owed = self.tools, look.owed
        number = f"{owed.id}-{look.before}" if look.before else owed.id
        gone_by = look.today + timedelta(days=tools.policy.backup_days)
        backups = tools.obligations.add(
            owed.case, Owed.BACKUPS, gone_by, system=owed.system, code=f"after-{number}"
        )
        facts: dict[str, JsonValue] = {
            "first_letter": _first_letter(tools, owed.case),
            "erased_on": look.today.isoformat(),
            "backups_gone_by": backups.due_on.isoformat(),
            **instruction_facts(tools, owed.case),
        }
        if look.held_until:
            facts["held_until"] = look.held_until.isoformat()
        file = case_file(tools, owed.case, facts)
        file = file.model_copy(
            update={"groups": tuple(groups(chain(look.went.elements(), look.kept.elements())))}
        )
        send_letter(tools, owed.case, ANSWER if "instructed" in facts else "L9", file, to=number)


def _first_letter(tools: Tools, case: str) -> str:
    """The number of the letter that told what is kept."""
    sent = [letter.code for letter in tools.letters.of(case) if letter.code in {"L4", "L5", "L6"}]
    return f"{tools.register.view(case).case.reference}/{sent[0]}" if sent else ""

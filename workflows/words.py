"""What people and machines may say to an open case. Handlers only note facts; the spine acts on them."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.case import (
    Amend,
    Asked,
    Bundle,
    CallOff,
    Case,
    Choose,
    Decision,
    Edited,
    Merge,
    Moved,
    Progress,
    Receipt,
    Repair,
    Resolution,
    Retime,
)
from domain.outcomes import Ending
from domain.plan import PlanSummary
from domain.rights import Right
from domain.states import BEGUN, State
from domain.stops import StopAs

ENGINE = "engine"
"""Where our own step is parked that can't go on; it can be tried again, never left out."""

LETTERS = "letters"
"""Where a letter is parked that goes out beside the steps; it too can be tried again, never left out."""

_ENDS_IT = {Moved.RIGHT: Ending.REPLACED, Moved.DEATH: Ending.DECEASED}
"""Amendments after which there is nothing left to do under this reference."""

_ASKS_ANEW = frozenset({Moved.SCOPE, Moved.OF_AGE})
"""Amendments that may ask more of identity than was shown."""


def _refuse(code: str, kind: str) -> ApplicationError:
    # Any other exception in a handler would stick the workflow task (temporal practice).
    return ApplicationError(code, type=kind, non_retryable=True)


class Words:
    """Updates, signals and queries shared by every right; a client may address any case through them."""

    @workflow.init
    def __init__(self, case: Case) -> None:
        self.case = case
        self.terms = case.terms
        self.state = State.RECEIVED
        self.ending: Ending | None = None
        self.leaving: Ending | None = None
        self.instead: Right | None = None
        self.stop_as = Ending.STOPPED
        self.asked = Asked()
        self.current_plan: PlanSummary | None = None
        self.parked: dict[str, str] = {}
        self.waiting: Counter[str] = Counter()
        self.given_up: list[str] = []
        self.never_left_out: Counter[str] = Counter({ENGINE: 1, LETTERS: 1})
        self.by_hand: set[str] = set()
        self.repairs: dict[str, Repair] = {}
        self.decision: Decision | None = None
        self.edits: list[str] = []
        self.edited = False
        self.choice: Choose | None = None
        self.call: CallOff | None = None
        self.resolution = Resolution(candidates=0, chosen=False)
        self.by_address = False
        self.skipped: dict[str, str] = {}
        self.receipts: list[Receipt] = []
        self.latest: list[Receipt] = []
        self.bundle: Bundle | None = None
        self.stopping: asyncio.Task[Any] | None = None
        self.suspended = False
        self.followed = False
        self.cut_short = False
        self.settling = False
        self.closing = False
        self.begun = False
        self.asked_at: datetime | None = None
        self.amended = False
        self.rescoped = False
        self.anew = False
        self.amendments: list[str] = []
        self.progress: list[Progress] = []
        self.nudges = 0
        self.retimed = 0

    @workflow.update(name="decide")
    def decide_case(self, decision: Decision) -> None:
        """A complete decision; the register has it already."""
        self.decision = decision

    @decide_case.validator
    def _may_decide(self, decision: Decision) -> None:
        if self.decision is not None and self.decision.id == decision.id:
            return
        if self.state is not State.DECIDING or self.amended:
            raise _refuse("no-decision-due", "Conflict")
        if self.edited or self.current_plan is None or decision.digest != self.current_plan.digest:
            raise _refuse("plan-is-older", "StalePlan")

    @workflow.update(name="edit")
    def edit_plan(self, edit: Edited) -> None:
        """An officer changed the plan; the register knows what, and the next plan is made under it."""
        if edit.id not in self.edits:
            self.edits.append(edit.id)
            self.edited = True

    @edit_plan.validator
    def _may_edit(self, edit: Edited) -> None:
        if edit.id in self.edits:
            return
        if self.state is not State.DECIDING or self.amended:
            raise _refuse("no-decision-due", "Conflict")
        if self.decision is not None:
            raise _refuse("already-decided", "Conflict")
        if self.current_plan is None or edit.digest != self.current_plan.digest:
            raise _refuse("plan-is-older", "StalePlan")

    @workflow.update(name="choose")
    def choose_person(self, choice: Choose) -> None:
        """An officer said which candidate is meant; the register knows whom."""
        self.choice = choice

    @choose_person.validator
    def _may_choose(self, choice: Choose) -> None:  # noqa: ARG002 - a validator takes what its update takes
        if self.state is not State.CHOOSING:
            raise _refuse("no-choice-due", "Conflict")

    @workflow.update(name="repair")
    def repair_system(self, repair: Repair) -> None:
        """A parked system was answered."""
        self.repairs[repair.system] = repair

    @repair_system.validator
    def _may_repair(self, repair: Repair) -> None:
        if repair.system not in self.parked:
            raise _refuse("system-not-parked", "Conflict")
        if not repair.retry and (never := self.never(repair.system)):
            raise _refuse(never, "BadInput")
        if not repair.retry and not repair.ground:
            raise _refuse("skip-names-a-ground", "BadInput")

    @workflow.query(name="never")
    def never(self, system: str) -> str:
        """Why that system is never left out, as a code; empty where two officers may leave it out."""
        if not self.never_left_out[system]:
            return ""
        own = system in {ENGINE, LETTERS}
        return "own-step-cannot-be-left-out" if own else "marketing-stop-cannot-be-left-out"

    @workflow.update(name="call-off")
    def call_off_erasure(self, call: CallOff) -> None:
        """The person's word while an approved erasure cools off; calling off outweighs all else that is said."""
        if not call.proceed:
            self.leaving = Ending.CALLED_OFF
        self.call = call

    @call_off_erasure.validator
    def _may_call_off(self, call: CallOff) -> None:  # noqa: ARG002 - likewise
        if self.state is not State.COOLING:
            raise _refuse("not-cooling", "TooLate")

    @workflow.update(name="withdraw")
    def withdraw_request(self) -> None:
        """The person withdraws the request."""
        self.leaving = Ending.WITHDRAWN

    @withdraw_request.validator
    def _may_withdraw(self) -> None:
        self._must_not_have_begun()

    @workflow.update(name="stop")
    def stop_case(self, stop: StopAs) -> None:
        """Officers stop the case: how it ends when the cancel comes that follows."""
        self.stop_as = stop.ending

    @stop_case.validator
    def _may_stop(self, stop: StopAs) -> None:  # noqa: ARG002 - a validator takes what its update takes
        if self.state in {State.ANSWERING, State.CLOSED}:
            raise _refuse("case-is-ending", "TooLate")

    @workflow.update(name="merge")
    def merge_into(self, merge: Merge) -> None:  # noqa: ARG002 - the register knows where it goes on
        """It is the same request as an earlier one, and goes on there."""
        self.leaving = Ending.MERGED

    @merge_into.validator
    def _may_merge(self, merge: Merge) -> None:  # noqa: ARG002 - likewise
        if self.leaving is not Ending.MERGED:
            self._must_not_have_begun()

    @workflow.update(name="amend")
    def amend_request(self, amend: Amend) -> None:
        """The request changed; the register keeps in what way, until the spine takes it up."""
        if amend.id not in self.amendments:
            self.hear(amend)

    def hear(self, amend: Amend) -> None:
        """Have what the register keeps taken up before the next step."""
        if amend.id not in self.amendments:
            self.amendments.append(amend.id)
        if amend.moved in _ENDS_IT:
            self.instead = amend.right
            self.leaving = _ENDS_IT[amend.moved]
            return
        self.amended = True
        self.rescoped = self.rescoped or amend.moved == Moved.SCOPE
        if amend.moved in _ASKS_ANEW:
            self.asked_at = None

    @amend_request.validator
    def _may_amend(self, amend: Amend) -> None:
        if amend.id in self.amendments:
            return
        self._must_not_have_begun()
        if self.closing and amend.moved not in _ENDS_IT:
            raise _refuse("case-is-ending", "Conflict")

    @workflow.update(name="progress")
    def tell_progress(self, progress: Progress) -> None:
        """The person is to hear how it stands (L3)."""
        self.progress.append(progress)

    @tell_progress.validator
    def _may_tell(self, progress: Progress) -> None:  # noqa: ARG002 - likewise
        if self.state in {State.ANSWERING, State.CLOSED}:
            raise _refuse("case-is-closed", "TooLate")

    @workflow.update(name="retime")
    def retime_case(self, retime: Retime) -> None:
        """New terms; the register made sure that no promise got shorter. The same again changes nothing."""
        if retime.terms != self.terms:
            self.terms = retime.terms
            self.retimed += 1

    @retime_case.validator
    def _may_retime(self, retime: Retime) -> None:
        if retime.terms == self.terms:
            return
        if retime.terms.version <= self.terms.version or retime.terms.due < self.terms.due:
            raise _refuse("terms-shorten-a-promise", "Conflict")

    @workflow.signal(name="look")
    def look_again(self) -> None:
        """Something about identity, or about a case that this one waits for, changed in the register."""
        self.nudges += 1

    @workflow.query(name="where")
    def where(self) -> State:
        """The step that the case stands in."""
        return self.state

    @workflow.query(name="ends")
    def ends(self) -> Ending | None:
        """How the case ends, once that is clear: before the register has it."""
        return self.ending or self.leaving

    def _must_not_have_begun(self) -> None:
        # Begun once, for good: what is left over is looked at again in an earlier step.
        if self.begun or self.state in BEGUN:
            raise _refuse("fulfilment-has-begun", "TooLate")
        if self.leaving is not None:
            raise _refuse("case-is-ending", "Conflict")

"""What happens to a request on its way: amended, merged, taken up again, reviewed, complained of, lifted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from domain import errors
from domain.aftermath import Owed
from domain.calendar import day_in_bangkok
from domain.case import Amend, Case, Merge, Moved
from domain.events import Event
from domain.incidents import IncidentKind
from domain.links import Amendment, Relation
from domain.ports import CaseView
from domain.rights import RULES, Right
from domain.states import BEGUN
from domain.wishes import UNITS, Use, Wish, assurance_for, read_wish
from workflows.calls import CASES
from workflows.front import NOT_RUNNING, Front, run, temporal_away
from workflows.incident import Incident, incident_id
from workflows.lift import Lift, lift_id
from workflows.reception import must_be_owned

INCIDENT = "marketing-after-objection"
"""The task under which the cause of an incident is found."""
REPORTED = "incident-reported"
"""The task under which is kept how the company heard of it."""
LIFT = "lift-restriction"
"""The task under which the reason of a lifted restriction is kept."""


_OF_THE_PERSON = frozenset({Moved.DEATH, Moved.OF_AGE, Moved.AGENT})
"""Amendments that are true of the person, whichever of their cases was named."""


@dataclass(frozen=True)
class Changes(Front):
    """Acts that change, join or follow cases."""

    async def amend(self, reference: str, amendment: Amendment, *, actor: str, reason: str) -> bool:
        """Change a request: it is planned anew, and what was decided on the older plan is void.

        A death, a coming of age and who acts are facts of the person: every open case of the request hears them
        that can still change, before one of them ends and another goes on. A death ends them, and nobody is written to:
        it takes two officers who have seen the same of it. False while the second is due.

        Raises:
            SamePerson: who says that the person died has said the same.
            TooLate: fulfilment has begun; nothing is changed.
            BadInput: the right does not know what is asked for, or the amendment lacks what it needs.
            NotAllowed: answers are to go elsewhere, and who asks has not shown who they are.
        """
        view = await self.view(reference, actor)
        case = view.case
        if view.state in BEGUN:
            raise errors.TooLate(
                "fulfilment-has-begun", "open a new request, or reopen it", reference=case.reference
            )
        await self._may_amend(case.id, case.right, amendment)
        kept = await run(lambda: self.register.amend(case.id, amendment, actor=actor, reason=reason))
        if not kept:
            return False
        if amendment.moved in _OF_THE_PERSON:
            await self._amend_others(case.id, amendment, actor=actor, reason=reason)
        await self.tell_amendment(case.id, Amend(id=kept, moved=amendment.moved, right=amendment.right))
        return True

    async def _amend_others(self, case: str, amendment: Amendment, *, actor: str, reason: str) -> None:
        told: list[tuple[str, Amend]] = []
        for view in await run(lambda: self.register.of_request(case)):
            other = view.case.id
            if other == case or view.state in BEGUN:
                continue
            with suppress(errors.TooLate):  # what has begun goes on to its end
                kept = await run(
                    lambda other=other: self.register.amend(other, amendment, actor=actor, reason=reason)  # type: ignore[misc]
                )
                told.append((other, Amend(id=kept, moved=amendment.moved)))
        for other, amend in told:
            with suppress(errors.TooLate, errors.Conflict, errors.Unavailable):  # the sweep tells it
                await self.tell_amendment(other, amend)

    async def _may_amend(self, case: str, right: Right, amendment: Amendment) -> None:
        match amendment.moved:
            case Moved.SCOPE:
                before = await run(lambda: self.vault.changes(case))
                asked = {**before, **amendment.changes}
                wish = read_wish(right, {key: value for key, value in asked.items() if value != ""})
                self.all_owned(wish)
            case Moved.REPLY_TO:
                # Or whoever learnt a reference could have a stranger's answers sent to themselves.
                standing = await run(lambda: self.identity.standing(case))
                if amendment.address is None:
                    raise errors.BadInput("address-missing", "give the new address", field="--reply-to")
                if standing.level < RULES[right].assurance:
                    mend = "let them show who they are first; then answers may go elsewhere"
                    raise errors.NotAllowed("identity-not-shown", mend, right=right)
            case Moved.AGENT if not (amendment.agent and amendment.authority):
                mend = "name who acts, and what shows that they may"
                raise errors.BadInput("authority-missing", mend, field="--authority")
            case Moved.DEATH if amendment.shown is None:
                mend = "an officer sees what shows the death, and another the same"
                raise errors.BadInput("death-not-shown", mend, field="--died")
            case Moved.RIGHT if amendment.right in {None, right}:
                raise errors.BadInput("right-unchanged", "name another right", field="--right")
            case Moved.RIGHT if amendment.right:
                before = await run(lambda: self.vault.changes(case))
                # What the other right must be told beside its name, only a request of its own can say.
                read_wish(amendment.right, {key: value for key, value in before.items() if key == UNITS})
            case _:
                return

    def all_owned(self, wish: Wish) -> None:
        """Every field to be corrected has a system of record (s.36). Raises `BadInput`."""
        must_be_owned(wish, self.fields())

    async def merge(self, reference: str, into: str, *, actor: str, reason: str) -> None:
        """Two requests are one, and it goes on in the earlier, which asks for both from then on.

        The earliest clock stands, and no reply address crosses. The earlier case hears first: it must not end while
        the later one ends in its favour. What a workflow will not have is undone in both; with Temporal away the merge
        is kept, and the sweep brings the word.

        Raises:
            Conflict: they are different people, one is not verified, they ask what cannot be asked at once, or one is
                past changing; nothing is changed.
        """
        newer, older = (await self.view(reference, actor)), (await self.view(into, actor))
        for view in (newer, older):
            await self._must_be_verified(view.case)
        told = await run(
            lambda: self.register.merge(newer.case.id, older.case.id, actor=actor, reason=reason)
        )
        try:
            if told is not None:
                await self.tell_amendment(older.case.id, told)
            await self.tell_merge(newer.case.id, Merge(into=older.case.id))
        except errors.Unavailable:
            return
        except errors.Conflict as refused:
            if refused.code != NOT_RUNNING:
                raise

    async def _must_be_verified(self, case: Case) -> None:
        """As far as the case itself asks it, for a merge says of whom both are. Raises `Conflict`."""
        if not await self.is_verified(case):
            mend = "both must be verified before anybody says that they are one"
            raise errors.Conflict("not-verified", mend, reference=case.reference)

    async def is_verified(self, case: Case) -> bool:
        """Whether identity is shown to the level that the case asks."""
        standing = await run(lambda: self.identity.standing(case.id))
        wish = read_wish(case.right, await run(lambda: self.vault.changes(case.id)))
        return standing.level >= assurance_for(case.right, wish, consent_only=case.consent_only)

    async def reopen(
        self, reference: str, *, actor: str, reason: str, relation: Relation = Relation.REOPENS
    ) -> CaseView:
        """Take a closed request up again, or (`REVIEWS`) have other people look at how it was decided.

        A new case, linked to the closed one, with a clock of its own from today. Raises `Conflict` while it is open.
        With only Temporal away the case is kept all the same; the sweep starts it.
        """
        view = await self.view(reference, actor)
        if view.closed is None:
            mend = "amend it while it is open"
            raise errors.Conflict("case-is-open", mend, reference=view.case.reference)
        terms = self.policy.terms(view.case.right, self.clock.now())
        opened = await run(
            lambda: self.register.open_linked(
                view.case.id, relation, view.case.right, terms, actor=actor, reason=reason
            )
        )
        with suppress(errors.Unavailable):
            await self.start(opened)
        return await self.view(opened.id)

    async def wake(self, case: str) -> None:
        """People did something for a case: it, and the lifting of its restriction, look at once, if they wait."""
        await self.nudge(case)
        await self.nudge(lift_id(case))

    async def incident(self, reference: str, happened: date, *, actor: str, reason: str) -> None:
        """Direct marketing went out on that Bangkok day although it had been objected to (s.32 ¶2): answer for it.

        Noted, stopped again, an apology to the person, and a task to find out why; the reason is kept with the task. The
        clock of s.37(4) runs from now, until an officer has assessed it (`domain.incidents`).

        Raises:
            BadInput: the case did not ask marketing to stop, or it asked later than that day.
        """
        view = await self.view(reference, actor)
        case = view.case
        wish = read_wish(case.right, await run(lambda: self.vault.changes(case.id)))
        if Use.MARKETING not in wish.against and case.right is not Right.WITHDRAWAL:
            raise errors.BadInput("no-objection-to-marketing", "name the case that objected", field="REF")
        if not case.terms.received_on <= happened <= day_in_bangkok(self.clock.now()):
            raise errors.BadInput("day-outside-objection", "a day since it was received", field="--happened")
        day = happened.isoformat()
        await run(lambda: self.register.open_task(case.id, REPORTED))
        await self._keep_reason(REPORTED, case.id, actor=actor, reason=reason)
        await run(lambda: self.register.open_task(case.id, INCIDENT))
        await run(
            lambda: self.register.note(case.id, Event.INCIDENT_NOTED, actor, code=INCIDENT, received=day)
        )
        await run(
            lambda: self.incidents.open(
                case.id, IncidentKind.MARKETING, about=day, actor=actor, reason=reason
            )
        )
        await self._beside(Incident.run, incident_id(case.id, day), case, day)

    async def _keep_reason(self, code: str, case: str, *, actor: str, reason: str) -> None:
        """Keep an officer's reason sealed, under a task that is done as soon as it is said."""
        for task in await run(lambda: self.tasks.of(case)):
            if task.code == code:
                await run(lambda task=task: self.tasks.close(task.id, actor=actor, reason=reason))  # type: ignore[misc]

    async def _beside(self, run_of: Callable[..., Any], id_: str, case: Case, *said: str) -> None:
        """Start a small workflow beside a case; one that runs or ran is left. Raises `Unavailable`."""
        try:
            await self.client.start_workflow(
                run_of,
                args=[case, *said],
                id=id_,
                task_queue=CASES,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary=case.reference,
            )
        except WorkflowAlreadyStartedError:
            pass
        except RPCError as error:
            raise temporal_away(error) from None

    async def lift(self, reference: str, *, actor: str, reason: str) -> None:
        """Lift a restriction that stands, with notice (s.34). Raises `Conflict` where none does."""
        case = (await self.view(reference, actor)).case
        owed = await run(lambda: self.obligations.of(case.id))
        if not any(one.kind == Owed.RESTRICTED and not one.met for one in owed):
            raise errors.Conflict("nothing-restricted", reference=case.reference)
        await run(lambda: self.register.open_task(case.id, LIFT))
        await self._keep_reason(LIFT, case.id, actor=actor, reason=reason)
        await self._beside(Lift.run, lift_id(case.id), case)

"""What officers, persons and sweeps do to cases from day to day: open, decide, choose, repair, prove, stop.

Every front door (command line, portal, demo) works through this desk, so that a rule stands once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from temporalio.service import RPCError

from domain import errors
from domain.acting import Acting
from domain.assurance import Method
from domain.case import CallOff, Case, Choose, Decision, Progress, Repair
from domain.deadlines import Terms, extended, renewed
from domain.events import Event
from domain.instructions import CHANNEL
from domain.outcomes import KEEPING, Outcome
from domain.plan_edits import gives_by_hand
from domain.ports import PERSON, CaseView, Intake, Proposal
from domain.rights import RULES, Right
from domain.seconding import Word
from domain.states import BEGUN
from domain.stops import Mistake, Stop
from domain.third_persons import with_files
from workflows.front import NOT_RUNNING, WORKFLOW_OF, run, temporal_away
from workflows.reception import Reception
from workflows.tenants import Tenants

__all__ = ["WORKFLOW_OF", "Desk"]


@dataclass(frozen=True)
class Desk(Tenants):
    """The one way to act on cases."""

    async def open(self, intake: Intake) -> tuple[CaseView, ...]:
        """Receive a request: its cases are kept before anything runs, and started at once.

        Raises:
            BadInput: nothing to answer to, a wish that the right does not know, or a correction of a field that no
                system keeps.
            Unavailable: the register is away. With only Temporal away the cases are kept all the same; the
                sweep starts them.
        """
        reception = Reception(self.register, self.policy, self.fields)
        cases = await run(lambda: reception.keep(intake))
        for case in cases:
            try:
                await self.start(case)
            except errors.Unavailable:
                continue
        return tuple([await self.view(case.id) for case in cases])

    async def propose(
        self,
        reference: str,
        *,
        approved: bool,
        actor: str,
        reason: str,
        ground: str = "",
        digest: str = "",
        harm: str = "",
    ) -> Decision | None:
        """An officer's proposal on the newest plan (or the one of `digest`); None while a second person is due.

        `reason` names the law or order of a refusal; `harm`, the harm to the rights of others, is the second
        limb that s.30 ¶2 asks for beside it. Raises `BadInput` (a ground that does not refuse this right, a limb
        that is missing, files that nobody reviewed), `NotAllowed` (a review is decided by others), `StalePlan`, `Conflict`, `NotFound`.
        """
        case = (await self.view(reference, actor)).case
        await self._must_be_another(case.id, actor)
        if not approved and self.policy.refusal(ground, case.right).needs_both_limbs:
            if not harm:
                mend = (
                    "say how it would harm the rights and freedoms of others; else redact and give the rest"
                )
                raise errors.BadInput("both-limbs-needed", mend, field="harm", ground=ground)
            reason = f"{reason}\n{harm}"
        read = digest or (await run(lambda: self.plans.summary(case.id))).digest
        if approved:
            await self._files_must_be_reviewed(case, read)
        proposal = Proposal(digest=read, approved=approved, actor=actor, reason=reason, ground=ground)
        needs_two = RULES[case.right].two_persons or not approved or await run(lambda: self._asks_two(case))
        decision = await run(lambda: self.plans.propose(case.id, proposal, confirm=needs_two))
        if decision is not None:
            await self.tell(case.id, decision)
        return decision

    async def _files_must_be_reviewed(self, case: Case, digest: str) -> None:
        """No file goes out that nobody looked at for data of third persons (s.30 ¶2). Raises `BadInput`."""
        files = await self.files_to_review(case.id)
        if files and await run(lambda: self.file_reviews.of(case.id, digest)) is None:
            mend = "look at them for data of others, and say `files review`"
            raise errors.BadInput("files-not-reviewed", mend, reference=case.reference, count=len(files))

    def _asks_two(self, case: Case) -> bool:
        """Whether the plan refuses something on a ground that s.39 ¶1(7) wants on record, or an edit gives a record."""
        recorded = {ground.code for ground in self.policy.grounds.values() if ground.recorded}
        refusing = KEEPING | {Outcome.REDACT}
        return any(
            (row.planned in refusing and row.ground in recorded) or gives_by_hand(row)
            for row in self.plans.rows(case.id)
        )

    async def confirm(self, reference: str, *, actor: str, reason: str, decision: str = "") -> Decision:
        """A second person's word on what stands proposed, or on that `decision` alone where one was read.

        Raises `SamePerson`, `NotAllowed`, `StalePlan`, `Conflict`, `NotFound`.
        """
        case = (await self.view(reference, actor)).case
        await self._must_be_another(case.id, actor)
        confirmed = await run(
            lambda: self.plans.confirm(case.id, actor=actor, reason=reason, decision=decision)
        )
        await self.tell(case.id, confirmed)
        return confirmed

    async def choose(
        self, reference: str, number: int | None, *, actor: str, reason: str, seen: str = ""
    ) -> bool:
        """Say which candidate is meant, counted from 1, or that none is (None); False while a second person is due.

        `seen` marks the candidates that were looked at: once others were found, it raises `Conflict`.

        Raises `SamePerson` for the same officer's word that it is nobody.
        """
        case = (await self.view(reference, actor)).case
        said = partial(self.vault.choose, case.id, number, actor=actor, reason=reason, seen=seen)
        if not await run(said):
            return False
        await self.update(case.id, "choose", Choose(by=actor, found=number is not None))
        return True

    async def repair(
        self, reference: str, system: str, *, retry: bool, actor: str, reason: str, ground: str = ""
    ) -> bool:
        """Answer a parked system: try again, or go on without it on a ground; False while a second person is due.

        What is left out is refused, on a ground that refuses: two members of staff say it. Then the workflow is told,
        and the register last: the workflow alone knows whether the system still waits. Said again after a crash in
        between, only what the register misses is written.

        Raises:
            BadInput: a ground that does not refuse this right, or what is never left out.
            SamePerson: who says that it is to be left out has said the same.
            NotAllowed: a review is decided by others.
            Conflict: nothing waits there.
        """
        view = await self.view(reference, actor)
        if not retry:
            word = await self._leave_out(view, system, ground, actor=actor, reason=reason)
            if not word.complete:
                return False
            actor, ground = word.confirmer, word.code
        repair = Repair(system=system, retry=retry, by=actor, ground=ground)
        try:
            await self.update(view.case.id, "repair", repair)
        except errors.Conflict:
            if system not in {parked.system for parked in view.parked}:
                raise
        waits = [parked.since for parked in view.parked if parked.system == system]
        await run(
            lambda: self.register.repaired(
                view.case.id, system, actor=actor, ground=ground, reason=reason, seen=max(waits, default=None)
            )
        )
        return True

    async def _leave_out(self, view: CaseView, system: str, ground: str, *, actor: str, reason: str) -> Word:
        case = view.case
        self.policy.refusal(ground, case.right)
        await self._must_be_another(case.id, actor)
        waits = [parked.since for parked in view.parked if parked.system == system]
        if not waits:
            raise errors.Conflict("system-not-parked", reference=case.reference)
        if never := await self.never_left_out(case.id, system):
            raise errors.BadInput(never, reference=case.reference)
        return await run(
            lambda: self.register.leaving_out(
                case.id, system, ground=ground, actor=actor, reason=reason, seen=max(waits)
            )
        )

    async def answer_challenge(self, token: str, code: str) -> str:
        """A person's link and code; returns the case. Raises `NotAllowed`."""
        case = await run(lambda: self.identity.answer(token, code))
        await self._moved(case)
        return case

    async def record_identity(self, reference: str, method: Method, *, actor: str, reason: str) -> None:
        """An officer's own verification. Raises `TooLate` when the case is closed."""
        case = (await self._open_case(reference, actor)).case
        await run(lambda: self.identity.record(case.id, method, actor=actor, reason=reason))
        await self._moved(case.id)

    async def authorise(self, reference: str, acting: Acting, *, actor: str, reason: str) -> None:
        """Record in which capacity they ask, and what an officer has seen of it (s.20); every case of the request hears.

        Raises `TooLate` when the case is closed, `Conflict` while it is not taken up that somebody else acts.
        """
        case = (await self._open_case(reference, actor)).case
        await run(lambda: self.identity.authorise(case.id, acting, actor=actor, reason=reason))
        await self._moved(case.id)

    async def second_authority(self, reference: str, *, actor: str, reason: str) -> None:
        """Another member of staff looked at what was recorded. Raises `BadInput`, `TooLate`."""
        case = (await self._open_case(reference, actor)).case
        await run(lambda: self.identity.second_authority(case.id, actor=actor, reason=reason))
        await self._moved(case.id)

    async def _open_case(self, reference: str, actor: str) -> CaseView:
        view = await self.view(reference, actor)
        if view.closed is not None:
            raise errors.TooLate("case-is-closed", reference=view.case.reference)
        return view

    async def _moved(self, case: str) -> None:
        """Identity moved: every open case of the request looks again, for its proofs count for all of them."""
        for one in await run(lambda: self.register.of_request(case)):
            if one.closed is None:
                await self.nudge(one.case.id)

    async def redact(self, reference: str, words: Sequence[str], *, actor: str, reason: str) -> None:
        """Mark words as a third person's (a name, a nickname): the package shows a code in their place (s.30 ¶2).

        Raises `BadInput` for none, and `TooLate` once it is being made.
        """
        view = await self.view(reference, actor)
        if not any(word.strip() for word in words):
            raise errors.BadInput("words-missing", "give the words to redact", field="--word")
        if view.state in BEGUN:
            raise errors.TooLate("fulfilment-has-begun", reference=view.case.reference)
        await run(lambda: self.vault.redact(view.case.id, words, actor=actor, reason=reason))

    async def files_to_review(self, reference: str) -> tuple[int, ...]:
        """The lines of the newest plan whose files would be handed over (s.30 ¶2)."""
        case = (await self.view(reference)).case
        found = partial(with_files, right=case.right, tables=self.attaching())
        return await run(lambda: tuple(row.no for row in found(self.plans.rows(case.id))))

    async def review_files(
        self, reference: str, *, without: Sequence[int] = (), actor: str, reason: str, digest: str = ""
    ) -> int:
        """An officer looked at the files of the newest plan for data of third persons; how many go to the person.

        Those of the lines in `without` are left out, and the package says so.

        `digest` is the plan that was read, where another may have come since.

        Raises `BadInput`: a line without files; `StalePlan`; `TooLate` once the package is being made.
        """
        view = await self.view(reference, actor)
        if view.state in BEGUN:
            raise errors.TooLate("fulfilment-has-begun", reference=view.case.reference)
        files = await self.files_to_review(reference)
        if not set(without) <= set(files):
            raise errors.BadInput("line-without-files", "see `files list`", field="--without")
        case = view.case.id
        newest = (await run(lambda: self.plans.summary(case))).digest
        if digest not in {"", newest}:
            raise errors.StalePlan("plan-is-older", "read the newest plan", reference=view.case.reference)
        await run(lambda: self.file_reviews.enter(case, newest, without, actor=actor, reason=reason))
        return len(files) - len(set(without))

    async def call_off(
        self, reference: str, *, proceed: bool, actor: str = PERSON, reason_code: str = ""
    ) -> None:
        """The person's word on a cooling erasure; `reason_code` is how an officer came to hear it.

        Raises `TooLate` when it does not cool.
        """
        case = (await self.view(reference, actor)).case
        await self.update(case.id, "call-off", CallOff(proceed=proceed))
        event = Event.COOLING_CUT_SHORT if proceed else Event.CALLED_OFF
        await run(lambda: self.register.note(case.id, event, actor, reason_code=reason_code))

    async def withdraw(self, reference: str, *, actor: str = PERSON, reason_code: str = "") -> None:
        """The person takes the request back; `reason_code` is how an officer came to hear it.

        Raises `TooLate` once fulfilment has begun.
        """
        case = (await self.view(reference, actor)).case
        await self.update(case.id, "withdraw")
        await run(lambda: self.register.note(case.id, Event.CASE_WITHDRAWN, actor, reason_code=reason_code))

    async def extend(self, reference: str, days: int, *, actor: str, reason: str) -> Terms:
        """New terms, later by so many days, where a law in the policy lets the company extend.

        Raises `Conflict` where none does: the Act knows no extension for any right (pdpa-rules 1.0).
        """
        case = (await self.view(reference, actor)).case
        policy = self.policy
        terms = extended(policy.deadlines[case.right], case.terms, days, policy.calendar)
        await self._retime(case.id, terms, actor=actor, reason=reason)
        return terms

    async def retime(self, reference: str, *, actor: str, reason: str) -> Terms | None:
        """The next version of the terms under today's calendar, where that moves a date; a promise never gets shorter."""
        case = (await self.view(reference, actor)).case
        terms = renewed(case.terms, self.policy.calendar)
        if terms is None:
            return None
        await self._retime(case.id, terms, actor=actor, reason=reason)
        return terms

    async def _retime(self, case: str, terms: Terms, *, actor: str, reason: str) -> None:
        await run(lambda: self.register.retime(case, terms, actor=actor, reason=reason))
        try:
            await self.tell_terms(case, terms)
        except errors.Unavailable:
            return  # they stand, and the sweep tells them: said again, an extension would be a second one
        except errors.Conflict as refused:
            if refused.code != NOT_RUNNING:
                raise

    async def progress(self, reference: str, progress: Progress, *, actor: str) -> None:
        """Tell the person how it stands, and when the answer is expected (L3). Raises `TooLate` once it is answered."""
        view = await self.view(reference, actor)
        if view.closed is not None:
            raise errors.TooLate("case-is-closed", reference=view.case.reference)
        case = view.case.id
        await self.update(case, "progress", progress)
        await run(lambda: self.register.note(case, Event.PROGRESS_TOLD, actor, code=progress.because))

    async def hand(self, reference: str, system: str, to: str, *, actor: str) -> None:
        """Give a parked system to a member of staff. Raises `Conflict` when it does not wait, `NotFound` for nobody."""
        case = (await self.view(reference, actor)).case
        await run(lambda: self.register.hand(case.id, system, to, actor=actor))

    async def cancel(
        self, reference: str, *, actor: str, reason: str, mistake: Mistake | None = None, ground: str = ""
    ) -> Stop:
        """An officer's word that a case is to be stopped: it is answered and closed, never cut off.

        For a `mistake` (nobody asked for anything), or on a `ground` of the policy, which refuses it. A second member of
        staff says the same, save for a mistake while nobody has shown who they are; the answer tells whether it is
        complete. Said again once it is, the workflow is told again. What the person takes back is `withdraw`.

        Raises:
            BadInput: neither a mistake nor a ground, or both; a ground that does not refuse this right, or only on a plan.
            SamePerson: who says it has said the same already.
            NotAllowed: a review is decided by others.
            TooLate: it is closed, or being answered.
        """
        view = await self._open_case(reference, actor)
        case = view.case
        if (mistake is None) is not bool(ground):
            raise errors.BadInput(
                "mistake-or-ground", "say which mistake, or refuse on a ground", field="cancel"
            )
        if ground:
            self._refuses_by_itself(ground, case.right)
        await self._must_be_another(case.id, actor)
        asked = view.channel == CHANNEL or await self.is_verified(
            case
        )  # a tenant showed itself when it instructed
        alone = mistake is not None and not asked
        stop = await run(
            lambda: self.register.stopping(
                case.id, mistake=mistake, ground=ground, actor=actor, reason=reason, alone=alone
            )
        )
        if stop.complete:
            await self.tell_stop(case.id, stop)
        return stop

    def _refuses_by_itself(self, ground: str, right: Right) -> None:
        """Whether a request can be refused on it before its records are looked at. Raises `BadInput`."""
        if self.policy.refusal(ground, right).needs_both_limbs:
            mend = "refuse it on its plan: harm to others is seen record by record"
            raise errors.BadInput("both-limbs-needed", mend, field="ground", ground=ground)

    async def ending(self, reference: str) -> CaseView:
        """Wait until a case is closed."""
        case = (await self.view(reference)).case
        try:
            await self.handle(case.id).result()
        except RPCError as error:
            raise temporal_away(error) from None
        return await self.view(reference)

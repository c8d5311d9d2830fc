"""What officers, persons and sweeps do to cases: the register first, then the workflow's ear.

Every front door (command line, portal, demo) works through this desk, so that a rule stands once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain import errors
from domain.assurance import Method
from domain.case import CallOff, Case, Choose, Decision, Repair, Retime
from domain.deadlines import Terms, extended
from domain.events import Event
from domain.ports import PERSON, CaseView, Identity, Intake, Plans, Proposal, Register, Vault
from domain.rights import RULES, Right
from policy.model import Policy
from workflows.access import Access
from workflows.calls import CASES
from workflows.erasure import Erasure
from workflows.spine import CaseWorkflow

WORKFLOW_OF: dict[Right, type[CaseWorkflow]] = {Right.ACCESS: Access, Right.ERASURE: Erasure}
"""The rights that this engine carries out from receipt to answer."""

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_ANSWER_WITHIN = timedelta(seconds=20)


@dataclass(frozen=True)
class Desk:
    """The one way to act on cases."""

    client: Client
    register: Register
    vault: Vault
    identity: Identity
    plans: Plans
    policy: Policy

    async def open(self, intake: Intake) -> tuple[CaseView, ...]:
        """Receive a request: its cases are kept before anything runs, and started at once.

        Raises:
            BadInput: a right that no workflow serves, or nothing to answer to.
            Unavailable: the register is away. With only Temporal away the cases are kept all the same; the
                sweep starts them.
        """
        for right in intake.rights:
            if right not in WORKFLOW_OF:
                served = ", ".join(WORKFLOW_OF)
                raise errors.BadInput("right-not-served", f"use one of {served}", field="right", right=right)
        terms = {right: self.policy.terms(right, intake.received) for right in intake.rights}
        cases = await _run(lambda: self.register.open_request(intake, terms))
        for case in cases:
            try:
                await self.start(case)
            except errors.Unavailable:
                continue
        return tuple([await self._view(case.id) for case in cases])

    async def start(self, case: Case, *, recovered: bool = False) -> None:
        """Run the case's workflow unless it runs, or ran, already. Raises `Unavailable`."""
        try:
            await self.client.start_workflow(
                WORKFLOW_OF[case.right].__name__,
                case,
                id=case.id,
                task_queue=CASES,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary=case.reference,
            )
        except WorkflowAlreadyStartedError:
            pass
        except RPCError as error:
            raise _temporal_away(error) from None
        await _run(lambda: self.register.started(case.id, recovered=recovered))

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
        that is missing), `StalePlan`, `Conflict`, `NotFound`.
        """
        case = (await self._view(reference)).case
        if not approved and self.policy.refusal(ground, case.right).needs_both_limbs:
            if not harm:
                mend = (
                    "say how it would harm the rights and freedoms of others; else redact and give the rest"
                )
                raise errors.BadInput("both-limbs-needed", mend, field="harm", ground=ground)
            reason = f"{reason}\n{harm}"
        read = digest or (await _run(lambda: self.plans.summary(case.id))).digest
        proposal = Proposal(digest=read, approved=approved, actor=actor, reason=reason, ground=ground)
        needs_two = RULES[case.right].two_persons or not approved
        decision = await _run(lambda: self.plans.propose(case.id, proposal, confirm=needs_two))
        if decision is not None:
            await self.tell(case.id, decision)
        return decision

    async def confirm(self, reference: str, *, actor: str, reason: str) -> Decision:
        """A second person's word. Raises `SamePerson`, `StalePlan`, `Conflict`, `NotFound`."""
        case = (await self._view(reference)).case
        decision = await _run(lambda: self.plans.confirm(case.id, actor=actor, reason=reason))
        await self.tell(case.id, decision)
        return decision

    async def tell(self, case: str, decision: Decision) -> None:
        """Give the workflow a complete decision; the decision's id makes telling it twice harmless."""
        await self._update(case, "decide", decision, update_id=decision.id)

    async def choose(self, reference: str, number: int | None, *, actor: str, reason: str) -> None:
        """Say which candidate is meant, counted from 1, or that none is (None)."""
        case = (await self._view(reference)).case
        await _run(lambda: self.vault.choose(case.id, number, actor=actor, reason=reason))
        await self._update(case.id, "choose", Choose(by=actor, found=number is not None))

    async def repair(
        self, reference: str, system: str, *, retry: bool, actor: str, reason: str, ground: str = ""
    ) -> None:
        """Answer a parked system: try again, or go on without it on a ground.

        The workflow is asked first: it alone knows whether the system still waits. Said again after a crash in
        between, only what the register misses is written.
        """
        view = await self._view(reference)
        if not retry:
            self.policy.refusal(
                ground, view.case.right
            )  # what is left out is refused, on a ground that refuses
        repair = Repair(system=system, retry=retry, by=actor, ground=ground)
        try:
            await self._update(view.case.id, "repair", repair)
        except errors.Conflict:
            if system not in {parked.system for parked in view.parked}:
                raise
        waits = [parked.since for parked in view.parked if parked.system == system]
        await _run(
            lambda: self.register.repaired(
                view.case.id, system, actor=actor, ground=ground, reason=reason, seen=max(waits, default=None)
            )
        )

    async def answer_challenge(self, token: str, code: str) -> str:
        """A person's link and code; returns the case. Raises `NotAllowed`."""
        case = await _run(lambda: self.identity.answer(token, code))
        await self._nudge(case)
        return case

    async def record_identity(self, reference: str, method: Method, *, actor: str, reason: str) -> None:
        """An officer's own verification. Raises `TooLate` when the case is closed."""
        view = await self._view(reference)
        if view.closed is not None:
            raise errors.TooLate("case-is-closed", reference=view.case.reference)
        case = view.case
        await _run(lambda: self.identity.record(case.id, method, actor=actor, reason=reason))
        await self._nudge(case.id)

    async def call_off(self, reference: str, *, proceed: bool, actor: str = PERSON) -> None:
        """The person's word on a cooling erasure. Raises `TooLate` when it does not cool."""
        case = (await self._view(reference)).case
        await self._update(case.id, "call-off", CallOff(proceed=proceed))
        event = Event.COOLING_CUT_SHORT if proceed else Event.CALLED_OFF
        await _run(lambda: self.register.note(case.id, event, actor))

    async def withdraw(self, reference: str) -> None:
        """The person takes the request back. Raises `TooLate` once fulfilment has begun."""
        case = (await self._view(reference)).case
        await self._update(case.id, "withdraw")

    async def extend(self, reference: str, days: int, *, actor: str, reason: str) -> Terms:
        """New terms, later by so many days, where a law in the policy lets the company extend.

        Raises `Conflict` where none does: the Act knows no extension for any right (pdpa-rules 1.0).
        """
        case = (await self._view(reference)).case
        policy = self.policy
        terms = extended(policy.deadlines[case.right], case.terms, days, policy.calendar)
        await _run(lambda: self.register.retime(case.id, terms, actor=actor, reason=reason))
        await self._update(case.id, "retime", Retime(terms=terms))
        return terms

    async def cancel(self, reference: str, *, actor: str, reason: str) -> None:
        """An officer stops a case: it is answered and closed as stopped, never cut off."""
        view = await self._view(reference)
        if view.closed is not None:
            raise errors.TooLate("case-is-closed", reference=view.case.reference)
        await _run(lambda: self.register.stopping(view.case.id, actor=actor, reason=reason))
        try:
            await self._handle(view.case.id).cancel()
        except RPCError as error:
            raise _temporal_away(error) from None

    async def ending(self, reference: str) -> CaseView:
        """Wait until a case is closed."""
        case = (await self._view(reference)).case
        try:
            await self._handle(case.id).result()
        except RPCError as error:
            raise _temporal_away(error) from None
        return await self._view(reference)

    async def _view(self, reference: str) -> CaseView:
        return await _run(lambda: self.register.view(reference))

    def _handle(self, case: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(case)

    async def _nudge(self, case: str) -> None:
        try:
            await self._handle(case).signal("proved")
        except RPCError as error:
            # What was proved is kept, and a waiting case looks again by itself: the person need not hear of it.
            _log.warning("case not told of its proof: %s", error.status.name)

    async def _update(self, case: str, name: str, *said: object, update_id: str | None = None) -> None:
        try:
            await self._handle(case).execute_update(name, args=said, id=update_id, rpc_timeout=_ANSWER_WITHIN)
        except WorkflowUpdateFailedError as failed:
            raise _refusal(failed.cause) from None
        except RPCError as error:
            raise _temporal_away(error) from None


async def _run(work: Callable[[], _T]) -> _T:
    # Adapters block (SQL); a blocked loop would stall every other request.
    return await asyncio.to_thread(work)


def _temporal_away(error: RPCError) -> errors.SitthiError:
    if error.status is RPCStatusCode.NOT_FOUND:
        return errors.Conflict("case-does-not-run", "it is closed, or the sweep will start it shortly")
    return errors.Unavailable("temporal-unreachable", "check with `doctor`, and say it again")


def _refusal(cause: BaseException | None) -> errors.SitthiError:
    """The error of our own tree that a validator named by its type."""
    if isinstance(cause, ApplicationError):
        kind = getattr(errors, cause.type or "", None)
        if isinstance(kind, type) and issubclass(kind, errors.SitthiError):
            return kind(cause.message)
    return errors.Conflict("update-refused")

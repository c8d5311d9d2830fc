"""The way from the front doors to a case: the register first, then the workflow's ear."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from temporalio.client import Client, WorkflowHandle, WorkflowQueryFailedError, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain import errors
from domain.aftermath import Obligations, Tasks
from domain.case import Amend, Case, Decision, Edited, Merge, Retime
from domain.connector import FieldRole
from domain.deadlines import Terms
from domain.delivery import Deliveries
from domain.incidents import IncidentRegister
from domain.instructions import Instructions
from domain.outcomes import Ending
from domain.plan_edits import Edit, PlanEdits
from domain.ports import ENGINE, CaseView, Clock, Identity, Plans, Register, Vault
from domain.rights import Right
from domain.stops import Stop, StopAs
from domain.third_persons import FileReviews
from policy.model import Policy
from workflows.access import Access
from workflows.calls import CASES
from workflows.erasure import Erasure
from workflows.objection import Objection
from workflows.portability import Portability
from workflows.rectification import Rectification
from workflows.restriction import Restriction
from workflows.spine import CaseWorkflow
from workflows.withdrawal import Withdrawal

WORKFLOW_OF: dict[Right, type[CaseWorkflow]] = {
    Right.ACCESS: Access,
    Right.PORTABILITY: Portability,
    Right.OBJECTION: Objection,
    Right.ERASURE: Erasure,
    Right.RESTRICTION: Restriction,
    Right.RECTIFICATION: Rectification,
    Right.WITHDRAWAL: Withdrawal,
}
"""Every right, from receipt to answer."""

NOT_RUNNING = "case-does-not-run"

_LEFT = frozenset(
    {
        Ending.WITHDRAWN,
        Ending.CALLED_OFF,
        Ending.STOPPED,
        Ending.UNVERIFIED,
        Ending.REPLACED,
        Ending.DECEASED,
    }
)
"""Endings of a case that leave what was merged into it unanswered."""

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_ANSWER_WITHIN = timedelta(seconds=20)


@dataclass(frozen=True)
class Front:
    """What acting on cases needs. `fields` are those a person may ask to correct, with what a system is to each.

    `attaching` are the tables, by system, of whose records files are handed over, `given_in_part` those of whose records
    something can be left out.
    """

    client: Client
    clock: Clock
    register: Register
    vault: Vault
    identity: Identity
    plans: Plans
    plan_edits: PlanEdits
    obligations: Obligations
    incidents: IncidentRegister
    deliveries: Deliveries
    tasks: Tasks
    instructions: Instructions
    policy: Policy
    fields: Callable[[], dict[str, frozenset[FieldRole]]]
    file_reviews: FileReviews
    attaching: Callable[[], frozenset[tuple[str, str]]]
    given_in_part: Callable[[], frozenset[tuple[str, str]]]

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
            raise temporal_away(error) from None
        await run(lambda: self.register.started(case.id, recovered=recovered))

    async def tell(self, case: str, decision: Decision) -> None:
        """Give the workflow a complete decision; the decision's id makes telling it twice harmless."""
        await self.update(case, "decide", decision, update_id=decision.id)

    async def tell_edit(self, case: str, edit: Edit) -> None:
        """Have the workflow draw up its plan anew; the edit's id makes telling it twice harmless.

        Raises what it says: that something was decided meanwhile, for one. Then the edit is dropped, and nothing is
        changed. One that does not run is told later, by the sweep.
        """
        try:
            said = Edited(id=edit.id, digest=edit.digest)
            await self.update(case, "edit", said, update_id=edit.id)
        except errors.Conflict as refused:
            if refused.code != NOT_RUNNING:
                await run(lambda: self.plan_edits.drop(edit.id))
            raise

    async def tell_amendment(self, case: str, amend: Amend) -> None:
        """Tell the workflow that its request was amended; the amendment's id makes telling it twice harmless.

        Raises what it says: that it is too late, for one. Then the amendment is dropped, and nothing is changed. One
        that does not run is told later, by the sweep.
        """
        try:
            await self.update(case, "amend", amend, update_id=amend.id)
        except errors.Conflict as refused:
            if refused.code != NOT_RUNNING:
                with suppress(errors.Conflict):  # it was taken up meanwhile
                    await run(lambda: self.register.drop_amendment(amend.id))
            raise

    async def tell_merge(self, case: str, merge: Merge) -> None:
        """Tell the workflow that it goes on in an earlier case; telling it twice is harmless.

        Raises what it says: that it is too late, for one. Then the merge is undone in both cases, as it is where the
        earlier case was withdrawn or stopped meanwhile: nobody would answer what this one asks. One that does not run
        is told later, by the sweep, unless it ended otherwise.
        """
        if await self._ending(case) is Ending.MERGED:
            return  # it has heard: nothing takes that back
        try:
            await self._must_go_on(merge.into)
            await self.update(case, "merge", merge)
        except errors.Conflict as refused:
            if refused.code == NOT_RUNNING:
                view = await self.view(case)
                if view.closed is None or view.ending is Ending.MERGED:
                    raise
            await self._unmerge(case, merge.into)
            raise

    async def _must_go_on(self, case: str) -> None:
        """What is merged into a case is lost where that ends unanswered. Raises `Conflict`, `Unavailable`."""
        ending = await self._ending(case)
        if ending in _LEFT:
            mend = "nobody answers it there: let it go on by itself"
            reference = (await self.view(case)).case.reference
            raise errors.Conflict("earlier-case-ended", mend, reference=reference, ending=ending)

    async def _ending(self, case: str) -> Ending | None:
        """How a case ends, as soon as its workflow knows; None while it goes on. Raises `Unavailable`."""
        view = await self.view(case)
        if view.closed is not None:
            return view.ending
        try:
            ending: Ending | None = await self._query(case, CaseWorkflow.ends)
        except errors.Conflict:
            return None  # the sweep will start it
        return ending

    async def never_left_out(self, case: str, system: str) -> str:
        """Why a system of the case is never left out, as a code. Raises `Conflict`, `Unavailable`."""
        code: str = await self._query(case, CaseWorkflow.never, system)
        return code

    async def _query(self, case: str, what: Callable[..., Any], *about: str) -> Any:
        try:
            return await self.handle(case).query(what, args=about, rpc_timeout=_ANSWER_WITHIN)
        except WorkflowQueryFailedError:
            raise errors.Unavailable("workers-away", "start a worker, and say it again") from None
        except RPCError as error:
            raise temporal_away(error) from None

    async def _unmerge(self, case: str, into: str) -> None:
        back = await run(lambda: self.register.unmerge(case, into))
        await self.nudge(case)
        if back is not None:
            with suppress(errors.Conflict, errors.Unavailable):  # the sweep tells it
                await self.tell_amendment(into, back)

    async def tell_terms(self, case: str, terms: Terms) -> None:
        """Tell the workflow its newest terms; telling it twice is harmless. Raises `Conflict`, `Unavailable`."""
        await self.update(case, "retime", Retime(terms=terms))
        await run(lambda: self.register.terms_heard(case, terms.version))

    async def tell_stop(self, case: str, stop: Stop) -> None:
        """Have the workflow end as officers said; telling it twice is harmless. Raises `Conflict`, `Unavailable`."""
        said = StopAs(ending=stop.ending)
        await self.update(case, "stop", said, update_id=f"stop-{said.ending}")
        try:
            await self.handle(case).cancel()
        except RPCError as error:
            raise temporal_away(error) from None

    async def nudge(self, case: str) -> None:
        """Have a waiting case look at the register now; one that hears nothing looks by itself, later."""
        try:
            await self.handle(case).signal("look")
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # one that does not run waits for nothing
                _log.warning("case not told to look: %s", error.status.name)

    async def view(self, reference: str, actor: str = ENGINE) -> CaseView:
        """The case as it stands, for who acts. Raises `NotFound`; `NotAllowed`: it is closed to them."""
        return await run(lambda: self.register.view(reference, actor))

    def handle(self, case: str) -> WorkflowHandle[Any, Any]:
        """The case's workflow."""
        return self.client.get_workflow_handle(case)

    async def update(self, case: str, name: str, *said: object, update_id: str | None = None) -> None:
        """Say something to a case. Raises what its validator says, and `Unavailable`."""
        try:
            await self.handle(case).execute_update(name, args=said, id=update_id, rpc_timeout=_ANSWER_WITHIN)
        except WorkflowUpdateFailedError as failed:
            raise _refusal(failed.cause) from None
        except RPCError as error:
            raise temporal_away(error) from None


async def run(work: Callable[[], _T]) -> _T:
    """Do what blocks (SQL) in a thread: a blocked loop would stall every other request."""
    return await asyncio.to_thread(work)


def temporal_away(error: RPCError) -> errors.SitthiError:
    """What an error of Temporal's front means to whoever acts."""
    if error.status is RPCStatusCode.NOT_FOUND:
        return errors.Conflict(NOT_RUNNING, "it is closed, or the sweep will start it shortly")
    return errors.Unavailable("temporal-unreachable", "check with `doctor`, and say it again")


def _refusal(cause: BaseException | None) -> errors.SitthiError:
    """The error of our own tree that a validator named by its type."""
    if isinstance(cause, ApplicationError):
        kind = getattr(errors, cause.type or "", None)
        if isinstance(kind, type) and issubclass(kind, errors.SitthiError):
            return kind(cause.message)
    return errors.Conflict("update-refused")

"""A plan edited by an officer before it is decided: kept in the register, then drawn up anew by the workflow."""

from __future__ import annotations

from dataclasses import dataclass

from domain import errors
from domain.case import Case
from domain.links import Relation
from domain.outcomes import Outcome
from domain.plan_edits import UNLAWFUL, Change, Edit
from workflows.changes import Changes
from workflows.front import NOT_RUNNING, run


@dataclass(frozen=True)
class Editing(Changes):
    """Changes of single records of a plan, or of one of its lines at once."""

    async def edit_plan(
        self, reference: str, change: Change, *, actor: str, reason: str, digest: str = "", harm: str = ""
    ) -> Edit:
        """Change what becomes of records, within what the law allows (`domain.plan_edits.RULES`).

        A new plan follows, under a digest of its own: what was read or proposed before is refused from then on. `digest`
        is the plan that was read; `harm` the second limb that s.30 ¶2 asks for. With Temporal away the edit is kept all
        the same, and the sweep has the plan drawn up.

        Raises:
            BadInput: no rule allows it, a ground that does not refuse this right, or a limb that is missing.
            StalePlan: the plan is older, or was edited already.
            Conflict: the case is not deciding, or was decided.
            NotAllowed: a review is decided by others.
        """
        case = (await self.view(reference, actor)).case
        await self._must_be_another(case.id, actor)
        if change.ground and change.ground != UNLAWFUL:
            self.policy.refusal(change.ground, case.right)
        if change.becomes is Outcome.REDACT and (change.system, change.table) not in self.given_in_part():
            mend = "nothing was written freely there: withhold it, or give it"
            raise errors.BadInput("edit-nothing-to-redact", mend, field="becomes", system=change.system)
        read = digest or (await run(lambda: self.plans.summary(case.id))).digest
        edit = await run(
            lambda: self.plan_edits.make(
                case.id, case.right, change, digest=read, actor=actor, reason=reason, harm=harm
            )
        )
        await self._tell_kept(case, edit)
        return edit

    async def undo_edit(
        self, reference: str, edit: str, *, actor: str, reason: str, digest: str = ""
    ) -> Edit:
        """Take an edit back: the records are again what the law and the policy make of them. Raises as `edit_plan`."""
        case = (await self.view(reference, actor)).case
        await self._must_be_another(case.id, actor)
        read = digest or (await run(lambda: self.plans.summary(case.id))).digest
        back = await run(lambda: self.plan_edits.undo(case.id, edit, digest=read, actor=actor, reason=reason))
        await self._tell_kept(case, back)
        return back

    async def _tell_kept(self, case: Case, edit: Edit) -> None:
        try:
            await self.tell_edit(case.id, edit)
        except errors.Unavailable:
            return  # it stands, and the sweep tells it
        except errors.Conflict as refused:
            if refused.code != NOT_RUNNING:
                raise

    async def _must_be_another(self, case: str, actor: str) -> None:
        """A review is decided by others than those who decided what is reviewed. Raises `NotAllowed`."""
        for link in await run(lambda: self.register.links(case)):
            if link.relation is not Relation.REVIEWS or link.backwards:
                continue
            before = await run(lambda link=link: self.plans.decisions(link.case))  # type: ignore[misc]
            if any(actor in {one.proposer, one.confirmer} for one in before):
                mend = "let other members of staff decide the review"
                raise errors.NotAllowed("reviewed-by-same-people", mend, reference=link.reference)

"""What tenants say to the company as their processor: taken down, and carried out in a case of its own (s.40 ¶1(1))."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from activities.tools import surely_theirs
from domain import errors
from domain.calendar import day_in_bangkok
from domain.instructions import (
    CHANNEL,
    EXECUTED,
    Instruction,
    Invited,
    Source,
    Told,
    must_have_ended,
)
from domain.ports import CaseView, Intake
from workflows.front import run
from workflows.incidents import Incidents


@dataclass(frozen=True)
class Tenants(Incidents):
    """Acts on a tenant's word."""

    async def invited(self, token: str) -> Invited:
        """What a tenant's link is about; looking consumes nothing. Raises `NotAllowed`."""
        return await run(lambda: self.instructions.invited(token))

    async def answer_instruction(self, token: str, code: str, told: Told) -> Invited:
        """The word of a tenant's contact, who opened the link and has its code; the same again is once.

        Raises `NotAllowed` as `Instructions.answer`; `Unavailable`: taken down, and to be pressed again.
        """
        about = await self.invited(token)
        given = await run(lambda: self.instructions.answer(token, code, told))
        with suppress(errors.KeyShredded):  # too late to know who was meant; officers have a task
            await self._carry_out(given)
        return about

    async def instruct(
        self,
        reference: str,
        told: Told,
        source: Source,
        *,
        actor: str,
        reason: str,
        ended_on: date | None = None,
    ) -> CaseView | None:
        """What an officer saw: the tenant's word in writing, or what its agreement says after the contract's end.

        `reason` names the document. Returns the case that carries it out; None where nothing is asked of the
        company, or people carry it out. Raises `BadInput` (a link's word is not an officer's to give; a contract that
        has not ended), `Conflict` (another instruction is being carried out), `NotFound`, `KeyShredded`.
        """
        if source is Source.LINK:
            mend = "the contact answers it; enter what came in writing"
            raise errors.BadInput("source-not-enterable", mend, field="--source")
        if source is Source.AGREEMENT:
            must_have_ended(ended_on, day_in_bangkok(self.clock.now()))
            reason = f"{reason}\n{ended_on}"
        case = (await self.view(reference, actor)).case
        given = await run(lambda: self.instructions.enter(case.id, told, source, actor=actor, reason=reason))
        return await self._carry_out(given)

    async def _carry_out(self, given: Instruction) -> CaseView | None:
        """The case that carries an instruction out, opened once, and with it its task is closed."""
        view = await self.view(given.case)
        if given.told is not Told.CARRY_OUT or view.case.right not in EXECUTED:
            return None
        if given.opened:
            return await self.view(given.opened)
        right = view.case.right
        intake = await run(lambda: self._intake(view, given))
        # Nobody may call it off but the tenant, and it has decided.
        terms = self.policy.terms(right, intake.received).model_copy(update={"cooling_hours": 0})
        [opened] = await run(lambda: self.register.open_request(intake, {right: terms}))
        with suppress(errors.Unavailable):  # the sweep starts it
            await self.start(opened)
        return await self.view(opened.id)

    def _intake(self, view: CaseView, given: Instruction) -> Intake:
        """The same person, by what is surely theirs; asked for by the tenant from today."""
        case = view.case.id
        subject = surely_theirs(self.vault, self.identity, case)
        return Intake(
            rights=(view.case.right,),
            channel=CHANNEL,
            received=self.clock.now(),
            language="th",
            identifiers=subject.identifiers,
            name=subject.name,
            controllers=(view.tenant,),
            changes=self.vault.changes(case),
            actor=given.by,
            instruction=given.id,
            dedup=f"instruction:{given.id}",
        )

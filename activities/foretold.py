"""The letter that would go out if officers decided so now: made as it will be, sent to nobody and kept nowhere."""

from __future__ import annotations

from pydantic import JsonValue

from activities.answer import LETTER_OF
from activities.asked import wish_of
from activities.casefile import case_file, continuing, told_disclosures, wish_facts
from activities.letters import decision_file, is_shown
from activities.refusals import where_recorded
from activities.stop import marketing_facts
from activities.tools import Tools
from domain.documents import CaseFile, Rendered
from domain.errors import Conflict
from domain.outcomes import DESTROYING, KEEPING, Ending, Outcome
from domain.rights import Right

_CONFIRMED = frozenset({Right.OBJECTION, Right.WITHDRAWAL})
_LESS = KEEPING - {Outcome.NOT_CONTROLLER, Outcome.NOT_ASKED} | {Outcome.REDACT}


def foretold(tools: Tools, case: str, *, approved: bool, ground: str = "") -> Rendered:
    """The letter, on the newest plan: of an erasure the decision letter, of a refusal L6, else the answer.

    What only carrying it out will show (what a system could not do, a receipt) is told as planned.

    Raises:
        Conflict: there is no plan yet.
        BadInput: a refusal without a ground, or a value that its letter needs is not there yet.
    """
    code, file = _file(tools, case, approved=approved, ground=ground)
    return tools.exports.letter(code, file)


def _file(tools: Tools, case: str, *, approved: bool, ground: str) -> tuple[str, CaseFile]:
    plain = case_file(tools, case)
    if plain.plan is None:
        raise Conflict("not-deciding", "there is no plan yet", reference=plain.view.case.reference)
    if approved and plain.plan.total(DESTROYING):
        return "DECISION", decision_file(tools, case, version=plain.plan.version)
    ending = _ending(plain) if approved else Ending.REFUSED
    file = case_file(tools, case, {**_facts(tools, case, ending), **({} if approved else {"ground": ground})})
    if not approved and not is_shown(tools, case):
        file = _with(file, unseen=True)
    file = _with(file, recorded=where_recorded(tools, file, ending))
    right = file.view.case.right
    done = ending in {Ending.FULFILLED, Ending.PARTIAL}
    return "L8" if done and right in _CONFIRMED else LETTER_OF[ending], file


def _ending(file: CaseFile) -> Ending:
    """How it ends if everything goes as planned (`workflows.spine`)."""
    plan = file.plan
    if plan is None or (plan.counts and not plan.total(frozenset(Outcome) - {Outcome.NOT_CONTROLLER})):
        return Ending.NOT_CONTROLLER
    if not plan.total(_LESS):
        return Ending.FULFILLED
    return Ending.PARTIAL if plan.total(frozenset(Outcome) - KEEPING) else Ending.REFUSED


def _facts(tools: Tools, case: str, ending: Ending) -> dict[str, JsonValue]:
    facts: dict[str, JsonValue] = {
        **wish_facts(tools, case),
        **told_disclosures(tools, case),
        **marketing_facts(tools, case),
    }
    if ending in {Ending.FULFILLED, Ending.PARTIAL}:
        now = tools.clock.now().isoformat()
        facts |= {"done_on": now, "stopped_at": now}
        if tools.register.view(case).case.right in _CONFIRMED:
            facts["continues"] = continuing(tools, case)
        to = wish_of(tools, case).transfer_to
        if to and not tools.transfers.knows(to):
            facts["transfer"] = "not-possible"
    return facts


def _with(file: CaseFile, **facts: JsonValue) -> CaseFile:
    return file.model_copy(update={"facts": {**file.facts, **facts}})

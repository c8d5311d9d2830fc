"""Answer: the certificate, the letter that fits the ending, what stays owed; then the case closes."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from pydantic import JsonValue

from activities.asked import wish_of
from activities.casefile import case_file, continuing, told_disclosures, wish_facts
from activities.copy import why_not_transferred
from activities.elsewhere import told_of
from activities.follow_up import ASSESS
from activities.instructing import instruction_facts
from activities.letters import document_of, is_shown, send_letter
from activities.others import forwarded_on, instruct_recipients
from activities.owing import owe
from activities.refusals import record_refusals
from activities.stop import marketing_facts
from activities.suspend import kept_by_hand
from activities.tools import Step, step
from activities.watch import upheld
from domain import delivery
from domain.case import Receipt, Task
from domain.delivery import Document
from domain.documents import CaseFile
from domain.errors import NotFound
from domain.instructions import ANSWER
from domain.links import Link, Relation
from domain.outcomes import DESTROYING, Ending, Outcome
from domain.rights import Right, Verb
from domain.states import State

CERTIFICATE = "certificate.pdf"

_DONE = frozenset({Ending.FULFILLED, Ending.PARTIAL})

LETTER_OF: dict[Ending, str] = {
    Ending.FULFILLED: "L4",
    Ending.PARTIAL: "L5",
    Ending.REFUSED: "L6",
    Ending.NO_DATA: "L-NODATA",
    Ending.NOTHING_DUE: "L-NOTHING",
    Ending.UNVERIFIED: "L12",
    Ending.NOT_CONTROLLER: "L7",
    Ending.WITHDRAWN: "L-CLOSED",
    Ending.CALLED_OFF: "L-CALLEDOFF",
    Ending.STOPPED: "L-CLOSED",
    Ending.MERGED: "L-MERGED",
    Ending.REPLACED: "L-REPLACED",
}

_CONFIRMED = frozenset({Right.OBJECTION, Right.WITHDRAWAL})
"""Rights whose fulfilment is confirmed by L8."""

_STOPPED = (
    (frozenset({Verb.STOP, Verb.RESTRICT}), Outcome.STOP),
    (frozenset({Verb.RESTRICT}), Outcome.RESTRICT),
)
"""What shows that something stopped: a stop, also where it is noted as a restriction; else a restriction."""

_LEADS_TO = {
    Ending.MERGED: Relation.MERGED,
    Ending.REPLACED: Relation.REPLACES,
}
_TELL_HEIRS = "tell-who-told-of-the-death"
_LATE = "look-at-late-change"
"""The task of an officer: a change was kept, and the case ended before it could take it up."""


class Conclude(Step):
    """The end of every case, however it ends."""

    @step("answer")
    def answer(self, task: Task) -> None:
        """Write down what is owed, certify what was destroyed, and tell the person.

        `task.detail` is the ending, `task.without` the systems that were left out, `task.grounds` on which grounds.
        """
        tools, case, ending = self.tools, task.case, Ending(task.detail)
        tools.register.enter(case, State.ANSWERING)
        if ending in {Ending.REPLACED, Ending.DECEASED}:
            tools.register.apply_amendments(case)
        if ending is Ending.DECEASED:
            self._died(case)
            return
        facts = self._facts(case, ending, task.grounds)
        tried = ending in _DONE or (self._refused_by_plan(case, ending) and "ground" not in facts)
        file = case_file(tools, case, facts, carried_out=tried or ending is Ending.NOT_CONTROLLER)
        if "ground" in facts and (file.plan is None or not is_shown(tools, case)):
            file = _with(file, unseen=True)
        left_out = dict(zip(task.without, task.grounds, strict=True))
        upheld(tools, case, ending)
        recorded = record_refusals(tools, file, ending, left_out, _code(file, ending))
        file = _with(file, recorded=recorded)
        if tried:
            file = _with(file, **owe(tools, file))
            self._certify(case, file, ending)
            file = _with(file, recipients_told=[*instruct_recipients(tools, case, file)])
        send_letter(tools, case, _code(file, ending), file, enclosed=self._enclosed(case, ending))

    @step("close")
    def close(self, task: Task) -> None:
        """Close the case with its ending (`task.detail`)."""
        if self.tools.register.waiting(task.case):
            self.tools.register.open_task(task.case, _LATE, once=True)
        self.tools.register.close(task.case, Ending(task.detail))

    def _died(self, case: str) -> None:
        """Nobody writes to the dead. Officers look at what else is open of them: nothing ends on another case's word."""
        register = self.tools.register
        register.open_task(case, _TELL_HEIRS, once=True)
        reference = register.view(case).case.reference
        for other in register.beside(case):
            register.open_task(other.case.id, f"death-told-in-{reference}", once=True)

    def _certify(self, case: str, file: CaseFile, ending: Ending) -> None:
        destroyed = any(group["outcome"] in DESTROYING for group in file.groups)
        # Once announced it stays as it was: its digest went out with the link.
        if not destroyed or self.tools.letters.find(case, _code(file, ending)) is not None:
            return
        with self.tools.files.write(case, CERTIFICATE) as out:
            proof = self.tools.exports.certificate(file, out)
        self.tools.certificates.issue(case, proof, self.tools.files.measure(case, CERTIFICATE).sha256)

    def _refused_by_plan(self, case: str, ending: Ending) -> bool:
        """Whether officers approved a plan that the law lets do nothing now; what it holds is still owed later."""
        decision = self.tools.plans.decision(case)
        return ending is Ending.REFUSED and decision is not None and decision.approved

    def _enclosed(self, case: str, ending: Ending) -> tuple[Document, ...]:
        """What goes out with the letter: the certificate, the package."""
        if ending not in _DONE:
            return ()
        enclosed = []
        with suppress(NotFound):  # nothing was destroyed, so nothing is certified
            enclosed.append(
                document_of(self.tools, case, CERTIFICATE, name=CERTIFICATE, kind=delivery.CERTIFICATE)
            )
        bundle = self.tools.letters.bundle(case)
        if bundle is not None:
            named = {"name": bundle.ref, "kind": delivery.PACKAGE}
            enclosed.append(Document(**named, ref=bundle.ref, sha256=bundle.sha256, size=bundle.size))
        return tuple(enclosed)

    def _facts(self, case: str, ending: Ending, left_out: tuple[str, ...]) -> dict[str, JsonValue]:
        tools = self.tools
        receipts = tools.effects.receipts(case)
        facts: dict[str, JsonValue] = {
            "receipts": _digest(receipts),
            "left_out": list(dict.fromkeys(left_out)),
            **wish_facts(tools, case),
            **told_disclosures(tools, case),
            **instruction_facts(tools, case),
        }
        if ending in _DONE:
            facts["done_on"] = tools.clock.now().isoformat()
            facts["stopped_at"] = self._stopped_at(case, receipts)
            facts |= self._transfer(case, receipts)
            if tools.register.view(case).case.right in _CONFIRMED:
                facts["continues"] = continuing(tools, case)
        facts |= marketing_facts(tools, case)
        facts |= self._left_to_people(case)
        facts |= told_of(tools, case)
        if self._whoever(case, ending):
            facts["whoever"] = True
        if not tools.vault.chosen(case) and tools.findings.manifests(case):
            facts["searched"] = (
                True  # by what was proved; nothing may tell that another whom they named is known
            )
        if any(one.verb in {Verb.RESTRICT, Verb.RESUME} for one in receipts):
            facts["suspended"] = True
        if ending is Ending.WITHDRAWN:
            facts["withdrawn"] = True
        if passed_on := forwarded_on(tools, case):
            facts["forwarded_on"] = passed_on.isoformat()
        if linked := self._linked(case, ending):
            facts |= {"linked": linked.reference, "linked_right": linked.right.value}
        return facts | self._because(case, ending)

    def _because(self, case: str, ending: Ending) -> dict[str, JsonValue]:
        """For what officers refused or stopped it."""
        tools, stop = self.tools, self.tools.register.stop_of(case)
        stopped = stop if stop is not None and stop.complete else None
        if ending is Ending.STOPPED and stopped and stopped.mistake:
            return {"mistake": stopped.mistake.value}
        if ending is not Ending.REFUSED:
            return {}
        refused = [one.ground for one in tools.plans.decisions(case) if not one.approved]
        if refused:
            return {"ground": refused[-1]}
        return {"ground": stopped.ground} if stopped and stopped.ground else {}

    def _left_to_people(self, case: str) -> dict[str, JsonValue]:
        """What people see to, of which a letter says no more than that."""
        asked = {task.code for task in self.tools.tasks.of(case, open_only=False)}
        said = {"by_hand": kept_by_hand(self.tools, case), "assessed": ASSESS in asked}
        return {name: True for name, so in said.items() if so}

    def _stopped_at(self, case: str, receipts: tuple[Receipt, ...]) -> str:
        """When the last of it stopped, as receipts have it; what only rests counts where nothing stopped for good."""
        when = self.tools.effects.when(case)
        for verbs, outcome in _STOPPED:
            ours = [when[one.key] for one in receipts if one.verb in verbs and one.achieved.get(outcome)]
            if ours:
                return max(ours).isoformat()
        return self.tools.clock.now().isoformat()

    def _whoever(self, case: str, ending: Ending) -> bool:
        """Whether nothing but marketing was objected to, by somebody of whom nothing is known here."""
        tools = self.tools
        done = ending is Ending.FULFILLED and wish_of(tools, case).marketing_only
        # Whoever was found was proved before anything was looked for.
        return done and not tools.findings.manifests(case) and not tools.identity.reply_addresses(case)

    def _transfer(self, case: str, receipts: tuple[Receipt, ...]) -> dict[str, JsonValue]:
        to = wish_facts(self.tools, case).get("transfer_to")
        if not to:
            return {}
        sent = [one for one in receipts if one.verb is Verb.COPY and one.system == f"to-{to}"]
        if not sent:
            return {"transfer": why_not_transferred(self.tools, case) or "not-possible"}
        return {
            "transfer": "sent",
            "transfer_receipt": hashlib.sha256(sent[0].key.encode()).hexdigest()[:16],
        }

    def _linked(self, case: str, ending: Ending) -> Link | None:
        """The case in which it goes on: merged, replaced, or the erasure that follows a withdrawal."""
        wanted = _LEADS_TO.get(ending, Relation.FOLLOWS)
        for link in self.tools.register.links(case):
            # A merged case points at the one it goes on in; the others are pointed at by what follows them.
            if link.relation is wanted and link.backwards is (wanted is not Relation.MERGED):
                return link
        return None


def _with(file: CaseFile, **facts: JsonValue) -> CaseFile:
    return file.model_copy(update={"facts": {**file.facts, **facts}})


def _code(file: CaseFile, ending: Ending) -> str:
    if file.facts.get("instructed"):
        return ANSWER
    if ending in _DONE and file.view.case.right in _CONFIRMED:
        return "L8"
    return LETTER_OF[ending]


def _digest(receipts: tuple[Receipt, ...]) -> str:
    """What was done, as one hash: a certificate's proof changes with any of its receipts."""
    told = "\n".join(receipt.model_dump_json() for receipt in sorted(receipts, key=lambda r: r.key))
    return hashlib.sha256(told.encode()).hexdigest()
